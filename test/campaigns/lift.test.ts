/** Lift: against published figures, and by simulation. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { createRandom } from '../../demo/random.ts';
import { type Arm, balanceOf, liftOf } from '../../shared/campaigns/lift.ts';

const arm = (customers: number, buyers: number, revenue = 0, revenueSquared = 0): Arm => ({
  ...{ customers, buyers, revenue, revenueSquared },
});

describe('the difference of two shares', () => {
  // Newcombe 1998, table II, method 10: 56/70 against 48/80, and 9/10 against 3/10 is too few for us.
  it('has the interval that Newcombe gives for his example', () => {
    const lift = liftOf(arm(70, 56), arm(80, 48));
    if (lift.kind !== 'lift') throw new Error('there is enough');
    expect(lift.difference.value).toBeCloseTo(0.2, 6);
    expect(lift.difference.low).toBeCloseTo(0.0524, 4);
    expect(lift.difference.high).toBeCloseTo(0.3339, 4);
    expect(lift.isClear).toBe(true);
  });

  it('is not clear where there is none', () => {
    expect(liftOf(arm(1000, 100), arm(1000, 98))).toMatchObject({ kind: 'lift', isClear: false });
  });

  it('keeps its 95 % where buyers are few', () => {
    const random = createRandom(11);
    const drawn = (customers: number, share: number) => {
      let buyers = 0;
      for (let one = 0; one < customers; one++) if (random.next() < share) buyers++;
      return arm(customers, buyers);
    };
    let within = 0;
    let told = 0;
    for (let round = 0; round < 400; round++) {
      const lift = liftOf(drawn(1000, 0.03), drawn(300, 0.02));
      if (lift.kind !== 'lift') continue;
      told++;
      if (lift.difference.low <= 0.01 && 0.01 <= lift.difference.high) within++;
    }
    expect(told).toBeGreaterThan(390);
    // 0.95, give or take four times what chance does in 400 rounds.
    expect(within / told).toBeGreaterThan(0.906);
  });
});

test.each([
  ['few customers', arm(49, 20), arm(1000, 20), 'few_customers'],
  ['few held out', arm(1000, 20), arm(49, 20), 'few_customers'],
  ['nobody', arm(0, 0), arm(0, 0), 'few_customers'],
  ['few buyers', arm(1000, 5), arm(1000, 4), 'few_buyers'],
])('of %s nothing is told', (_, sent, held, why) => {
  expect(liftOf(sent, held)).toEqual({ kind: 'not_enough_data', why });
});

it('revenue is a customer’s, those who bought nothing included', () => {
  // 100 customers each: 20 who spent 50, against 10 who spent 50.
  const lift = liftOf(arm(100, 20, 1000, 50_000), arm(100, 10, 500, 25_000));
  if (lift.kind !== 'lift') throw new Error('there is enough');
  expect(lift.revenue.value).toBeCloseTo(5, 9);
  // By hand: variances 400·100/99 and 225·100/99; the half is 1.96 × √((404.04 + 227.27) / 100).
  expect(lift.revenue.high - lift.revenue.value).toBeCloseTo(1.959964 * Math.sqrt((404.0404 + 227.2727) / 100), 3);
});

it('is the other way round with the arms the other way round', () => {
  const some = fc.record({ customers: fc.integer({ min: 50, max: 5000 }), buyers: fc.nat(50), spent: fc.nat(10_000) });
  fc.assert(
    fc.property(some, some, (a, b) => {
      const made = ({ customers, buyers, spent }: typeof a) =>
        arm(customers, buyers, buyers * spent, buyers * spent * spent);
      const [one, other] = [liftOf(made(a), made(b)), liftOf(made(b), made(a))];
      expect(one.kind).toBe(other.kind);
      if (one.kind !== 'lift' || other.kind !== 'lift') return;
      expect(one.difference.value).toBeCloseTo(-other.difference.value, 12);
      expect(one.difference.low).toBeCloseTo(-other.difference.high, 12);
      expect(one.difference.low).toBeLessThanOrEqual(one.difference.value);
      expect(one.difference.high).toBeLessThanOrEqual(1);
    }),
  );
});

test.each([
  [9000, 1000, 'balanced'],
  [9100, 900, 'not_balanced'],
  [8900, 1100, 'not_balanced'],
  [9070, 930, 'balanced'],
  [40, 2, 'not_enough_data'],
  [0, 0, 'not_enough_data'],
])('%d sent to and %d held out of a tenth: %s', (sentTo, held, kind) => {
  expect(balanceOf(sentTo, held, 0.1).kind).toBe(kind);
});

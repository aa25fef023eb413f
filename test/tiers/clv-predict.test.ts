/** Predictions of single customers from the purchases in their facts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Predicted } from '../../shared/profiles/facts.ts';
import { expectedPurchases } from '../../shared/tiers/clv/bg-nbd.ts';
import { populationMean } from '../../shared/tiers/clv/gamma-gamma.ts';
import { FALLBACK, type Model } from '../../shared/tiers/clv/model.ts';
import { daysOf, NEXT_ORDER_WITHIN_WEEKS, type Purchases, predict } from '../../shared/tiers/clv/predict.ts';
import { instant } from '../../shared/time/instant.ts';

const GAMMA_GAMMA = { p: 6.25, q: 3.74, v: 1544, customers: 946 };
const MODEL: Model = {
  ...FALLBACK,
  version: 'test-1',
  kind: 'fitted',
  gammaGamma: GAMMA_GAMMA,
};
const AT = instant(Date.UTC(1997, 8, 30, 17, 5));
const DAY_MS = 86_400_000;
const day = (daysBefore: number) => instant(Date.parse(AT) - daysBefore * DAY_MS).slice(0, 10);

/** The first customer of CDNOW, in cents. */
const FIRST: Purchases = { days: 3, firstDay: '1997-01-01', lastDay: '1997-08-02', meanRepeatValue: 2_235 };

test('the first customer of CDNOW', () => {
  expect(daysOf(FIRST, AT)).toEqual({ repeats: 2, recencyDays: 213, ageDays: 272 });
  const predicted = predict(FIRST, MODEL, AT);
  expect(predicted.aliveProbability).toBeCloseTo(0.7266, 4);
  const history = { x: 2, tx: 213 / 7, T: 272 / 7 };
  const value = (6.25 * (1544 + 2 * 2_235)) / (6.25 * 2 + 3.74 - 1);
  expect(predicted.clv12m).toBe(Math.round(value * expectedPurchases(MODEL.bgNbd, history, 365 / 7)));
  // 43.27 weeks × ((1.4532 / 0.4532)^(1 / 2.243) − 1) = 29.5 weeks, so 207 days after the 30th.
  expect(predicted.nextOrderAt).toBe('1998-04-25T00:00:00.000Z');
  expect(predicted.modelVersion).toBe('test-1');
});

test('discounted, a month’s purchases count at its end', () => {
  const history = { x: 2, tx: 213 / 7, T: 272 / 7 };
  const value = (6.25 * (1544 + 2 * 2_235)) / (6.25 * 2 + 3.74 - 1);
  const until = (month: number) => expectedPurchases(MODEL.bgNbd, history, (365 / 7 / 12) * month);
  const worth = Array.from({ length: 12 }, (_, i) => (until(i + 1) - until(i)) / 1.02 ** (i + 1));
  const { clv12m } = predict(FIRST, MODEL, AT, { monthlyDiscount: 0.02 });
  expect(clv12m).toBe(Math.round(value * worth.reduce((sum, month) => sum + month)));
});

describe('who bought once', () => {
  const once: Purchases = { days: 1, firstDay: day(3), lastDay: day(3) };

  test('has a value by the mean of all, and no P(alive): that would be 1 whatever happens', () => {
    const predicted = predict(once, MODEL, AT);
    const expected = expectedPurchases(MODEL.bgNbd, { x: 0, tx: 0, T: 3 / 7 }, 365 / 7);
    expect(predicted.clv12m).toBe(Math.round(expected * populationMean(GAMMA_GAMMA)));
    expect(predicted).not.toHaveProperty('aliveProbability');
  });

  test('on the day itself, too', () => {
    const predicted = predict({ days: 1, firstDay: day(0), lastDay: day(0) }, MODEL, AT);
    expect(predicted.clv12m).toBeGreaterThan(0);
  });
});

describe('absent', () => {
  test('everything without a purchase or a model', () => {
    expect(predict({ days: 0 }, MODEL, AT)).toEqual({});
    expect(predict(FIRST, undefined, AT)).toEqual({});
  });

  test('the value of repeat purchases whose own is not known', () => {
    const { meanRepeatValue: _, ...unknown } = FIRST;
    expect(Object.keys(predict(unknown, MODEL, AT)).sort()).toEqual([
      'aliveProbability',
      'modelVersion',
      'nextOrderAt',
    ]);
  });

  test('any value by the fall-back, which is named', () => {
    const predicted = predict(FIRST, FALLBACK, AT);
    expect(predicted).not.toHaveProperty('clv12m');
    expect(predicted).toMatchObject({ modelVersion: 'fallback-1', aliveProbability: expect.closeTo(0.7266, 4) });
  });

  test('the next order of someone who is more likely gone', () => {
    const gone: Purchases = { days: 12, firstDay: day(400), lastDay: day(300), meanRepeatValue: 5_000 };
    const predicted = predict(gone, MODEL, AT);
    expect(predicted.aliveProbability).toBeLessThan(0.01);
    expect(predicted).not.toHaveProperty('nextOrderAt');
    expect(predicted.clv12m).toBeLessThan(500);
  });
});

const anyPurchases: fc.Arbitrary<Purchases> = fc
  .record({
    days: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5_001 })),
    idle: fc.nat(3_000),
    span: fc.nat(3_000),
  })
  .chain(({ days, idle, span }) =>
    fc.option(fc.double({ min: -1_000, max: 1e8, noNaN: true }), { nil: undefined }).map((meanRepeatValue) => {
      const recency = days === 1 ? 0 : Math.max(span, days - 1);
      return {
        days,
        firstDay: day(idle + recency),
        lastDay: day(idle),
        ...(meanRepeatValue !== undefined && { meanRepeatValue }),
      };
    }),
  );

describe('any customer', () => {
  test('a whole and valid prediction, the next order after now and in time', () => {
    fc.assert(
      fc.property(anyPurchases, (purchases) => {
        const predicted = predict(purchases, MODEL, AT);
        expect(Predicted.safeParse(predicted).success).toBe(true);
        expect(predicted.clv12m ?? 0).toBeGreaterThanOrEqual(0);
        if (predicted.nextOrderAt === undefined) return;
        expect(predicted.nextOrderAt > AT).toBe(true);
        const latest = Date.parse(AT) + (NEXT_ORDER_WITHIN_WEEKS * 7 + 1) * DAY_MS;
        expect(Date.parse(predicted.nextOrderAt)).toBeLessThan(latest);
      }),
    );
  });

  test('changes by itself only at midnight UTC', () => {
    fc.assert(
      fc.property(anyPurchases, fc.nat(DAY_MS - 1), fc.nat(DAY_MS - 1), (purchases, one, other) => {
        const midnight = Date.parse(AT.slice(0, 10));
        expect(predict(purchases, MODEL, instant(midnight + one))).toEqual(
          predict(purchases, MODEL, instant(midnight + other)),
        );
      }),
    );
  });

  test('is worth the less the more the future is discounted', () => {
    fc.assert(
      fc.property(anyPurchases, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (purchases, monthlyDiscount) => {
        const plain = predict(purchases, MODEL, AT).clv12m;
        const { clv12m } = predict(purchases, MODEL, AT, { monthlyDiscount });
        expect(clv12m === undefined).toBe(plain === undefined);
        if (plain === undefined || clv12m === undefined) return;
        expect(clv12m).toBeLessThanOrEqual(plain);
        expect(clv12m).toBeGreaterThanOrEqual(Math.floor(plain / (1 + monthlyDiscount) ** 12) - 1);
      }),
    );
  });
});

test('of an order dated ahead of the clock, the customer is as old as it', () => {
  expect(daysOf({ days: 2, firstDay: day(-1), lastDay: day(-3) }, AT)).toEqual({
    repeats: 1,
    recencyDays: 2,
    ageDays: 2,
  });
  expect(daysOf({ days: 1, firstDay: day(-1) }, AT)).toEqual({ repeats: 0, recencyDays: 0, ageDays: 0 });
});

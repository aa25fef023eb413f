/** BG/NBD against its paper, against integrals over what it assumes of single customers, and far outside of ordinary data. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  aliveProbability,
  type BgNbd,
  expectedPurchases,
  type History,
  logLikelihood,
  medianNextPurchase,
} from '../../shared/tiers/clv/bg-nbd.ts';
import { lnGamma } from '../../shared/tiers/clv/special-functions.ts';

/** Fader, Hardie, Lee (2005), table 2. */
const CDNOW: BgNbd = { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };

const logUniform = (min: number, max: number) =>
  fc.double({ min: Math.log(min), max: Math.log(max), noNaN: true }).map(Math.exp);

/** All that a fit may end with. */
const anyModel: fc.Arbitrary<BgNbd> = fc.record({
  r: logUniform(1e-5, 1e5),
  alpha: logUniform(1e-5, 1e5),
  a: logUniform(1e-5, 1e5),
  b: logUniform(1e-5, 1e5),
});

const ordinaryModel: fc.Arbitrary<BgNbd> = fc.record({
  r: logUniform(0.2, 4),
  alpha: logUniform(0.5, 50),
  a: logUniform(0.2, 5),
  b: logUniform(0.3, 10),
});

const share = fc.double({ min: 0, max: 1, noNaN: true });

const history = (x: fc.Arbitrary<number>, maxWeeks: number): fc.Arbitrary<History> =>
  fc
    .record({ x, T: fc.oneof(fc.constant(0), fc.double({ min: 0, max: maxWeeks, noNaN: true })), last: share })
    .map(({ x, T, last }) => ({ x, T, tx: x === 0 ? 0 : T * last }));

const anyHistory = history(fc.oneof(fc.constantFrom(0, 1, 2, 5_000), fc.nat(5_000)), 3_000);
const ordinaryHistory = history(fc.nat(20), 150);

describe('published for the first customer of CDNOW', () => {
  const first: History = { x: 2, tx: 30.43, T: 38.86 };

  test('1.226 purchases in the next 39 weeks', () => {
    expect(expectedPurchases(CDNOW, first, 39)).toBeCloseTo(1.226, 3);
  });

  test('alive with 0.7266', () => {
    expect(aliveProbability(CDNOW, first)).toBeCloseTo(0.7266, 4);
  });
});

describe('as integrated over every rate and every probability of leaving', () => {
  const customers: readonly History[] = [
    { x: 0, tx: 0, T: 0 },
    { x: 0, tx: 0, T: 38.86 },
    { x: 1, tx: 1.71, T: 38.86 },
    { x: 2, tx: 30.43, T: 38.86 },
    { x: 7, tx: 29.43, T: 38.86 },
    { x: 29, tx: 37.71, T: 38.86 },
    { x: 12, tx: 12, T: 12 },
    { x: 200, tx: 150, T: 151 },
  ];
  const models: readonly BgNbd[] = [
    CDNOW,
    { r: 1.7, alpha: 11, a: 1, b: 4 },
    { r: 0.6, alpha: 0.02, a: 0.2, b: 0.9 },
    { r: 12, alpha: 30, a: 6, b: 20 },
  ];

  test.each(models.flatMap((model) => customers.map((customer) => [model, customer] as const)))(
    '%j, %j',
    (model, customer) => {
      const { lnEvidence, alive, expected } = integrate(model, customer);
      expect(logLikelihood(model, customer) - lnEvidence).toBeCloseTo(0, 7);
      expect(aliveProbability(model, customer)).toBeCloseTo(alive, 8);
      for (const t of [0.1, 4, 39, 520]) {
        expect(expectedPurchases(model, customer, t) / expected(t)).toBeCloseTo(1, 7);
      }
    },
  );

  test.each(customers)('as likely as not to have bought by the median: %j', (customer) => {
    const weeks = medianNextPurchase(CDNOW, customer);
    const { alive, boughtWithin } = integrate(CDNOW, customer);
    if (weeks === undefined) expect(alive).toBeLessThanOrEqual(0.5);
    else expect(boughtWithin(weeks)).toBeCloseTo(0.5, 7);
  });
});

test('the hypergeometric form of the paper, where that is exact enough', () => {
  fc.assert(
    fc.property(ordinaryModel, ordinaryHistory, fc.double({ min: 1, max: 60, noNaN: true }), (model, customer, t) => {
      const c = model.a + model.b + customer.x - 1;
      fc.pre(Math.abs(model.a - 1) > 0.01 && Math.abs(c) > 0.01);
      const own = expectedPurchases(model, customer, t);
      // What the published form loses: it takes a difference of numbers near 1, or 1 / c, this many times.
      const lost = (1e-11 * (Math.abs(c) + 1) * (1 + 1 / Math.abs(c))) / Math.abs(model.a - 1);
      expect(Math.abs(own - published(model, customer, t))).toBeLessThan(1e-9 * own + lost);
    }),
  );
});

describe('any model and any customer, of 5,000 purchases or none', () => {
  const t = fc.oneof(fc.constant(0), logUniform(1e-3, 5_000));

  test('P(alive) is a probability, 1 without a repeat', () => {
    fc.assert(
      fc.property(anyModel, anyHistory, (model, customer) => {
        const alive = aliveProbability(model, customer);
        expect(alive).toBeGreaterThanOrEqual(0);
        expect(alive).toBeLessThanOrEqual(1);
        if (customer.x === 0) expect(alive).toBe(1);
      }),
    );
  });

  test('P(alive) never grows while nothing is bought', () => {
    fc.assert(
      fc.property(anyModel, anyHistory, logUniform(1e-3, 1e3), (model, customer, later) => {
        expect(aliveProbability(model, { ...customer, T: customer.T + later })).toBeLessThanOrEqual(
          aliveProbability(model, customer),
        );
      }),
    );
  });

  test('expected purchases: none in no time, never fewer in more, at most at the pace of someone who never leaves', () => {
    fc.assert(
      fc.property(anyModel, anyHistory, t, t, (model, customer, one, other) => {
        const [sooner, later] = [Math.min(one, other), Math.max(one, other)];
        const bySooner = expectedPurchases(model, customer, sooner);
        const byLater = expectedPurchases(model, customer, later);
        const pace = (aliveProbability(model, customer) * (model.r + customer.x)) / (model.alpha + customer.T);
        if (sooner === 0) expect(bySooner).toBe(0);
        expect(bySooner).toBeGreaterThanOrEqual(0);
        expect(byLater).toBeGreaterThanOrEqual(bySooner * (1 - 1e-9));
        expect(byLater).toBeLessThanOrEqual(pace * later * (1 + 1e-8));
      }),
      { numRuns: 500 },
    );
  });

  test('the next moments bring purchases at the present pace', () => {
    fc.assert(
      fc.property(ordinaryModel, ordinaryHistory, (model, customer) => {
        const pace = (aliveProbability(model, customer) * (model.r + customer.x)) / (model.alpha + customer.T);
        expect(expectedPurchases(model, customer, 1e-7) / (pace * 1e-7)).toBeCloseTo(1, 4);
      }),
    );
  });

  test('series and integral agree where one takes over from the other', () => {
    fc.assert(
      fc.property(ordinaryModel, fc.nat(40), share, (model, x, last) => {
        const T = 5;
        const customer = { x, T, tx: x === 0 ? 0 : T * last };
        // Smooth in t: third differences on a fine grid of logarithms vanish, unless two methods differ.
        const values = Array.from({ length: 60 }, (_, i) => {
          const expected = expectedPurchases(model, customer, (model.alpha + T) * 1.3 ** (i / 10) * 2);
          return Math.log(expected);
        });
        const third = values.slice(3).map((value, i) => {
          const [c0 = 0, c1 = 0, c2 = 0] = values.slice(i, i + 3);
          return Math.abs(value - 3 * c2 + 3 * c1 - c0);
        });
        expect(Math.max(...third)).toBeLessThan(1e-4);
      }),
    );
  });

  test('the likelihood is finite and the median time is positive', () => {
    fc.assert(
      fc.property(anyModel, anyHistory, (model, customer) => {
        expect(logLikelihood(model, customer)).toSatisfy(Number.isFinite);
        const weeks = medianNextPurchase(model, customer);
        if (weeks === undefined) return;
        expect(weeks).toBeGreaterThan(0);
        expect(weeks).toSatisfy(Number.isFinite);
      }),
    );
  });
});

test('ln Γ: factorials, one half, and Γ(x + 1) = x Γ(x)', () => {
  expect(lnGamma(1)).toBeCloseTo(0, 13);
  expect(lnGamma(2)).toBeCloseTo(0, 13);
  expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
  expect(lnGamma(11)).toBeCloseTo(Math.log(3_628_800), 12);
  expect(lnGamma(171) / 706.573_062_245_787_4).toBeCloseTo(1, 13);
  fc.assert(
    fc.property(logUniform(1e-6, 1e6), (x) => {
      const step = lnGamma(x + 1) - lnGamma(x) - Math.log(x);
      expect(Math.abs(step)).toBeLessThan(1e-13 * (10 + Math.abs(lnGamma(x))));
    }),
  );
});

/**
 * Everything of one customer from what the model assumes of single ones: with rate λ and probability p of leaving,
 * x purchases are seen, the last at tx, and then either none by T or a departure. Trapezoids over ln λ and over the
 * log-odds of p.
 */
function integrate({ r, alpha, a, b }: BgNbd, { x, tx, T }: History) {
  const points: { readonly rate: number; readonly p: number; readonly stays: number; readonly left: number }[] = [];
  const uStep = 0.2;
  const wStep = Math.min(0.2, 0.6 / Math.sqrt(r + x));
  for (let u = -40 / Math.min(a, 1); u <= 40 / Math.min(b, 1); u += uStep) {
    const p = 1 / (1 + Math.exp(-u));
    const lnP = -Math.log1p(Math.exp(-u));
    const lnQ = -Math.log1p(Math.exp(u));
    const lnDropout = a * lnP + b * lnQ - (lnGamma(a) + lnGamma(b) - lnGamma(a + b));
    for (let w = -40 / Math.min(r + x, 1); w <= 9; w += wStep) {
      const rate = Math.exp(w);
      const lnRate = r * (Math.log(alpha) + w) - alpha * rate - lnGamma(r);
      const seen = lnDropout + lnRate + x * w;
      const stays = Math.exp(seen + x * lnQ - rate * T + SCALE);
      const left = x === 0 ? 0 : Math.exp(seen + lnP + (x - 1) * lnQ - rate * tx + SCALE);
      if (stays + left > 0) points.push({ rate, p, stays, left });
    }
  }
  const sum = (of: (point: (typeof points)[number]) => number) => points.reduce((all, point) => all + of(point), 0);
  const evidence = sum(({ stays, left }) => stays + left);
  return {
    lnEvidence: Math.log(evidence * uStep * wStep) - SCALE,
    alive: sum(({ stays }) => stays) / evidence,
    expected: (t: number) => sum(({ rate, p, stays }) => (stays * -Math.expm1(-rate * p * t)) / p) / evidence,
    boughtWithin: (t: number) => sum(({ rate, stays }) => stays * -Math.expm1(-rate * t)) / evidence,
  };
}

/** Keeps what is integrated from underflow. */
const SCALE = 100;

/** Equation (10), with the series of ₂F₁ as it stands. */
function published({ r, alpha, a, b }: BgNbd, { x, tx, T }: History, t: number): number {
  const z = t / (alpha + T + t);
  let [term, sum] = [1, 1];
  for (let k = 0; k < 20_000 && Math.abs(term) > Math.abs(sum) * 1e-17; k++) {
    term *= (((r + x + k) * (b + x + k)) / ((a + b + x - 1 + k) * (k + 1))) * z;
    sum += term;
  }
  const gone = x === 0 ? 0 : (a / (b + x - 1)) * ((alpha + T) / (alpha + tx)) ** (r + x);
  return (((a + b + x - 1) / (a - 1)) * (1 - ((alpha + T) / (alpha + T + t)) ** (r + x) * sum)) / (1 + gone);
}

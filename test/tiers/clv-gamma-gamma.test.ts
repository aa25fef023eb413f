/** Gamma–Gamma against its note, and against an integral over what it assumes of single customers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectedValue, type GammaGamma, logLikelihood, populationMean } from '../../shared/tiers/clv/gamma-gamma.ts';
import { lnGamma } from '../../shared/tiers/clv/special-functions.ts';

/** Fader and Hardie (2013), dollars. */
const CDNOW: GammaGamma = { p: 6.25, q: 3.74, v: 15.44 };

/** Worked for the first customers of CDNOW by the lifetimes project from the note's formula: mean value of x repeats → expected. */
test.each([
  [2, 22.35, 24.65],
  [1, 11.77, 18.91],
  [7, 73.74, 71.46],
  [2, 25.55, 27.28],
])('%d repeats of %d on average: %d expected', (x, meanValue, expected) => {
  expect(expectedValue(CDNOW, { x, meanValue })).toBeCloseTo(expected, 0);
  expect(Math.abs(expectedValue(CDNOW, { x, meanValue }) / expected - 1)).toBeLessThan(0.003);
});

test('of a customer without a repeat: 35.2 dollars', () => {
  expect(populationMean(CDNOW)).toBeCloseTo(35.22, 2);
});

const model: fc.Arbitrary<GammaGamma> = fc.record({
  p: fc.double({ min: 0.5, max: 30, noNaN: true }),
  q: fc.double({ min: 1.1, max: 20, noNaN: true }),
  v: fc.double({ min: 0.5, max: 50_000, noNaN: true }),
});
const spending = fc.record({
  x: fc.integer({ min: 1, max: 5_000 }),
  meanValue: fc.double({ min: 1, max: 1e7, noNaN: true }),
});

describe('any model', () => {
  test('expected value lies between the own mean and the mean of all, the nearer to the own the more purchases', () => {
    fc.assert(
      fc.property(model, spending, (model, customer) => {
        const own = customer.meanValue;
        const all = populationMean(model);
        const expected = expectedValue(model, customer);
        const margin = 1e-9 * (own + all);
        expect(expected).toBeGreaterThanOrEqual(Math.min(own, all) - margin);
        expect(expected).toBeLessThanOrEqual(Math.max(own, all) + margin);
        const more = expectedValue(model, { ...customer, x: customer.x + 1 });
        expect(Math.abs(more - own)).toBeLessThanOrEqual(Math.abs(expected - own) + margin);
      }),
    );
  });

  test('another unit of money changes no likelihood but by the unit', () => {
    fc.assert(
      fc.property(model, spending, (model, customer) => {
        const inCents = logLikelihood(
          { ...model, v: model.v * 100 },
          { ...customer, meanValue: customer.meanValue * 100 },
        );
        const gap = inCents + Math.log(100) - logLikelihood(model, customer);
        expect(Math.abs(gap)).toBeLessThan(
          1e-9 * (1 + Math.abs(model.p * customer.x * Math.log(customer.meanValue * 100 * customer.x))),
        );
      }),
    );
  });
});

test.each([
  [1, 3],
  [2, 22.35],
  [40, 150],
])('likelihood and expected value of %d repeats of %d as integrated over every customer', (x, meanValue) => {
  const { p, q, v } = CDNOW;
  let [evidence, sum] = [0, 0];
  const step = 0.005;
  for (let w = -20; w <= 12; w += step) {
    // ν ~ Gamma(q, v), the mean of x purchases ~ Gamma(px, νx); a purchase brings p / ν.
    const nu = Math.exp(w);
    const prior = q * (Math.log(v) + w) - v * nu - lnGamma(q);
    const seen = p * x * (Math.log(x) + w) + (p * x - 1) * Math.log(meanValue) - nu * x * meanValue - lnGamma(p * x);
    const weight = Math.exp(prior + seen);
    evidence += weight * step;
    sum += ((weight * p) / nu) * step;
  }
  expect(logLikelihood(CDNOW, { x, meanValue })).toBeCloseTo(Math.log(evidence), 8);
  expect(expectedValue(CDNOW, { x, meanValue })).toBeCloseTo(sum / evidence, 6);
});

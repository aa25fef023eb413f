/** Fitting: finds what a population was made with, ends at a maximum, and refuses what can't tell. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logLikelihood } from '../../shared/tiers/clv/bg-nbd.ts';
import { ENOUGH, type FitOptions, fitModel } from '../../shared/tiers/clv/fit.ts';
import { logLikelihood as valueLogLikelihood } from '../../shared/tiers/clv/gamma-gamma.ts';
import { FALLBACK, forCurrency, Model } from '../../shared/tiers/clv/model.ts';
import { minimize } from '../../shared/tiers/clv/nelder-mead.ts';
import { type Observed, Population } from '../../shared/tiers/clv/population.ts';
import { inWeeks } from '../../shared/tiers/clv/predict.ts';
import { instant } from '../../shared/time/instant.ts';
import { simulateCustomers } from '../../tools/evaluate/simulate-customers.ts';

const OPTIONS: FitOptions = { version: 'test-1', fittedAt: instant(Date.UTC(2026, 10, 25)), currency: 'CNY' };

/** Purchases are weeks apart, so that hardly two fall on a day. */
const TRUTH = {
  bgNbd: { r: 0.8, alpha: 30, a: 0.9, b: 3 },
  gammaGamma: { p: 5, q: 4, v: 9_000 },
};
const population = [...simulateCustomers({ seed: 7, customers: 30_000, ...TRUTH, ageDays: { min: 200, max: 1_400 } })];

function fitted(customers: Iterable<Observed>, options = OPTIONS): Model {
  const result = fitModel(customers, options);
  if (result.kind === 'refused') throw new Error(`Expected a fit, not ${result.code}.`);
  return result.model;
}

describe('of 30,000 simulated customers', () => {
  const model = fitted(population);
  const { bgNbd, gammaGamma } = model;

  test('the parameters they were made with', () => {
    for (const name of ['r', 'alpha', 'a', 'b'] as const) {
      expect(Math.abs(bgNbd[name] / TRUTH.bgNbd[name] - 1), name).toBeLessThan(0.08);
    }
    for (const name of ['p', 'q', 'v'] as const) {
      expect(Math.abs((gammaGamma?.[name] ?? 0) / TRUTH.gammaGamma[name] - 1), name).toBeLessThan(0.08);
    }
  });

  test('all starts end there, and nothing is at an edge', () => {
    expect(bgNbd.fit).toMatchObject({ starts: 4, agreeing: 4, atBound: [] });
    expect(gammaGamma?.fit).toMatchObject({ starts: 3, agreeing: 3, atBound: [] });
  });

  test('a model that keeps its form when stored', () => {
    expect(Model.parse(JSON.parse(JSON.stringify(model)))).toEqual(model);
    expect(model).toMatchObject({ version: 'test-1', kind: 'fitted', currency: 'CNY', customers: 30_000 });
  });

  test('counted by row, the likelihood is the sum over customers', () => {
    const counted = Population.of(population);
    const sum = population.reduce((all, customer) => all + logLikelihood(TRUTH.bgNbd, inWeeks(customer)), 0);
    expect(counted.logLikelihood(TRUTH.bgNbd) / sum).toBeCloseTo(1, 11);
    const values = population.flatMap(({ repeats: x, meanRepeatValue: meanValue }) =>
      meanValue === undefined ? [] : [{ x, meanValue }],
    );
    const valueSum = values.reduce((all, spending) => all + valueLogLikelihood(TRUTH.gammaGamma, spending), 0);
    expect(counted.spending.logLikelihood(TRUTH.gammaGamma) / valueSum).toBeCloseTo(1, 11);
  });

  test('a maximum: by finite differences the likelihood is level there, and falls on every side', () => {
    const counted = Population.of(population);
    for (const name of ['r', 'alpha', 'a', 'b'] as const) {
      const at = (factor: number) => counted.logLikelihood({ ...bgNbd, [name]: bgNbd[name] * factor });
      const h = 1e-3;
      const [less, here, more] = [at(1 - h), at(1), at(1 + h)];
      const curvature = (less + more - 2 * here) / h ** 2;
      expect(curvature, name).toBeLessThan(0);
      // How far the top of the parabola through the three is from here, relative to the parameter.
      expect(Math.abs((more - less) / (2 * h) / curvature), name).toBeLessThan(1e-5);
    }
  });

  test('another unit of money scales v and nothing else', () => {
    const inYuan = fitted(
      population.map(({ meanRepeatValue, ...days }) =>
        meanRepeatValue === undefined ? days : { ...days, meanRepeatValue: meanRepeatValue / 100 },
      ),
    );
    expect((inYuan.gammaGamma?.v ?? 0) * 100).toBeCloseTo(gammaGamma?.v ?? 0, 0);
    expect(inYuan.gammaGamma?.p).toBeCloseTo(gammaGamma?.p ?? 0, 3);
    expect(inYuan.bgNbd.r).toBe(bgNbd.r);
  });
});

test('the order of customers changes nothing that shows', () => {
  const some = population.slice(0, 800);
  const one = fitted(some).bgNbd;
  const other = fitted([...some].reverse()).bgNbd;
  for (const name of ['r', 'alpha', 'a', 'b'] as const) expect(other[name] / one[name]).toBeCloseTo(1, 3);
});

describe('refused', () => {
  const once: Observed = { repeats: 0, recencyDays: 0, ageDays: 100 };

  test('few customers', () => {
    const seen = ENOUGH.customers - 1;
    expect(fitModel(population.slice(0, seen), OPTIONS)).toEqual({
      kind: 'refused',
      code: 'too_few_customers',
      seen,
      expected: ENOUGH.customers,
    });
    expect(fitModel([], OPTIONS)).toMatchObject({ code: 'too_few_customers', seen: 0 });
  });

  test('nobody who bought on a second day', () => {
    const customers = Array.from({ length: 1_000 }, () => once);
    expect(fitModel(customers, OPTIONS)).toMatchObject({ kind: 'refused', code: 'no_repeat_purchases', seen: 0 });
  });

  test('nobody at all, even if none is enough', () => {
    const enough = { customers: 0, repeaters: 0, repeatersWithValue: 0 };
    expect(fitModel([], { ...OPTIONS, enough })).toMatchObject({ code: 'no_repeat_purchases' });
  });

  test('few who did', () => {
    const repeaters = population.filter(({ repeats }) => repeats > 0).slice(0, ENOUGH.repeaters - 1);
    const customers = [...repeaters, ...Array.from({ length: 1_000 }, () => once)];
    expect(fitModel(customers, OPTIONS)).toMatchObject({ code: 'too_few_repeaters', seen: ENOUGH.repeaters - 1 });
  });
});

test('values that are missing, nothing or negative tell nothing: a model without values', () => {
  const worthless = population
    .slice(0, 2_000)
    .map(({ meanRepeatValue: _, ...days }, i) => (i % 3 === 0 ? days : { ...days, meanRepeatValue: (i % 3) - 2 }));
  expect(fitted(worthless).gammaGamma).toBeUndefined();
});

describe('odd populations have a model or a refusal, never a NaN', () => {
  const customer: fc.Arbitrary<Observed> = fc
    .record({
      repeats: fc.oneof(fc.nat(3), fc.nat(5_000)),
      age: fc.nat(2_000),
      idle: fc.nat(300),
      value: fc.nat(1_000),
    })
    .map(({ repeats, age, idle, value }) => {
      const recencyDays = repeats === 0 ? 0 : age;
      return { repeats, recencyDays, ageDays: recencyDays + idle, ...(repeats > 0 && { meanRepeatValue: value }) };
    });
  const enough = { customers: 1, repeaters: 1, repeatersWithValue: 1 };

  test('drawn at random', () => {
    fc.assert(
      fc.property(fc.array(customer, { minLength: 1, maxLength: 30 }), (customers) => {
        const result = fitModel(customers, { ...OPTIONS, enough });
        if (result.kind === 'fitted') expect(Model.safeParse(result.model).success).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    ['all alike', () => ({ repeats: 3, recencyDays: 90, ageDays: 91, meanRepeatValue: 5_000 })],
    ['all of today', () => ({ repeats: 0, recencyDays: 0, ageDays: 0 })],
    [
      'nobody leaves',
      (i: number) => ({ repeats: 5 + (i % 20), recencyDays: 700, ageDays: 700, meanRepeatValue: 100 + i }),
    ],
    [
      'all leave after one',
      (i: number) => ({ repeats: 1, recencyDays: 7, ageDays: 700 + i, meanRepeatValue: 100 + i }),
    ],
  ])('%s', (_, of: (i: number) => Observed) => {
    const result = fitModel(
      Array.from({ length: 600 }, (_, i) => of(i)),
      OPTIONS,
    );
    if (result.kind === 'fitted') expect(Model.safeParse(result.model).success).toBe(true);
    else expect(['no_repeat_purchases', 'not_converged']).toContain(result.code);
  });
});

test('the fall-back is a model, labelled as such, and values in another currency are no values', () => {
  expect(Model.parse(FALLBACK)).toEqual(FALLBACK);
  expect(FALLBACK.version).toMatch(/^fallback/);
  const model = fitted(population.slice(0, 2_000));
  expect(forCurrency(model, 'CNY')).toEqual(model);
  expect(forCurrency(model, 'USD').gammaGamma).toBeUndefined();
  expect(forCurrency(model, 'USD').bgNbd).toEqual(model.bgNbd);
});

describe('Nelder–Mead', () => {
  const search = { edge: 0.5, tolerance: 1e-12, maxEvaluations: 2_000 };

  test('a curved valley', () => {
    const rosenbrock = ([x = 0, y = 0]: readonly number[]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2;
    const found = minimize(rosenbrock, [-1.2, 1], search);
    expect(found.converged).toBe(true);
    expect(found.point[0]).toBeCloseTo(1, 4);
    expect(found.point[1]).toBeCloseTo(1, 4);
  });

  test('tells when it found no end', () => {
    const slope = ([x = 0]: readonly number[]) => -x;
    expect(minimize(slope, [0], { ...search, maxEvaluations: 100 })).toMatchObject({ converged: false });
  });

  test('walks around what is no number', () => {
    const found = minimize(([x = 0]) => (x < 0 ? Number.NaN : (Math.sqrt(x) - 2) ** 2), [0.1], search);
    expect(found.point[0]).toBeCloseTo(4, 3);
  });
});

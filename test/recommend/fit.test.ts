/** The regression, and that weights fitted on a window find what was hidden in it. */
import { expect, test } from 'vitest';
import { fitWeights } from '../../shared/recommend/fit.ts';
import { fitLogistic } from '../../shared/recommend/logistic.ts';
import { DEFAULT_WEIGHTS, WEIGHT_NAMES } from '../../shared/recommend/weights.ts';
import { AS_OF, customer, line, openShop, product, SMALL } from './world.ts';

const examples = (rows: readonly (readonly [x: number, label: number, times: number])[]) => {
  const all = rows.flatMap(([x, label, times]) => Array.from({ length: times }, () => [x, label] as const));
  return {
    ...{ rows: all.length, columns: 1, values: Float64Array.from(all, ([x]) => x) },
    labels: Uint8Array.from(all, ([, label]) => label),
  };
};

test('a regression on two groups gives their odds', () => {
  const two = examples([
    [0, 1, 20],
    [0, 0, 80],
    [1, 1, 60],
    [1, 0, 40],
  ]);
  const { weights, converged } = fitLogistic(two, { prior: [0, 0], priorPrecision: 1e-9 });
  expect(converged).toBe(true);
  expect(weights[0]).toBeCloseTo(Math.log(20 / 80), 6);
  expect((weights[0] ?? 0) + (weights[1] ?? 0)).toBeCloseTo(Math.log(60 / 40), 6);
});

test('what the examples say nothing of stays as it was', () => {
  const constant = examples([
    [0, 1, 5],
    [0, 0, 5],
  ]);
  expect(fitLogistic(constant, { prior: [0, 1.5], priorPrecision: 1 }).weights[1]).toBeCloseTo(1.5, 9);
});

test('separable examples are held by the prior', () => {
  const apart = examples([
    [-1, 0, 10],
    [1, 1, 10],
  ]);
  const { weights, converged } = fitLogistic(apart, { prior: [0, 0], priorPrecision: 1 });
  expect(converged).toBe(true);
  expect(weights[1]).toBeGreaterThan(1);
  expect(weights[1]).toBeLessThan(10);
});

test('the number of prior weights must fit', () => {
  expect(() => fitLogistic(examples([[0, 1, 1]]), { prior: [0], priorPrecision: 1 })).toThrow(
    'Expected 2 prior weights',
  );
});

test('in a shop where all buy the same again, what was bought before gets more weight; the rest keeps its own', async () => {
  const ids = Array.from({ length: 30 }, (_, nth) => `c${nth}`);
  const own = (id: string) => `p${Number(id.slice(1)) % 5}`;
  const { db, close } = await openShop({
    lines: ids.flatMap((id) => [line(id, own(id), 20), line(id, own(id), 10)]),
    products: [0, 1, 2, 3, 4].map((nth) => product(`p${nth}`, { consumable: true })),
    customers: ids.map((id) => customer(id)),
  });
  try {
    await db.run(`CREATE TABLE bought AS SELECT DISTINCT customer, product FROM lines`);
    const fitted = await fitWeights(db, { asOf: AS_OF, tuning: SMALL }, { bought: 'bought' });
    expect(fitted).toMatchObject({ converged: true, examples: 150, bought: 30 });
    expect(fitted.weights.owned).toBeGreaterThan(DEFAULT_WEIGHTS.owned);
    for (const name of ['accessory', 'upgrade', 'viewed'] as const) {
      expect(fitted.weights[name]).toBeCloseTo(DEFAULT_WEIGHTS[name], 6);
    }
    expect(Object.keys(fitted.weights)).toEqual([...WEIGHT_NAMES]);
  } finally {
    close();
  }
});

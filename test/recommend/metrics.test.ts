/** The figures of the evaluation, against values computed by hand; and the split. */
import { expect, test } from 'vitest';
import { personalThen } from '../../tools/evaluate-recommend/baselines.ts';
import { measure } from '../../tools/evaluate-recommend/metrics.ts';
import { splitBySeed } from '../../tools/evaluate-recommend/split.ts';
import { groupSizes, TAFENG, tifuKnn, vectorOf } from '../../tools/evaluate-recommend/tifu-knn.ts';

test('recall, NDCG, hit rate, of repeats and of new ones, coverage', () => {
  const found = measure(
    [
      // Hits at places 1 and 3 of a basket of four; of two repeats one, of two new ones one.
      { recommended: [1, 9, 2, 8], future: [1, 2, 3, 4], known: new Set([1, 3]) },
      // No hit, no repeat.
      { recommended: [5, 6, 7, 8], future: [1], known: new Set() },
    ],
    3,
    20,
  );
  const dcg = 1 + 1 / 2;
  const ideal = 1 + 1 / Math.log2(3) + 1 / 2 + 1 / Math.log2(5);
  expect(found).toEqual({
    recall: (2 / 4 + 0) / 2,
    ndcg: expect.closeTo(dcg / ideal / 2, 12),
    hitRate: 1 / 2,
    repeatRecall: 1 / 2,
    newRecall: (1 / 2 + 0) / 2,
    // 1, 9, 2, 5, 6, 7: the fourth places are beyond the list.
    coverage: 6 / 20,
  });
});

test('a basket longer than the list has its ideal gain as a whole', () => {
  const { ndcg } = measure([{ recommended: [1], future: [1, 2], known: new Set() }], 1, 2);
  expect(ndcg).toBeCloseTo(1 / (1 + 1 / Math.log2(3)), 12);
});

const shopper = (id: string, history: number[][], future: number[] = []) => ({ id, history, future });

test('splits are 72, 8 and 20 %, by seed, without overlap', () => {
  const shoppers = Array.from({ length: 200 }, (_, nth) => shopper(String(nth), [[1]]));
  const { train, validation, test: tested } = splitBySeed(shoppers, 1);
  expect([train.length, validation.length, tested.length]).toEqual([144, 16, 40]);
  expect(new Set([...train, ...validation, ...tested].map(({ id }) => id)).size).toBe(200);
  expect(splitBySeed(shoppers, 1).test).toEqual(tested);
  expect(splitBySeed(shoppers, 2).test).not.toEqual(tested);
});

test('TIFU-KNN: later groups are the larger ones', () => {
  expect(groupSizes(9, 7)).toEqual([1, 1, 1, 1, 1, 2, 2]);
  expect(groupSizes(14, 7)).toEqual([2, 2, 2, 2, 2, 2, 2]);
  expect(groupSizes(3, 7)).toEqual([1, 1, 1]);
});

test('TIFU-KNN: a vector by hand', () => {
  const vector = vectorOf([[1], [1, 2], [2], [1]], { ...TAFENG, groups: 2 });
  // Groups of two: mean of 0.9^3, 0.9^2 times 0.7, and of 0.9, 1; the mean of both.
  expect(vector.get(1)).toBeCloseTo((0.7 * (0.9 ** 3 + 0.9 ** 2)) / 4 + 1 / 4, 12);
  expect(vector.get(2)).toBeCloseTo((0.7 * 0.9 ** 2) / 4 + 0.9 / 4, 12);
});

test('TIFU-KNN: own vector and that of the nearest', () => {
  const train = [shopper('near', [[1, 2]]), shopper('far', [[3], [4], [5]])];
  const recommend = tifuKnn({ seed: 0, train, validation: [], test: [] }, { ...TAFENG, neighbours: 1 });
  expect(recommend(shopper('x', [[1]]))).toEqual([1, 2]);
});

test('own products by frequency, ties by popularity, then the popular ones', () => {
  const recommend = personalThen({ seed: 0, train: [], validation: [], test: [] }, () => () => [7, 3, 2]);
  expect(recommend(shopper('x', [[1, 2], [1, 3], [9]]))).toEqual([1, 3, 2, 9, 7]);
});

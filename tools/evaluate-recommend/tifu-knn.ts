/**
 * TIFU-KNN (Hu, He, Gao, Zhang: Modeling Personalized Item Frequency Information for Next-basket Recommendation, SIGIR 2020), written
 * from the paper, with the parameters that it gives for Ta-Feng. A customer's vector: baskets in `groups` groups of nearly equal
 * size, the later ones the larger; within a group and over groups, older counts less. Prediction: own vector and the mean of the
 * nearest training customers', by Euclidean distance. As in the authors' program, decay within groups runs over all baskets; its
 * other exponent of groups, for customers of fewer baskets than groups, finds a little less here.
 */
import { type Recommend, ranked } from './baselines.ts';
import type { Fold } from './split.ts';
import type { Shopper } from './tafeng.ts';

export interface TifuKnnOptions {
  readonly neighbours: number;
  readonly withinDecay: number;
  readonly groupDecay: number;
  /** Weight of the own vector. */
  readonly alpha: number;
  readonly groups: number;
}

export const TAFENG: TifuKnnOptions = { neighbours: 300, withinDecay: 0.9, groupDecay: 0.7, alpha: 0.7, groups: 7 };

type Vector = ReadonlyMap<number, number>;

export function tifuKnn({ train }: Fold, options: TifuKnnOptions = TAFENG): Recommend {
  const vectors = train.map(({ history }) => vectorOf(history, options));
  const squares = vectors.map((vector) => [...vector.values()].reduce((sum, value) => sum + value * value, 0));
  const postings = new Map<number, { readonly index: number; readonly value: number }[]>();
  vectors.forEach((vector, index) => {
    for (const [product, value] of vector) {
      const posting = postings.get(product);
      if (posting) posting.push({ index, value });
      else postings.set(product, [{ index, value }]);
    }
  });
  return ({ history }: Shopper) => {
    const own = vectorOf(history, options);
    // |a − b|² = |a|² + |b|² − 2ab; |a|² is the same for all.
    const distances = Float64Array.from(squares);
    for (const [product, value] of own) {
      for (const { index, value: other } of postings.get(product) ?? []) {
        distances[index] = (distances[index] ?? 0) - 2 * value * other;
      }
    }
    // Numbers sort fast, indices by a function do not: the distance of the last neighbour first, then who is no farther.
    const farthest = distances.slice().sort()[options.neighbours - 1] ?? Number.POSITIVE_INFINITY;
    const nearest: number[] = [];
    for (const [index, distance] of distances.entries()) if (distance <= farthest) nearest.push(index);
    nearest.sort((one, other) => (distances[one] ?? 0) - (distances[other] ?? 0) || one - other);
    const blend = new Map([...own].map(([product, value]) => [product, options.alpha * value]));
    for (const index of nearest.slice(0, options.neighbours)) {
      for (const [product, value] of vectors[index] ?? []) {
        blend.set(product, (blend.get(product) ?? 0) + ((1 - options.alpha) / options.neighbours) * value);
      }
    }
    return ranked(blend, 20);
  };
}

export function vectorOf(history: readonly (readonly number[])[], options: TifuKnnOptions): Vector {
  const groups = groupSizes(history.length, options.groups);
  const vector = new Map<number, number>();
  let position = 0;
  groups.forEach((size, group) => {
    const groupWeight = options.groupDecay ** (groups.length - 1 - group) / size / groups.length;
    for (const basket of history.slice(position, position + size)) {
      const weight = options.withinDecay ** (history.length - 1 - position) * groupWeight;
      for (const product of basket) vector.set(product, (vector.get(product) ?? 0) + weight);
      position++;
    }
  });
  return vector;
}

/** 9 baskets in 7 groups: 1, 1, 1, 1, 1, 2, 2. Fewer baskets than groups: one each. */
export function groupSizes(baskets: number, groups: number): readonly number[] {
  if (baskets <= groups) return Array.from({ length: baskets }, () => 1);
  const least = Math.floor(baskets / groups);
  const larger = baskets % groups;
  return Array.from({ length: groups }, (_, group) => (group < groups - larger ? least : least + 1));
}

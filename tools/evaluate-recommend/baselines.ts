/** What the recommender has to beat: the simple ways, which are hard to beat, and TIFU-KNN. Each answers best first, ties by product. */
import type { Fold } from './split.ts';
import type { Shopper } from './tafeng.ts';

export type Recommend = (shopper: Shopper) => readonly number[];

const LENGTH = 20;

/** G-TopFreq: what is bought most, over the histories of all and the last baskets of training customers. */
export function globalPopularity({ train, validation, test }: Fold): Recommend {
  const counts = new Map<number, number>();
  for (const { history, future } of train) countInto(counts, [...history, future]);
  for (const { history } of [...validation, ...test]) countInto(counts, history);
  const list = ranked(counts);
  return () => list;
}

/** Of the last baskets of training customers alone: what a trend is worth by itself. */
export function recentPopularity({ train }: Fold): Recommend {
  const counts = new Map<number, number>();
  for (const { future } of train) countInto(counts, [future]);
  const list = ranked(counts);
  return () => list;
}

/** P-TopFreq: what the customer bought in most baskets. */
export const personalFrequency: Recommend = ({ history }) => {
  const counts = new Map<number, number>();
  countInto(counts, history);
  return ranked(counts);
};

/** GP-TopFreq: the customer's own by frequency, then filled up. Own ones of equal frequency go by the popularity of `others`. */
export const personalThen = (fold: Fold, others: (fold: Fold) => Recommend): Recommend => {
  const fill = others(fold);
  return (shopper) => {
    const popular = fill(shopper);
    const places = new Map(popular.map((product, place) => [product, place]));
    const counts = new Map<number, number>();
    countInto(counts, shopper.history);
    const place = (product: number) => places.get(product) ?? Number.MAX_SAFE_INTEGER;
    const own = [...counts]
      .sort((one, other) => other[1] - one[1] || place(one[0]) - place(other[0]) || one[0] - other[0])
      .map(([product]) => product);
    return [...new Set([...own, ...popular])].slice(0, LENGTH);
  };
};

function countInto(counts: Map<number, number>, baskets: readonly (readonly number[])[]): void {
  for (const basket of baskets) for (const product of basket) counts.set(product, (counts.get(product) ?? 0) + 1);
}

export const ranked = (scores: ReadonlyMap<number, number>, length?: number): readonly number[] =>
  [...scores]
    .sort((one, other) => other[1] - one[1] || one[0] - other[0])
    .slice(0, length)
    .map(([product]) => product);

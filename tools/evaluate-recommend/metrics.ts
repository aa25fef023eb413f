/** Of a list against the basket that came: recall, NDCG and hit rate as the paper counts them. */
export interface Prediction {
  /** Best first. */
  readonly recommended: readonly number[];
  readonly future: readonly number[];
  /** Products of the history. */
  readonly known: ReadonlySet<number>;
}

interface Metrics {
  /** Hits by the size of the basket. */
  readonly recall: number;
  /** Gain by the greatest possible of the whole basket, even where that is longer than the list. */
  readonly ndcg: number;
  /** Share of customers with at least one hit. */
  readonly hitRate: number;
}

export interface MetricsAt extends Metrics {
  /** Recall of what had been bought before, over customers whose basket has some; and of what had not. */
  readonly repeatRecall: number;
  readonly newRecall: number;
  /** Products recommended to anybody, of all. */
  readonly coverage: number;
}

export function measure(predictions: readonly Prediction[], k: number, products: number): MetricsAt {
  const shown = new Set<number>();
  const all = predictions.map(({ recommended, future, known }) => {
    const list = recommended.slice(0, k);
    for (const product of list) shown.add(product);
    const basket = new Set(future);
    const hits = list.map((product) => basket.has(product));
    const found = new Set(list.filter((product) => basket.has(product)));
    return {
      recall: found.size / basket.size,
      ndcg: gain(hits) / gain(Array.from(basket, () => true)),
      hitRate: found.size > 0 ? 1 : 0,
      repeatRecall: recallAmong(
        [...basket].filter((product) => known.has(product)),
        found,
      ),
      newRecall: recallAmong(
        [...basket].filter((product) => !known.has(product)),
        found,
      ),
    };
  });
  return {
    recall: mean(all.map(({ recall }) => recall)),
    ndcg: mean(all.map(({ ndcg }) => ndcg)),
    hitRate: mean(all.map(({ hitRate }) => hitRate)),
    repeatRecall: mean(all.map(({ repeatRecall }) => repeatRecall)),
    newRecall: mean(all.map(({ newRecall }) => newRecall)),
    coverage: shown.size / products,
  };
}

const gain = (hits: readonly boolean[]): number =>
  hits.reduce((sum, hit, index) => (hit ? sum + 1 / Math.log2(index + 2) : sum), 0);

const recallAmong = (basket: readonly number[], found: ReadonlySet<number>): number | undefined =>
  basket.length === 0 ? undefined : basket.filter((product) => found.has(product)).length / basket.length;

function mean(values: readonly (number | undefined)[]): number {
  const known = values.filter((value) => value !== undefined);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

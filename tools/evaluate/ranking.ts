/** How well a score told who would buy: by order alone, ties shared evenly. */

/** Spearman's rank correlation: 1 if the score puts all in the order of what came, 0 if it tells nothing. */
export function rankCorrelation(score: readonly number[], outcome: readonly number[]): number {
  return correlation(ranks(score), ranks(outcome));
}

/** Pearson's. */
export function correlation(xs: readonly number[], ys: readonly number[]): number {
  const [meanX, meanY] = [mean(xs), mean(ys)];
  let [xy, xx, yy] = [0, 0, 0];
  for (const [i, x] of xs.entries()) {
    const y = ys[i] ?? 0;
    xy += (x - meanX) * (y - meanY);
    xx += (x - meanX) ** 2;
    yy += (y - meanY) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Of all that came, the share that came from the given share of customers with the highest scores, 0 to 1. */
export function captured(score: readonly number[], outcome: readonly number[], share: number): number {
  const taken = score.length * share;
  const order = score.map((_, i) => i).sort((i, j) => (score[j] ?? 0) - (score[i] ?? 0));
  let [seen, sum] = [0, 0];
  for (let from = 0; from < order.length && seen < taken; ) {
    let to = from;
    while (to < order.length && score[order[to] ?? 0] === score[order[from] ?? 0]) to++;
    const tied = order.slice(from, to);
    const total = tied.reduce((all, i) => all + (outcome[i] ?? 0), 0);
    sum += total * Math.min(1, (taken - seen) / tied.length);
    seen += tied.length;
    from = to;
  }
  return sum / outcome.reduce((all, value) => all + value, 0);
}

/** Probability that of one who bought and one who did not the score is higher for the first; ½ tells nothing. */
export function discrimination(score: readonly number[], bought: readonly boolean[]): number {
  const ranked = ranks(score);
  const buyers = bought.filter(Boolean).length;
  const sum = ranked.reduce((all, rank, i) => all + (bought[i] ? rank : 0), 0);
  return (sum - (buyers * (buyers + 1)) / 2) / (buyers * (bought.length - buyers));
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export const meanAbsoluteError = (predicted: readonly number[], actual: readonly number[]): number =>
  mean(predicted.map((value, i) => Math.abs(value - (actual[i] ?? 0))));

export const rootMeanSquareError = (predicted: readonly number[], actual: readonly number[]): number =>
  Math.sqrt(mean(predicted.map((value, i) => (value - (actual[i] ?? 0)) ** 2)));

/** From 1; equals share the mean of their ranks. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
  const result = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to++;
    for (const i of order.slice(from, to)) result[i] = (from + 1 + to) / 2;
    from = to;
  }
  return result;
}

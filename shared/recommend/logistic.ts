/**
 * Logistic regression by Newton's method, with a normal prior around given weights: what the examples say nothing of stays as it was.
 * A matrix is one array, row after row.
 */
export interface Examples {
  readonly rows: number;
  /** Columns of a row, without the intercept. */
  readonly columns: number;
  readonly values: Float64Array;
  /** 1 for what was bought, else 0. */
  readonly labels: Uint8Array;
}

export interface LogisticOptions {
  /** The intercept first. */
  readonly prior: readonly number[];
  /** How many times as sure as one example of unit size the prior is. */
  readonly priorPrecision: number;
}

export interface Fitted {
  readonly weights: readonly number[];
  readonly iterations: number;
  readonly converged: boolean;
}

const MOST_ITERATIONS = 50;
const SMALL_STEP = 1e-6;

export function fitLogistic(examples: Examples, { prior, priorPrecision }: LogisticOptions): Fitted {
  const size = examples.columns + 1;
  if (prior.length !== size) throw new RangeError(`Expected ${size} prior weights, seen ${prior.length}.`);
  let weights = Float64Array.from(prior);
  let loss = lossOf(examples, weights, prior, priorPrecision);
  for (let iteration = 1; iteration <= MOST_ITERATIONS; iteration++) {
    const step = newtonStep(examples, weights, prior, priorPrecision);
    // Halved until it helps: a full step may overshoot far from the end.
    let share = 1;
    let next = add(weights, step, share);
    let nextLoss = lossOf(examples, next, prior, priorPrecision);
    while (!(nextLoss <= loss) && share > 1e-4) {
      share /= 2;
      next = add(weights, step, share);
      nextLoss = lossOf(examples, next, prior, priorPrecision);
    }
    if (!(nextLoss <= loss)) return { weights: [...weights], iterations: iteration, converged: true };
    weights = next;
    loss = nextLoss;
    if (step.every((by) => Math.abs(by) < SMALL_STEP)) {
      return { weights: [...weights], iterations: iteration, converged: true };
    }
  }
  return { weights: [...weights], iterations: MOST_ITERATIONS, converged: false };
}

const add = (weights: Float64Array, step: Float64Array, share: number): Float64Array<ArrayBuffer> =>
  Float64Array.from(weights, (weight, index) => weight + share * at(step, index));

/** Typed arrays are read within their bounds only; the compiler cannot know. */
const at = (array: Float64Array, index: number): number => array[index] ?? Number.NaN;

function marginOf({ columns, values }: Examples, row: number, weights: Float64Array): number {
  let margin = at(weights, 0);
  const start = row * columns;
  for (let column = 0; column < columns; column++) margin += at(weights, column + 1) * at(values, start + column);
  return margin;
}

/** Negative log-likelihood plus the prior's penalty. */
function lossOf(examples: Examples, weights: Float64Array, prior: readonly number[], precision: number): number {
  let loss = 0;
  for (let row = 0; row < examples.rows; row++) {
    const margin = marginOf(examples, row, weights);
    const signed = examples.labels[row] ? -margin : margin;
    loss += signed > 30 ? signed : Math.log1p(Math.exp(signed));
  }
  prior.forEach((mean, index) => {
    loss += (precision / 2) * (at(weights, index) - mean) ** 2;
  });
  return loss;
}

function newtonStep(examples: Examples, weights: Float64Array, prior: readonly number[], precision: number) {
  const { rows, columns, values, labels } = examples;
  const size = columns + 1;
  const gradient = Float64Array.from(prior, (mean, index) => precision * (mean - at(weights, index)));
  const curvature = new Float64Array(size * size);
  const features = new Float64Array(size).fill(1);
  for (let row = 0; row < rows; row++) {
    features.set(values.subarray(row * columns, (row + 1) * columns), 1);
    const chance = 1 / (1 + Math.exp(-marginOf(examples, row, weights)));
    const surprise = (labels[row] ?? 0) - chance;
    const doubt = chance * (1 - chance);
    for (let one = 0; one < size; one++) {
      const feature = at(features, one);
      if (feature === 0) continue;
      gradient[one] = at(gradient, one) + surprise * feature;
      const scaled = doubt * feature;
      for (let two = 0; two <= one; two++) {
        curvature[one * size + two] = at(curvature, one * size + two) + scaled * at(features, two);
      }
    }
  }
  for (let one = 0; one < size; one++) curvature[one * size + one] = at(curvature, one * size + one) + precision;
  return solvePositive(curvature, gradient, size);
}

/** Cholesky, in place: `lower` holds the lower half of a positive definite matrix. */
function solvePositive(lower: Float64Array, right: Float64Array, size: number): Float64Array {
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = at(lower, row * size + column);
      for (let k = 0; k < column; k++) sum -= at(lower, row * size + k) * at(lower, column * size + k);
      lower[row * size + column] = row === column ? Math.sqrt(sum) : sum / at(lower, column * size + column);
    }
  }
  const solution = Float64Array.from(right);
  for (let row = 0; row < size; row++) {
    let sum = at(solution, row);
    for (let k = 0; k < row; k++) sum -= at(lower, row * size + k) * at(solution, k);
    solution[row] = sum / at(lower, row * size + row);
  }
  for (let row = size - 1; row >= 0; row--) {
    let sum = at(solution, row);
    for (let k = row + 1; k < size; k++) sum -= at(lower, k * size + row) * at(solution, k);
    solution[row] = sum / at(lower, row * size + row);
  }
  return solution;
}

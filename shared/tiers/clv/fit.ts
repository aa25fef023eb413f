/** The likeliest parameters for a population: Nelder–Mead on their logarithms, from several starts. */
import { compact } from '../../text/compact.ts';
import type { Instant } from '../../time/instant.ts';
import type { FitReport, Model } from './model.ts';
import { minimize } from './nelder-mead.ts';
import { type Observed, Population, type Spendings } from './population.ts';

/**
 * Enough to fit: see "Enough data" in docs/clv.md, measured on parts of CDNOW. With fewer, parameters depend more on who happens
 * to be in than on how customers buy.
 */
export const ENOUGH = { customers: 500, repeaters: 150, repeatersWithValue: 150 } as const;

export interface FitOptions {
  /** Of the model, to be shown with each prediction. */
  readonly version: string;
  readonly fittedAt: Instant;
  /** Of the values: the reporting currency. */
  readonly currency: string;
  readonly enough?: { readonly customers: number; readonly repeaters: number; readonly repeatersWithValue: number };
}

/** What was `seen` and `expected`: customers, repeaters, or for `not_converged` evaluations of the likelihood. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: 'too_few_customers' | 'no_repeat_purchases' | 'too_few_repeaters' | 'not_converged';
  readonly seen: number;
  readonly expected: number;
}

/** Refused: the model in use stays, and before there is one, the fall-back. */
export type Fit = { readonly kind: 'fitted'; readonly model: Model } | Refusal;

export function fitModel(customers: Iterable<Observed> | Population, options: FitOptions): Fit {
  const population = customers instanceof Population ? customers : Population.of(customers);
  const { enough = ENOUGH } = options;
  const { customers: seen, repeaters } = population;
  if (seen < enough.customers) return refuse('too_few_customers', seen, enough.customers);
  if (repeaters === 0) return refuse('no_repeat_purchases', 0, enough.repeaters);
  if (repeaters < enough.repeaters) return refuse('too_few_repeaters', repeaters, enough.repeaters);

  const bgNbd = fitBgNbd(population);
  if (!bgNbd) return refuse('not_converged', MAX_EVALUATIONS, MAX_EVALUATIONS);
  const enoughValues = population.spending.customers >= Math.max(1, enough.repeatersWithValue);
  const gammaGamma = enoughValues ? fitGammaGamma(population) : undefined;
  const { version, fittedAt, currency } = options;
  const model: Model = compact({
    version,
    kind: 'fitted' as const,
    fittedAt,
    currency,
    customers: seen,
    repeaters,
    bgNbd,
    gammaGamma,
  });
  return { kind: 'fitted', model };
}

const refuse = (code: Refusal['code'], seen: number, expected: number): Refusal => ({
  kind: 'refused',
  code,
  seen,
  expected,
});

function fitBgNbd(population: Population): Model['bgNbd'] | undefined {
  // So that r / α begins near the rate at which the population buys.
  const rate = population.purchases / Math.max(population.totalWeeks, 1);
  const starts = [
    [1, 1 / rate, 1, 2],
    [0.3, 0.3 / rate, 0.5, 3],
    [3, 2 / rate, 0.3, 0.3],
    [0.5, 0.2 / rate, 3, 10],
  ];
  const { sketch } = population;
  const lossIn =
    (some: Population): Loss =>
    ([r = 0, alpha = 0, a = 0, b = 0]) =>
      -some.logLikelihood({ r, alpha, a, b }) / some.customers;
  const found = climb({ names: ['r', 'alpha', 'a', 'b'], starts, loss: lossIn(population), roughly: lossIn(sketch) });
  if (!found) return undefined;
  const [r = 0, alpha = 0, a = 0, b = 0] = found.parameters;
  return { r, alpha, a, b, fit: { ...found.report, logLikelihood: -found.loss * population.customers } };
}

/** q − 1 and v / mean are what is searched: both positive, neither in the unit of the currency. */
function fitGammaGamma(population: Population): Model['gammaGamma'] {
  const { spending } = population;
  const { customers, meanValue } = spending;
  const sketch = population.sketch.spending;
  const lossIn =
    (some: Spendings): Loss =>
    ([p = 0, excess = 0, scale = 0]) =>
      -some.logLikelihood({ p, q: 1 + excess, v: scale * meanValue }) / some.customers;
  const found = climb({
    names: ['p', 'q', 'v'],
    starts: [
      [5, 3, 0.5],
      [1, 1, 1],
      [20, 0.5, 0.1],
    ],
    loss: lossIn(spending),
    roughly: lossIn(sketch.customers > 0 ? sketch : spending),
  });
  if (!found) return undefined;
  const [p = 0, excess = 0, scale = 0] = found.parameters;
  const fit = { ...found.report, logLikelihood: -found.loss * customers };
  return { p, q: 1 + excess, v: scale * meanValue, customers, fit };
}

/** Negative log-likelihood per customer: so tolerances don't depend on their number. */
type Loss = (parameters: readonly number[]) => number;

interface Climb {
  readonly names: readonly string[];
  readonly starts: readonly (readonly number[])[];
  readonly loss: Loss;
  /** Of fewer customers: where the search begins. */
  readonly roughly: Loss;
}

interface Top {
  readonly parameters: readonly number[];
  readonly loss: number;
  readonly report: Omit<FitReport, 'logLikelihood'>;
}

const MAX_EVALUATIONS = 2_000;
/** Beyond, a likelihood is as good as flat: of customers who never leave, say, who tell nothing of a and b but a / b. */
const BOUND = Math.log(1e5);
const AGREEMENT = 1e-5;

/** The least loss over positive parameters; undefined if the search found no end. */
function climb({ names, starts, loss, roughly }: Climb): Top | undefined {
  let evaluations = 0;
  const search = (of: Loss, start: readonly number[], { edge, tolerance }: { edge: number; tolerance: number }) => {
    // Beyond the bound it rises, so that the search comes back to it.
    const beyond = (logs: readonly number[]) => logs.reduce((sum, log) => sum + Math.max(0, Math.abs(log) - BOUND), 0);
    const bounded = (logs: readonly number[]) => beyond(logs) + of(logs.map((log) => Math.exp(within(log))));
    const found = minimize(bounded, start, { edge, tolerance, maxEvaluations: MAX_EVALUATIONS });
    evaluations += found.evaluations;
    return found;
  };

  const ends = starts.map((start) =>
    search(
      roughly,
      start.map((value) => within(Math.log(value))),
      { edge: 0.5, tolerance: 1e-7 },
    ),
  );
  const bestEnd = ends.reduce((one, other) => (other.value < one.value ? other : one));
  // A simplex may collapse on a slope: begun anew at its end until that brings nothing.
  let best = search(loss, bestEnd.point, { edge: 0.1, tolerance: 1e-11 });
  for (let round = 0; round < 4; round++) {
    const again = search(loss, best.point, { edge: 0.1, tolerance: 1e-11 });
    const gain = best.value - again.value;
    if (gain > 0) best = again;
    if (gain < 1e-10) break;
  }
  if (!best.converged || !Number.isFinite(best.value)) return undefined;
  return {
    parameters: best.point.map((log) => Math.exp(within(log))),
    loss: best.value,
    report: {
      starts: starts.length,
      agreeing: ends.filter(({ value }) => value - bestEnd.value < AGREEMENT).length,
      evaluations,
      atBound: names.filter((_, i) => Math.abs(best.point[i] ?? 0) > BOUND - 0.01),
    },
  };
}

const within = (log: number): number => Math.min(BOUND, Math.max(-BOUND, log));

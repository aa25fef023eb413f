/** The likeliest parameters for a population: Nelder–Mead on their logarithms, from several starts. */
import { compact } from '../../text/compact.ts';
import type { Instant } from '../../time/instant.ts';
import type { FitReport, Model } from './model.ts';
import { minimize } from './nelder-mead.ts';
import { type Observed, Population } from './population.ts';

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

export type Fit =
  | { readonly kind: 'fitted'; readonly model: Model }
  /** The model in use stays. `expected` and `seen` count what the code names. */
  | { readonly kind: 'refused'; readonly code: 'too_few_customers'; readonly seen: number; readonly expected: number }
  | { readonly kind: 'refused'; readonly code: 'no_repeat_purchases'; readonly seen: 0; readonly expected: number }
  | { readonly kind: 'refused'; readonly code: 'too_few_repeaters'; readonly seen: number; readonly expected: number }
  /** In evaluations of the likelihood. */
  | { readonly kind: 'refused'; readonly code: 'not_converged'; readonly seen: number; readonly expected: number };

export function fitModel(customers: Iterable<Observed> | Population, options: FitOptions): Fit {
  const population = customers instanceof Population ? customers : Population.of(customers);
  const { enough = ENOUGH } = options;
  const { customers: seen, repeaters } = population;
  if (seen < enough.customers) return refuse('too_few_customers', seen, enough.customers);
  if (repeaters === 0) return { kind: 'refused', code: 'no_repeat_purchases', seen: 0, expected: enough.repeaters };
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

function refuse(
  code: 'too_few_customers' | 'too_few_repeaters' | 'not_converged',
  seen: number,
  expected: number,
): Fit {
  return { kind: 'refused', code, seen, expected };
}

function fitBgNbd(population: Population): Model['bgNbd'] | undefined {
  // So that r / α is the rate at which the population buys; a little above 0 if all are of today.
  const rate = population.purchases / Math.max(population.totalWeeks, 1);
  const starts = [
    [1, 1 / rate, 1, 2],
    [0.3, 0.3 / rate, 0.5, 3],
    [3, 2 / rate, 0.3, 0.3],
    [0.5, 0.2 / rate, 3, 10],
  ];
  const found = climb(([r = 0, alpha = 0, a = 0, b = 0]) => population.logLikelihood({ r, alpha, a, b }), {
    names: ['r', 'alpha', 'a', 'b'],
    starts,
    size: population.customers,
  });
  if (!found) return undefined;
  const [r = 0, alpha = 0, a = 0, b = 0] = found.parameters;
  return { r, alpha, a, b, fit: found.report };
}

/** q − 1 and v / mean are what is searched: both positive, neither in the unit of the currency. */
function fitGammaGamma({ spending }: Population): Model['gammaGamma'] {
  const { customers, meanValue } = spending;
  const found = climb(
    ([p = 0, excess = 0, scale = 0]) => spending.logLikelihood({ p, q: 1 + excess, v: scale * meanValue }),
    {
      names: ['p', 'q', 'v'],
      starts: [
        [5, 3, 0.5],
        [1, 1, 1],
        [20, 0.5, 0.1],
      ],
      size: customers,
    },
  );
  if (!found) return undefined;
  const [p = 0, excess = 0, scale = 0] = found.parameters;
  return { p, q: 1 + excess, v: scale * meanValue, customers, fit: found.report };
}

interface Climb {
  readonly names: readonly string[];
  readonly starts: readonly (readonly number[])[];
  /** Customers in the likelihood: tolerances are per customer. */
  readonly size: number;
}

const MAX_EVALUATIONS = 2_000;
/** Beyond, a likelihood is as good as flat: of customers who never leave, say, who tell nothing of a and b but a / b. */
const BOUND = Math.log(1e5);
const AGREEMENT = 1e-5;

/** The greatest log-likelihood over positive parameters; undefined if the search found no end. */
function climb(
  logLikelihood: (parameters: readonly number[]) => number,
  { names, starts, size }: Climb,
): { readonly parameters: readonly number[]; readonly report: FitReport } | undefined {
  let evaluations = 0;
  const loss = (logs: readonly number[]): number => {
    // Beyond the bound it rises, so that the search comes back to it.
    const beyond = logs.reduce((sum, log) => sum + Math.max(0, Math.abs(log) - BOUND), 0);
    return beyond - logLikelihood(logs.map((log) => Math.exp(within(log)))) / size;
  };
  const search = (start: readonly number[], edge: number, tolerance: number) => {
    const found = minimize(loss, start, { edge, tolerance, maxEvaluations: MAX_EVALUATIONS });
    evaluations += found.evaluations;
    return found;
  };

  const ends = starts.map((start) =>
    search(
      start.map((value) => within(Math.log(value))),
      0.5,
      1e-7,
    ),
  );
  let best = ends.reduce((one, other) => (other.value < one.value ? other : one));
  // A simplex may collapse on a slope: begun anew at its end until that brings nothing.
  for (let round = 0; round < 5; round++) {
    const before = best.value;
    best = search(best.point, 0.1, 1e-11);
    if (before - best.value < 1e-10) break;
  }
  if (!best.converged || !Number.isFinite(best.value)) return undefined;
  const report: FitReport = {
    logLikelihood: -best.value * size,
    starts: starts.length,
    agreeing: ends.filter(({ value }) => value - best.value < AGREEMENT).length,
    evaluations,
    atBound: names.filter((_, i) => Math.abs(best.point[i] ?? 0) > BOUND - 0.01),
  };
  return { parameters: best.point.map((log) => Math.exp(within(log))), report };
}

const within = (log: number): number => Math.min(BOUND, Math.max(-BOUND, log));

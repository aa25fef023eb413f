/**
 * Percentiles → numbers, as a new version of the policy. A threshold "the top tenth" would otherwise move with every order of
 * anybody, and no decision could say until when it stands.
 */
import type { Predicted } from '../profiles/facts.ts';
import { type Customer, customerOf, MEASURES, type MeasureName, type Subject } from './measures.ts';
import { type Policy, type PolicyProblem, type Rule, readPolicy, saysNothing, type Test, testsOf } from './policy.ts';

/** Of customers with at least one counting order. */
export interface PopulationStatistics {
  /** UTC. */
  readonly asOf: string;
  readonly customers: number;
  /** By measure, then percentile (`"90"`): as `nearestRank`. Only of customers whose reading could be had. */
  readonly values: Readonly<Partial<Record<MeasureName, Readonly<Record<string, number>>>>>;
}

/** What the policy's percentiles are of these customers at this instant. */
export function measurePopulation(policy: Policy, population: Iterable<Subject>, asOf: string): PopulationStatistics {
  const readings = new Readings(policy, asOf);
  for (const subject of population) readings.add(subject);
  return readings.statistics();
}

/** A population, customer by customer: of each, one number is held for every measure that the policy takes a percentile of. */
export class Readings {
  readonly #policy: Policy;
  readonly #asOf: string;
  readonly #wanted: ReadonlyMap<MeasureName, ReadonlySet<number>>;
  readonly #numbers: ReadonlyMap<MeasureName, number[]>;
  #customers = 0;

  constructor(policy: Policy, asOf: string) {
    this.#policy = policy;
    this.#asOf = asOf;
    this.#wanted = wantedOf(policy);
    this.#numbers = new Map([...this.#wanted.keys()].map((measure): [MeasureName, number[]] => [measure, []]));
  }

  /** Who has no counting order is not of the population. */
  add(subject: Subject): void {
    if (subject.facts.orders === 0) return;
    this.#customers++;
    const customer: Customer = customerOf(subject, this.#policy.currency);
    const asOfMs = Date.parse(this.#asOf);
    for (const [measure, numbers] of this.#numbers) {
      const reading = MEASURES[measure].read(customer, asOfMs);
      if (typeof reading === 'number') numbers.push(reading);
    }
  }

  /** Of one that was added without: a model may have been fitted on these very customers meanwhile. In the policy's currency. */
  addPrediction(predicted: Predicted): void {
    for (const measure of PREDICTED) {
      const value = predicted[measure];
      if (value !== undefined) this.#numbers.get(measure)?.push(value);
    }
  }

  /** Those of another part of the population, by the same policy at the same instant. */
  merge(other: Readings): void {
    this.#customers += other.#customers;
    for (const [measure, numbers] of this.#numbers) {
      for (const number of other.#numbers.get(measure) ?? []) numbers.push(number);
    }
  }

  statistics(): PopulationStatistics {
    const values: Partial<Record<MeasureName, Record<string, number>>> = {};
    for (const [measure, numbers] of this.#numbers) {
      if (numbers.length === 0) continue;
      const sorted = Float64Array.from(numbers).sort();
      values[measure] = Object.fromEntries(
        [...(this.#wanted.get(measure) ?? [])].map((p) => [String(p), nearestRank(sorted, p)]),
      );
    }
    return { asOf: this.#asOf, customers: this.#customers, values };
  }
}

/** The measures that are fields of a prediction. */
const PREDICTED = ['clv12m', 'aliveProbability'] as const satisfies readonly (MeasureName & keyof Predicted)[];

export const hasPercentiles = (policy: Policy): boolean => wantedOf(policy).size > 0;

/** The least of the ascending values that at least p percent of them do not exceed: always one that some customer has. */
export function nearestRank(sorted: ArrayLike<number>, percentile: number): number {
  // Percent of a count in integers first: 0.07 × 100 is 7.000000000000001, and would take the next rank.
  const rank = Math.ceil((percentile * sorted.length) / 100);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] ?? 0;
}

export type Resolution =
  | { readonly kind: 'resolved'; readonly policy: Policy }
  /** Every number stays: no new version, so nobody has to be decided anew. */
  | { readonly kind: 'unchanged'; readonly why: 'no_percentiles' | 'small_population' | 'same_numbers' }
  /** The population's numbers make rules that cannot all be meant; the policy in force stays. */
  | { readonly kind: 'refused'; readonly problems: readonly PolicyProblem[] };

/** The next version, with the population's numbers. A number that everybody would pass leaves the old one standing. */
export function resolvePercentiles(policy: Policy, statistics: PopulationStatistics): Resolution {
  if (!hasPercentiles(policy)) return { kind: 'unchanged', why: 'no_percentiles' };
  if (statistics.customers < policy.minimumPopulation) return { kind: 'unchanged', why: 'small_population' };
  const resolve = (test: Test): Test => resolveTest(test, statistics);
  const rules = policy.rules.map((rule): Rule => {
    const { all, any, ...rest } = rule;
    return { ...rest, all: all.map(resolve), ...(any && { any: any.map(resolve) }) };
  });
  if (rules.every((rule, index) => sameTests(rule, policy.rules[index])))
    return { kind: 'unchanged', why: 'same_numbers' };
  const { effectiveFrom: _, ...rest } = policy;
  const { asOf, customers } = statistics;
  const read = readPolicy({ ...rest, version: policy.version + 1, rules, population: { asOf, customers } });
  return read.kind === 'policy' ? { kind: 'resolved', policy: read.policy } : read;
}

function resolveTest(test: Test, { values }: PopulationStatistics): Test {
  if (test.percentile === undefined) return test;
  const value = values[test.measure]?.[String(test.percentile)];
  if (value === undefined) return test;
  const { measure, percentile } = test;
  const bound = test.atLeast === undefined ? { atMost: value } : { atLeast: value };
  const resolved: Test = { measure, ...bound, percentile, resolved: true };
  return saysNothing(resolved) || (MEASURES[measure].unit === 'money' && value <= 0) ? test : resolved;
}

function wantedOf(policy: Policy): ReadonlyMap<MeasureName, ReadonlySet<number>> {
  const wanted = new Map<MeasureName, Set<number>>();
  for (const { measure, percentile } of policy.rules.flatMap(testsOf)) {
    if (percentile !== undefined) wanted.set(measure, (wanted.get(measure) ?? new Set()).add(percentile));
  }
  return wanted;
}

function sameTests(a: Rule, b: Rule | undefined): boolean {
  const [mine, theirs] = [testsOf(a), b ? testsOf(b) : []];
  return mine.every((test, index) => {
    const other = theirs[index];
    return test.atLeast === other?.atLeast && test.atMost === other?.atMost && test.resolved === other?.resolved;
  });
}

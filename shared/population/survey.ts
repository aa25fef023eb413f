/**
 * One look at the customers of a shop: what a model is fitted on and percentiles are taken of. Of each only dates and numbers are
 * held.
 *
 * A shard of the index is a sixteenth of all profiles, drawn by a hash of their names, so some whole shards are a fair sample of
 * all. Part of one is not: within it, profiles are sorted by when they are to be looked at. So a shard counts once all of it was
 * read, or not at all.
 */
import type { PersonaId } from '../identity/persona.ts';
import { type CustomerIndex, type CustomerStore, INDEX_SHARDS } from '../profiles/customer.ts';
import type { Facts } from '../profiles/facts.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import type { Clock } from '../runtime/clock.ts';
import { forCurrency, type Model } from '../tiers/clv/model.ts';
import { Population } from '../tiers/clv/population.ts';
import { daysOf, type Purchases, predict } from '../tiers/clv/predict.ts';
import { type PopulationStatistics, Readings } from '../tiers/percentiles.ts';
import type { Policy } from '../tiers/policy.ts';
import type { Instant } from '../time/instant.ts';
import { agedTimeline } from './aged.ts';

/** No further shard is begun that would probably go beyond it: of so many, the top twentieth is known to within 0.1 %. */
const SURVEYED_MOST = 200_000;

const KEYS_A_PAGE = 1_000;
const READ_TOGETHER = 1_000;

export interface SurveyDependencies {
  readonly customers: Pick<CustomerIndex, 'listRoots'> & Pick<CustomerStore<StoredProfile>, 'getProfiles'>;
  readonly clock: Clock;
}

export interface SurveyQuestion {
  /** Whose percentiles are asked for. */
  readonly policy: Policy;
  readonly at: Instant;
  readonly reportingCurrency: string;
  /** What was not read by then is left out. */
  readonly deadlineMs: number;
  readonly most?: number;
}

export interface Survey {
  /** Undefined where there was not even the time for one shard: then nothing can be said of the population. */
  readonly sample?: Sample;
  /** Shards read to their end, of INDEX_SHARDS. */
  readonly shards: number;
  /** Profiles read, those of a shard that was not finished included. */
  readonly read: number;
  readonly ranOutOfTime: boolean;
}

/** Always from the first shard on: so two surveys differ by what customers did, not by who was drawn. */
export async function survey(question: SurveyQuestion, dependencies: SurveyDependencies): Promise<Survey> {
  const { most = SURVEYED_MOST } = question;
  let sample: Sample | undefined;
  let read = 0;
  for (let shard = 0; shard < INDEX_SHARDS; shard++) {
    const another = shard === 0 ? 0 : read / shard;
    if (read + another > most) return { ...(sample && { sample }), shards: shard, read, ranOutOfTime: false };
    const part = new Sample(question);
    const { profiles, isWhole } = await readShard(shard, part, question, dependencies);
    read += profiles;
    if (!isWhole) return { ...(sample && { sample }), shards: shard, read, ranOutOfTime: true };
    if (sample) sample.merge(part);
    else sample = part;
  }
  return { ...(sample && { sample }), shards: INDEX_SHARDS, read, ranOutOfTime: false };
}

/** Names first, as a set: a profile whose review moves while the index is read may be met twice. */
async function readShard(
  shard: number,
  sample: Sample,
  { deadlineMs }: SurveyQuestion,
  { customers, clock }: SurveyDependencies,
): Promise<{ readonly profiles: number; readonly isWhole: boolean }> {
  const isLate = () => clock().getTime() >= deadlineMs;
  const names = new Set<PersonaId>();
  let after: string | undefined;
  do {
    if (isLate()) return { profiles: 0, isWhole: false };
    const page = await customers.listRoots(shard, KEYS_A_PAGE, after);
    for (const name of page.items) names.add(name);
    after = page.next;
  } while (after !== undefined);

  const roots = [...names];
  let profiles = 0;
  for (let from = 0; from < roots.length; from += READ_TOGETHER) {
    if (isLate()) return { profiles, isWhole: false };
    for (const { persona, root, profile } of await customers.getProfiles(roots.slice(from, from + READ_TOGETHER))) {
      // The index is a moment behind: it may have become another's alias.
      if (!profile || root !== persona) continue;
      profiles++;
      sample.add(profile.facts);
    }
  }
  return { profiles, isWhole: true };
}

/** What is kept of the customers that were read. */
export class Sample {
  readonly #at: Instant;
  readonly #policy: Policy;
  readonly #reportingCurrency: string;
  readonly #readings: Readings;
  readonly #purchases: Purchases[] = [];

  constructor({ policy, at, reportingCurrency }: Pick<SurveyQuestion, 'policy' | 'at' | 'reportingCurrency'>) {
    this.#at = at;
    this.#policy = policy;
    this.#reportingCurrency = reportingCurrency;
    this.#readings = new Readings(policy, at);
  }

  /** Without predictions: they are made anew by `statistics`, of one day and by one model, whatever made those of the profile. */
  add(facts: Facts): void {
    this.#readings.add({ facts, predicted: {}, timeline: agedTimeline(facts, Date.parse(this.#at)) });
    if (facts.orders === 0) return;
    const { meanRepeatValue, ...purchases } = facts.purchases;
    // Of another currency until the profile is derived anew: a value that is not known, then.
    const isKnown = meanRepeatValue !== undefined && facts.reporting.currency === this.#reportingCurrency;
    this.#purchases.push(isKnown ? { ...purchases, meanRepeatValue } : purchases);
  }

  merge(other: Sample): void {
    this.#readings.merge(other.#readings);
    for (const purchases of other.#purchases) this.#purchases.push(purchases);
  }

  get customers(): number {
    return this.#purchases.length;
  }

  /** What a model is fitted on. */
  population(): Population {
    const population = new Population();
    for (const purchases of this.#purchases) {
      const days = daysOf(purchases, this.#at);
      const { meanRepeatValue } = purchases;
      if (days) population.add({ ...days, ...(meanRepeatValue !== undefined && { meanRepeatValue }) });
    }
    return population;
  }

  /** What percentiles are taken of, with the predictions of this model; its values count if they are in the policy's currency. */
  statistics(model: Model): PopulationStatistics {
    const readings = new Readings(this.#policy, this.#at);
    readings.merge(this.#readings);
    const predicting = forCurrency(model, this.#policy.currency);
    for (const purchases of this.#purchases) readings.addPrediction(predict(purchases, predicting, this.#at));
    return readings.statistics();
  }
}

/**
 * Whether it is time for another model, or another version of the policy. Each makes every profile be derived anew, so a week lies
 * between two of them; what there never was is tried at each run.
 */
import type { Model } from '../tiers/clv/model.ts';
import { hasPercentiles } from '../tiers/percentiles.ts';
import type { PolicyVersion } from '../tiers/versions.ts';
import type { Instant } from '../time/instant.ts';

/** Half a day less than a week: a daily run that begins a moment earlier than the last must not put it off for a day. */
const BETWEEN_MS = 6.5 * 24 * 60 * 60 * 1000;

interface AsOf {
  readonly at: Instant;
  /** Asked for by a person: without waiting for the week to pass. */
  readonly force: boolean;
}

/** `latest`: the model fitted last. Its values are of no use in another currency than the present one. */
export function isModelDue(latest: Model | undefined, reportingCurrency: string, { at, force }: AsOf): boolean {
  if (!latest || force || latest.currency !== reportingCurrency) return true;
  return Date.parse(at) - Date.parse(latest.fittedAt) >= BETWEEN_MS;
}

type PolicyDue =
  | { readonly kind: 'due' }
  /** `version_waits`: another is to come into force, and would not if a higher number did first. */
  | { readonly kind: 'not_due'; readonly why: 'no_percentiles' | 'version_waits' | 'recent' };

/** `versions` as `versionsAt` gives them. A version whose percentiles were never numbers of the population is due at once. */
export function isPolicyDue(versions: readonly PolicyVersion[], { at, force }: AsOf): PolicyDue {
  const inForce = versions.find(({ state }) => state === 'in_force');
  if (!inForce || !hasPercentiles(inForce.policy)) return { kind: 'not_due', why: 'no_percentiles' };
  const { policy, put } = inForce;
  if (versions.some((one) => one.policy.version > policy.version)) return { kind: 'not_due', why: 'version_waits' };
  const isRecent = put !== undefined && Date.parse(at) - Date.parse(put.at) < BETWEEN_MS;
  if (isRecent && policy.population !== undefined && !force) return { kind: 'not_due', why: 'recent' };
  return { kind: 'due' };
}

/** A name for the model, other than that of the last. */
export function modelVersion(at: Instant, latest: Model | undefined): string {
  const ofDay = `fit-${at.slice(0, 10)}`;
  // A second one of a day is asked for by a person; to the minute, for a version never means two things.
  return latest?.version.startsWith(ofDay) ? `fit-${at.slice(0, 16)}` : ofDay;
}

/** Relative. The search ends within 1e-6 of the maximum, depending on the order in which the customers were read. */
const SAME = 1e-5;

/** Whether predictions would be the same, to what the search can tell. */
export function isSameModel(a: Model, b: Model): boolean {
  if (a.currency !== b.currency || (a.gammaGamma === undefined) !== (b.gammaGamma === undefined)) return false;
  const parametersOf = ({ bgNbd, gammaGamma }: Model): number[] => [
    ...[bgNbd.r, bgNbd.alpha, bgNbd.a, bgNbd.b],
    ...(gammaGamma ? [gammaGamma.p, gammaGamma.q, gammaGamma.v] : []),
  ];
  const others = parametersOf(b);
  return parametersOf(a).every((value, index) => Math.abs(value / (others[index] ?? 0) - 1) <= SAME);
}

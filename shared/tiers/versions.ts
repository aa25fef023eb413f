/**
 * The history of the policy as of an instant: which version is in force, which wait and which never will be. The built-in policy
 * counts as version 1, so that what profiles were decided by before anybody put one has a name of its own, and can be gone back to.
 */
import { type Instant, instant } from '../time/instant.ts';
import { defaultPolicy } from './default-policy.ts';
import { type Policy, policyInForce } from './policy.ts';
import type { StoredPolicy } from './policy-store.ts';

/** `skipped`: one with a higher number comes, or came, into force no later, so this one decides nothing. */
export type VersionState = 'waiting' | 'in_force' | 'past' | 'skipped';

export interface PolicyVersion {
  readonly policy: Policy;
  readonly state: VersionState;
  /** When it comes or came into force: as it says, but not before it was put. Absent of the built-in one. */
  readonly from?: Instant;
  /** Absent of the built-in one, which nobody put. */
  readonly put?: Omit<StoredPolicy, 'policy'>;
}

/** Newest version first; exactly one is in force. Without any stored, the built-in one alone. */
export function versionsAt(
  stored: readonly StoredPolicy[],
  at: Instant,
  reportingCurrency: string,
): readonly PolicyVersion[] {
  const atMs = Date.parse(at);
  const policies = stored.map(({ policy }) => policy);
  const builtIn = defaultPolicy({ currency: reportingCurrency });
  const isReplaced = policyInForce(
    policies.filter(({ version }) => version === builtIn.version),
    atMs,
  );
  const inForce = policyInForce(policies, atMs) ?? builtIn;
  const known: readonly Omit<PolicyVersion, 'state'>[] = [
    ...stored
      .toSorted((a, b) => b.policy.version - a.policy.version)
      .map(({ policy, ...put }) => ({ policy, from: laterOf(put.at, policy.effectiveFrom), put })),
    ...(isReplaced ? [] : [{ policy: builtIn }]),
  ];
  let nextFrom: Instant | undefined;
  return known.map((version): PolicyVersion => {
    const { policy, from } = version;
    const isSkipped = from !== undefined && nextFrom !== undefined && nextFrom <= from;
    if (from !== undefined && (nextFrom === undefined || from < nextFrom)) nextFrom = from;
    if (policy === inForce) return { ...version, state: 'in_force' };
    if (isSkipped) return { ...version, state: 'skipped' };
    return { ...version, state: policy.version > inForce.version ? 'waiting' : 'past' };
  });
}

/** The number of the next version to be put. */
export const nextVersion = (versions: readonly PolicyVersion[]): number =>
  Math.max(...versions.map(({ policy }) => policy.version)) + 1;

function laterOf(at: Instant, effectiveFrom: string | undefined): Instant {
  const fromMs = effectiveFrom === undefined ? Number.NEGATIVE_INFINITY : Date.parse(effectiveFrom);
  return fromMs > Date.parse(at) ? instant(fromMs) : at;
}

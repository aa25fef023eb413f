/** What is kept of a profile beside its place: all that is derived from its orders, and the tier decided from it. */

import type { Membership } from '../segments/membership.ts';
import type { Decision, Finding } from '../tiers/reasons.ts';
import type { Facts, Predicted } from './facts.ts';

export interface StoredProfile {
  readonly facts: Facts;
  readonly predicted: Predicted;
  /** Without the sentences: they follow from the findings. */
  readonly tier: StoredDecision;
  /** By id, sorted; absent where it is in none. */
  readonly segments?: readonly Membership[];
  /** Of all segments together, by which these were found; absent before there was any. */
  readonly segmentsRevision?: number;
}

export type StoredDecision = Omit<Decision, 'reasons'> & { readonly reasons: readonly Finding[] };

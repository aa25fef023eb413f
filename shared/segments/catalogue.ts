/** The segments in force, made ready to decide on profiles. */
import type { PersonaId } from '../identity/persona.ts';
import type { History } from '../profiles/derive.ts';
import type { Facts, Predicted } from '../profiles/facts.ts';
import type { Tier } from '../tiers/policy.ts';
import type { Instant } from '../time/instant.ts';
import type { Membership } from './membership.ts';

/** All that a condition may look at, as of `at`. */
export interface Subject {
  readonly at: Instant;
  readonly facts: Facts;
  readonly predicted: Predicted;
  readonly tier: { readonly value: Tier; readonly since: string };
  /** Its edges are those of the catalogue's windows and of the facts'. */
  readonly history: History;
  readonly personas: readonly PersonaId[];
  readonly tags: readonly string[];
  /** Names of those given. */
  readonly consents: readonly string[];
}

export interface Memberships {
  /** By id, sorted. */
  readonly segments: readonly Membership[];
  /** The first instant at which time alone may change any of them; never late. Absent: never. */
  readonly reviewAt?: Instant;
}

export interface Catalogue {
  /** Of all segments together: the last by which anybody could enter or leave one. */
  readonly revision: number;
  /** Lengths in days of the windows that conditions look at: of the days at their edges the orders are to be known one by one. */
  readonly windows: readonly number[];
  /** `held`: the memberships before, whose `since` lasts. */
  decide(subject: Subject, held: readonly Membership[]): Memberships;
}

/** Before anybody defined one. */
export const NO_SEGMENTS: Catalogue = { revision: 0, windows: [], decide: () => ({ segments: [] }) };

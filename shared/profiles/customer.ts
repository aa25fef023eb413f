/**
 * What the customers table holds, and the one rule by which it is written: *write what you bring, read the guard, then the
 * content, commit on the guard*. A day's guard is its month's revision, a component's is that of its root's profile.
 */
import type { PersonaId } from '../identity/persona.ts';
import type { Instant } from '../time/instant.ts';
import type { Contribution } from './contribution.ts';
import type { Sums } from './sums.ts';

/** How a value is looked up: its type and a keyed hash of the normalised value. Nothing personal is in it. */
export type IdentifierKey = string & { readonly __brand: 'IdentifierKey' };
// The cast is the constructor of the brand.
export const identifierKey = (type: string, hash: string): IdentifierKey => `${type}#${hash}` as IdentifierKey;

/** What one order says of its persona on its paid day; without a contribution, it no longer says anything there. */
export interface Entry {
  readonly persona: PersonaId;
  /** UTC, `2026-11-24`. */
  readonly day: string;
  /** Of the order. */
  readonly key: string;
  /** Of the order: an entry yields only to a newer one. */
  readonly revision: number;
  readonly contribution?: Contribution;
  /** Those of the order that may link, while it contributes. */
  readonly identifiers: readonly IdentifierKey[];
}

/** An identifier as the orders of a day, a month, a persona carry it. */
export interface Evidence {
  readonly orders: number;
  /** Paid times. */
  readonly first: Instant;
  readonly last: Instant;
}

export interface Day {
  readonly sums: Sums;
  readonly identifiers: Readonly<Record<IdentifierKey, Evidence>>;
}

/** A month of a persona: its days, each derived from its entries. */
export interface Month {
  readonly persona: PersonaId;
  /** `2026-11` */
  readonly month: string;
  readonly revision: number;
  readonly days: Readonly<Record<string, Day>>;
}

/** A persona's place: the root of its component has the profile, the others are its aliases. */
export interface Place<Profile> {
  readonly persona: PersonaId;
  readonly revision: number;
  readonly root: PersonaId;
  /** All of the component, sorted; the same in each of its items. */
  readonly members: readonly PersonaId[];
  /** UTC: when it was first heard of. A component is named after the first of its personas. */
  readonly bornAt: Instant;
  /** Only the root's. */
  readonly profile?: Profile;
  /** Only the root's: which revisions of which months it was derived from. */
  readonly derivedFrom?: string;
}

/** Reads are consistent; writes throw Conflict where what was seen no longer stands. */
export interface CustomerStore<Profile> {
  /** Puts it unless one of that order, persona and day with the same or a greater revision is there; whether it did. */
  putEntry(entry: Entry): Promise<boolean>;
  listEntries(persona: PersonaId, day: string): Promise<Entry[]>;
  getMonth(persona: PersonaId, month: string): Promise<Month | undefined>;
  putMonth(month: Month, seenRevision: number): Promise<void>;
  listMonths(persona: PersonaId): Promise<Month[]>;
  /** Idempotent. A row whose persona no longer carries the identifier is harmless: its months tell. */
  putHolder(identifier: IdentifierKey, persona: PersonaId): Promise<void>;
  /** At most `limit` + 1, so that too many are seen as such. */
  listHolders(identifier: IdentifierKey, limit: number): Promise<PersonaId[]>;
  getPlace(persona: PersonaId): Promise<Place<Profile> | undefined>;
  /** All or none, each if its revision is still the one seen (0: there was none). */
  putPlaces(places: readonly { readonly place: Place<Profile>; readonly seenRevision: number }[]): Promise<void>;
}

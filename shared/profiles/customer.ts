/**
 * What the customers table holds, and the one rule by which it is written: *write what you bring, read the guard, then the
 * content, commit on the guard*. A day's guard is its month's revision, a component's is that of its root's place.
 */
import type { Decision } from '../identity/cuts.ts';
import type { KeyedIdentifier } from '../identity/identifiers.ts';
import type { Link } from '../identity/links.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Suggestion } from '../identity/suggestions.ts';
import type { Cause } from '../queues/messages.ts';
import type { Instant } from '../time/instant.ts';
import type { Contribution } from './contribution.ts';
import type { Identified } from './identified.ts';
import type { Mark } from './marks.ts';
import type { Sums } from './sums.ts';

/** How a value is looked up: its type and a keyed hash of the normalised value. Nothing personal is in it. */
export type IdentifierKey = string & { readonly __brand: 'IdentifierKey' };
export const identifierKey = ({ type, hash }: Pick<KeyedIdentifier, 'type' | 'hash'>): IdentifierKey =>
  // The cast is the constructor of the brand.
  `${type}#${hash}` as IdentifierKey;

/** What one order says of its persona on its paid day; without content, it no longer says anything there. */
export interface Entry {
  readonly persona: PersonaId;
  /** UTC, `2026-11-24`. */
  readonly day: string;
  /** Of the order. */
  readonly key: string;
  /** Of the order: an entry yields only to a newer one. */
  readonly revision: number;
  /** By which lookup key and rates the order was read: of one revision, the newer reading stands. */
  readonly reading: number;
  readonly content?: EntryContent;
}

export interface EntryContent {
  readonly contribution: Contribution;
  /** When the order was first received. */
  readonly receivedAt: Instant;
  /** Those of the order that may link it with another persona. */
  readonly identifiers: readonly KeyedIdentifier[];
  /** The identifiers' readable values, by hash. Personal: stored sealed only. */
  readonly values: Readonly<Record<string, string>>;
  /** The buyer's, as given. Personal, too. */
  readonly name?: string;
}

export interface Day {
  readonly sums: Sums;
  /** When the first of its orders was received. */
  readonly receivedAt: Instant;
  readonly links: readonly Link[];
  /** By hash. Personal: stored sealed only. */
  readonly values: Readonly<Record<string, string>>;
}

/**
 * The revisions of a day's entries and their readings, each summed up. No revision ever falls, and at one revision no reading
 * does: so two states of a day differ in at least one of the two.
 */
export type DayState = readonly [revisions: number, readings: number];

/** A month of a persona: its days, each derived from its entries. */
export interface Month {
  readonly persona: PersonaId;
  /** `2026-11` */
  readonly month: string;
  readonly revision: number;
  readonly days: Readonly<Record<string, Day>>;
  /**
   * By day of the month (`24`), those without an order left too: which state of its entries it was derived from. A month that was
   * derived from another one must move, even if the day comes out the same.
   */
  readonly seen?: Readonly<Record<string, DayState>>;
  /** What its days carried once and carry no more: whom it kept apart has to be told, even if the first to try it dies. */
  readonly left?: readonly CarriedIdentifier[];
}

export type CarriedIdentifier = Pick<KeyedIdentifier, 'type' | 'hash'>;

/** All that a persona brings into a component. */
export interface Content {
  readonly months: readonly Month[];
  /** Those that name the persona. */
  readonly decisions: readonly Decision[];
  /** One a kind and name. */
  readonly marks: readonly Mark[];
  /** What the brand said of it without an order, one a value; absent where it said nothing. */
  readonly identified?: readonly Identified[];
}

/** A persona's place: the root of its component has the profile, the others are its aliases. */
export interface Place<Profile> {
  readonly persona: PersonaId;
  readonly revision: number;
  readonly root: PersonaId;
  /** All of the component, sorted; the same in each of its items. */
  readonly members: readonly PersonaId[];
  /** Why it was last written. */
  readonly cause: Cause;
  readonly writtenAt: Instant;
  /** Of a root: its own. Of an alias: what it had when it was last a root, so that a cut gives it back. */
  readonly profile?: Profile;
  /** Only the root's: what it was derived from. */
  readonly derivedFrom?: string;
  /** Only the root's: when to look again. It may be early, never late; where time alone changes nothing, the end of time. */
  readonly lookAt?: Instant;
  /** Only the root's: those it is one of the two profiles of, at most `SUGGESTIONS_KEPT`. */
  readonly suggestions?: readonly Suggestion[];
  /** Only the root's: linked with more personas than can be resolved together, so it was left as it was. */
  readonly oversized?: true;
}

/** Sorts after all instants. */
// The cast: it has the form of one, and sorts.
export const NEVER = '9999-12-31T23:59:59.999Z' as Instant;
export const SUGGESTIONS_KEPT = 20;

/** Reads are consistent unless said otherwise; writes throw Conflict where what was seen no longer stands. */
export interface CustomerStore<Profile> {
  /** Puts it unless one of that order, persona and day is there that is as new; whether it did. */
  putEntry(entry: Entry): Promise<boolean>;
  /** At most `limit` + 1, so that too many are seen as such. */
  listEntries(persona: PersonaId, day: string, limit: number): Promise<Entry[]>;
  getMonth(persona: PersonaId, month: string): Promise<Month | undefined>;
  putMonth(month: Month, seenRevision: number): Promise<void>;
  getContent(persona: PersonaId): Promise<Content>;
  /** Under each of these personas, all that it names. Idempotent by its id. */
  putDecision(personas: readonly PersonaId[], decision: Decision): Promise<void>;
  /** Unless one of that kind and name is there that is as new. */
  putMark(persona: PersonaId, mark: Mark): Promise<void>;
  listMarks(persona: PersonaId): Promise<Mark[]>;
  /** Of each value the first time stands, and the newest reading. `name`: of the value, whatever key it is looked up by. Idempotent. */
  putIdentified(persona: PersonaId, name: string, identified: Identified): Promise<void>;
  /** Idempotent. A row whose persona no longer carries the identifier is harmless: its months tell. */
  putHolder(identifier: IdentifierKey, persona: PersonaId): Promise<void>;
  /** At most `limit` + 1, so that too many are seen as such. */
  listHolders(identifier: IdentifierKey, limit: number): Promise<PersonaId[]>;
  getPlace(persona: PersonaId): Promise<Place<Profile> | undefined>;
  /** Of those that have one, in any order; eventually consistent, so for looks at many that need not be exact. */
  getProfiles(personas: readonly PersonaId[]): Promise<Place<Profile>[]>;
  /** All or none, each if its revision is still the one seen (0: there was none). At most 100. */
  putPlaces(places: readonly { readonly place: Place<Profile>; readonly seenRevision: number }[]): Promise<void>;
  /** For people to find; the place tells whether it still stands. Idempotent. */
  putSuggestion(between: Suggestion['between']): Promise<void>;
  deleteSuggestion(between: Suggestion['between']): Promise<void>;
}

export interface PageOf<Item> {
  readonly items: readonly Item[];
  /** Ask again with it; undefined at the end. */
  readonly next?: string;
}

/** Roots of all profiles, as an index has them: eventually consistent, by when they are to be looked at. */
export interface CustomerIndex {
  /** Those of a shard (0 to INDEX_SHARDS − 1) to be looked at by then, the earliest first. */
  listDue(shard: number, until: Instant, limit: number): Promise<PersonaId[]>;
  /** All of a shard, page by page. One that moves meanwhile may be met twice, or missed: it was looked at by then. */
  listRoots(shard: number, limit: number, after?: string): Promise<PageOf<PersonaId>>;
  /** Sorted by time of putting, nothing says that they still stand. */
  listSuggestions(limit: number, after?: string): Promise<PageOf<Suggestion['between']>>;
  /** All orders of a persona that say something, newest day first. */
  listEntriesOf(persona: PersonaId, limit: number, after?: string): Promise<PageOf<Entry>>;
}

export const INDEX_SHARDS = 16;

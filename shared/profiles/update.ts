/** Entries → months → component → profile. Idempotent at each step, so whatever dies is done again from the start. */

import { createHash } from 'node:crypto';
import type { IdentifierType } from '../identity/identifiers.ts';
import { addLinks, linksOf, type Persona } from '../identity/links.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Suggestion } from '../identity/suggestions.ts';
import type { Cause } from '../queues/messages.ts';
import { Conflict } from '../runtime/errors.ts';
import type { Instant } from '../time/instant.ts';
import {
  type CarriedIdentifier,
  type Content,
  type CustomerStore,
  type Day,
  type DayState,
  type Entry,
  type EntryContent,
  identifierKey,
  type Month,
  NEVER,
  type Place,
  SUGGESTIONS_KEPT,
} from './customer.ts';
import { personaFrom, saysAnything } from './persona-content.ts';
import { NOTHING, sumDay } from './sums.ts';

/** A persona as met on the way through a component. */
export interface Met extends Content {
  readonly persona: Persona;
}

export interface Group {
  readonly root: PersonaId;
  /** Sorted. */
  readonly members: readonly PersonaId[];
}

export interface Grouping {
  /** A partition of those met. */
  readonly groups: readonly Group[];
  readonly suggestions: readonly Suggestion[];
}

export interface Derived<Profile> {
  readonly profile: Profile;
  /** The first instant at which time alone would change it. */
  readonly reviewAt?: Instant | undefined;
}

/** What makes of personas a component, and of a component a profile: pure, given all that was met. */
export interface Rules<Profile> {
  /** A function of the set of those met, not of its order. `shared`: hashes of values that too many hold. */
  group(met: readonly Met[], shared: ReadonlySet<string>): Grouping;
  /** `known`: what its root had before, be it as an absorbed one. */
  profile(
    group: Group,
    met: ReadonlyMap<PersonaId, Met>,
    known: Profile | undefined,
    at: Instant,
  ): Promise<Derived<Profile>>;
  /** Names what a profile depends on besides orders, decisions and time: of another one, it is derived anew. */
  readonly basis: string;
  /** Past so many personas a value is shared, and links nobody. */
  holdersMost(type: IdentifierType): number;
}

export interface Work {
  readonly entries: readonly Entry[];
  /** To be looked at though no entry of theirs has changed. */
  readonly personas?: readonly PersonaId[];
}

export interface Occasion {
  readonly now: Instant;
  readonly cause: Cause;
}

export interface Outcome {
  readonly profiles: number;
  /** Linked with more personas than can be resolved together: left as they were, for an operator to look at. */
  readonly oversized: number;
}

/** Nobody buys more often in a day: what does is a till's walk-in customer, or a machine, and no persona's day. */
export const ORDERS_A_DAY = 100;
/** All who may move are written in one transaction, which takes 100 items. */
export const MET_MOST = 99;
/** Holders of a value are followed up to so many times their limit: so those whom it joined part when it becomes shared. */
export const FOLLOWED = 2;
const ATTEMPTS = 6;

/** Puts the entries, derives their months and the profiles concerned. Throws Conflict after some tries: the work goes to a queue. */
export async function updateCustomers<Profile>(
  { entries, personas = [] }: Work,
  store: CustomerStore<Profile>,
  rules: Rules<Profile>,
  occasion: Occasion,
): Promise<Outcome> {
  const touched = new Map<string, Entry>();
  for (const entry of entries) {
    // Already there: go on all the same, for whoever put it may have died after that.
    await store.putEntry(entry);
    touched.set(`${entry.persona} ${entry.day}`, entry);
  }
  const left = new Map<string, CarriedIdentifier>();
  for (const { persona, day } of touched.values())
    for (const one of await deriveMonth(persona, day, store)) left.set(one.hash, one);
  let [profiles, oversized] = [0, 0];
  const looked = new Set<PersonaId>();
  const derive = async (persona: PersonaId): Promise<void> => {
    const outcome = await deriveComponent(persona, store, rules, occasion);
    profiles += outcome.profiles;
    oversized += outcome.oversized;
    for (const one of outcome.looked) looked.add(one);
  };
  for (const persona of new Set([...entries.map((entry) => entry.persona), ...personas])) await derive(persona);
  // A value that was shared, or whose owners had contradicting names, may join the others again once one of them has left it.
  for (const one of left.values())
    for (const persona of await holdersLeft(one, store, rules)) if (!looked.has(persona)) await derive(persona);
  return { profiles, oversized };
}

/** None where there are more than are ever followed: then nothing has changed for them. */
async function holdersLeft<Profile>(
  left: CarriedIdentifier,
  store: CustomerStore<Profile>,
  { holdersMost }: Pick<Rules<Profile>, 'holdersMost'>,
): Promise<readonly PersonaId[]> {
  const most = FOLLOWED * holdersMost(left.type);
  const holders = await store.listHolders(identifierKey(left), most);
  return holders.length > most ? [] : holders;
}

/**
 * The day anew from its entries, into its month, under the month's revision. Who carries an identifier is written before the
 * month that says so: so where a month has it, it is known already, and costs no write again. Gives what the month has left.
 */
async function deriveMonth<Profile>(
  persona: PersonaId,
  day: string,
  store: CustomerStore<Profile>,
): Promise<readonly CarriedIdentifier[]> {
  const name = day.slice(0, 7);
  for (let attempt = 1; ; attempt++) {
    // The guard first: who changes an entry after this also moves the month, and then ours does not stand.
    const known = await store.getMonth(persona, name);
    const entries = await store.listEntries(persona, day, ORDERS_A_DAY);
    const derived = dayOf(day, entries);
    const seen = stateOf(entries);
    const dayOfMonth = day.slice(8);
    const { [day]: before, ...others } = known?.days ?? {};
    const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
    if (known && isSame(known.seen?.[dayOfMonth], seen) && isSame(before, derived)) return known.left ?? [];
    const carried = carriedBy(known?.days ?? {});
    for (const link of derived?.links ?? [])
      if (!carried.has(link.hash)) await store.putHolder(identifierKey(link), persona);
    const days = derived ? { ...others, [day]: derived } : others;
    const carries = carriedBy(days);
    const left = [
      ...new Map([...(known?.left ?? []).map((one) => [one.hash, one] as const), ...carried]).values(),
    ].filter(({ hash }) => !carries.has(hash));
    const month: Month = {
      persona,
      month: name,
      revision: (known?.revision ?? 0) + 1,
      days,
      seen: { ...known?.seen, [dayOfMonth]: seen },
      ...(left.length > 0 && { left }),
    };
    try {
      await store.putMonth(month, known?.revision ?? 0);
      return left;
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** By hash. */
const carriedBy = (days: Month['days']): Map<string, CarriedIdentifier> =>
  new Map(Object.values(days).flatMap(({ links }) => links.map(({ type, hash }) => [hash, { type, hash }] as const)));

/** Of too many nobody knows which of them were read, nor does it matter. */
function stateOf(entries: readonly Entry[]): DayState {
  if (entries.length > ORDERS_A_DAY) return [0, 0];
  const sum = (of: (entry: Entry) => number) => entries.reduce((total, entry) => total + of(entry), 0);
  return [sum(({ revision }) => revision), sum(({ reading }) => reading)];
}

/** Undefined where no entry says anything. */
function dayOf(day: string, entries: readonly Entry[]): Day | undefined {
  const contents = entries
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .flatMap(({ content }): readonly EntryContent[] => (content ? [content] : []));
  const [receivedAt] = contents.map((content) => content.receivedAt).sort();
  if (receivedAt === undefined) return undefined;
  // Which of them were read is chance, so nothing is said of any.
  if (entries.length > ORDERS_A_DAY) return { sums: NOTHING, receivedAt: NEVER, links: [], values: {} };
  return {
    sums: sumDay(
      day,
      contents.map(({ contribution }) => contribution),
    ),
    receivedAt,
    links: contents.reduce<Day['links']>((links, content) => addLinks(links, linksOf(content)), []),
    values: Object.fromEntries(contents.flatMap(({ values }) => Object.entries(values))),
  };
}

interface Derivation extends Outcome {
  /** All who were where they belong by then. */
  readonly looked: readonly PersonaId[];
}

/** Everyone that a persona is linked with, directly or not, into the components that the rules make of them. */
async function deriveComponent<Profile>(
  persona: PersonaId,
  store: CustomerStore<Profile>,
  rules: Rules<Profile>,
  occasion: Occasion,
): Promise<Derivation> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryComponent(persona, store, rules, occasion);
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function tryComponent<Profile>(
  persona: PersonaId,
  store: CustomerStore<Profile>,
  rules: Rules<Profile>,
  { now, cause }: Occasion,
): Promise<Derivation> {
  const { met, places, shared, isWhole } = await meet(persona, store, rules);
  const { groups, suggestions } = isWhole
    ? grouped([...met.values()], shared, rules)
    : { groups: [asPlaced(persona, places)], suggestions: [] };
  // Whom a decision names, and nobody has heard of (yet), has no place.
  const known = groups.filter(({ members }) => members.some((one) => places.get(one) || isHeardOf(met.get(one))));
  const isUnchanged = known.every(({ root, members }) =>
    members.every((member) => isPlacedAt(places.get(member), root, members)),
  );
  // Some of those met are not of these groups, and their places are not ours to write.
  if (!isWhole && !isUnchanged && places.get(persona)) throw new Conflict('customer_changed', 'The customer moved on.');

  const writes: { readonly place: Place<Profile>; readonly seenRevision: number }[] = [];
  for (const { root, members } of known) {
    const before = places.get(root);
    const derivedFrom = basisOf(members, met, rules.basis);
    const mine = suggestions.filter(({ between }) => between.includes(root)).slice(0, SUGGESTIONS_KEPT);
    // Where all stay where they are, a root's revision guards its component. Where anybody moves, it depends on all who were
    // met, and so all of them are written: who was moved by another meanwhile stops it.
    // One that was derived from these very months needs nothing. That it would come out the same is no reason to leave it: who
    // read older months would then find its revision where it was, and put what is old.
    const stands =
      before?.derivedFrom === derivedFrom &&
      before.oversized === (isWhole ? undefined : true) &&
      !(before.lookAt !== undefined && before.lookAt <= now) &&
      JSON.stringify(before.suggestions ?? []) === JSON.stringify(mine);
    const concerned = !isUnchanged ? members : stands ? [] : [root];
    for (const member of concerned) {
      const seen = places.get(member);
      const place = { persona: member, revision: (seen?.revision ?? 0) + 1, root, members, cause, writtenAt: now };
      const seenRevision = seen?.revision ?? 0;
      if (member !== root) {
        writes.push({ place: { ...place, ...(seen?.profile && { profile: seen.profile }) }, seenRevision });
        continue;
      }
      const { profile, reviewAt } = await rules.profile({ root, members }, met, before?.profile, now);
      const ofRoot = { profile, derivedFrom, lookAt: lookAtOf(seen, reviewAt, now) };
      const flags = { ...(mine.length > 0 && { suggestions: mine }), ...(!isWhole && { oversized: true as const }) };
      writes.push({ place: { ...place, ...ofRoot, ...flags }, seenRevision });
    }
  }
  if (writes.length > 0) await commit(writes, { places, suggestions }, store);
  return {
    profiles: writes.filter(({ place }) => place.root === place.persona).length,
    oversized: writes.filter(({ place }) => place.oversized).length,
    looked: isWhole ? [...met.keys()] : [persona],
  };
}

/** Who has nothing left is alone: a decision between two others must not depend on whether it was once somebody. */
function grouped<Profile>(met: readonly Met[], shared: ReadonlySet<string>, rules: Rules<Profile>): Grouping {
  const { groups, suggestions } = rules.group(met.filter(isHeardOf), shared);
  const alone = met.flatMap((one): Group[] =>
    isHeardOf(one) ? [] : [{ root: one.persona.id, members: [one.persona.id] }],
  );
  return { groups: [...groups, ...alone], suggestions };
}

/** What people are to find is written before the places that say so, and goes after them: so it may be stale, but never missing. */
async function commit<Profile>(
  writes: readonly { readonly place: Place<Profile>; readonly seenRevision: number }[],
  {
    places,
    suggestions,
  }: {
    readonly places: ReadonlyMap<PersonaId, Place<Profile> | undefined>;
    readonly suggestions: readonly Suggestion[];
  },
  store: CustomerStore<Profile>,
): Promise<void> {
  const pairs = (all: readonly Suggestion[]) => new Map(all.map(({ between }) => [between.join(' '), between]));
  const before = pairs(writes.flatMap(({ place }) => places.get(place.persona)?.suggestions ?? []));
  const after = pairs(writes.flatMap(({ place }) => place.suggestions ?? []));
  const standing = pairs(suggestions);
  for (const [pair, between] of after) if (!before.has(pair)) await store.putSuggestion(between);
  await store.putPlaces(writes);
  for (const [pair, between] of before) if (!standing.has(pair)) await store.deleteSuggestion(between);
}

/** The review index moves only when a review comes nearer: a look that was too early sets the next. */
function lookAtOf(seen: Place<unknown> | undefined, reviewAt: Instant = NEVER, now: Instant): Instant {
  const set = seen?.lookAt;
  return set !== undefined && set > now && set <= reviewAt ? set : reviewAt;
}

/** Where it is, for want of anything better. */
function asPlaced<Profile>(persona: PersonaId, places: ReadonlyMap<PersonaId, Place<Profile> | undefined>): Group {
  const place = places.get(persona);
  return place ? { root: place.root, members: place.members } : { root: persona, members: [persona] };
}

/** Names the content that was read: a month's revision moves with each change of it. */
function basisOf(members: readonly PersonaId[], met: ReadonlyMap<PersonaId, Met>, basis: string): string {
  const read = members.flatMap((member) => {
    const { months = [], decisions = [], marks = [], identified = [] } = met.get(member) ?? {};
    return [
      ...months.map(({ month, revision }) => `${member} ${month} ${revision}`),
      ...decisions.map(({ id }) => id),
      ...marks.map(({ kind, name, at, on }) => `${member} ${kind} ${name} ${at} ${on}`),
      ...identified.map(({ identifier: { type, hash }, receivedAt }) => `${member} ${type} ${hash} ${receivedAt}`),
    ];
  });
  return createHash('sha256')
    .update([basis, ...read.sort()].join('\n'))
    .digest('base64url')
    .slice(0, 16);
}

const isHeardOf = (met: Met | undefined): boolean => met !== undefined && saysAnything(met);

const isPlacedAt = (place: Place<unknown> | undefined, root: PersonaId, members: readonly PersonaId[]): boolean =>
  place !== undefined && place.root === root && place.members.join(' ') === members.join(' ');

/**
 * Of each persona its place (the guard) before its months (the content); the members of its place are met too, for they
 * may have to leave it, and nobody else would tell them.
 */
export async function meet<Profile>(
  start: PersonaId,
  store: CustomerStore<Profile>,
  { holdersMost }: Pick<Rules<Profile>, 'holdersMost'>,
) {
  const met = new Map<PersonaId, Met>();
  const places = new Map<PersonaId, Place<Profile> | undefined>();
  const shared = new Set<string>();
  const guard = async (persona: PersonaId): Promise<Place<Profile> | undefined> => {
    // As read first: what moved since then must stop us.
    if (places.has(persona)) return places.get(persona);
    const place = await store.getPlace(persona);
    places.set(persona, place);
    return place;
  };
  const asked = new Set<string>();
  const waiting = [start];
  for (let persona = waiting.shift(); persona !== undefined; persona = waiting.shift()) {
    if (met.has(persona)) continue;
    if (met.size >= MET_MOST) return { met, places, shared, isWhole: false };
    const place = await guard(persona);
    if (place) {
      // Before the months of any member: where nobody moves, the root's revision alone guards them all.
      await guard(place.root);
      waiting.push(place.root, ...place.members);
    }
    const content = await store.getContent(persona);
    met.set(persona, { persona: personaFrom(persona, content), ...content });
    for (const decision of content.decisions) if (decision.kind === 'accept') waiting.push(...decision.between);
    for (const link of met.get(persona)?.persona.links ?? []) {
      if (asked.has(link.hash)) continue;
      asked.add(link.hash);
      const most = FOLLOWED * holdersMost(link.type);
      const holders = await store.listHolders(identifierKey(link), most);
      if (holders.length > most) shared.add(link.hash);
      else waiting.push(...holders);
    }
  }
  return { met, places, shared, isWhole: true };
}

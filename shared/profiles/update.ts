/** One order's change → entries → months → component → profile. Idempotent at each step, so whatever dies is done again from the start. */

import { createHash } from 'node:crypto';
import type { PersonaId } from '../identity/persona.ts';
import { Conflict } from '../runtime/errors.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import type { CustomerStore, Day, Entry, Evidence, IdentifierKey, Month, Place } from './customer.ts';
import { sumDay } from './sums.ts';

/** A persona as met on the way through a component. */
export interface Met {
  readonly persona: PersonaId;
  readonly bornAt: Instant;
  readonly months: readonly Month[];
  readonly identifiers: ReadonlyMap<IdentifierKey, Evidence>;
}

export interface Group {
  readonly root: PersonaId;
  /** Sorted. */
  readonly members: readonly PersonaId[];
}

/** What makes of personas a component, and of a component a profile: pure, given all that was met. */
export interface Rules<Profile> {
  /** A partition of those met: a function of the set, not of its order. */
  group(met: readonly Met[]): readonly Group[];
  profile(group: Group, met: ReadonlyMap<PersonaId, Met>, known: Profile | undefined): Promise<Profile>;
  /** Past so many personas an identifier is shared, and links nobody. */
  readonly holdersMost: number;
  /** Past so many personas met, the rest is left out, and who is left out depends on where the walk began. */
  readonly componentMost: number;
}

const ATTEMPTS = 6;

/** Puts the entries, derives their months and the profiles concerned. Throws Conflict after some tries: the work goes to a queue. */
export async function updateCustomers<Profile>(
  entries: readonly Entry[],
  store: CustomerStore<Profile>,
  rules: Rules<Profile>,
  now: Instant,
): Promise<void> {
  const touched = new Map<string, Entry>();
  for (const entry of entries) {
    // Already there: go on all the same, for whoever put it may have died after that.
    await store.putEntry(entry);
    touched.set(`${entry.persona} ${entry.day}`, entry);
  }
  for (const { persona, day } of touched.values()) await deriveMonth(persona, day, store);
  for (const persona of new Set(entries.map((entry) => entry.persona)))
    await deriveComponent(persona, store, rules, now);
}

/**
 * The day anew from its entries, into its month, under the month's revision. Who carries an identifier is written before the
 * month that says so: so where a month has it, it is known already, and costs no write again.
 */
async function deriveMonth<Profile>(persona: PersonaId, day: string, store: CustomerStore<Profile>): Promise<void> {
  const name = day.slice(0, 7);
  for (let attempt = 1; ; attempt++) {
    // The guard first: who changes an entry after this also moves the month, and then ours does not stand.
    const known = await store.getMonth(persona, name);
    const derived = dayOf(day, await store.listEntries(persona, day));
    const { [day]: before, ...others } = known?.days ?? {};
    if (known && JSON.stringify(before) === JSON.stringify(derived)) return;
    const carried = known ? identifiersOf([known]) : undefined;
    for (const identifier of identifiersIn(derived))
      if (!carried?.has(identifier)) await store.putHolder(identifier, persona);
    const days = derived ? { ...others, [day]: derived } : others;
    const month: Month = { persona, month: name, revision: (known?.revision ?? 0) + 1, days };
    try {
      return await store.putMonth(month, known?.revision ?? 0);
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Undefined where no entry contributes. */
function dayOf(day: string, entries: readonly Entry[]): Day | undefined {
  const contributing = entries
    .filter((entry) => entry.contribution !== undefined)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  if (contributing.length === 0) return undefined;
  const identifiers = new Map<IdentifierKey, Evidence>();
  for (const { contribution, identifiers: carried } of contributing) {
    if (!contribution) continue;
    const { paidAt } = contribution;
    for (const identifier of carried) add(identifiers, identifier, { orders: 1, first: paidAt, last: paidAt });
  }
  return {
    sums: sumDay(
      day,
      contributing.flatMap(({ contribution }) => contribution ?? []),
    ),
    identifiers: Object.fromEntries([...identifiers].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

// The cast: Object.keys forgets the brand of the keys.
const identifiersIn = (day: Day | undefined) => Object.keys(day?.identifiers ?? {}) as IdentifierKey[];

/** What the days of these months carry, together. */
export function identifiersOf(months: readonly Month[]): Map<IdentifierKey, Evidence> {
  const found = new Map<IdentifierKey, Evidence>();
  for (const { days } of months) {
    for (const { identifiers } of Object.values(days)) {
      // The cast: Object.entries forgets the brand of the keys.
      for (const [identifier, evidence] of Object.entries(identifiers))
        add(found, identifier as IdentifierKey, evidence);
    }
  }
  return found;
}

function add(all: Map<IdentifierKey, Evidence>, identifier: IdentifierKey, more: Evidence): void {
  const known = all.get(identifier);
  if (!known) {
    all.set(identifier, more);
    return;
  }
  all.set(identifier, {
    orders: known.orders + more.orders,
    first: instant(Math.min(epochMs(known.first), epochMs(more.first))),
    last: instant(Math.max(epochMs(known.last), epochMs(more.last))),
  });
}

/** Everyone that a persona is linked with, directly or not, into the components that the rules make of them. */
async function deriveComponent<Profile>(
  persona: PersonaId,
  store: CustomerStore<Profile>,
  rules: Rules<Profile>,
  now: Instant,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { met, places } = await meet(persona, store, rules, now);
    const groups = rules
      .group([...met.values()])
      .filter(({ members }) => members.some((member) => places.get(member) || hasDays(met.get(member))));
    const isUnchanged = groups.every(({ root, members }) =>
      members.every((member) => isPlacedAt(places.get(member), root, members)),
    );
    const writes: { readonly place: Place<Profile>; readonly seenRevision: number }[] = [];
    for (const { root, members } of groups) {
      const known = places.get(root);
      const derivedFrom = revisionsOf(members, met);
      // Where all stay where they are, a root's revision guards its component. Where anybody moves, it depends on all who were
      // met, and so all of them are written: who was moved by another meanwhile stops it.
      // One that was derived from these very months needs nothing. That it would come out the same is no reason to leave it: who
      // read older months would then find its revision where it was, and put what is old.
      const concerned = !isUnchanged ? members : known?.derivedFrom === derivedFrom ? [] : [root];
      const profile = concerned.includes(root)
        ? await rules.profile({ root, members }, met, known?.profile)
        : undefined;
      for (const member of concerned) {
        const seenRevision = places.get(member)?.revision ?? 0;
        const bornAt = met.get(member)?.bornAt ?? now;
        const place: Place<Profile> = { persona: member, revision: seenRevision + 1, root, members, bornAt };
        const isRoot = member === root && profile !== undefined;
        writes.push({ place: isRoot ? { ...place, profile, derivedFrom } : place, seenRevision });
      }
    }
    if (writes.length === 0) return;
    try {
      return await store.putPlaces(writes);
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Names the content that was read: a month's revision moves with each change of it. */
function revisionsOf(members: readonly PersonaId[], met: ReadonlyMap<PersonaId, Met>): string {
  const read = members.flatMap((member) =>
    (met.get(member)?.months ?? []).map(({ month, revision }) => `${member} ${month} ${revision}`),
  );
  return createHash('sha256').update(read.sort().join('\n')).digest('base64url').slice(0, 16);
}

const hasDays = (met: Met | undefined): boolean =>
  met?.months.some(({ days }) => Object.keys(days).length > 0) ?? false;

const isPlacedAt = (place: Place<unknown> | undefined, root: PersonaId, members: readonly PersonaId[]): boolean =>
  place !== undefined && place.root === root && place.members.join(' ') === members.join(' ');

/**
 * Of each persona its place (the guard) before its months (the content); the members of its place are met too, for they
 * may have to leave it, and nobody else would tell them.
 */
async function meet<Profile>(
  start: PersonaId,
  store: CustomerStore<Profile>,
  { holdersMost, componentMost }: Rules<Profile>,
  now: Instant,
) {
  const met = new Map<PersonaId, Met>();
  const places = new Map<PersonaId, Place<Profile> | undefined>();
  const guard = async (persona: PersonaId): Promise<Place<Profile> | undefined> => {
    // As read first: what moved since then must stop us.
    if (places.has(persona)) return places.get(persona);
    const place = await store.getPlace(persona);
    places.set(persona, place);
    return place;
  };
  const asked = new Set<IdentifierKey>();
  const waiting = [start];
  for (let persona = waiting.shift(); persona !== undefined; persona = waiting.shift()) {
    if (met.has(persona) || met.size >= componentMost) continue;
    const place = await guard(persona);
    if (place) {
      // Before the months of any member: where nobody moves, the root's revision alone guards them all.
      await guard(place.root);
      waiting.push(place.root, ...place.members);
    }
    const months = await store.listMonths(persona);
    const identifiers = identifiersOf(months);
    met.set(persona, { persona, bornAt: place?.bornAt ?? now, months, identifiers });
    for (const identifier of identifiers.keys()) {
      if (asked.has(identifier)) continue;
      asked.add(identifier);
      const holders = await store.listHolders(identifier, holdersMost);
      if (holders.length <= holdersMost) waiting.push(...holders);
    }
  }
  return { met, places };
}

/** The customers table in memory. */
import type { Decision } from '../../../shared/identity/cuts.ts';
import type { PersonaId } from '../../../shared/identity/persona.ts';
import type { Suggestion } from '../../../shared/identity/suggestions.ts';
import {
  type CustomerIndex,
  type CustomerStore,
  type Entry,
  type IdentifierKey,
  type Month,
  NEVER,
  type Place,
} from '../../../shared/profiles/customer.ts';
import type { Identified } from '../../../shared/profiles/identified.ts';
import { type Mark, standingMarks } from '../../../shared/profiles/marks.ts';
import { shardOf } from '../../../shared/profiles/shard.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import type { Instant } from '../../../shared/time/instant.ts';

export interface MemoryCustomers<Profile> extends CustomerStore<Profile>, CustomerIndex {
  places(): Place<Profile>[];
}

export interface MemoryCustomersOptions<Profile> {
  /** As the table's stream tells it. */
  readonly onPlace?: (now: Place<Profile>, before: Place<Profile> | undefined) => void;
}

export function memoryCustomers<Profile>({ onPlace }: MemoryCustomersOptions<Profile> = {}): MemoryCustomers<Profile> {
  // As JSON, so that nobody holds on to what is stored. The casts: only this file writes what it reads.
  const entries = new Map<PersonaId, Map<string, string>>();
  const months = new Map<PersonaId, Map<string, string>>();
  const decisions = new Map<PersonaId, Map<string, string>>();
  const marks = new Map<PersonaId, Map<string, string>>();
  const identified = new Map<PersonaId, Map<string, string>>();
  const places = new Map<PersonaId, string>();
  const holders = new Map<IdentifierKey, Set<PersonaId>>();
  const suggestions = new Map<string, Suggestion['between']>();
  const readEntry = (json: string) => JSON.parse(json) as Entry;
  const readMonth = (json: string) => JSON.parse(json) as Month;
  const readPlace = (json: string) => JSON.parse(json) as Place<Profile>;
  const readMark = (json: string) => JSON.parse(json) as Mark;
  const readIdentified = (json: string) => JSON.parse(json) as Identified;
  const readDecision = (json: string) => JSON.parse(json) as Decision;
  const revisionOf = (json: string | undefined) =>
    json === undefined ? 0 : (JSON.parse(json) as { revision: number }).revision;
  const moved = () => new Conflict('customer_changed', 'The customer moved on.');
  const under = (all: Map<PersonaId, Map<string, string>>, persona: PersonaId): Map<string, string> => {
    const known = all.get(persona) ?? new Map<string, string>();
    all.set(persona, known);
    return known;
  };
  const roots = (shard: number) =>
    [...places]
      .filter(([persona]) => shardOf(persona) === shard)
      .map(([, json]) => readPlace(json))
      .filter(({ persona, root }) => persona === root)
      .map(({ persona, lookAt = NEVER }) => ({ persona, at: `${lookAt} ${persona}` as Instant })) // the cast: it sorts as one
      .sort((a, b) => (a.at < b.at ? -1 : 1));
  const page = <Item>(all: readonly Item[], limit: number, after: string | undefined) => {
    const from = after === undefined ? 0 : Number(after);
    const next = from + limit;
    return { items: all.slice(from, next), ...(next < all.length && { next: String(next) }) };
  };
  return {
    places: () => [...places.values()].map(readPlace).sort((a, b) => (a.persona < b.persona ? -1 : 1)),
    async putEntry(entry) {
      const mine = under(entries, entry.persona);
      const key = `${entry.day} ${entry.key}`;
      const json = mine.get(key);
      if (json !== undefined) {
        const { revision, reading } = readEntry(json);
        if (revision > entry.revision || (revision === entry.revision && reading >= entry.reading)) return false;
      }
      mine.set(key, JSON.stringify(entry));
      return true;
    },
    listEntries: async (persona, day, limit) =>
      [...under(entries, persona).values()]
        .map(readEntry)
        .filter((entry) => entry.day === day)
        .slice(0, limit + 1),
    async getMonth(persona, month) {
      const json = under(months, persona).get(month);
      return json === undefined ? undefined : readMonth(json);
    },
    async putMonth(month, seen) {
      const mine = under(months, month.persona);
      if (revisionOf(mine.get(month.month)) !== seen) throw moved();
      mine.set(month.month, JSON.stringify(month));
    },
    getContent: async (persona) => ({
      months: [...under(months, persona).values()].map(readMonth),
      decisions: [...under(decisions, persona).values()].map(readDecision),
      marks: [...under(marks, persona).values()].map(readMark),
      ...(under(identified, persona).size > 0 && {
        identified: [...under(identified, persona).values()].map(readIdentified),
      }),
    }),
    async putIdentified(persona, name, said) {
      const mine = under(identified, persona);
      const key = `${said.identifier.type}#${name}`;
      const json = mine.get(key);
      const known = json === undefined ? said : readIdentified(json);
      const newest = known.reading < said.reading ? said : known;
      const first = known.receivedAt > said.receivedAt ? said : known;
      mine.set(key, JSON.stringify({ ...newest, receivedAt: first.receivedAt }));
    },
    listMarks: async (persona) => [...under(marks, persona).values()].map(readMark),
    async putMark(persona, mark) {
      const mine = under(marks, persona);
      const name = `${mark.kind} ${mark.name}`;
      const json = mine.get(name);
      const known = json === undefined ? [] : [readMark(json)];
      const [standing = mark] = standingMarks([...known, mark]);
      mine.set(name, JSON.stringify(standing));
    },
    async putDecision(personas, decision) {
      for (const persona of personas) under(decisions, persona).set(decision.id, JSON.stringify(decision));
    },
    async putHolder(identifier, persona) {
      holders.set(identifier, (holders.get(identifier) ?? new Set()).add(persona));
    },
    listHolders: async (identifier, limit) => [...(holders.get(identifier) ?? [])].sort().slice(0, limit + 1),
    async getPlace(persona) {
      const json = places.get(persona);
      return json === undefined ? undefined : readPlace(json);
    },
    getProfiles: async (personas) =>
      [...new Set(personas)].flatMap((persona) => {
        const json = places.get(persona);
        const place = json === undefined ? undefined : readPlace(json);
        return place?.profile === undefined ? [] : [place];
      }),
    async putPlaces(writes) {
      if (writes.some(({ place, seenRevision }) => revisionOf(places.get(place.persona)) !== seenRevision))
        throw moved();
      const before = writes.map(({ place }) => places.get(place.persona));
      for (const { place } of writes) places.set(place.persona, JSON.stringify(place));
      for (const [index, { place }] of writes.entries()) {
        const json = before[index];
        onPlace?.(readPlace(JSON.stringify(place)), json === undefined ? undefined : readPlace(json));
      }
    },
    async putSuggestion(between) {
      suggestions.set(between.join(' '), between);
    },
    async deleteSuggestion(between) {
      suggestions.delete(between.join(' '));
    },

    listDue: async (shard, until, limit) =>
      roots(shard)
        .filter(({ at }) => at <= `${until} ~`)
        .slice(0, limit)
        .map(({ persona }) => persona),
    async listRoots(shard, limit, after) {
      // From a key, not from a number: what moves meanwhile does not move the others.
      const rest = roots(shard).filter(({ at }) => after === undefined || at > after);
      const items = rest.slice(0, limit);
      const last = items.at(-1);
      return { items: items.map(({ persona }) => persona), ...(rest.length > limit && last && { next: last.at }) };
    },
    listSuggestions: async (limit, after) => page([...suggestions.values()], limit, after),
    listEntriesOf: async (persona, limit, after) =>
      page(
        [...under(entries, persona).values()]
          .map(readEntry)
          .filter(({ content }) => content)
          .sort((a, b) => (a.day < b.day ? 1 : -1)),
        limit,
        after,
      ),
  };
}

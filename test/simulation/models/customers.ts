/** The customers table in memory. */
import type { PersonaId } from '../../../shared/identity/persona.ts';
import type { CustomerStore, Entry, IdentifierKey, Month, Place } from '../../../shared/profiles/customer.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';

export interface MemoryCustomers<Profile> extends CustomerStore<Profile> {
  places(): Place<Profile>[];
}

export function memoryCustomers<Profile>(): MemoryCustomers<Profile> {
  // As JSON, so that nobody holds on to what is stored. The casts: only this file writes what it reads.
  const entries = new Map<string, string>();
  const months = new Map<string, string>();
  const places = new Map<PersonaId, string>();
  const holders = new Map<IdentifierKey, Set<PersonaId>>();
  const readEntry = (json: string) => JSON.parse(json) as Entry;
  const readMonth = (json: string) => JSON.parse(json) as Month;
  const readPlace = (json: string) => JSON.parse(json) as Place<Profile>;
  const revisionOf = (json: string | undefined) =>
    json === undefined ? 0 : (JSON.parse(json) as { revision: number }).revision;
  const moved = () => new Conflict('customer_changed', 'The customer moved on.');
  return {
    places: () => [...places.values()].map(readPlace).sort((a, b) => (a.persona < b.persona ? -1 : 1)),
    async putEntry(entry) {
      const key = JSON.stringify([entry.persona, entry.day, entry.key]);
      if (revisionOf(entries.get(key)) >= entry.revision) return false;
      entries.set(key, JSON.stringify(entry));
      return true;
    },
    async listEntries(persona, day) {
      return [...entries.values()].map(readEntry).filter((entry) => entry.persona === persona && entry.day === day);
    },
    async getMonth(persona, month) {
      const json = months.get(`${persona} ${month}`);
      return json === undefined ? undefined : readMonth(json);
    },
    async putMonth(month, seen) {
      const key = `${month.persona} ${month.month}`;
      if (revisionOf(months.get(key)) !== seen) throw moved();
      months.set(key, JSON.stringify(month));
    },
    async listMonths(persona) {
      return [...months.values()].map(readMonth).filter((month) => month.persona === persona);
    },
    async putHolder(identifier, persona) {
      holders.set(identifier, (holders.get(identifier) ?? new Set()).add(persona));
    },
    listHolders: async (identifier, limit) => [...(holders.get(identifier) ?? [])].sort().slice(0, limit + 1),
    async getPlace(persona) {
      const json = places.get(persona);
      return json === undefined ? undefined : readPlace(json);
    },
    async putPlaces(writes) {
      if (writes.some(({ place, seenRevision }) => revisionOf(places.get(place.persona)) !== seenRevision))
        throw moved();
      for (const { place } of writes) places.set(place.persona, JSON.stringify(place));
    },
  };
}

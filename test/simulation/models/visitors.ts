/** Visitors in memory, as `shared/behaviour/store.ts` keeps them. */
import type { VisitorKey } from '../../../shared/behaviour/names.ts';
import type { StoredVisitor, VisitorStore } from '../../../shared/behaviour/visitor-store.ts';
import type { PersonaId } from '../../../shared/identity/persona.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';

export interface MemoryVisitors extends VisitorStore {
  all(): StoredVisitor[];
}

export function memoryVisitors(): MemoryVisitors {
  // As JSON, so that nobody holds on to what is stored. The casts: only this file writes what it reads.
  const items = new Map<VisitorKey, string>();
  const owned = new Map<PersonaId, Set<VisitorKey>>();
  const read = (json: string) => JSON.parse(json) as StoredVisitor;
  return {
    all: () => [...items.values()].map(read),
    async getVisitor(key) {
      const json = items.get(key);
      return json === undefined ? undefined : read(json);
    },
    async putVisitor(stored) {
      const json = items.get(stored.key);
      if ((json === undefined ? 0 : read(json).revision) !== stored.revision - 1)
        throw new Conflict('visitor_changed', 'The visitor moved on.');
      items.set(stored.key, JSON.stringify(stored));
    },
    async putVisitorOf(persona, key) {
      owned.set(persona, (owned.get(persona) ?? new Set()).add(key));
    },
    listVisitorsOf: async (persona, limit) => [...(owned.get(persona) ?? [])].sort().slice(0, limit),
  };
}

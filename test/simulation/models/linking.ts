/** Linking rules in memory, as `shared/identity/store.ts` keeps them. */
import type { LinkingStore, StoredLinking } from '../../../shared/identity/linking-versions.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';

export function memoryLinking(): LinkingStore {
  const versions = new Map<number, string>();
  return {
    async putLinking(stored) {
      if (versions.has(stored.version)) throw new Conflict('linking_version_taken', 'Put by another meanwhile.');
      versions.set(stored.version, JSON.stringify(stored));
    },
    listLinking: async (limit) =>
      [...versions]
        .sort(([a], [b]) => b - a)
        .slice(0, limit)
        // The cast: written above.
        .map(([, json]) => JSON.parse(json) as StoredLinking),
  };
}

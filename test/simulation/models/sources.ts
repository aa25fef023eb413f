/** Sources and their server keys in memory, as `shared/sources/store.ts` keeps them. */
import { Conflict } from '../../../shared/runtime/errors.ts';
import type { ServerKeyStore, ServerKeys, Source, SourceStore } from '../../../shared/sources/source.ts';

// All as JSON, so that nobody holds on to what is stored. The casts: only these functions write what they read.

export function memorySources(): SourceStore {
  const items = new Map<string, string>();
  const at = (id: string) => {
    const json = items.get(id);
    return json === undefined ? undefined : (JSON.parse(json) as Source);
  };
  const expect = (id: string, revision: number) => {
    if ((at(id)?.revision ?? 0) !== revision)
      throw new Conflict('source_changed', `Source ${id} was changed meanwhile. Look again.`);
  };
  return {
    getSource: async (id) => at(id),
    listSources: async () => [...items.keys()].sort().flatMap((id) => at(id) ?? []),
    async putSource(source) {
      expect(source.id, source.revision - 1);
      items.set(source.id, JSON.stringify(source));
    },
    async removeSource(id, revision) {
      if (!items.has(id)) throw new Conflict('source_changed', `There is no source ${id}.`);
      expect(id, revision);
      items.delete(id);
    },
  };
}

export function memoryServerKeys(): ServerKeyStore {
  const items = new Map<string, string>();
  return {
    async getServerKeys(source) {
      const json = items.get(source);
      return json === undefined ? undefined : (JSON.parse(json) as ServerKeys);
    },
    async putServerKeys(source, keys) {
      items.set(source, JSON.stringify(keys));
    },
    async removeServerKeys(source) {
      items.delete(source);
    },
  };
}

/** The raw lake in memory: objects of NDJSON, as `shared/lake/store.ts` writes them, not compressed. */
import { Envelope } from '../../../shared/lake/envelope.ts';
import type { Lake } from '../../../shared/lake/lake.ts';
import { NotFound } from '../../../shared/runtime/errors.ts';

export interface MemoryLake extends Lake {
  objects(): string[];
}

export function memoryLake(): MemoryLake {
  const objects = new Map<string, string>();
  return {
    objects: () => [...objects.keys()],

    async write(object, envelopes) {
      objects.set(object, `${envelopes.map((envelope) => JSON.stringify(envelope)).join('\n')}\n`);
    },

    async read(object) {
      const text = objects.get(object);
      if (text === undefined) throw new NotFound('lake_object_missing', `No object ${object} in the lake.`);
      const lines = text.split('\n').filter((line) => line !== '');
      return lines.map((line) => Envelope.parse(JSON.parse(line)));
    },
  };
}

/** Rows and builds of order lines in memory, as `shared/lines/store.ts` keeps them in the lake. */
import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { keyByTime } from '../../../shared/lake/by-time.ts';
import { LINE_ROWS_PREFIX, LINES_PREFIX } from '../../../shared/lines/layout.ts';
import { type LineStore, Lines } from '../../../shared/lines/lines.ts';
import type { OrdersRecording, OrdersRecordingStore } from '../../../shared/lines/record-orders.ts';
import type { LineRow } from '../../../shared/lines/rows.ts';
import { Conflict, NotFound } from '../../../shared/runtime/errors.ts';
import { ndjson } from '../../../shared/snapshots/rows.ts';

export interface MemoryLines extends LineStore {
  /** By key. */
  readonly objects: ReadonlyMap<string, Buffer>;
  /** All rows, in the order of their objects. */
  rows(): LineRow[];
}

export function memoryLines(): MemoryLines {
  const objects = new Map<string, Buffer>();
  let latest: { readonly json: string; readonly etag: string } | undefined;
  let puts = 0;
  const keys = (prefix: string) => [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  return {
    objects,
    rows: () =>
      keys(LINE_ROWS_PREFIX).flatMap((key) =>
        gunzipSync(objects.get(key) ?? '')
          .toString()
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ),

    async putRows(rows, at) {
      const text = ndjson(rows);
      objects.set(keyByTime(LINE_ROWS_PREFIX, at, text), gzipSync(text));
    },
    async listRows(after, limit) {
      const listed = keys(LINE_ROWS_PREFIX).filter((key) => key > after);
      return listed.slice(0, limit).map((key) => ({ key, bytes: objects.get(key)?.byteLength ?? 0 }));
    },
    getLatest: async () => latest && { lines: Lines.parse(JSON.parse(latest.json)), etag: latest.etag },
    async putLatest(lines, seen) {
      if (latest?.etag !== seen) throw new Conflict('lake_object_changed', 'Another run wrote it meanwhile.');
      latest = { json: JSON.stringify(lines), etag: `"${++puts}"` };
    },
    async fetch(key, file) {
      const object = objects.get(key);
      if (!object) throw new NotFound('lake_object_missing', `No object ${key} in the lake.`);
      await writeFile(file, object);
    },
    async put(key, file) {
      objects.set(key, await readFile(file));
    },
    listFiles: async () => keys(LINES_PREFIX),
    async delete(key) {
      objects.delete(key);
    },
  };
}

export function memoryOrdersRecordings(): OrdersRecordingStore {
  let stored: { readonly json: string; readonly etag: string } | undefined;
  let puts = 0;
  return {
    // The cast: written below.
    getRecording: async () => stored && { recording: JSON.parse(stored.json) as OrdersRecording, etag: stored.etag },
    async putRecording(recording, seen) {
      if (stored?.etag !== seen) throw new Conflict('lake_object_changed', 'Another run wrote it meanwhile.');
      stored = { json: JSON.stringify(recording), etag: `"${++puts}"` };
      return stored.etag;
    },
  };
}

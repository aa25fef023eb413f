/** Rows, snapshots and recordings in memory, as `shared/snapshots/store.ts` keeps them in the lake. */
import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { keyByTime } from '../../../shared/lake/by-time.ts';
import { Conflict, NotFound } from '../../../shared/runtime/errors.ts';
import type { RecordingStore, SeenRecording } from '../../../shared/snapshots/record-all.ts';
import { rowsPrefix } from '../../../shared/snapshots/row-object.ts';
import { ndjson } from '../../../shared/snapshots/rows.ts';
import { type RowStore, Snapshot, type SnapshotStore } from '../../../shared/snapshots/snapshot.ts';

export interface MemorySnapshots extends RowStore, SnapshotStore {
  /** By key. */
  readonly objects: ReadonlyMap<string, Buffer>;
  /** Files that each table is made of, as `snapshot/name`. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
}

export function memorySnapshots(): MemorySnapshots {
  const objects = new Map<string, Buffer>();
  const tables = new Map<string, readonly string[]>();
  let latest: { readonly json: string; readonly etag: string } | undefined;
  let puts = 0;
  const fetch = async (key: string, file: string) => {
    const object = objects.get(key);
    if (!object) throw new NotFound('lake_object_missing', `No object ${key} in the lake.`);
    await writeFile(file, object);
  };
  const keyOf = (snapshot: string, name: string) => `snapshots/${snapshot}/${name}`;
  return {
    objects,
    tables,

    async putRows(kind, rows, at) {
      const text = ndjson(rows);
      objects.set(keyByTime(rowsPrefix(kind), at, text), gzipSync(text));
    },
    async listRows(kind, after, limit) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(rowsPrefix(kind)) && key > after).sort();
      return keys.slice(0, limit).map((key) => ({ key, bytes: objects.get(key)?.byteLength ?? 0 }));
    },
    fetchRows: fetch,

    async getLatest() {
      return latest && { snapshot: Snapshot.parse(JSON.parse(latest.json)), etag: latest.etag };
    },
    async putLatest(snapshot, seen) {
      if (latest?.etag !== seen) throw new Conflict('lake_object_changed', 'Another snapshot was taken meanwhile.');
      latest = { json: JSON.stringify(snapshot), etag: `"${++puts}"` };
    },
    fetchFile: (snapshot, name, file) => fetch(keyOf(snapshot, name), file),
    async putFile(snapshot, name, file) {
      objects.set(keyOf(snapshot, name), await readFile(file));
    },
    async putTable(table, snapshot, files) {
      tables.set(
        table,
        files.map((name) => `${snapshot}/${name}`),
      );
    },
    async listSnapshots() {
      const keys = [...objects.keys()].filter((key) => key.startsWith('snapshots/'));
      return [...new Set(keys.map((key) => key.split('/')[1] ?? ''))].sort();
    },
    async deleteSnapshot(id) {
      for (const key of objects.keys()) if (key.startsWith(`snapshots/${id}/`)) objects.delete(key);
    },
  };
}

export function memoryRecordings(): RecordingStore {
  let stored: SeenRecording | undefined;
  let puts = 0;
  return {
    getRecording: async () => structuredClone(stored),
    async putRecording(recording, seen) {
      if (stored?.etag !== seen) throw new Conflict('lake_object_changed', 'Another run records all, too.');
      const etag = `"${++puts}"`;
      stored = { recording: structuredClone(recording), etag };
      return etag;
    },
  };
}

/** Versions, rows and files of recommendations, and known browse events, in memory, as their stores keep them. */
import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { EVENTS_PREFIX, type EventRow, linesOf } from '../../../shared/behaviour/event-rows.ts';
import { KnownEvents, type KnownEventsStore } from '../../../shared/behaviour/known-events.ts';
import { keyByTime } from '../../../shared/lake/by-time.ts';
import type {
  RowReader,
  RowWriter,
  VersionFiles,
  VersionStore,
} from '../../../shared/recommendations/recommendation-store.ts';
import type { Versions } from '../../../shared/recommendations/versions.ts';
import { Conflict, NotFound } from '../../../shared/runtime/errors.ts';
import type { Instant } from '../../../shared/time/instant.ts';

export interface MemoryRecommendations extends VersionStore, VersionFiles, RowReader, RowWriter {
  /** By `kind of version`. */
  readonly rows: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, Buffer>;
}

export function memoryRecommendations(): MemoryRecommendations {
  const rows = new Map<string, string>();
  const files = new Map<string, Buffer>();
  let versions: Versions | undefined;
  return {
    rows,
    files,
    getVersions: async () => structuredClone(versions),
    async putVersions(next) {
      if (next.revision !== (versions?.revision ?? 0) + 1)
        throw new Conflict('recommendations_changed', 'Another build, or a person, was faster.');
      versions = structuredClone(next);
    },
    async putRows({ id }, written) {
      for (const { kind, of, content } of written) rows.set(`${kind} ${of} ${id}`, content);
    },
    async getContent(kind, of, { id, full }) {
      const from = kind === 'audience' ? '0' : full;
      const found = [...rows.keys()]
        .map((key) => ({ key, version: key.slice(key.lastIndexOf(' ') + 1) }))
        .filter(({ key, version }) => key === `${kind} ${of} ${version}` && version >= from && version <= id)
        .sort((a, b) => (a.version < b.version ? 1 : -1));
      return found[0] && rows.get(found[0].key);
    },
    async putFile(version, name, file) {
      files.set(`${version}/${name}`, await readFile(file));
    },
    async fetchFile(version, name, file) {
      const content = files.get(`${version}/${name}`);
      if (!content) throw new NotFound('lake_object_missing', `No ${version}/${name}.`);
      await writeFile(file, content);
    },
    listVersions: async () => [...new Set([...files.keys()].map((key) => key.split('/')[0] ?? ''))].sort(),
    async deleteVersion(version) {
      for (const key of files.keys()) if (key.startsWith(`${version}/`)) files.delete(key);
    },
  };
}

export interface MemoryKnownEvents extends KnownEventsStore {
  readonly objects: ReadonlyMap<string, Buffer>;
  putRows(rows: readonly EventRow[], at: Instant): void;
}

export function memoryKnownEvents(): MemoryKnownEvents {
  const objects = new Map<string, Buffer>();
  let latest: { readonly json: string; readonly etag: string } | undefined;
  let puts = 0;
  return {
    objects,
    putRows(rows, at) {
      const text = linesOf(rows);
      objects.set(keyByTime(EVENTS_PREFIX, at, text), gzipSync(text));
    },
    async listRows(after, limit) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(EVENTS_PREFIX) && key > after).sort();
      return keys.slice(0, limit).map((key) => ({ key, bytes: objects.get(key)?.byteLength ?? 0 }));
    },
    getLatest: async () => latest && { known: KnownEvents.parse(JSON.parse(latest.json)), etag: latest.etag },
    async putLatest(known, seen) {
      if (latest?.etag !== seen) throw new Conflict('lake_object_changed', 'Another run wrote it meanwhile.');
      latest = { json: JSON.stringify(known), etag: `"${++puts}"` };
    },
    async fetch(key, file) {
      const object = objects.get(key);
      if (!object) throw new NotFound('lake_object_missing', `No object ${key} in the lake.`);
      await writeFile(file, object);
    },
    async put(key, file) {
      objects.set(key, await readFile(file));
    },
    listFiles: async () => [...objects.keys()].filter((key) => key.endsWith('.parquet')),
    async delete(key) {
      objects.delete(key);
    },
  };
}

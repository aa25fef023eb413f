/**
 * The newest snapshot on this function's own disk: its files come when they are first asked for, as most questions need few, and
 * those of an older one go.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import pMap from 'p-map';
import { createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import { NotFound } from '../runtime/errors.ts';
import type { Snapshot, SnapshotStore } from '../snapshots/snapshot.ts';
import { NoSnapshot } from './preview.ts';

export interface LocalSnapshot {
  readonly snapshot: Snapshot;
  readonly folder: string;
}

export interface LocalSnapshots {
  /** With these files. Throws NoSnapshot before there is one. */
  open(files: readonly string[]): Promise<LocalSnapshot>;
}

export interface LocalSnapshotsOptions {
  readonly snapshots: Pick<SnapshotStore, 'getLatest' | 'fetchFile'>;
  /** Of this process alone. */
  readonly folder: string;
  readonly clock: Clock;
}

/** There is another each quarter of an hour. */
const MAX_AGE_MS = 15_000;
const FETCHES_AT_ONCE = 8;

export function localSnapshots({ snapshots, folder, clock }: LocalSnapshotsOptions): LocalSnapshots {
  const latest = createCache({
    load: async () => (await snapshots.getLatest())?.snapshot,
    clock,
    maxAgeMs: MAX_AGE_MS,
    maxEntries: 1,
  });
  /** Files that are there or coming, by their paths. */
  const fetched = new Map<string, Promise<void>>();

  async function fetchOnce(id: string, name: string): Promise<void> {
    const file = path.join(folder, id, name);
    const known = fetched.get(file);
    if (known) return known;
    const coming = (async () => {
      await mkdir(path.dirname(file), { recursive: true });
      await snapshots.fetchFile(id, name, `${file}.part`);
      await rename(`${file}.part`, file);
    })();
    fetched.set(file, coming);
    try {
      await coming;
    } catch (error) {
      fetched.delete(file);
      throw error;
    }
  }

  async function forgetOthers(id: string): Promise<void> {
    for (const other of await readdir(folder).catch(() => []))
      if (other !== id) await rm(path.join(folder, other), { recursive: true, force: true });
    for (const file of fetched.keys()) if (!file.startsWith(path.join(folder, id, '/'))) fetched.delete(file);
  }

  async function open(files: readonly string[], freshWithinMs: number): Promise<LocalSnapshot> {
    const snapshot = await latest.get('latest', { freshWithinMs });
    if (!snapshot)
      throw new NoSnapshot('No snapshot of all profiles was taken yet. The first one follows within half an hour.');
    await forgetOthers(snapshot.id);
    await pMap(files, (name) => fetchOnce(snapshot.id, name), { concurrency: FETCHES_AT_ONCE });
    return { snapshot, folder: path.join(folder, snapshot.id) };
  }

  return {
    async open(files) {
      try {
        return await open(files, MAX_AGE_MS);
      } catch (error) {
        // Superseded an hour ago, and gone since.
        if (!(error instanceof NotFound)) throw error;
        return open(files, 0);
      }
    },
  };
}

/** The newest snapshot and the rows written since → the next one, in portions that fit, as many as there is time for. */
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBInstance } from '@duckdb/node-api';
import pMap from 'p-map';
import { type Limits, nextPortion, type Taken, writtenAt } from '../lake/by-time.ts';
import { Conflict } from '../runtime/errors.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import { type Counts, compact } from './compact.ts';
import { DAY_KINDS, daysFile, PROFILES, SNAPSHOT_FILES } from './layout.ts';
import { ROW_KINDS, type RowKind, rowsPrefix } from './row-object.ts';
import type { RowStore, SeenSnapshot, Snapshot, SnapshotStore } from './snapshot.ts';

export interface TakeDependencies {
  readonly rows: RowStore;
  readonly snapshots: SnapshotStore;
  /** Opened only where there is something to do. */
  readonly openDuckDB: () => Promise<DuckDBInstance>;
  /** Of this run alone; emptied at its beginning. */
  readonly folder: string;
  /** Of this run alone, too: of two that begin at one instant, neither may write into the other's snapshot. */
  readonly newName: () => string;
  readonly now: () => Instant;
  /** No other portion is begun when so little is left. */
  readonly remainingMs: () => number;
  readonly limits?: Limits;
}

/** Whoever reads one that was superseded may take so long. */
export const KEPT_MS = 60 * 60_000;
/** As long as the others and writing it all take. */
const PORTION_MS = 5 * 60_000;
const TRANSFERS_AT_ONCE = 16;

export type Outcome =
  /** `waiting`: rows that are to be taken by the next run. */
  | { readonly kind: 'taken'; readonly snapshot: Snapshot; readonly objects: number; readonly waiting: boolean }
  /** There is nothing new since then. */
  | { readonly kind: 'current'; readonly snapshotAt: Instant }
  /** Another run was faster. */
  | { readonly kind: 'overtaken' };

interface Portions {
  readonly objects: readonly { readonly kind: RowKind; readonly key: string }[];
  readonly taken: Snapshot['rows'];
  /** Kinds of which more is waiting. */
  readonly waiting: readonly RowKind[];
}

/** Several runs may meet, and each may die at any moment: what is the newest is whole, and lacks nothing that it says is in it. */
export async function takeSnapshot(dependencies: TakeDependencies): Promise<Outcome> {
  const { snapshots, now } = dependencies;
  const startedAt = now();
  const latest = await snapshots.getLatest();
  const first = await nextPortions(latest?.snapshot.rows ?? {}, dependencies);
  try {
    if (first.objects.length === 0) {
      if (latest) await snapshots.putLatest({ ...latest.snapshot, snapshotAt: startedAt }, latest.etag);
      return { kind: 'current', snapshotAt: startedAt };
    }
    return await make(first, { latest, startedAt }, dependencies);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return { kind: 'overtaken' };
  }
}

interface Beginning {
  readonly latest: SeenSnapshot | undefined;
  readonly startedAt: Instant;
}

async function make(first: Portions, beginning: Beginning, dependencies: TakeDependencies): Promise<Outcome> {
  const { openDuckDB, folder, remainingMs } = dependencies;
  await rm(folder, { recursive: true, force: true });
  let previous = await fetchSnapshot(beginning.latest?.snapshot.id, dependencies);
  const instance = await openDuckDB();
  const db = await instance.connect();
  try {
    let portion = first;
    let objects = 0;
    for (let round = 1; ; round++) {
      const rows = await fetchRows(portion, path.join(folder, `rows-${round}`), dependencies);
      const next = path.join(folder, `snapshot-${round}`);
      await mkdir(next);
      const counts = await compact(db, { previous, rows, next });
      objects += portion.objects.length;
      for (const used of [rows, previous]) if (used !== undefined) await rm(used, { recursive: true });
      previous = next;
      const isLast = portion.waiting.length === 0;
      if (isLast || remainingMs() < 2 * PORTION_MS) {
        const snapshot = await publish({ counts, portion, folder: next }, beginning, dependencies);
        return { kind: 'taken', snapshot, objects, waiting: !isLast };
      }
      portion = await nextPortions(portion.taken, dependencies);
    }
  } finally {
    db.disconnectSync();
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Its folder; undefined where there is none. */
async function fetchSnapshot(id: string | undefined, { snapshots, folder }: TakeDependencies) {
  const previous = path.join(folder, 'snapshot-0');
  await mkdir(previous, { recursive: true });
  if (id === undefined) return undefined;
  await pMap(SNAPSHOT_FILES, (name) => snapshots.fetchFile(id, name, path.join(previous, name)), {
    concurrency: TRANSFERS_AT_ONCE,
  });
  return previous;
}

async function fetchRows({ objects }: Portions, folder: string, { rows }: TakeDependencies): Promise<string> {
  for (const kind of ROW_KINDS) await mkdir(path.join(folder, kind), { recursive: true });
  await pMap(objects, ({ kind, key }, index) => rows.fetchRows(key, path.join(folder, kind, `${index}.ndjson.gz`)), {
    concurrency: TRANSFERS_AT_ONCE,
  });
  return folder;
}

/** Of each kind the oldest that are not taken. */
async function nextPortions(
  before: Snapshot['rows'],
  { rows, limits }: Pick<TakeDependencies, 'rows' | 'limits'>,
): Promise<Portions> {
  const objects: { readonly kind: RowKind; readonly key: string }[] = [];
  const taken: { [kind in RowKind]?: Taken } = {};
  const waiting: RowKind[] = [];
  for (const kind of ROW_KINDS) {
    const list = (after: string, limit: number) => rows.listRows(kind, after, limit);
    const portion = await nextPortion({ prefix: rowsPrefix(kind), list }, before[kind], limits);
    if (portion.isMore) waiting.push(kind);
    objects.push(...portion.objects.map(({ key }) => ({ kind, key })));
    if (portion.taken) taken[kind] = portion.taken;
  }
  return { objects, taken, waiting };
}

interface Made {
  readonly counts: Counts;
  readonly portion: Portions;
  readonly folder: string;
}

async function publish(
  { counts, portion, folder }: Made,
  { latest, startedAt }: Beginning,
  { snapshots, now, newName }: TakeDependencies,
): Promise<Snapshot> {
  const id = `${idOf(startedAt)}-${newName()}`;
  const files = await pMap(
    SNAPSHOT_FILES,
    async (name) => {
      const file = path.join(folder, name);
      await snapshots.putFile(id, name, file);
      return { name, bytes: (await stat(file)).size };
    },
    { concurrency: 4 },
  );
  const snapshot: Snapshot = {
    id,
    snapshotAt: wholeUntil(portion, startedAt),
    ...counts,
    files,
    rows: portion.taken,
  };
  await snapshots.putLatest(snapshot, latest?.etag);
  await snapshots.putTable('profiles', id, [PROFILES]);
  await snapshots.putTable('days', id, DAY_KINDS.map(daysFile));
  const until = idOf(instant(epochMs(now()) - KEPT_MS));
  // The one just superseded, too, however old it is: somebody may have begun to read it.
  for (const other of await snapshots.listSnapshots())
    if (other !== id && other !== latest?.snapshot.id && other < until) await snapshots.deleteSnapshot(other);
  return snapshot;
}

/** Sorts by time. */
const idOf = (at: Instant): string => at.replaceAll(':', '-');

/** Up to here all is in it: what waits is younger. */
function wholeUntil({ taken, waiting }: Portions, startedAt: Instant): Instant {
  const [first = startedAt] = waiting.flatMap((kind) => writtenAt(taken[kind]?.until ?? '') ?? []).sort();
  return first;
}

/**
 * The newest build of lines and the rows recorded since → the next build. For a function with DuckDB and a disk, the build of
 * recommendations above all, which begins with it; who is told that more is waiting asks again.
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import pMap from 'p-map';
import { type Limits, nextPortion, type Taken, type WrittenObject, writtenAt } from '../lake/by-time.ts';
import { Conflict } from '../runtime/errors.ts';
import { quoted } from '../snapshots/duckdb.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import { type Compacted, compactLines } from './compact.ts';
import { INDEX_FILE, LINE, LINE_ROWS_PREFIX, LINES_PREFIX, monthFile, noRows } from './layout.ts';
import type { LineStore, Lines, SeenLines } from './lines.ts';

export interface TakeLinesDependencies {
  readonly store: LineStore;
  readonly db: DuckDBConnection;
  /** Of this run alone; emptied at its beginning. */
  readonly folder: string;
  readonly now: () => Instant;
  readonly limits?: Limits;
}

/** Whoever reads a build that was superseded may take so long. */
const KEPT_MS = 60 * 60_000;
const TRANSFERS_AT_ONCE = 16;

export type LinesOutcome =
  | { readonly kind: 'taken'; readonly lines: Lines; readonly objects: number; readonly waiting: boolean }
  /** There is nothing new; undefined: and never was. */
  | { readonly kind: 'current'; readonly lines: Lines | undefined }
  /** Another run was faster: its build is the newest. */
  | { readonly kind: 'overtaken' };

export async function takeLines(dependencies: TakeLinesDependencies): Promise<LinesOutcome> {
  const { store, now, folder, limits } = dependencies;
  const startedAt = now();
  const latest = await store.getLatest();
  const { objects, taken, isMore } = await nextPortion(
    { prefix: LINE_ROWS_PREFIX, list: store.listRows },
    latest?.lines.taken,
    limits,
  );
  if (objects.length === 0 || !taken) return { kind: 'current', lines: latest?.lines };
  await rm(folder, { recursive: true, force: true });
  try {
    const lines = await build(objects, { latest, startedAt, taken, isMore }, dependencies);
    return { kind: 'taken', lines, objects: objects.length, waiting: isMore };
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return { kind: 'overtaken' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * All lines as the view `lines`, of a connection: files are fetched into the folder, which must stay. `since`: only of months from
 * that one on (202601).
 */
export async function openLines(
  lines: Lines | undefined,
  {
    store,
    db,
    folder,
    since = 0,
  }: Pick<TakeLinesDependencies, 'store' | 'db' | 'folder'> & { readonly since?: number },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const months = lines?.months.filter(({ month }) => month >= since) ?? [];
  const files = await pMap(
    months,
    async ({ month, key }) => {
      const file = path.join(folder, monthFile(month));
      await store.fetch(key, file);
      return file;
    },
    { concurrency: TRANSFERS_AT_ONCE },
  );
  const from = files.length > 0 ? `read_parquet([${files.map(quoted).join(', ')}])` : noRows(LINE);
  await db.run(`CREATE OR REPLACE TEMP VIEW lines AS SELECT * FROM ${from}`);
}

interface Beginning {
  readonly latest: SeenLines | undefined;
  readonly startedAt: Instant;
  readonly taken: Taken;
  readonly isMore: boolean;
}

async function build(
  objects: readonly WrittenObject[],
  beginning: Beginning,
  { store, db, folder }: TakeLinesDependencies,
): Promise<Lines> {
  const { latest, startedAt, taken, isMore } = beginning;
  const before = latest?.lines;
  const [rows, next] = [path.join(folder, 'rows'), path.join(folder, 'next')];
  for (const one of [rows, next]) await mkdir(one, { recursive: true });
  const fetched = async (key: string | undefined, name: string) => {
    if (key === undefined) return undefined;
    const file = path.join(folder, name);
    await store.fetch(key, file);
    return file;
  };
  await pMap(objects, ({ key }, index) => store.fetch(key, path.join(rows, `${index}.ndjson.gz`)), {
    concurrency: TRANSFERS_AT_ONCE,
  });
  const compacted = await compactLines(db, {
    index: await fetched(before?.index.key, INDEX_FILE),
    monthBefore: async (month) => fetched(before?.months.find((one) => one.month === month)?.key, monthFile(month)),
    rows,
    next,
  });
  // Up to here all is in it: what waits is younger.
  const builtAt = (isMore ? writtenAt(taken.until) : undefined) ?? startedAt;
  const files = compacted ? await putFiles(compacted, next, { startedAt, before, store }) : before;
  // Rows of which nothing is newer than what is known can only be where something is known.
  if (!files) throw new Error('Rows without an order.');
  const lines: Lines = { ...files, builtAt, taken };
  await store.putLatest(lines, latest?.etag);
  if (compacted) await forget(lines, before, startedAt, store);
  return lines;
}

interface Putting extends Pick<TakeLinesDependencies, 'store'> {
  readonly startedAt: Instant;
  readonly before: Lines | undefined;
}

async function putFiles({ orders, written, emptied }: Compacted, next: string, { startedAt, before, store }: Putting) {
  // Sorts by time.
  const id = startedAt.replaceAll(':', '-');
  const put = async (name: string) => {
    const key = `${LINES_PREFIX}${id}/${name}`;
    await store.put(key, path.join(next, name));
    return { key, bytes: (await stat(path.join(next, name))).size };
  };
  const changed = await pMap(written, async (one) => ({ ...one, ...(await put(monthFile(one.month))) }), {
    concurrency: 4,
  });
  const gone = new Set([...written.map(({ month }) => month), ...emptied]);
  const kept = before?.months.filter(({ month }) => !gone.has(month)) ?? [];
  const months = [...kept, ...changed].sort((a, b) => a.month - b.month);
  return { id, orders, index: await put(INDEX_FILE), months };
}

/** Files of neither this build nor the one before, once nobody can be reading them. */
async function forget(now: Lines, before: Lines | undefined, startedAt: Instant, store: LineStore): Promise<void> {
  const used = new Set(
    [now, before].flatMap((one) => (one ? [one.index.key, ...one.months.map(({ key }) => key)] : [])),
  );
  const until = `${LINES_PREFIX}${instant(epochMs(startedAt) - KEPT_MS).replaceAll(':', '-')}`;
  for (const key of await store.listFiles()) if (!used.has(key) && key < until) await store.delete(key);
}

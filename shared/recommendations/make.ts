/**
 * The lake → the next version of recommendations: lines and events recorded since are taken in, the catalogue is read, and whoever
 * has changed since the version before is scored anew; once a day everybody is. Rows are written beside those that are read, then
 * they are swapped in. A run may die at any moment: until the swap nothing of it is seen, and the next one is a full build.
 */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import pMap from 'p-map';
import { knowEvents } from '../behaviour/know-events.ts';
import type { KnownEventsStore } from '../behaviour/known-events.ts';
import { CATALOGUE_VIEWS, catalogueView } from '../catalogue/sql.ts';
import type { LineStore } from '../lines/lines.ts';
import { openLines, takeLines } from '../lines/take-lines.ts';
import { buildRecommendations } from '../recommend/build.ts';
import { Conflict, NotFound } from '../runtime/errors.ts';
import { quoted } from '../snapshots/duckdb.ts';
import { MARKS, PLACES, PROFILES } from '../snapshots/layout.ts';
import type { SnapshotStore } from '../snapshots/snapshot.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import { dueProducts } from './due.ts';
import { INPUTS, openInputs, SHOPPER_STATES } from './inputs.ts';
import { type LikelyTags, tagLikely } from './likely.ts';
import type { DueListener } from './recommendation.ts';
import type { RowWriter, VersionFiles, VersionStore } from './recommendation-store.ts';
import { ROW_KINDS, type Row, type RowKind } from './rows.ts';
import {
  ADD_DIGESTS,
  bordersOf,
  contentsOf,
  differing,
  digestsOf,
  gone,
  NO_DIGESTS,
  type Portion,
  type TableNames,
} from './rows-sql.ts';
import {
  baseOf,
  begin,
  isNext,
  NO_VERSIONS,
  oldestKept,
  swap,
  type Version,
  type Versions,
  versionId,
} from './versions.ts';

export interface MakeDependencies {
  readonly lines: LineStore;
  readonly events: KnownEventsStore;
  readonly snapshots: Pick<SnapshotStore, 'getLatest' | 'fetchFile'>;
  /** Writes the catalogue as it is now into a file; nothing where there is no product. */
  readonly fetchCatalogue: (file: string) => Promise<void>;
  readonly versions: VersionStore;
  readonly rows: RowWriter;
  readonly files: VersionFiles;
  readonly due: DueListener;
  readonly likely: LikelyTags;
  readonly openDuckDB: () => Promise<DuckDBInstance>;
  /** Of this run alone; emptied at its beginning and its end. */
  readonly folder: string;
  readonly now: () => Instant;
  /** Everybody is scored, whoever has changed. */
  readonly isFull?: boolean;
}

export type MakeOutcome =
  | { readonly kind: 'made'; readonly version: Version; readonly scored: number }
  /** Nobody has changed, or there is nobody yet. */
  | { readonly kind: 'current' }
  /** Somebody has rolled back, and not said that builds may go on. */
  | { readonly kind: 'held' }
  /** Another build, or a roll back, came in between. */
  | { readonly kind: 'overtaken' };

/** Files of a version that the next build reads. */
const RECOMMENDATIONS = 'recommendations.parquet';
const STATES = 'states.parquet';
const ROWS = 'rows.parquet';
const PREVIOUS = [RECOMMENDATIONS, STATES, ROWS];

/** Tables and views of the connection. */
const TABLES: TableNames = {
  recommendations: 'made_recommendations',
  similar: 'made_similar',
  popular: 'made_popular',
  productAudience: 'made_audience',
};

const ROUNDS_MOST = 20;
const ROWS_AT_ONCE = 5_000;

export async function makeRecommendations(dependencies: MakeDependencies): Promise<MakeOutcome> {
  const { openDuckDB, folder } = dependencies;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const instance = await openDuckDB();
  const db = await instance.connect();
  try {
    return await make(db, dependencies);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return { kind: 'overtaken' };
  } finally {
    db.disconnectSync();
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

async function make(db: DuckDBConnection, dependencies: MakeDependencies): Promise<MakeOutcome> {
  const { versions, now, isFull = false } = dependencies;
  // Rows expire, so they are taken in whatever becomes of the build.
  await openLake(db, dependencies);
  const seen = (await versions.getVersions()) ?? NO_VERSIONS;
  if (seen.held) return { kind: 'held' };
  const asOf = now();
  const id = versionId(asOf);
  if (!isNext(seen, id)) return { kind: 'overtaken' };
  if (!(await openCustomers(db, asOf, dependencies))) return { kind: 'current' };
  const wanted = isFull ? undefined : baseOf(seen, asOf);
  const before =
    seen.current && (await openPrevious(db, seen.current, wanted ? PREVIOUS : [RECOMMENDATIONS], dependencies));
  const base = before && wanted;
  const isIncremental = base !== undefined;
  if (isIncremental && !(await findChanged(db))) return { kind: 'current' };

  const { customers } = await buildRecommendations(db, {
    asOf,
    inputs: INPUTS,
    outputs: TABLES,
    ...(isIncremental && { incremental: { changed: 'changed', previous: 'previous_recommendations' } }),
  });
  await db.run(stampedSql(asOf, isIncremental));

  const begun = begin(seen, id);
  await versions.putVersions(begun);
  await keepFile(
    db,
    { id, name: RECOMMENDATIONS, sql: 'SELECT * FROM recommended ORDER BY customer, rank' },
    dependencies,
  );
  await readKept(db, dependencies);
  await keepFile(db, { id, name: STATES, sql: 'SELECT * FROM shopper_states ORDER BY customer' }, dependencies);
  const written = await writeRows(db, { version: { id, builtAt: asOf }, isIncremental }, dependencies);
  await keepFile(db, { id, name: ROWS, sql: digestsOf(isIncremental) }, dependencies);
  const version = {
    id,
    full: base?.full ?? id,
    builtAt: asOf,
    customers: await count(db, '(SELECT DISTINCT customer FROM recommended)'),
    written,
  };
  // Before the swap: who dies in between tells again, and it is the same news.
  await dependencies.due.tell(dueProducts(db, asOf, before?.builtAt));
  await tagLikely(db, TABLES.productAudience, dependencies.likely);
  const swapped = swap(begun, version);
  await versions.putVersions(swapped);
  await forget(swapped, dependencies);
  return { kind: 'made', version, scored: customers };
}

async function openLake(db: DuckDBConnection, dependencies: MakeDependencies): Promise<void> {
  const { lines: store, events, fetchCatalogue, folder, now } = dependencies;
  for (let round = 1; round <= ROUNDS_MOST; round++) {
    const outcome = await takeLines({ store, db, folder: path.join(folder, 'taking'), now });
    if (outcome.kind !== 'taken' || !outcome.waiting) break;
  }
  await openLines((await store.getLatest())?.lines, { store, db, folder: path.join(folder, 'lines') });
  for (let round = 1; round <= ROUNDS_MOST; round++) {
    const { isMore } = await knowEvents({ store: events, db, folder: path.join(folder, `events-${round}`), now });
    if (!isMore) break;
  }
  const catalogue = path.join(folder, 'products.ndjson.gz');
  await fetchCatalogue(catalogue);
  await db.run(catalogueView(catalogue));
  for (const view of CATALOGUE_VIEWS) await db.run(view);
}

/** Whether there is a snapshot of any. */
async function openCustomers(
  db: DuckDBConnection,
  asOf: Instant,
  { snapshots, folder }: MakeDependencies,
): Promise<boolean> {
  const latest = await snapshots.getLatest();
  if (!latest) return false;
  const fetched = async (name: string) => {
    const file = path.join(folder, name);
    await snapshots.fetchFile(latest.snapshot.id, name, file);
    return file;
  };
  const [profiles, places, marks] = [await fetched(PROFILES), await fetched(PLACES), await fetched(MARKS)];
  await openInputs(db, { profiles, places, marks }, asOf);
  await db.run(SHOPPER_STATES);
  return true;
}

/** As views `previous_recommendations`, `previous_states`, `previous_rows`. Undefined where its files are lost, as after a table was restored. */
async function openPrevious(
  db: DuckDBConnection,
  version: Version,
  names: readonly string[],
  { files, folder }: MakeDependencies,
): Promise<Version | undefined> {
  for (const name of names) {
    const file = path.join(folder, `previous-${name}`);
    try {
      await files.fetchFile(version.id, name, file);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      return undefined;
    }
    const view = `previous_${path.parse(name).name}`;
    await db.run(`CREATE OR REPLACE TEMP VIEW ${view} AS SELECT * FROM read_parquet(${quoted(file)})`);
  }
  return version;
}

/** `changed`: customers who came, or of whom anything has changed. Whether there are any, or some have gone. */
async function findChanged(db: DuckDBConnection): Promise<boolean> {
  await db.run(`
    CREATE OR REPLACE TEMP TABLE changed AS
    SELECT customer FROM shopper_states
    LEFT JOIN previous_states AS previous USING (customer)
    WHERE previous.state IS DISTINCT FROM shopper_states.state`);
  const gone = '(SELECT customer FROM previous_states ANTI JOIN shopper_states USING (customer))';
  return (await count(db, 'changed')) > 0 || (await count(db, gone)) > 0;
}

/** `recommended`: with the day (UTC) up to which the days of reasons count. */
const stampedSql = (asOf: Instant, isIncremental: boolean): string => {
  const day = `DATE ${quoted(asOf.slice(0, 10))}`;
  const made = `SELECT made.*, ${day} AS day FROM ${TABLES.recommendations} AS made`;
  if (!isIncremental) return `CREATE OR REPLACE TEMP VIEW recommended AS ${made}`;
  return `CREATE OR REPLACE TEMP VIEW recommended AS
    ${made} SEMI JOIN changed USING (customer)
    UNION ALL BY NAME
    SELECT previous.* FROM previous_recommendations AS previous
    SEMI JOIN shoppers USING (customer) ANTI JOIN changed USING (customer)`;
};

async function keepFile(
  db: DuckDBConnection,
  { id, name, sql }: { readonly id: string; readonly name: string; readonly sql: string },
  { files, folder }: MakeDependencies,
): Promise<void> {
  const file = path.join(folder, name);
  await db.run(`COPY (${sql}) TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd)`);
  await files.putFile(id, name, file);
}

/** From the file, which takes no memory, and by customer, so that a portion of them reads a part of it. */
async function readKept(db: DuckDBConnection, { folder }: MakeDependencies): Promise<void> {
  const file = quoted(path.join(folder, RECOMMENDATIONS));
  await db.run(`CREATE OR REPLACE TEMP VIEW recommended AS SELECT * FROM read_parquet(${file})`);
  await db.run(`DROP TABLE ${TABLES.recommendations}`);
}

/** Portion by portion. How many were written. */
async function writeRows(
  db: DuckDBConnection,
  { version, isIncremental }: { readonly version: Pick<Version, 'id' | 'builtAt'>; readonly isIncremental: boolean },
  { rows }: MakeDependencies,
): Promise<number> {
  await db.run(NO_DIGESTS);
  let written = 0;
  for (const portion of await portionsOf(db)) {
    await db.run(contentsOf(portion, TABLES, isIncremental));
    await db.run(ADD_DIGESTS);
    written += await putFound(db, differing(isIncremental), version, rows);
  }
  return isIncremental ? written + (await putFound(db, gone(version.builtAt), version, rows)) : written;
}

async function portionsOf(db: DuckDBConnection): Promise<Portion[]> {
  const portions: Portion[] = [];
  for (const kind of ROW_KINDS) {
    const found = (await db.runAndReadAll(bordersOf(kind, TABLES))).getRows();
    const borders = [undefined, ...found.map(([border]) => String(border)), undefined];
    borders.slice(1).forEach((until, index) => {
      portions.push({ kind, after: borders[index], until });
    });
  }
  return portions;
}

async function putFound(
  db: DuckDBConnection,
  sql: string,
  version: Pick<Version, 'id' | 'builtAt'>,
  rows: RowWriter,
): Promise<number> {
  let written = 0;
  const result = await db.stream(sql);
  let waiting: Row[] = [];
  for await (const chunk of result.yieldRowsJson()) {
    waiting.push(
      ...chunk.map(([kind, of, content]) => ({ kind: kindOf(kind), of: String(of), content: String(content) })),
    );
    if (waiting.length < ROWS_AT_ONCE) continue;
    await rows.putRows(version, waiting);
    written += waiting.length;
    waiting = [];
  }
  if (waiting.length > 0) await rows.putRows(version, waiting);
  return written + waiting.length;
}

function kindOf(value: unknown): RowKind {
  const kind = ROW_KINDS.find((one) => one === value);
  if (!kind) throw new Error('A row of no kind.');
  return kind;
}

const FILES_KEPT_MS = 60 * 60_000;

/** Files of versions that nothing rests on; a build that is under way may be reading the youngest. */
async function forget(versions: Versions, { files, now }: MakeDependencies): Promise<void> {
  const kept = new Set([versions.current, ...versions.previous].flatMap((one) => (one ? [one.id] : [])));
  const until = versionId(instant(epochMs(now()) - FILES_KEPT_MS));
  const oldest = oldestKept(versions) ?? until;
  const gone = (await files.listVersions()).filter((id) => !kept.has(id) && id < until && id < oldest);
  await pMap(gone, (id) => files.deleteVersion(id), { concurrency: 4 });
}

async function count(db: DuckDBConnection, from: string): Promise<number> {
  const [row] = (await db.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRows();
  return Number(row?.[0]);
}

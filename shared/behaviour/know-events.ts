/**
 * What is known of browse events, made of their rows in the lake for who builds recommendations: each event once, for as long as it
 * says anything, and for good whose each visitor was proven to be.
 */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import pMap from 'p-map';
import { type Limits, nextPortion, type Taken, type WrittenObject } from '../lake/by-time.ts';
import { Conflict } from '../runtime/errors.ts';
import { quoted } from '../snapshots/duckdb.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import { EVENTS_KEPT_DAYS, EVENTS_PREFIX } from './event-rows.ts';
import { KNOWN_EVENTS_PREFIX, type KnownEvents, type KnownEventsStore } from './known-events.ts';
import { distinctEventsSql, EVENT_COLUMNS, openedMessagesSql, peoplesEventsSql, visitorLinksSql } from './sql.ts';

/** Views count for thirty days, and an event is sent again for some days at most. */
const KEPT_DAYS = 60;
/** As long as messages are known: what is said of a campaign counts those of them that were opened. */
const OPENED_KEPT_DAYS = EVENTS_KEPT_DAYS;
const DAY_MS = 24 * 60 * 60_000;
/** Whoever reads files that were superseded may take so long. */
const SUPERSEDED_KEPT_MS = 60 * 60_000;
const TRANSFERS_AT_ONCE = 16;

export interface KnowEventsDependencies {
  readonly store: KnownEventsStore;
  readonly db: DuckDBConnection;
  /** Of this run alone. Files of what is known are in it afterwards, and must stay while they are read. */
  readonly folder: string;
  readonly now: () => Instant;
  readonly limits?: Limits;
}

/**
 * Takes in the rows written since, and leaves two views: `behaviour_events` (of people, `EVENT_COLUMNS`) and `behaviour_links`
 * (visitor, persona). Whether more is waiting. Of two runs at once, one takes nothing in, and reads what the other has.
 */
export async function knowEvents(dependencies: KnowEventsDependencies): Promise<{ readonly isMore: boolean }> {
  const { store, db, folder, limits } = dependencies;
  await mkdir(folder, { recursive: true });
  const latest = await store.getLatest();
  const { objects, taken, isMore } = await nextPortion(
    { prefix: EVENTS_PREFIX, list: store.listRows },
    latest?.known.taken,
    limits,
  );
  const files = latest && (await fetchKnown(latest.known, dependencies));
  if (objects.length === 0 || !taken) {
    await view(db, files);
    return { isMore: false };
  }
  const next = await compact(objects, files, dependencies);
  await view(db, next);
  await keep(next, { taken, before: latest }, dependencies);
  return { isMore };
}

/** Keys of the messages that were opened, as far as events were taken in: a Parquet file of `message`. Takes nothing in itself. */
export async function fetchOpened({
  store,
  folder,
}: {
  readonly store: Pick<KnownEventsStore, 'getLatest' | 'fetch'>;
  readonly folder: string;
}): Promise<string | undefined> {
  const { opened } = (await store.getLatest())?.known ?? {};
  if (opened === undefined) return undefined;
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'known-opened.parquet');
  await store.fetch(opened, file);
  return file;
}

interface Files {
  readonly events: string;
  readonly links: string;
  /** Absent where they are of before messages were named. */
  readonly opened?: string;
}

async function fetchKnown(
  { events, links, opened }: KnownEvents,
  { store, folder }: KnowEventsDependencies,
): Promise<Files> {
  const fetched = async (key: string, name: string) => {
    const file = path.join(folder, `known-${name}.parquet`);
    await store.fetch(key, file);
    return file;
  };
  return {
    events: await fetched(events, 'events'),
    links: await fetched(links, 'links'),
    ...(opened !== undefined && { opened: await fetched(opened, 'opened') }),
  };
}

async function compact(
  objects: readonly WrittenObject[],
  known: Files | undefined,
  { store, db, folder, now }: KnowEventsDependencies,
): Promise<Required<Files>> {
  const rows = path.join(folder, 'event-rows');
  await mkdir(rows, { recursive: true });
  await pMap(objects, ({ key }, index) => store.fetch(key, path.join(rows, `${index}.ndjson.gz`)), {
    concurrency: TRANSFERS_AT_ONCE,
  });
  const after = (days: number) =>
    `"receivedAt" > TIMESTAMP ${quoted(instant(epochMs(now()) - days * DAY_MS).slice(0, 23))}`;
  await db.run(
    `CREATE OR REPLACE TEMP TABLE new_events AS ${distinctEventsSql(path.join(rows, '*.ndjson.gz'), known?.events)}`,
  );
  await rm(rows, { recursive: true });
  const fileOf = (name: string) => path.join(folder, `${name}.parquet`);
  const next = { events: fileOf('events'), links: fileOf('links'), opened: fileOf('opened') };
  const write = (sql: string, file: string) =>
    db.run(`COPY (${sql}) TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd)`);
  await write(`SELECT * FROM new_events WHERE ${after(KEPT_DAYS)}`, next.events);
  await write(visitorLinksSql('new_events', known?.links), next.links);
  const opened = openedMessagesSql('new_events', known?.opened);
  await write(`SELECT * FROM (${opened}) WHERE ${after(OPENED_KEPT_DAYS)}`, next.opened);
  await db.run('DROP TABLE new_events');
  return next;
}

async function view(db: DuckDBConnection, files: Files | undefined): Promise<void> {
  const events = files ? `read_parquet(${quoted(files.events)})` : noRows(EVENT_COLUMNS);
  const links = files ? `read_parquet(${quoted(files.links)})` : noRows({ visitor: 'VARCHAR', persona: 'VARCHAR' });
  await db.run(`CREATE OR REPLACE TEMP VIEW behaviour_events AS ${peoplesEventsSql(events)}`);
  await db.run(`CREATE OR REPLACE TEMP VIEW behaviour_links AS SELECT visitor, persona FROM ${links}`);
}

const noRows = (columns: Readonly<Record<string, string>>): string =>
  `(SELECT ${Object.entries(columns)
    .map(([name, type]) => `NULL::${type} AS "${name}"`)
    .join(', ')} WHERE false)`;

interface Before {
  readonly taken: Taken;
  readonly before: Awaited<ReturnType<KnownEventsStore['getLatest']>>;
}

async function keep(
  files: Required<Files>,
  { taken, before }: Before,
  { store, now }: KnowEventsDependencies,
): Promise<void> {
  const startedMs = epochMs(now());
  const idOf = (ms: number) => instant(ms).replaceAll(':', '-');
  const id = idOf(startedMs);
  const known = {
    id,
    events: `${KNOWN_EVENTS_PREFIX}${id}/events.parquet`,
    links: `${KNOWN_EVENTS_PREFIX}${id}/links.parquet`,
    opened: `${KNOWN_EVENTS_PREFIX}${id}/opened.parquet`,
    taken,
  };
  await store.put(known.events, files.events);
  await store.put(known.links, files.links);
  await store.put(known.opened, files.opened);
  try {
    await store.putLatest(known, before?.etag);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return;
  }
  const used = new Set(
    [known, before?.known].flatMap((one) => (one ? [one.events, one.links, one.opened ?? []].flat() : [])),
  );
  const until = `${KNOWN_EVENTS_PREFIX}${idOf(startedMs - SUPERSEDED_KEPT_MS)}`;
  for (const key of await store.listFiles()) if (!used.has(key) && key < until) await store.delete(key);
}

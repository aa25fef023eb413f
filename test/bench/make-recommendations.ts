/**
 * What the function `recommend` does in a run: the lake → the next version, with DuckDB's memory as deployed. The shop is the one of
 * test/recommend/bench.ts, as the lake has it. First everybody; then an hour in which one customer of a hundred bought and looked, and
 * one order of a hundred that those brought was an older one, refunded. Each run has a process of its own, as its memory is a figure,
 * too. S3 is a folder; rows go through the real store to a DynamoDB that takes all after some ms.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { EVENTS_PREFIX } from '../../shared/behaviour/event-rows.ts';
import type { KnownEvents, KnownEventsStore } from '../../shared/behaviour/known-events.ts';
import { EVENT_COLUMNS } from '../../shared/behaviour/sql.ts';
import { HEAD, LINE, LINE_ROWS_PREFIX, monthFile } from '../../shared/lines/layout.ts';
import type { LineStore, Lines } from '../../shared/lines/lines.ts';
import { type MakeDependencies, makeRecommendations } from '../../shared/recommendations/make.ts';
import type { RowWriter } from '../../shared/recommendations/recommendation-store.ts';
import { dynamoRows } from '../../shared/recommendations/store.ts';
import type { Versions } from '../../shared/recommendations/versions.ts';
import { openDuckDB, quoted } from '../../shared/snapshots/duckdb.ts';
import { MARKS, PLACES, PROFILES } from '../../shared/snapshots/layout.ts';
import { instant } from '../../shared/time/instant.ts';
import { CATALOGUE, customersOf, eventsOf, LINES_PER_CUSTOMER, linesOf, NOW_MS } from '../recommend/bench.ts';
import type { Row } from './measure.ts';

/** As infra/recommend-stage.ts gives it to DuckDB. */
const DUCKDB_MIB = 1_500;
/** A function of 3,008 MB has 1.7 cores. */
const THREADS = 2;
/** What a call to a table takes, about. */
const TABLE_MS = 10;
const HOUR_MS = 60 * 60_000;
const UNIT_BYTES = 1_024;
/** A key, its version and when it expires, beside the content. */
const ITEM_BYTES = 120;

export async function benchMakeRecommendations(lines: number): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    return (['generate', 'full', 'hour'] as const).flatMap((step) => {
      const args = [...process.execArgv, fileURLToPath(import.meta.url), step, folder, String(lines)];
      return JSON.parse(
        execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const seconds = (name: string, ms: number): Row => ({ name, value: Math.round(ms / 100) / 10, unit: 's' });
const count = (name: string, value: number): Row => ({ name, value, unit: '' });
const megabytes = (name: string, bytes: number): Row => ({ name, value: Math.round(bytes / 1e6), unit: 'MB' });

// --- the lake

/** What a run leaves for the next, beside the files. */
interface State {
  readonly lines: Lines;
  readonly known: KnownEvents;
  readonly versions?: Versions;
}

const stateFile = (folder: string) => path.join(folder, 'state.json');
/** Keys of S3, without folders. */
const placeOf = (folder: string, key: string) => path.join(folder, 'lake', key.replaceAll('/', '|'));

const BUILD = '2026-11-24T23-00-00.000Z';
const keyOf = (name: string) => `before/${BUILD}/${name}`;
const SNAPSHOT = 's';
const rowsAt = (prefix: string, time: string) => `${prefix}date=2026-11-${time}.000-0.ndjson.gz`;
const [LINE_ROWS, EVENT_ROWS] = [LINE_ROWS_PREFIX, EVENTS_PREFIX].map((prefix) =>
  rowsAt(prefix, '25/hour=00/003000'),
) as [string, string]; // the cast: of two, two

const BEFORE = '24/hour=23/000000';

const persona = (of: string) => `'shopify/shop/' || ${of}`;
const INDEX = [...HEAD.map(([column]) => column), 'month'];
const CHANGED = 'hash(customer) % 100 = 0';

async function generate(folder: string, lines: number): Promise<Row[]> {
  const customers = Math.ceil(lines / LINES_PER_CUSTOMER);
  await mkdir(path.join(folder, 'lake'), { recursive: true });
  const instance = await openDuckDB({ memoryMiB: 8_000, threads: THREADS, folder });
  const db = await instance.connect();
  const write = (key: string, query: string, format = 'FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2') =>
    db.run(`COPY (${query}) TO ${quoted(placeOf(folder, key))} (${format})`);
  const rows = (key: string, query: string) => write(key, query, 'FORMAT json, COMPRESSION gzip');
  await db.run(`CREATE TABLE bought AS ${linesOf(lines, customers)}`);
  await db.run(`CREATE TABLE customers AS ${customersOf(customers)}`);
  await db.run(`CREATE TABLE recorded AS SELECT ${RECORDED} FROM bought`);
  await db.run('CREATE TABLE months AS SELECT *, year(ordered_at) * 100 + month(ordered_at) AS month FROM recorded');
  const months: Lines['months'] = [];
  for (const [month, its] of await pairs(db, 'SELECT month, count(*) FROM months GROUP BY month ORDER BY month')) {
    const key = keyOf(monthFile(month));
    await write(key, `SELECT * EXCLUDE (month) FROM months WHERE month = ${month} ORDER BY order_key, line_no`);
    months.push({ month, lines: its, key, bytes: (await stat(placeOf(folder, key))).size });
  }
  await write(keyOf('orders.parquet'), `SELECT DISTINCT ${INDEX.join(', ')} FROM months ORDER BY order_key`);
  await write(`${SNAPSHOT}/${PROFILES}`, PROFILE_ROWS);
  await write(
    `${SNAPSHOT}/${PLACES}`,
    `SELECT row_number() OVER () AS number, ${persona('customer')} AS id FROM customers`,
  );
  await write(`${SNAPSHOT}/${MARKS}`, MARK_ROWS);
  await write(keyOf('events.parquet'), eventRows(eventsOf(lines, customers)));
  await write(
    keyOf('links.parquet'),
    'SELECT NULL::VARCHAR AS visitor, NULL::VARCHAR AS persona, NULL::TIMESTAMP AS "at", NULL::VARCHAR AS id WHERE false',
  );
  await rows('products.ndjson.gz', PRODUCT_ROWS);
  await rows(LINE_ROWS, linesOfHour());
  await rows(EVENT_ROWS, eventRows(EVENTS_OF_HOUR));
  const [[orders = 0] = []] = await pairs(db, 'SELECT count(DISTINCT order_key), 0 FROM recorded');
  const taken = { until: rowsAt(LINE_ROWS_PREFIX, BEFORE), recent: [] };
  const state: State = {
    lines: {
      id: BUILD,
      builtAt: instant(NOW_MS - HOUR_MS),
      orders,
      index: { key: keyOf('orders.parquet'), bytes: 1 },
      months,
      taken,
    },
    known: {
      ...{ id: BUILD, events: keyOf('events.parquet'), links: keyOf('links.parquet') },
      taken: { until: rowsAt(EVENTS_PREFIX, BEFORE), recent: [] },
    },
  };
  await writeFile(stateFile(folder), JSON.stringify(state));
  return [
    count('order lines', lines),
    count('customers', customers),
    megabytes(
      'lines in the lake',
      months.reduce((sum, { bytes }) => sum + bytes, 0),
    ),
  ];
}

/** Of `bought`, as the recorder writes them. */
const RECORDED = allOf(LINE, {
  order_key: "channel || '/shop/' || order_key",
  revision: '1',
  recorded_at: 'ordered_at',
  persona: persona('customer'),
  line_no: 'row_number() OVER (PARTITION BY order_key ORDER BY product)',
  line_id: 'CAST(row_number() OVER (PARTITION BY order_key ORDER BY product) AS VARCHAR)',
  product_id: 'product',
  sku_id: "product || '-1'",
  channel: 'channel',
  connection: "'shop'",
  title: "'春茶 ' || product",
  quantity: 'quantity',
  refunded_quantity: '0',
  unit_price: 'net_minor',
  total: 'net_minor',
  currency: 'currency',
  ordered_at: 'ordered_at',
  region: 'region',
  gift_card: 'false',
  counts: 'true',
});

/** Columns of a table; null where nothing is said of one. */
function allOf(columns: readonly (readonly [string, string])[], values: Readonly<Record<string, string>>): string {
  return columns.map(([column, type]) => `CAST(${values[column] ?? 'NULL'} AS ${type}) AS "${column}"`).join(', ');
}

const PROFILE_ROWS = `
  SELECT ${persona('customer')} AS id, [${persona('customer')}] AS members, tier, [channel] AS channels, [region] AS regions,
         CAST([] AS VARCHAR[]) AS tags
  FROM customers ORDER BY 1`;

/** One of a hundred has refused. */
const MARK_ROWS = `
  SELECT number AS persona, 'consent' AS kind, 'personalisation/push' AS name, false AS given, TIMESTAMP '2026-01-01' AS said_at
  FROM (SELECT row_number() OVER () AS number FROM customers) WHERE number % 100 = 1`;

const eventRows = (query: string): string => `
  SELECT ${allOf(Object.entries(EVENT_COLUMNS), {
    ...{ source: "'app'", messageId: "'m' || row_number() OVER () || '-' || customer", at: '"at"', receivedAt: '"at"' },
    kind: "CASE kind WHEN 'cart' THEN 'product_added' ELSE 'product_viewed' END",
    ...{ visitor: "'app#' || customer", persona: persona('customer'), bot: 'false', test: 'false' },
    products: "[{'productId': product, 'quantity': 1}]",
  })}
  FROM (${query})`;

/** Sold on all channels under its own id. */
const PRODUCT_ROWS = `
  SELECT product AS id, 1 AS revision, '春茶 ' || product AS title_zh, category_path,
         [{'sku_id': product || '-1', 'price': price_minor, 'currency': currency, 'stock': CASE WHEN in_stock THEN 10 ELSE 0 END}] AS variants,
         list_transform(['shopify', 'douyin', 'square', 'shopee'], lambda one: {'channel': one, 'connection': 'shop', 'product_id': product}) AS listings,
         regions, coalesce(accessory_of, []) AS accessory_of, coalesce(upgrade_of, []) AS upgrade_of, consumable, excluded
  FROM (${CATALOGUE})`;

const AT_OF_HOUR = `make_timestamp_ms(${NOW_MS} + 20 * 60000)`;

/** An order of three lines of each customer who changed, and of one order of a thousand its refund. */
const linesOfHour = (): string => `
  SELECT * REPLACE (order_key || '-next' AS order_key, ${AT_OF_HOUR} AS ordered_at, ${AT_OF_HOUR} AS recorded_at)
  FROM recorded
  WHERE order_key IN (
    SELECT min(order_key) FROM recorded JOIN (SELECT ${persona('customer')} AS persona FROM customers WHERE ${CHANGED}) USING (persona)
    GROUP BY persona)
  UNION ALL
  SELECT * REPLACE (2 AS revision, ${AT_OF_HOUR} AS recorded_at, quantity AS refunded_quantity)
  FROM recorded
  WHERE hash(order_key) % 3000 = 0 AND persona IN (SELECT ${persona('customer')} FROM customers WHERE ${CHANGED})`;

const EVENTS_OF_HOUR = `
  SELECT customer, product, 'view' AS kind, ${AT_OF_HOUR} AS "at" FROM bought WHERE ${CHANGED}`;

async function pairs(db: DuckDBConnection, query: string): Promise<[number, number][]> {
  return (await db.runAndReadAll(query)).getRows().map(([one, other]) => [Number(one), Number(other)]);
}

// --- runs

async function full(folder: string): Promise<Row[]> {
  return named('all', await run(folder, { nowMs: NOW_MS, isHour: false }));
}

async function hour(folder: string): Promise<Row[]> {
  return named('an hour', await run(folder, { nowMs: NOW_MS + HOUR_MS, isHour: true }));
}

const named = (name: string, rows: readonly Row[]): Row[] =>
  rows.map((row) => ({ ...row, name: `${name}: ${row.name}` }));

async function run(folder: string, { nowMs, isHour }: { nowMs: number; isHour: boolean }): Promise<Row[]> {
  // The cast: written above.
  const state = JSON.parse(await readFile(stateFile(folder), 'utf8')) as State;
  const steps = watch();
  const table = countingRows();
  const disk = watchDisk([path.join(folder, 'duckdb'), path.join(folder, 'run')]);
  const startedMs = performance.now();
  const started = process.cpuUsage();
  let due = 0;
  const outcome = await makeRecommendations({
    ...lakeOf(folder, state, isHour),
    rows: table.rows,
    due: {
      async tell({ rows }) {
        for await (const row of rows) due += row.wasKnown ? 0 : 1;
      },
    },
    likely: { segments: async () => [], tag: async () => undefined },
    openDuckDB: async () =>
      steps.of(await openDuckDB({ memoryMiB: DUCKDB_MIB, threads: THREADS, folder: path.join(folder, 'duckdb') })),
    folder: path.join(folder, 'run'),
    now: () => instant(nowMs),
  });
  if (outcome.kind !== 'made') throw new Error(`It ended as ${outcome.kind}.`);
  const tookMs = performance.now() - startedMs;
  disk.end();
  const { user, system } = process.cpuUsage(started);
  await writeFile(stateFile(folder), JSON.stringify(state));
  return [
    seconds('by the clock', tookMs),
    seconds('processor time', (user + system) / 1_000),
    ...steps.rows(),
    megabytes('memory, at most', process.resourceUsage().maxRSS * 1_024),
    megabytes('disk, at most', disk.most()),
    count('customers scored', outcome.scored),
    count('rows written', outcome.version.written),
    count('write units of them', table.units()),
    count('products newly due', due),
  ];
}

function lakeOf(
  folder: string,
  state: State,
  isHour: boolean,
): Omit<MakeDependencies, 'rows' | 'due' | 'likely' | 'openDuckDB' | 'folder' | 'now'> {
  const fetch = (key: string, file: string) => copyFile(placeOf(folder, key), file);
  const put = (key: string, file: string) => copyFile(file, placeOf(folder, key));
  const rowsOf = (key: string) => async () => (isHour ? [{ key, bytes: (await stat(placeOf(folder, key))).size }] : []);
  const lines: LineStore = {
    ...{ fetch, put, listRows: rowsOf(LINE_ROWS) },
    putRows: async () => undefined,
    getLatest: async () => ({ lines: state.lines, etag: '1' }),
    putLatest: async (next) => void Object.assign(state, { lines: next }),
    listFiles: async () => [],
    delete: async () => undefined,
  };
  const events: KnownEventsStore = {
    ...{ fetch, put, listRows: rowsOf(EVENT_ROWS) },
    getLatest: async () => ({ known: state.known, etag: '1' }),
    putLatest: async (next) => void Object.assign(state, { known: next }),
    listFiles: async () => [],
    delete: async () => undefined,
  };
  const snapshot = {
    id: SNAPSHOT,
    snapshotAt: instant(NOW_MS),
    profiles: 1,
    personas: 1,
    days: 0,
    files: [],
    rows: {},
  };
  const fileOf = (version: string, name: string) => placeOf(folder, `versions/${version}/${name}`);
  return {
    ...{ lines, events },
    snapshots: {
      getLatest: async () => ({ snapshot, etag: '1' }),
      fetchFile: (id, name, file) => fetch(`${id}/${name}`, file),
    },
    fetchCatalogue: (file) => fetch('products.ndjson.gz', file),
    versions: {
      getVersions: async () => structuredClone(state.versions),
      putVersions: async (next) => void Object.assign(state, { versions: next }),
    },
    files: {
      putFile: (version, name, file) => copyFile(file, fileOf(version, name)),
      fetchFile: (version, name, file) => copyFile(fileOf(version, name), file),
      listVersions: async () => [],
      deleteVersion: async () => undefined,
    },
  };
}

/** The real store, to a table that takes every batch, and what it would have charged. */
function countingRows() {
  let units = 0;
  const client = new DynamoDBClient({
    region: 'none',
    endpoint: 'http://table',
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    requestHandler: {
      async handle() {
        await sleep(TABLE_MS);
        const body = new Response('{"UnprocessedItems":{}}').body;
        return { response: { statusCode: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body } };
      },
    },
  });
  const store = dynamoRows({ client: DynamoDBDocumentClient.from(client), table: 'engagement' });
  const rows: RowWriter = {
    async putRows(version, written) {
      for (const { content } of written) units += Math.ceil((Buffer.byteLength(content) + ITEM_BYTES) / UNIT_BYTES);
      await store.putRows(version, written);
    },
  };
  return { rows, units: () => units };
}

/** Where a step begins, as its first statement says. */
const STEPS: readonly (readonly [name: string, begins: RegExp])[] = [
  ['lines, events and catalogue taken in', /./],
  ['customers, products, and who has changed', /VIEW snapshot_profiles/],
  ['the build', /rec_/],
  ['the file of recommendations', /^COPY .SELECT \* FROM recommended/],
  ['rows as JSON, compared and written', /TABLE made_rows/],
  ['what is due, and tags', /WITH due AS/],
];

/** When each step began. */
function watch() {
  const begun: { readonly name: string; readonly atMs: number }[] = [];
  const hear = (sql: string) => {
    const last = begun.at(-1);
    const from = last ? STEPS.findIndex(([name]) => name === last.name) + 1 : 0;
    const [name] = STEPS.slice(from).find(([, begins]) => begins.test(sql.trim())) ?? [];
    if (name !== undefined) begun.push({ name, atMs: performance.now() });
  };
  return {
    of(instance: DuckDBInstance): DuckDBInstance {
      const connect = instance.connect.bind(instance);
      instance.connect = async () => listened(await connect(), hear);
      return instance;
    },
    rows(): Row[] {
      const endMs = performance.now();
      return begun.map(({ name, atMs }, index) => seconds(name, (begun[index + 1]?.atMs ?? endMs) - atMs));
    },
  };
}

function listened(db: DuckDBConnection, hear: (sql: string) => void): DuckDBConnection {
  const [run, stream] = [db.run.bind(db), db.stream.bind(db)];
  db.run = (sql, ...more) => {
    hear(sql);
    return run(sql, ...more);
  };
  db.stream = (sql, ...more) => {
    hear(sql);
    return stream(sql, ...more);
  };
  return db;
}

/** What is in these folders, looked at each second: what DuckDB spills, and what was fetched. */
function watchDisk(folders: readonly string[]) {
  let most = 0;
  const look = () => {
    const bytes = folders.flatMap((folder) => [folder, path.join(folder, 'spilled')]).map(sizeOf);
    most = Math.max(
      most,
      bytes.reduce((sum, one) => sum + one, 0),
    );
  };
  const timer = setInterval(look, 1_000);
  return { most: () => most, end: () => clearInterval(timer) };
}

function sizeOf(folder: string): number {
  try {
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    return files.reduce((sum, { name }) => sum + statSync(path.join(folder, name)).size, 0);
  } catch {
    return 0; // it is not there, or one went meanwhile
  }
}

const RUNS = { generate, full, hour };

const [, file, step, folder, lines] = process.argv;
if (file === fileURLToPath(import.meta.url) && step !== undefined) {
  if (folder === undefined)
    process.stdout.write(`${JSON.stringify(await benchMakeRecommendations(Number(step)), null, 2)}\n`);
  // The cast: this file alone starts itself.
  else process.stdout.write(JSON.stringify(await RUNS[step as keyof typeof RUNS](folder, Number(lines))));
  process.exit(0);
}

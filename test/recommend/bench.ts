/**
 * A full and an incremental build over many order lines. The shop is made by DuckDB from hashes, so it is the same each time: some
 * customers buy much more than others, half of it again, the rest by popularity. Each step runs in a process of its own, as its memory
 * is a figure, too.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DuckDBConnection } from '@duckdb/node-api';
import { buildRecommendations } from '../../shared/recommend/build.ts';
import type { RecommendSettings } from '../../shared/recommend/options.ts';
import { openDuckDB, quoted } from '../../shared/snapshots/duckdb.ts';
import { instant } from '../../shared/time/instant.ts';
import type { Row } from '../bench/measure.ts';

export const NOW_MS = Date.UTC(2026, 10, 25);
/** Of DuckDB's buffers; the process needs some 300 MB besides. */
const BUILD_MIB = 1_200;
const THREADS = 2;
export const LINES_PER_CUSTOMER = 8;
const PRODUCTS = 20_000;
const FILES = ['lines', 'events', 'products', 'customers'] as const;

export async function benchRecommend(lines: number): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    return (['generate', 'full'] as const).flatMap((step) => inItsOwnProcess(step, folder, lines));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function inItsOwnProcess(step: keyof typeof STEPS, folder: string, lines: number): Row[] {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), step, folder, String(lines)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

const seconds = (name: string, value: number): Row => ({ name, value: Math.round(value * 10) / 10, unit: 's' });
const count = (name: string, value: number): Row => ({ name, value, unit: '' });

// --- the shop

async function generate(folder: string, lines: number): Promise<Row[]> {
  const instance = await openDuckDB({ memoryMiB: 2_000, threads: THREADS, folder });
  const db = await instance.connect();
  const customers = Math.ceil(lines / LINES_PER_CUSTOMER);
  const queries = {
    lines: linesOf(lines, customers),
    events: eventsOf(lines, customers),
    products: CATALOGUE,
    customers: customersOf(customers),
  };
  for (const name of FILES)
    await db.run(`COPY (${queries[name]}) TO ${quoted(file(folder, name))} (FORMAT parquet, COMPRESSION zstd)`);
  return [
    count('order lines', lines),
    count('customers', customers),
    count('products', PRODUCTS),
    count('views', Math.ceil(lines / 2)),
  ];
}

const file = (folder: string, name: string): string => path.join(folder, `${name}.parquet`);
/** 0 to 1, the same for the same arguments. */
const chance = (...of: readonly string[]): string => `(hash(${of.join(', ')}) % 1000000) / 1000000.0`;
/** A few sell most. */
const popular = (of: string): string => `CAST(floor(power(${of}, 3) * ${PRODUCTS}) AS INTEGER)`;
/** A few customers bring many orders; most bring one or two. */
const who = (customers: number, of: string): string => `CAST(floor(power(${of}, 2) * ${customers}) AS INTEGER)`;

/** Three lines to an order. */
export const linesOf = (lines: number, customers: number): string => `
  SELECT 'c' || lpad(CAST(who AS VARCHAR), 8, '0') AS customer,
    'p' || lpad(CAST(CASE WHEN ${chance('i', '3')} < 0.5 THEN ${popular(chance('who', `hash(i, 4) % 6`))} ELSE ${popular(chance('i', '5'))} END AS VARCHAR), 6, '0') AS product,
    CAST(NULL AS VARCHAR) AS category, make_timestamp_ms(CAST(${NOW_MS} - hash(n, 6) % 47304000000 AS BIGINT)) AS ordered_at,
    1 AS quantity, CAST(1000 AS BIGINT) AS net_minor, 'CNY' AS currency,
    ['shopify', 'douyin', 'square', 'shopee'][1 + CAST(hash(who, 7) % 4 AS INTEGER)] AS channel,
    'CN/省' || hash(who, 8) % 34 AS region, 'o' || n AS order_key
  FROM (SELECT range AS i, range // 3 AS n, ${who(customers, chance('range // 3', '2'))} AS who FROM range(${lines}))`;

export const eventsOf = (lines: number, customers: number): string => `
  SELECT 'c' || lpad(CAST(${who(customers, chance('range', '20'))} AS VARCHAR), 8, '0') AS customer,
    'p' || lpad(CAST(${popular(chance('range', '21'))} AS VARCHAR), 6, '0') AS product,
    CASE WHEN hash(range, 22) % 10 = 0 THEN 'cart' ELSE 'view' END AS kind,
    make_timestamp_ms(CAST(${NOW_MS} - hash(range, 23) % 5184000000 AS BIGINT)) AS at
  FROM range(${Math.ceil(lines / 2)})`;

export const CATALOGUE = `
  SELECT 'p' || lpad(CAST(range AS VARCHAR), 6, '0') AS product, 'k' || range % 20 || '/k' || range % 200 AS category_path,
    hash(range, 30) % 10 > 0 AS in_stock,
    CASE WHEN hash(range, 31) % 20 = 0 THEN ['CN/省1', 'CN/省2'] END AS regions, 'CNY' AS currency, CAST(1000 AS BIGINT) AS price_minor,
    CASE WHEN hash(range, 32) % 30 = 0 THEN ['p' || lpad(CAST(hash(range, 33) % ${PRODUCTS} AS VARCHAR), 6, '0')] END AS accessory_of,
    CASE WHEN hash(range, 34) % 60 = 0 THEN ['p' || lpad(CAST(hash(range, 35) % ${PRODUCTS} AS VARCHAR), 6, '0')] END AS upgrade_of,
    hash(range, 36) % 2 = 0 AS consumable, false AS excluded
  FROM range(${PRODUCTS})`;

export const customersOf = (customers: number): string => `
  SELECT 'c' || lpad(CAST(range AS VARCHAR), 8, '0') AS customer,
    ['high_value', 'growth', 'stable', 'base'][1 + CAST(hash(range, 40) % 4 AS INTEGER)] AS tier,
    'CN/省' || hash(range, 8) % 34 AS region, 'shopify' AS channel, 'CNY' AS currency
  FROM range(${customers})`;

// --- builds

async function full(folder: string): Promise<Row[]> {
  const instance = await openDuckDB({ memoryMiB: BUILD_MIB, threads: THREADS, folder });
  const db = await instance.connect();
  const inputs = {
    ...{ lines: relation(folder, 'lines'), events: relation(folder, 'events') },
    ...{ products: relation(folder, 'products'), customers: relation(folder, 'customers') },
  };
  const first = await timed(db, { asOf: instant(NOW_MS), inputs });
  const memory = process.resourceUsage().maxRSS * 1024;
  // One customer of a hundred changed.
  const changed = `(SELECT customer FROM ${inputs.customers} WHERE hash(customer) % 100 = 0)`;
  const names = ['recommendations', 'similar', 'popular', 'productAudience'] as const;
  const outputs = Object.fromEntries(names.map((name) => [name, `next_${name}`]));
  const next = await timed(db, {
    ...{ asOf: instant(NOW_MS), inputs, incremental: { changed, previous: 'recommendations' } },
    // The cast: one entry was made of each name.
    outputs: outputs as Record<(typeof names)[number], string>,
  });
  const slowest = [...first.timings].sort((one, other) => other.ms - one.ms).slice(0, 5);
  return [
    seconds('a full build', first.seconds),
    seconds('its processor time', first.cpuSeconds),
    count('customers scored', first.customers),
    count('recommendations', first.recommendations),
    { name: 'memory of it, at most', value: Math.round(memory / 1e6), unit: 'MB' },
    ...slowest.map(({ name, ms }) => seconds(`of it, ${name}`, ms / 1_000)),
    seconds('an incremental build, of a hundredth', next.seconds),
    seconds('its processor time', next.cpuSeconds),
    count('customers scored', next.customers),
  ];
}

const relation = (folder: string, name: string): string => `read_parquet(${quoted(file(folder, name))})`;

async function timed(db: DuckDBConnection, settings: RecommendSettings) {
  const startedMs = performance.now();
  const started = process.cpuUsage();
  const built = await buildRecommendations(db, settings);
  const { user, system } = process.cpuUsage(started);
  return { ...built, seconds: (performance.now() - startedMs) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

const STEPS = { generate, full };

const [, started, step, folder, lines] = process.argv;
if (started === fileURLToPath(import.meta.url)) {
  if (folder === undefined) {
    process.stdout.write(`${JSON.stringify(await benchRecommend(Number(step ?? 1_000_000)), null, 2)}\n`);
  } else {
    // The cast: this file alone starts itself.
    process.stdout.write(JSON.stringify(await STEPS[step as keyof typeof STEPS](folder, Number(lines))));
    process.exit(0);
  }
}

/**
 * Previews over a snapshot of many profiles, and what the next snapshot costs. The profiles are made by DuckDB from hashes of their
 * numbers, so they are the same each time: 1 to 30 orders over three years, 4 channels, 200 categories, 34 regions. Each step runs
 * in a process of its own, as its memory is a figure, too.
 */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DOORS } from '../../shared/channels/registry.ts';
import { answerPreview } from '../../shared/preview/answer.ts';
import { localSnapshots } from '../../shared/preview/local-snapshot.ts';
import type { Condition } from '../../shared/segments/condition.ts';
import { compact } from '../../shared/snapshots/compact.ts';
import { openDuckDB, quoted } from '../../shared/snapshots/duckdb.ts';
import {
  DAY_KINDS,
  type DayKind,
  daysFile,
  MARKS,
  MONTHS,
  PLACES,
  PROFILES,
  SNAPSHOT_FILES,
} from '../../shared/snapshots/layout.ts';
import { type DayLine, type MonthRow, ndjson, type ProfileRow } from '../../shared/snapshots/rows.ts';
import { instant } from '../../shared/time/instant.ts';
import { median, type Row } from './measure.ts';

const NOW = Date.parse('2026-11-25T12:00:00.000Z');
const HOUR_MS = 60 * 60 * 1000;
/** As infra gives them. */
const PREVIEW_MIB = 1_500;
const SNAPSHOT_MIB = 1_800;
const THREADS = 2;
const WARM_ROUNDS = 9;
const COLD_ROUNDS = 3;

export async function benchPreview(profiles: number): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    return (['generate', 'preview', 'compact'] as const).flatMap((step) => inItsOwnProcess(step, folder, profiles));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function inItsOwnProcess(step: keyof typeof STEPS, folder: string, profiles: number): Row[] {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), step, folder, String(profiles)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

const milliseconds = (name: string, value: number): Row => ({ name, value: Math.round(value), unit: 'ms' });
const megabytes = (name: string, bytes: number): Row => ({ name, value: Math.round(bytes / 1e6), unit: 'MB' });
const memory = (name: string): Row => megabytes(name, process.resourceUsage().maxRSS * 1024);

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await run();
  return performance.now() - startedMs;
}

// --- a snapshot, as compaction would have left it

async function generate(folder: string, profiles: number): Promise<Row[]> {
  const snapshot = path.join(folder, 'snapshot');
  await mkdir(snapshot);
  const instance = await openDuckDB({ memoryMiB: 4_000, threads: THREADS, folder });
  const db = await instance.connect();
  const write = (file: string, query: string) =>
    db.run(
      `COPY (${query}) TO ${quoted(path.join(snapshot, file))} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)`,
    );
  await db.run(orders(profiles));
  for (const kind of DAY_KINDS) await write(daysFile(kind), `${days(kind)} ORDER BY name, first_at`);
  await write(PROFILES, PROFILE_TABLE);
  await write(PLACES, PLACE_TABLE);
  await write(MONTHS, MONTH_TABLE);
  await write(MARKS, MARK_TABLE);
  const sizes = new Map<string, number>();
  for (const name of SNAPSHOT_FILES) sizes.set(name, (await stat(path.join(snapshot, name))).size);
  const total = (names: readonly string[]) => names.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
  return [
    { name: 'profiles', value: profiles, unit: '' },
    { name: 'their orders', value: await count(db, 'orders'), unit: '' },
    megabytes('profiles.parquet', total([PROFILES])),
    ...DAY_KINDS.map((kind) => megabytes(daysFile(kind), total([daysFile(kind)]))),
    megabytes('all that previews read', total([PROFILES, ...DAY_KINDS.map(daysFile)])),
    megabytes('for the next snapshot alone', total([PLACES, MONTHS, MARKS])),
  ];
}

async function count(db: DuckDBConnection, table: string): Promise<number> {
  const [row] = (await db.runAndReadAll(`SELECT count(*) FROM ${table}`)).getRows();
  return Number(row?.[0]);
}

const CHANNELS = ['shopify', 'douyin', 'square', 'shopee'];
const CHANNEL_LIST = CHANNELS.map(quoted).join(', ');
const ID = `'shopify/shop/' || lpad(CAST(hash(number) % 10000000000 AS VARCHAR), 12, '7')`;

/** Most buy where they did before; a third of all orders is of one of a kind. */
const orders = (profiles: number): string => `
  CREATE TABLE orders AS
  WITH people AS (
    SELECT CAST(range AS INTEGER) AS number,
           1 + CAST(least(29, floor(-ln(1 - (hash(range, 1) % 1000000) / 1000001.0) * 5)) AS INTEGER) AS bought
    FROM range(${profiles})
  )
  SELECT number, i,
         make_timestamp_ms(CAST(${NOW} - hash(number, i, 2) % 94608000000 AS BIGINT)) AS paid_at,
         [${CHANNEL_LIST}][1 + CAST(CASE WHEN hash(number, i, 3) % 10 < 6 THEN hash(number, 4) % 4 ELSE hash(number, i, 5) % 4 END AS INTEGER)] AS channel,
         CAST(1000 + hash(number, i, 6) % 50000 AS BIGINT) AS net,
         CAST(hash(number, i, 7) % 200 AS INTEGER) AS category,
         CAST(hash(number, 10) % 34 AS INTEGER) AS region
  FROM people, unnest(range(bought)) AS each_one (i)`;

const NAMES: Readonly<Record<DayKind, string>> = {
  all: `''`,
  channels: 'channel',
  categories: `'品类' || category // 10 || '/品类' || category`,
  regions: `'CN/省' || region`,
  stores: `'square/tills/' || hash(number, i, 11) % 40`,
  hosts: `'douyin/live/' || hash(number, i, 11) % 60`,
};
const WHERE: Readonly<Partial<Record<DayKind, string>>> = {
  stores: `WHERE channel = 'square'`,
  hosts: `WHERE channel = 'douyin'`,
};

const days = (kind: DayKind): string => `
  SELECT number AS profile, NULL::INTEGER AS alias, '${kind}' AS kind, ${NAMES[kind]} AS name,
         CAST(paid_at AS TIMESTAMP_MS) AS first_at, CAST(paid_at AS TIMESTAMP_MS) AS last_at, 1::INTEGER AS orders, net
  FROM orders ${WHERE[kind] ?? ''}`;

const FIGURES = `
  SELECT number, ${ID} AS id, 1::BIGINT AS revision,
         ['high_value', 'growth', 'stable', 'base'][1 + CAST(hash(number, 20) % 4 AS INTEGER)] AS tier,
         CAST(TIMESTAMP '2026-01-01 00:00:00' + to_days(CAST(hash(number, 21) % 300 AS INTEGER)) AS TIMESTAMP_MS) AS tier_since,
         'CNY' AS currency, CAST(count(*) AS INTEGER) AS orders, CAST(sum(net) AS BIGINT) AS net_spend,
         CAST(avg(net) AS BIGINT) AS average_order, (hash(number, 22) % 100) / 100.0::DOUBLE AS refund_rate,
         CAST(min(paid_at) AS TIMESTAMP_MS) AS first_paid_at, CAST(max(paid_at) AS TIMESTAMP_MS) AS last_paid_at,
         CAST(count(*) AS INTEGER) AS purchase_days, CAST(min(paid_at) AS DATE) AS first_day, CAST(max(paid_at) AS DATE) AS last_day,
         CAST(hash(number, 23) % 100000 AS BIGINT) AS clv_12m, (hash(number, 24) % 100) / 100.0::DOUBLE AS alive_probability,
         CAST(max(paid_at) + to_days(CAST(hash(number, 25) % 90 AS INTEGER)) AS TIMESTAMP_MS) AS next_order_at,
         [${ID}] AS members, ['shopify/shop'] AS connections, list(DISTINCT channel) AS channels,
         list(DISTINCT ${NAMES.categories}) AS categories, list(DISTINCT ${NAMES.regions}) AS regions,
         CAST([] AS VARCHAR[]) AS stores, CAST([] AS VARCHAR[]) AS hosts,
         list_filter(['high-value', 'cross-channel', 'live-fans', 'at-risk', 'new'], lambda x: hash(number, x) % 5 = 0) AS segments
  FROM orders GROUP BY number`;
const PROFILE_TABLE = `
  SELECT *, 1::INTEGER AS personas, CAST([] AS VARCHAR[]) AS tags, ['push'] AS consents FROM (${FIGURES})`;
const PLACE_TABLE = `SELECT number, id, revision, id AS root, * EXCLUDE (number, id, revision) FROM (${FIGURES})`;
const MONTH_TABLE = `
  SELECT number AS persona, CAST(year(paid_at) * 100 + month(paid_at) AS INTEGER) AS month, 1::BIGINT AS revision
  FROM orders GROUP BY ALL`;
const MARK_TABLE = `
  SELECT CAST(range AS INTEGER) AS persona, 'consent' AS kind, 'push' AS name, true AS given,
         CAST(TIMESTAMP '2026-01-01 00:00:00' AS TIMESTAMP_MS) AS said_at
  FROM range((SELECT count(DISTINCT number) FROM orders))`;

// --- previews

const QUESTIONS: readonly (readonly [name: string, when: Condition])[] = [
  [
    'of scalars',
    {
      all: [
        { field: 'tier', is: 'growth' },
        { field: 'orders', atLeast: 3 },
        { field: 'netSpend', moreThan: 50_000 },
      ],
    },
  ],
  ['of a window by category', { field: 'orders', of: { category: '品类1/品类10' }, withinDays: 90, atLeast: 1 }],
  [
    'live more than stores',
    {
      field: 'netSpend',
      of: { channelCategory: 'live' },
      moreThan: { field: 'netSpend', of: { channelCategory: 'pos' } },
    },
  ],
  [
    'of six conditions',
    {
      any: [
        {
          all: [
            { field: 'orders', withinDays: 90, atLeast: 2 },
            { field: 'netSpend', withinDays: 365, atLeast: 60_000 },
          ],
        },
        {
          all: [
            { field: 'orders', of: { category: ['品类1/品类10', '品类2/品类20'] }, withinDays: 365, atLeast: 1 },
            {
              field: 'netSpend',
              of: { channelCategory: 'live' },
              moreThan: { field: 'netSpend', of: { channelCategory: 'pos' }, times: 2 },
            },
          ],
        },
        {
          all: [
            { field: 'channels', includes: 'square' },
            { field: 'lastPaidAt', of: { region: 'CN/省3' }, withinLastDays: 60 },
          ],
        },
      ],
    },
  ],
  ['of everybody', { field: 'orders', atLeast: 1 }],
];

/** Files are copied where a function fetches them. */
async function preview(folder: string, profiles: number): Promise<Row[]> {
  const snapshot = {
    id: 'bench',
    snapshotAt: instant(NOW),
    ...{ profiles, personas: profiles, days: 0, files: [], rows: {} },
  };
  const openedOn = async (disk: string) => ({
    snapshots: localSnapshots({
      snapshots: {
        getLatest: async () => ({ snapshot, etag: '' }),
        fetchFile: (_, name, file) => copyFile(path.join(folder, 'snapshot', name), file),
      },
      folder: path.join(disk, 'snapshots'),
      clock: () => new Date(NOW),
    }),
    instance: await openDuckDB({ memoryMiB: PREVIEW_MIB, threads: THREADS, folder: disk }),
  });
  const channelCategories = new Map([...DOORS.values()].map(({ channel, category }) => [channel, category]));
  const rest = { segments: async () => [], channelCategories, clock: () => new Date(NOW) };
  const rows: Row[] = [];
  for (const [name, when] of QUESTIONS) {
    const colds: number[] = [];
    for (let round = 0; round < COLD_ROUNDS; round++) {
      const disk = path.join(folder, `cold-${round}`);
      colds.push(
        await timed(async () => {
          const { snapshots, instance } = await openedOn(disk);
          await answerPreview({ when }, { ...rest, snapshots, duckDB: async () => instance });
          instance.closeSync();
        }),
      );
      await rm(disk, { recursive: true });
    }
    rows.push(milliseconds(`a first preview ${name}, p50`, median(colds)));
  }
  const { snapshots, instance } = await openedOn(path.join(folder, 'warm'));
  for (const [name, when] of QUESTIONS) {
    const warms: number[] = [];
    let size = 0;
    for (let round = 0; round <= WARM_ROUNDS; round++) {
      const ms = await timed(async () => {
        ({ size } = await answerPreview({ when }, { ...rest, snapshots, duckDB: async () => instance }));
      });
      if (round > 0) warms.push(ms);
    }
    rows.push(
      { name: `found ${name}`, value: size, unit: '' },
      milliseconds(`the next ones ${name}, p50`, median(warms)),
    );
  }
  return [...rows, memory('memory of previews, at most')];
}

// --- the next snapshot

async function compactNext(folder: string, profiles: number): Promise<Row[]> {
  const changed = Math.ceil(profiles / 100);
  const rows = path.join(folder, 'rows');
  const next = path.join(folder, 'next');
  for (const one of [path.join(rows, 'profiles'), path.join(rows, 'months'), next])
    await mkdir(one, { recursive: true });
  const instance = await openDuckDB({ memoryMiB: SNAPSHOT_MIB, threads: THREADS, folder });
  const db = await instance.connect();
  const ids = (
    await db.runAndReadAll(`SELECT id FROM ${quoted(path.join(folder, 'snapshot', PLACES))} LIMIT ${changed}`)
  )
    .getRows()
    .map(([id]) => String(id));
  await writeFile(path.join(rows, 'profiles', '0.ndjson.gz'), gzipSync(ndjson(ids.map(changedProfile))));
  await writeFile(path.join(rows, 'months', '0.ndjson.gz'), gzipSync(ndjson(ids.map(changedMonth))));
  const ms = await timed(() => compact(db, { previous: path.join(folder, 'snapshot'), rows, next }));
  return [
    { name: 'profiles that changed', value: changed, unit: '' },
    milliseconds('the next snapshot', ms),
    memory('memory of a snapshot, at most'),
  ];
}

const AT = instant(NOW - HOUR_MS);
const changedProfile = (id: string): ProfileRow => ({
  ...{ id, revision: 2, root: id, writtenAt: AT, members: [id], connections: ['shopify/shop'], tier: 'growth' },
  ...{
    tierSince: AT,
    currency: 'CNY',
    orders: 9,
    netSpend: 90_000,
    averageOrder: 10_000,
    refundRate: 0,
    purchaseDays: 9,
  },
  ...{ channels: CHANNELS, categories: ['品类1/品类10'], regions: [], stores: [], hosts: [], segments: ['new'] },
});
const changedMonth = (persona: string): MonthRow => {
  const line = (name: string): DayLine[] => [{ name, firstAt: AT, lastAt: AT, orders: 1, net: 10_000 }];
  return {
    ...{ persona, month: AT.slice(0, 7), revision: 2, all: line(''), channels: line('shopify') },
    ...{ categories: line('品类1/品类10'), regions: line('CN/省3'), hosts: [], stores: [] },
  };
};

const STEPS = { generate, preview, compact: compactNext };

const [, file, step, folder, profiles] = process.argv;
if (file === fileURLToPath(import.meta.url) && folder !== undefined) {
  // The cast: this file alone starts itself.
  const rows = await STEPS[step as keyof typeof STEPS](folder, Number(profiles));
  process.stdout.write(JSON.stringify(rows));
  process.exit(0);
}

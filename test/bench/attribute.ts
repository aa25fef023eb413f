/**
 * What it takes to attribute the orders of many messages: five campaigns, each customer sent to by some of them, two orders a customer
 * over ten months. Orders and profiles are made by DuckDB from hashes of their numbers, so they are the same each time. Each step
 * runs in a process of its own, as its memory is a figure, too. Tables are left out: their time is a page of records each few ms.
 */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { LINE, monthFile } from '../../shared/lines/layout.ts';
import type { Lines } from '../../shared/lines/lines.ts';
import { attributeOrders } from '../../shared/proof/attribute-orders.ts';
import type { SendRecord, SendRecordStore } from '../../shared/push/send-record.ts';
import { openDuckDB, quoted } from '../../shared/snapshots/duckdb.ts';
import { PROFILES } from '../../shared/snapshots/layout.ts';
import { instant } from '../../shared/time/instant.ts';
import { campaign } from '../campaigns/spring.ts';
import { memoryLines } from '../simulation/models/lines.ts';
import { memoryAttributedOrders, memoryAttributions, memoryResults } from '../simulation/models/proof.ts';
import { memoryCampaigns } from '../simulation/models/push.ts';
import { memoryKnownEvents } from '../simulation/models/recommendations.ts';
import type { Row } from './measure.ts';

const NOW = Date.parse('2026-11-25T12:00:00.000Z');
const DAY_MS = 86_400_000;
const CAMPAIGNS = 5;
const MONTHS = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((month) => 202_600 + month);
/** As infra gives it. */
const MEMORY_MIB = 1_500;

export async function benchAttribute(messages: number): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    return (['generate', 'attribute'] as const).flatMap((step) => {
      const args = [...process.execArgv, fileURLToPath(import.meta.url), step, folder, String(messages)];
      return JSON.parse(
        execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const customersOf = (messages: number) => Math.ceil(messages / 3);
const nameOf = (number: number) => `shopify/shop/${String(number).padStart(12, '7')}`;
const NAME = (number: string) => `'shopify/shop/' || lpad(CAST(${number} AS VARCHAR), 12, '7')`;

async function generate(folder: string, messages: number): Promise<Row[]> {
  const instance = await openDuckDB({ memoryMiB: 4_000, threads: 2, folder });
  const db = await instance.connect();
  const customers = customersOf(messages);
  const types = Object.fromEntries(LINE);
  const values: Record<string, string> = {
    order_key: "'shopify/shop/' || number",
    revision: '1',
    recorded_at: `make_timestamp_ms(${NOW})`,
    persona: NAME(`number % ${customers}`),
    line_no: '0',
    quantity: '2',
    refunded_quantity: 'CASE WHEN hash(number, 1) % 10 = 0 THEN 1 ELSE 0 END',
    total: '1000 + hash(number, 2) % 50000',
    currency: "'CNY'",
    ordered_at: `make_timestamp_ms(CAST(${NOW} - hash(number, 3) % ${290 * DAY_MS} AS BIGINT))`,
    gift_card: 'false',
    counts: 'true',
  };
  const columns = LINE.map(([column]) => `CAST(${values[column] ?? 'NULL'} AS ${types[column]}) AS ${column}`);
  await db.run(`CREATE TABLE lines AS SELECT ${columns.join(', ')} FROM range(${2 * customers}) AS numbers (number)`);
  for (const month of MONTHS) {
    const of = `SELECT * FROM lines WHERE year(ordered_at) * 100 + month(ordered_at) = ${month}`;
    await db.run(`COPY (${of} ORDER BY order_key) TO ${quoted(path.join(folder, monthFile(month)))} (FORMAT parquet)`);
  }
  await db.run(
    `COPY (SELECT ${NAME('number')} AS id, [${NAME('number')}] AS members FROM range(${customers}) AS numbers (number))
     TO ${quoted(path.join(folder, PROFILES))} (FORMAT parquet)`,
  );
  return [
    { name: 'messages', value: messages, unit: '' },
    { name: 'orders', value: 2 * customers, unit: '' },
  ];
}

async function attribute(folder: string, messages: number): Promise<Row[]> {
  const campaigns = memoryCampaigns();
  for (let number = 0; number < CAMPAIGNS; number++)
    await campaigns.putCampaign(campaign({ id: `c${number}`, limits: { holdout: 0.1, attributionDays: 14 } }));
  let [told, kept] = [0, 0];
  const orders = memoryAttributedOrders();
  const startedMs = performance.now();
  const outcome = await attributeOrders({
    campaigns,
    records: recordsOf(messages),
    lines: {
      ...memoryLines(),
      getLatest: async () => ({ lines: linesOf(messages), etag: '1' }),
      fetch: (key, file) => copyFile(path.join(folder, key), file),
    },
    events: memoryKnownEvents(),
    snapshots: {
      getLatest: memorySnapshotOf(),
      fetchFile: (_snapshot, name, file) => copyFile(path.join(folder, name), file),
    },
    results: memoryResults(),
    orders: { ...orders, putOrder: async () => void kept++ },
    files: memoryAttributions(),
    bus: {
      async put(events) {
        told += events.length;
      },
    },
    deliveries: { tell: async () => undefined },
    openDuckDB: () => openDuckDB({ memoryMiB: MEMORY_MIB, threads: 2, folder: path.join(folder, 'duckdb') }),
    folder: path.join(folder, 'run'),
    now: () => instant(NOW),
    remainingMs: () => 900_000,
  });
  if (outcome.kind !== 'attributed') throw new Error(`It ended as ${outcome.kind}.`);
  return [
    { name: 'orders attributed', value: kept, unit: '' },
    { name: 'events told', value: told, unit: '' },
    {
      name: 'to attribute all, without tables',
      value: Math.round((performance.now() - startedMs) / 100) / 10,
      unit: 's',
    },
    { name: 'memory', value: Math.round((process.resourceUsage().maxRSS * 1024) / 1e6), unit: 'MB' },
  ];
}

const memorySnapshotOf = () => async () => ({
  snapshot: { id: 's', snapshotAt: instant(NOW), profiles: 1, personas: 1, days: 0, files: [], rows: {} },
  etag: '1',
});

const linesOf = (messages: number): Lines => ({
  ...{ id: 'l', builtAt: instant(NOW), orders: messages, index: { key: 'none', bytes: 0 } },
  months: MONTHS.map((month) => ({ month, lines: 1, key: monthFile(month), bytes: 0 })),
  taken: { until: '', recent: [] },
});

/** Of each campaign a fifth, made as they are asked for. */
function recordsOf(messages: number): Pick<SendRecordStore, 'listRecords'> {
  const each = Math.floor(messages / CAMPAIGNS);
  return {
    async listRecords(id, limit, after) {
      const start = Number(after ?? 0);
      const end = Math.min(each, start + limit);
      const items = Array.from({ length: end - start }, (_, index) => recordOf(id, start + index, messages));
      return { items, ...(end < each && { next: String(end) }) };
    },
  };
}

function recordOf(id: string, index: number, messages: number): SendRecord {
  const number = (index * 7_919 + Number(id.slice(1)) * 104_729) % customersOf(messages);
  const base = {
    ...{ campaign: id, key: `${id}-${index}`.padEnd(40, '0'), version: 1, occurrence: 'o', attributionDays: 14 },
    // The cast: of the form of one.
    ...{ profile: nameOf(number) as PersonaId, at: instant(NOW - ((index * 131) % 280) * DAY_MS) },
  };
  return index % 10 === 0
    ? { ...base, state: 'held_out', heldOut: 'campaign' }
    : { ...base, state: 'sent', variant: 'a' };
}

const STEPS = { generate, attribute };

const [, file, step, folder, messages] = process.argv;
if (file === fileURLToPath(import.meta.url) && folder !== undefined) {
  // The cast: this file alone starts itself.
  const rows = await STEPS[step as keyof typeof STEPS](folder, Number(messages));
  process.stdout.write(JSON.stringify(rows));
  process.exit(0);
}

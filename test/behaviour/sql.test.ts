/** Rows as they are written, read by DuckDB as sql.ts says: each event once, for good, and whose it is. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EVENTS_PREFIX, type EventRow, linesOf } from '../../shared/behaviour/event-rows.ts';
import { distinctEventsSql, openedMessagesSql, peoplesEventsSql, visitorsSql } from '../../shared/behaviour/sql.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { keyByTime } from '../../shared/lake/by-time.ts';
import { instant } from '../../shared/time/instant.ts';

const second = (number: number) => instant(Date.UTC(2026, 10, 25, 9) + number * 1000);
// The cast is the constructor of the brand.
const U1 = 'web/web-shop/u1' as PersonaId;
const row = (messageId: string, change: Partial<EventRow> = {}): EventRow => ({
  source: 'web-shop',
  messageId,
  kind: 'product_viewed',
  at: second(1),
  receivedAt: second(2),
  visitor: 'web-shop#a',
  products: [{ productId: 'it’s \ud83d tea', quantity: 2.5, price: 1250, currency: 'CNY', categoryPath: ['茶'] }],
  bot: false,
  test: false,
  ...change,
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "it's events-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('messages that people opened are there once each', async () => {
  const opened = (messageId: string, message?: string, change: Partial<EventRow> = {}) =>
    row(messageId, { kind: 'push_opened', products: [], ...(message !== undefined && { message }), ...change });
  const file = path.join(folder, 'opened.json.gz');
  const rows = [row('o0'), opened('o1', 'k1'), opened('o2', 'k1'), opened('o3'), opened('o4', 'k2')];
  const machines = [opened('o5', 'k3', { bot: true }), opened('o6', 'k4', { test: true })];
  await writeFile(file, gzipSync(linesOf([...rows, ...machines])));
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  await db.run(`CREATE TABLE events AS ${distinctEventsSql(file)}`);
  const keys = await db.runAndReadAll(`SELECT message FROM (${openedMessagesSql('events')}) ORDER BY message`);
  expect(keys.getRowsJson()).toEqual([['k1'], ['k2']]);
});

it('each is there once, the one that came first; machines are left out; visitors have their persona', async () => {
  const objects = [
    [row('m1'), row('m2', { products: [], kind: 'page' })],
    // Again, and later.
    [row('m1', { receivedAt: second(9) }), row('m1', { receivedAt: second(1), at: second(0) })],
    [row('m1', { source: 'app', visitor: 'app#a' }), row('m3', { bot: true }), row('m4', { test: true })],
    [row('m5', { kind: 'identify', persona: U1, at: second(5) })],
    [row('m6', { kind: 'alias', persona: U1, visitor: 'web-shop#c', before: 'web-shop#b' })],
  ];
  const files: string[] = [];
  for (const [index, rows] of objects.entries()) {
    const text = linesOf(rows);
    const name = keyByTime(EVENTS_PREFIX, second(index), text);
    expect(name).toMatch(/^events\/date=2026-11-25\/hour=09\/09000\d\.000-[0-9a-f]{16}\.ndjson\.gz$/);
    const file = path.join(folder, name.replaceAll('/', '-'));
    await writeFile(file, gzipSync(text));
    files.push(file);
  }
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  const ask = async (sql: string) => (await db.runAndReadAll(sql)).getRowObjectsJson();
  for (const from of [files, path.join(folder, '*.ndjson.gz')]) {
    await db.run(`CREATE OR REPLACE TABLE events AS ${distinctEventsSql(from)}`);
    const all = await ask('SELECT source, "messageId", "receivedAt"::VARCHAR AS at FROM events ORDER BY ALL');
    expect(all.map((one) => Object.values(one).join(' '))).toEqual([
      'app m1 2026-11-25 09:00:02',
      'web-shop m1 2026-11-25 09:00:01',
      'web-shop m2 2026-11-25 09:00:02',
      'web-shop m3 2026-11-25 09:00:02',
      'web-shop m4 2026-11-25 09:00:02',
      'web-shop m5 2026-11-25 09:00:02',
      'web-shop m6 2026-11-25 09:00:02',
    ]);
    expect(await ask(`SELECT count(*)::INTEGER AS count FROM (${peoplesEventsSql('events')})`)).toEqual([{ count: 5 }]);
    expect(await ask(`SELECT * FROM (${visitorsSql('events')}) ORDER BY visitor`)).toEqual([
      { visitor: 'web-shop#a', persona: U1 },
      { visitor: 'web-shop#b', persona: U1 },
      { visitor: 'web-shop#c', persona: U1 },
    ]);
    const [product] = await ask(
      `SELECT unnest(products, recursive := true) FROM events WHERE source = 'app' AND "messageId" = 'm1'`,
    );
    expect(product).toMatchObject({ productId: 'it’s \ufffd tea', quantity: 2.5, price: '1250', categoryPath: ['茶'] });
  }
});

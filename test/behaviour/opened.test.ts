/** An app tells that a message was opened: what becomes of that, on its way to the report of the campaign. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventRow } from '../../shared/behaviour/event-rows.ts';
import { fetchOpened, knowEvents } from '../../shared/behaviour/know-events.ts';
import { sendKey } from '../../shared/campaigns/occurrence.ts';
import { quoted } from '../../shared/snapshots/duckdb.ts';
import { instant } from '../../shared/time/instant.ts';
import { personaId } from '../profiles/people.ts';
import { memoryKnownEvents } from '../simulation/models/recommendations.ts';
import { createStage } from './stage.ts';

const KEY = sendKey('spring', personaId('shopify/shop/anne'), 'at noon');
const AT = instant(Date.UTC(2026, 10, 25, 9));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tributary-opened-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const connect = async () => (await DuckDBInstance.create(':memory:')).connect();

it('the key of a message, as it was sent, comes to the rows of events; it changes no visitor', async () => {
  const stage = createStage();
  const event = { event: 'Push Opened', anonymousId: 'a', messageId: 'm1', properties: { message: KEY } };
  expect(await stage.post({ path: '/v1/events', body: event })).toMatchObject({ status: 200 });
  expect(await stage.work()).toEqual([]);
  expect(stage.rows).toMatchObject([{ kind: 'push_opened', message: KEY, products: [] }]);
  expect(stage.carts).toEqual([]);
});

it('is known once each and for long, and read without taking anything in', async () => {
  const store = memoryKnownEvents();
  const row = (messageId: string, more: Partial<EventRow>): EventRow => ({
    ...{ source: 'app', messageId, kind: 'push_opened', at: AT, receivedAt: AT, products: [], bot: false, test: false },
    ...more,
  });
  const db = await connect();
  let runs = 0;
  const opened = async () => {
    const file = await fetchOpened({ store, folder: path.join(folder, String(++runs)) });
    if (file === undefined) return undefined;
    return (await db.runAndReadAll(`SELECT message FROM read_parquet(${quoted(file)})`)).getRowsJson().flat();
  };
  const take = async (days: number) => {
    const now = () => instant(Date.parse(AT) + days * 86_400_000 + ++runs);
    await knowEvents({ store, db, folder: path.join(folder, String(++runs)), now });
  };
  const later = (days: number) => instant(Date.parse(AT) + days * 86_400_000);
  expect(await opened()).toBeUndefined();
  store.putRows([row('m1', { message: KEY }), row('m2', { message: KEY }), row('m3', {})], AT);
  expect(await opened()).toBeUndefined();
  await take(0);
  expect(await opened()).toEqual([KEY]);
  // What was looked at is forgotten by then.
  store.putRows([row('m4', { message: KEY, receivedAt: later(200) })], later(200));
  await take(200);
  expect(await opened()).toEqual([KEY]);
  store.putRows([row('m5', { kind: 'page', receivedAt: later(401) })], later(401));
  await take(401);
  expect(await opened()).toEqual([]);
});

it('is taken in where what is known is of before messages were named', async () => {
  const store = memoryKnownEvents();
  const row = (messageId: string, more: Partial<EventRow>): EventRow => ({
    ...{ source: 'app', messageId, kind: 'page', at: AT, receivedAt: AT, products: [], bot: false, test: false },
    ...more,
  });
  const db = await connect();
  const take = (name: string) => knowEvents({ store, db, folder: path.join(folder, name), now: () => AT });
  store.putRows([row('m1', {})], AT);
  await take('new');
  const seen = await store.getLatest();
  if (!seen) throw new Error('It was taken in.');
  const { opened: _, ...known } = seen.known;
  const [had, old] = [path.join(folder, 'had.parquet'), path.join(folder, 'old.parquet')];
  await store.fetch(known.events, had);
  const without = `SELECT * EXCLUDE (message) FROM read_parquet(${quoted(had)})`;
  await db.run(`COPY (${without}) TO ${quoted(old)} (FORMAT parquet)`);
  await store.put(known.events, old);
  await store.putLatest(known, seen.etag);
  await take('nothing-new');
  expect(await fetchOpened({ store, folder })).toBeUndefined();
  store.putRows([row('m2', { kind: 'push_opened', message: KEY })], instant(Date.parse(AT) + 1));
  await take('opened');
  const file = await fetchOpened({ store, folder });
  const rows = await db.runAndReadAll(`SELECT message FROM read_parquet(${quoted(file ?? '')})`);
  expect(rows.getRowsJson()).toEqual([[KEY]]);
});

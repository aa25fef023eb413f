/** Rows in the lake → builds of lines, one after the other, and the same as in one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LINE_ROWS_PREFIX } from '../../shared/lines/layout.ts';
import { openLines, takeLines } from '../../shared/lines/take-lines.ts';
import { instant } from '../../shared/time/instant.ts';
import { type MemoryLines, memoryLines } from '../simulation/models/lines.ts';
import { type Lab, openLab, recorded } from './lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

const START = Date.parse('2026-11-24T12:00:00.000Z');
const minute = (minutes: number) => instant(START + minutes * 60_000);
const tea = { lines: [{ title: '茶', total: 100 }] };
const january = { ...tea, at: '2026-01-05T00:00:00.000Z' };

const take = async (store: MemoryLines, minutes: number, limits = { objects: 100, bytes: 1e9 }) =>
  takeLines({ store, db: lab.db, folder: await lab.folder(), now: () => minute(minutes), limits });

async function read(store: MemoryLines, since?: number): Promise<readonly string[]> {
  const lines = (await store.getLatest())?.lines;
  const folder = await lab.folder();
  await openLines(lines, { store, db: lab.db, folder, ...(since !== undefined && { since }) });
  const found = await lab.db.runAndReadAll('SELECT order_key, revision, total FROM lines ORDER BY ALL');
  return found.getRows().map((row) => row.map(String).join(' '));
}
const parquet = (store: MemoryLines) => [...store.objects.keys()].filter((key) => key.endsWith('.parquet')).sort();

test('what is recorded is built, month by month; nothing new, nothing done', async () => {
  const store = memoryLines();
  expect(await take(store, 0)).toEqual({ kind: 'current', lines: undefined });
  expect(await read(store)).toEqual([]);
  await store.putRows([...recorded('1', 1, tea), ...recorded('2', 1, january)], minute(0));
  const first = await take(store, 1);
  expect(first).toMatchObject({
    kind: 'taken',
    objects: 1,
    waiting: false,
    lines: { id: '2026-11-24T12-01-00.000Z', orders: 2, months: [{ month: 202601 }, { month: 202611 }] },
  });
  expect(await take(store, 2)).toMatchObject({ kind: 'current', lines: { id: '2026-11-24T12-01-00.000Z' } });
  await store.putRows(recorded('1', 2, { lines: [{ total: 50 }] }), minute(3));
  expect(await take(store, 4)).toMatchObject({ kind: 'taken', objects: 1 });
  expect(await read(store)).toEqual(['shopify/shop/1 2 50', 'shopify/shop/2 1 100']);
  expect(await read(store, 202611)).toEqual(['shopify/shop/1 2 50']);
  // January is where the first build put it.
  expect((await store.getLatest())?.lines.months.map(({ key }) => key)).toEqual([
    'lines/2026-11-24T12-01-00.000Z/month=2026-01.parquet',
    'lines/2026-11-24T12-04-00.000Z/month=2026-11.parquet',
  ]);
});

test('in portions it comes to the same', async () => {
  const [whole, parts] = [memoryLines(), memoryLines()];
  for (let index = 0; index < 7; index++) {
    const rows = recorded(String(index % 3), index, { ...tea, total: index });
    for (const store of [whole, parts]) await store.putRows(rows, minute(index));
  }
  await take(whole, 20);
  let rounds = 0;
  for (let waiting = true; waiting; rounds++) {
    const outcome = await take(parts, 20 + rounds, { objects: 2, bytes: 1e9 });
    waiting = outcome.kind === 'taken' && outcome.waiting;
    // What waits is younger than what is said to be in it.
    if (waiting && outcome.kind === 'taken') expect(outcome.lines.builtAt).toBe(minute(2 * rounds + 1));
  }
  expect(rounds).toBe(4);
  expect(await read(parts)).toEqual(await read(whole));
});

test('rows that come late, from a slower writer, are taken by the next', async () => {
  const store = memoryLines();
  await store.putRows(recorded('1', 1, tea), minute(5));
  await take(store, 6);
  await store.putRows(recorded('2', 1, tea), minute(4));
  expect(await take(store, 7)).toMatchObject({ kind: 'taken', objects: 1 });
  expect(await read(store)).toHaveLength(2);
});

test('rows that bring nothing new are taken, and the files stay as they are', async () => {
  const store = memoryLines();
  await store.putRows(recorded('1', 2, tea), minute(0));
  await take(store, 1);
  const before = parquet(store);
  await store.putRows(recorded('1', 1, tea), minute(2));
  expect(await take(store, 3)).toMatchObject({ kind: 'taken', lines: { id: '2026-11-24T12-01-00.000Z' } });
  expect(parquet(store)).toEqual(before);
  expect(await take(store, 4)).toMatchObject({ kind: 'current' });
});

test('of two runs at once one is overtaken, and what it wrote is forgotten', async () => {
  const store = memoryLines();
  await store.putRows(recorded('1', 1, tea), minute(0));
  let isFirst = true;
  const racing: MemoryLines = {
    ...store,
    async put(key, file) {
      await store.put(key, file);
      if (isFirst) {
        isFirst = false;
        await take(store, 2);
      }
    },
  };
  expect(await take(racing, 1)).toEqual({ kind: 'overtaken' });
  expect(await read(store)).toEqual(['shopify/shop/1 1 100']);
  for (const at of [100, 200]) {
    await store.putRows(recorded('1', at, tea), minute(at));
    await take(store, at);
  }
  expect(parquet(store).filter((key) => key.includes('T12-01'))).toEqual([]);
});

describe('builds that were superseded', () => {
  test('go after an hour, but for what the newest and the one before are made of', async () => {
    const store = memoryLines();
    await store.putRows([...recorded('1', 1, tea), ...recorded('2', 1, january)], minute(0));
    await take(store, 0);
    for (const at of [10, 20, 200]) {
      await store.putRows(recorded('1', at, tea), minute(at));
      await take(store, at);
    }
    expect(parquet(store)).toEqual([
      'lines/2026-11-24T12-00-00.000Z/month=2026-01.parquet',
      'lines/2026-11-24T12-20-00.000Z/month=2026-11.parquet',
      'lines/2026-11-24T12-20-00.000Z/orders.parquet',
      'lines/2026-11-24T15-20-00.000Z/month=2026-11.parquet',
      'lines/2026-11-24T15-20-00.000Z/orders.parquet',
    ]);
    expect(await read(store)).toHaveLength(2);
    expect([...store.objects.keys()].filter((key) => key.startsWith(LINE_ROWS_PREFIX))).toHaveLength(4);
  });
});

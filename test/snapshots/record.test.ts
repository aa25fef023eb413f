/** Changes of the customers table, and all that is in it → rows of the lake, and from them the same customers. */
import { gunzipSync } from 'node:zlib';
import type { PutCommandInput } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { beforeEach, describe, expect, test } from 'vitest';
import { createRecord } from '../../functions/record/handler.ts';
import { createRecordAll } from '../../functions/record-all/handler.ts';
import type { CustomerIndex, CustomerStore } from '../../shared/profiles/customer.ts';
import type { Mark } from '../../shared/profiles/marks.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { ROW_KINDS, type RowKind } from '../../shared/snapshots/row-object.ts';
import type { MarkRow, MonthRow, ProfileRow } from '../../shared/snapshots/rows.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { answeringClient } from '../answering-client.ts';
import { ANNE, bought, KEYS, personaId, testRules } from '../profiles/people.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { type MemorySnapshots, memoryRecordings, memorySnapshots } from '../simulation/models/snapshots.ts';
import { TEST_SEALER } from '../stores/aws.ts';

const NOW = '2026-11-24T12:00:00.000Z' as Instant;
const keys = { load: async () => ({ ...KEYS, keysNumber: 1, sealer: TEST_SEALER }) };

const SILENT: Telemetry = { measure() {}, info() {}, warn() {}, error() {}, flush() {} };

let lake: MemorySnapshots;
beforeEach(() => {
  lake = memorySnapshots();
});

function rowsOf<Row>(kind: RowKind): Row[] {
  const objects = [...lake.objects].filter(([key]) => key.startsWith(`rows/${kind}/`)).sort();
  const lines = objects.flatMap(([, object]) => gunzipSync(object).toString().trimEnd().split('\n'));
  return lines.map((line) => JSON.parse(line));
}

/** Anne, joined from three channels, and another. */
async function shop(): Promise<CustomerStore<StoredProfile> & CustomerIndex> {
  const customers = memoryCustomers<StoredProfile>();
  const entries = [...ANNE.map(bought), bought({ by: 'shopify/shop/other', at: '2026-10-01T08:00:00.000Z' })];
  await updateCustomers({ entries }, customers, testRules(customers), { now: NOW, cause: 'live' });
  return customers;
}

const VIP: Mark = { kind: 'tag', name: 'vip', on: true, at: NOW, by: 'ops@example.com' };
const A = personaId('shopify/shop/anne');

/** Items as the store puts them → records as Lambda hands them over. */
async function recordsOf(write: (store: CustomerStore<StoredProfile>) => Promise<unknown>): Promise<DynamoDBRecord[]> {
  const items: Record<string, unknown>[] = [];
  const client = answeringClient((input) => {
    // The cast: this client is only asked to put.
    items.push((input as PutCommandInput).Item ?? {});
    return {};
  });
  await write(dynamoCustomers<StoredProfile>({ client, table: 'customers', sealer: TEST_SEALER }));
  return items.map((item, index) => {
    const image = JSON.stringify(marshall(item, { removeUndefinedValues: true }), (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64') : value,
    );
    const { pk, sk } = JSON.parse(image);
    return {
      eventName: 'MODIFY',
      dynamodb: { SequenceNumber: String(index + 1), Keys: { pk, sk }, NewImage: JSON.parse(image) },
    };
  });
}

const record = () => createRecord({ rows: lake, keys, clock: () => new Date(NOW), telemetry: SILENT });

async function recordsOfAnne(): Promise<DynamoDBRecord[]> {
  const customers = await shop();
  const place = await customers.getPlace(A);
  const { months } = await customers.getContent(A);
  if (!place) throw new Error('Anne has no place.');
  return recordsOf(async (store) => {
    await store.putPlaces([{ place, seenRevision: 0 }]);
    for (const one of months) await store.putMonth(one, 0);
    await store.putMark(A, VIP);
    for (const entry of ANNE.slice(0, 1).map(bought)) await store.putEntry(entry);
  });
}

describe('changes', () => {
  test('of places, months and marks are rows, each with its key and how new it is', async () => {
    expect(await record()({ Records: await recordsOfAnne() })).toEqual({ batchItemFailures: [] });
    const [profile, ...others] = rowsOf<ProfileRow>('profiles');
    expect(others).toEqual([]);
    expect(profile).toMatchObject({
      id: A,
      root: A,
      revision: expect.any(Number),
      tier: expect.any(String),
      orders: 3,
      netSpend: 372_568,
      channels: expect.arrayContaining(['shopify', 'douyin', 'square']),
      connections: expect.arrayContaining(['shopify/shop', 'douyin/live', 'square/tills']),
    });
    const at = '2026-03-01T08:00:00.000Z';
    expect(rowsOf<MonthRow>('months')).toEqual([
      expect.objectContaining({
        persona: A,
        month: '2026-03',
        revision: 1,
        all: [{ name: '', firstAt: at, lastAt: at, orders: 1, net: 250_000 }],
        channels: [{ name: 'shopify', firstAt: at, lastAt: at, orders: 1, net: 250_000 }],
        stores: [],
      }),
    ]);
    expect(rowsOf<MarkRow>('marks')).toEqual([{ persona: A, kind: 'tag', name: 'vip', given: true, saidAt: NOW }]);
  });

  test('are counted by kind', async () => {
    const measured: unknown[] = [];
    const telemetry: Telemetry = { ...SILENT, measure: (...all) => measured.push(all) };
    const handler = createRecord({ rows: lake, keys, clock: () => new Date(NOW), telemetry });
    await handler({ Records: await recordsOfAnne() });
    expect(measured).toEqual(['profiles', 'months', 'marks'].map((event) => ['recorded', 1, { event }]));
  });

  test('hold nothing personal', async () => {
    await record()({ Records: await recordsOfAnne() });
    const text = ROW_KINDS.flatMap((kind) => rowsOf(kind).map((row) => JSON.stringify(row))).join('\n');
    expect(text).not.toMatch(/Novak|13912345678|example\.org|ops@/);
  });

  test('that cannot be read are named, and the others are there', async () => {
    const [place, ...others] = await recordsOfAnne();
    const sealed = { B: Buffer.from('not what was sealed').toString('base64') };
    const broken = { ...place, dynamodb: { ...place?.dynamodb, NewImage: { ...place?.dynamodb?.NewImage, sealed } } };
    expect(await record()({ Records: [broken, ...others] })).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
    expect([rowsOf('profiles').length, rowsOf('months').length]).toEqual([0, 1]);
  });

  test('of other items, and what was removed, are none', async () => {
    const records = await recordsOfAnne();
    const removed = records.map((one): DynamoDBRecord => ({ ...one, eventName: 'REMOVE' }));
    await record()({ Records: [...removed, ...records.slice(-1)] });
    expect(lake.objects.size).toBe(0);
  });

  test('of one batch that comes twice are there twice, which does not matter', async () => {
    const Records = await recordsOfAnne();
    for (let time = 0; time < 2; time++) await record()({ Records });
    expect(new Set(rowsOf('profiles').map((row) => JSON.stringify(row))).size).toBe(1);
  });
});

describe('all that is there', () => {
  function recorder(customers: CustomerStore<StoredProfile> & CustomerIndex, recordings = memoryRecordings()) {
    let nowMs = Date.parse(NOW);
    const run = createRecordAll({
      customers,
      rows: lake,
      recordings,
      clock: () => new Date(nowMs++),
      telemetry: SILENT,
    });
    return (event: unknown, minutes = 15) => run(event, { getRemainingTimeInMillis: () => minutes * 60_000 });
  }

  test('is recorded once: profiles, aliases, and what their personas bring', async () => {
    const customers = await shop();
    await customers.putMark(personaId('douyin/live/dy-7'), VIP);
    const run = recorder(customers);
    expect(await run({})).toMatchObject({ profiles: 2, finishedAt: expect.any(String) });
    const roots = rowsOf<ProfileRow>('profiles').map(({ id, root }) => `${id} of ${root}`);
    expect(roots.sort()).toEqual([
      `douyin/live/dy-7 of ${A}`,
      `shopify/shop/anne of ${A}`,
      'shopify/shop/other of shopify/shop/other',
      `square/tills/guest:email:x1 of ${A}`,
    ]);
    expect(rowsOf<MonthRow>('months').map(({ persona, month }) => `${persona} ${month}`)).toHaveLength(4);
    expect(rowsOf<MarkRow>('marks')).toMatchObject([{ persona: 'douyin/live/dy-7', name: 'vip' }]);
    const before = lake.objects.size;
    await run({});
    expect(lake.objects.size).toBe(before);
    expect(String((await run({ again: true }))?.startedAt) > NOW).toBe(true);
    expect(lake.objects.size).toBe(before * 2);
  });

  test('goes on where time ended', async () => {
    const run = recorder(await shop());
    // Less than is left for the last page.
    expect(await run({}, 1)).toMatchObject({ shard: 0, profiles: 0 });
    const recordings = memoryRecordings();
    const customers = await shop();
    let pages = 0;
    const dying: CustomerIndex['listRoots'] = (...asked) => {
      if (++pages > 9) throw new Error('gone');
      return customers.listRoots(...asked);
    };
    await expect(recorder({ ...customers, listRoots: dying }, recordings)({})).rejects.toThrow('gone');
    expect(await recordings.getRecording()).toMatchObject({ recording: { shard: 9 } });
    expect(await recorder(customers, recordings)({})).toMatchObject({ shard: 16, profiles: 2 });
    expect(new Set(rowsOf<ProfileRow>('profiles').map(({ id }) => id)).size).toBe(4);
  });

  test('is recorded from the beginning when a person asks again, however far it had come', async () => {
    const recordings = memoryRecordings();
    await recordings.putRecording({ shard: 15, profiles: 2, startedAt: NOW }, undefined);
    const run = recorder(await shop(), recordings);
    // Asked for is asked for, even if there was no time for a page.
    expect(await run({ again: true }, 1)).toMatchObject({ shard: 0 });
    expect(await run({})).toMatchObject({ shard: 16, profiles: 2 });
    expect(rowsOf('profiles')).toHaveLength(4);
  });

  test('is recorded by one run at a time: whoever was overtaken ends, and undoes nothing', async () => {
    const recordings = memoryRecordings();
    const customers = await shop();
    const again = recorder(customers, recordings);
    let pages = 0;
    const meeting: CustomerIndex['listRoots'] = async (...asked) => {
      if (++pages === 5) await again({ again: true });
      return customers.listRoots(...asked);
    };
    expect(await recorder({ ...customers, listRoots: meeting }, recordings)({})).toBeUndefined();
    expect(pages).toBe(5);
    expect(await recordings.getRecording()).toMatchObject({ recording: { shard: 16, finishedAt: expect.any(String) } });
  });

  test('of an empty table is nothing', async () => {
    expect(await recorder(memoryCustomers<StoredProfile>())({})).toMatchObject({
      profiles: 0,
      finishedAt: expect.any(String),
    });
    expect(lake.objects.size).toBe(0);
  });
});

test('names of objects sort by time, and tell it', async () => {
  const at = instant(Date.parse(NOW));
  await lake.putRows('profiles', [{ id: 'a' }], at);
  expect([...lake.objects.keys()]).toEqual([
    expect.stringMatching(/^rows\/profiles\/date=2026-11-24\/hour=12\/120000\.000-[0-9a-f]{16}\.ndjson\.gz$/),
  ]);
});

/** What is answered of a question: counts, overlaps, a sample; and how the snapshot comes to the function's own disk. */
import { readdir, readFile } from 'node:fs/promises';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPreview, type PreviewDependencies } from '../../functions/preview/handler.ts';
import { answerPreview } from '../../shared/preview/answer.ts';
import { type LocalSnapshots, localSnapshots } from '../../shared/preview/local-snapshot.ts';
import { Busy, NoSnapshot, Preview, type PreviewQuestion } from '../../shared/preview/preview.ts';
import type { PreviewReply } from '../../shared/preview/reply.ts';
import { lambdaPreviewer } from '../../shared/preview/store.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import type { Condition } from '../../shared/segments/condition.ts';
import { openDuckDB } from '../../shared/snapshots/duckdb.ts';
import { takeSnapshot } from '../../shared/snapshots/take-snapshot.ts';
import type { Tier } from '../../shared/tiers/policy.ts';
import { instant } from '../../shared/time/instant.ts';
import { bought, CHANNEL_CATEGORIES, customerOf, DAY, NOON, type TestOrder } from '../segments/people.ts';
import { type MemorySnapshots, memorySnapshots } from '../simulation/models/snapshots.ts';
import { type Lab, openLab } from '../snapshots/row-files.ts';
import { type Placed, placed, rowsOf, together } from './population.ts';

const SILENT: Telemetry = { measure() {}, info() {}, warn() {}, error() {}, flush() {} };
const EVERYBODY: Condition = { field: 'orders', atLeast: 0 };

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

let lake: MemorySnapshots;
let nowMs: number;
let fetched: string[];
let duckDBs: Awaited<ReturnType<typeof openDuckDB>>[] = [];
beforeEach(() => {
  lake = memorySnapshots();
  nowMs = NOON;
  fetched = [];
});
afterAll(() => {
  for (const one of duckDBs) one.closeSync();
  duckDBs = [];
});

const person = (orders: readonly TestOrder[], value: Tier, segments: readonly string[] = []) => ({
  customer: customerOf(orders, { tier: { value, since: instant(NOON - 100 * DAY) } }),
  segments,
});

/** Eight who bought on both channels, one on each alone, and one who never did. */
const PEOPLE = [
  ...Array.from({ length: 8 }, (_, index) =>
    person([bought(10 + index), bought(40, 200, { channel: 'douyin' })], 'high_value', ['vip', 'live']),
  ),
  person([bought(5)], 'growth', ['vip']),
  person([bought(500, 10, { channel: 'douyin' })], 'base', ['live', 'gone']),
  person([], 'base'),
];
const PLACED: readonly Placed[] = placed(PEOPLE.map(({ customer }) => customer));

async function take(people: readonly Placed[] = PLACED, revision = 1): Promise<void> {
  const rows = together(people.map((one, index) => rowsOf(one, { revision, segments: PEOPLE[index]?.segments ?? [] })));
  for (const kind of ['profiles', 'months', 'marks'] as const) await lake.putRows(kind, rows[kind], instant(nowMs));
  const folder = await lab.folder();
  await takeSnapshot({
    rows: lake,
    snapshots: lake,
    openDuckDB: () => openDuckDB({ memoryMiB: 200, threads: 1, folder }),
    folder: `${folder}/run`,
    newName: () => 'a',
    now: () => instant(nowMs),
    remainingMs: () => 900_000,
  });
}

const SEGMENTS = [
  { id: 'vip', when: { field: 'orders', atLeast: 2 } satisfies Condition },
  { id: 'live', when: { field: 'channels', includes: 'douyin' } satisfies Condition },
  { id: 'new', when: EVERYBODY },
];

async function dependencies() {
  const folder = await lab.folder();
  const clock = () => new Date(nowMs);
  const snapshots: LocalSnapshots = localSnapshots({
    snapshots: {
      getLatest: lake.getLatest,
      async fetchFile(...asked) {
        fetched.push(asked[1]);
        return lake.fetchFile(...asked);
      },
    },
    folder: `${folder}/snapshots`,
    clock,
  });
  const instance = await openDuckDB({ memoryMiB: 200, threads: 1, folder });
  duckDBs.push(instance);
  return {
    snapshots,
    duckDB: async () => instance,
    segments: async () => SEGMENTS,
    channelCategories: CHANNEL_CATEGORIES,
    clock,
    folder,
  };
}

describe('an answer', () => {
  test('counts all, by tier and by channel, overlaps with the largest and shows some', async () => {
    await take();
    nowMs += 60_000;
    const answer = await answerPreview({ when: { field: 'orders', atLeast: 1 } }, await dependencies());
    expect(Preview.parse(answer)).toMatchObject({
      snapshotAt: instant(NOON),
      profiles: 11,
      size: 10,
      tiers: { high_value: 8, growth: 1, stable: 0, base: 1 },
      channels: { shopify: 9, douyin: 9 },
      // Of `gone` there is no definition any more, and nobody is in `new` yet.
      overlaps: [
        { segment: 'live', size: 9, both: 9 },
        { segment: 'vip', size: 9, both: 9 },
      ],
    });
    expect(answer.sample).toHaveLength(10);
    expect(answer.sample.find(({ tier }) => tier === 'growth')).toEqual({
      id: 'shopify/shop/1-8',
      tier: 'growth',
      orders: 1,
      netSpend: 10_000,
      lastPaidAt: instant(NOON - 5 * DAY),
      channels: ['shopify'],
    });
  });

  test('compares with the segments asked for, in that order', async () => {
    await take();
    const { overlaps } = await answerPreview(
      { when: { field: 'tier', is: 'base' }, compareWith: ['vip', 'nowhere', 'live'] },
      await dependencies(),
    );
    expect(overlaps).toEqual([
      { segment: 'vip', size: 9, both: 0 },
      { segment: 'nowhere', size: 0, both: 0 },
      { segment: 'live', size: 9, both: 1 },
    ]);
  });

  test('shows the same at each asking, at most ten, and one who never bought without a time', async () => {
    await take();
    const its = await dependencies();
    const ask = async () => (await answerPreview({ when: EVERYBODY }, its)).sample;
    const [first, second] = [await ask(), await ask()];
    expect(first).toHaveLength(10);
    expect(second).toEqual(first);
    const { sample } = await answerPreview({ when: { field: 'orders', equals: 0 } }, its);
    expect(sample).toEqual([{ id: 'shopify/shop/1-10', tier: 'base', orders: 0, netSpend: 0, channels: [] }]);
  });

  test('of nobody is empty', async () => {
    await take();
    const answer = await answerPreview({ when: { segment: 'nowhere' } }, await dependencies());
    expect(answer).toMatchObject({ size: 0, channels: {}, sample: [], overlaps: [{ both: 0 }, { both: 0 }] });
  });

  test('ends its windows now, not at the snapshot', async () => {
    await take();
    const its = await dependencies();
    const sizeOf = async (when: Condition) => (await answerPreview({ when }, its)).size;
    const recent: Condition = { field: 'orders', withinDays: 7, atLeast: 1 };
    expect(await sizeOf(recent)).toBe(1);
    nowMs += 3 * DAY;
    expect(await sizeOf(recent)).toBe(0);
  });

  test('of several at once is each its own', async () => {
    await take();
    const its = await dependencies();
    const tiers = ['high_value', 'growth', 'base'] as const;
    const answers = await Promise.all(tiers.map((is) => answerPreview({ when: { field: 'tier', is } }, its)));
    expect(answers.map(({ size }) => size)).toEqual([8, 1, 2]);
  });
});

describe('the snapshot on disk', () => {
  test('comes file by file as questions need them, each once', async () => {
    await take();
    const its = await dependencies();
    await answerPreview({ when: EVERYBODY }, its);
    expect(fetched).toEqual(['profiles.parquet']);
    const when: Condition = { field: 'orders', of: { channel: 'douyin' }, withinDays: 90, atLeast: 1 };
    for (let time = 0; time < 2; time++) await answerPreview({ when }, its);
    expect(fetched).toEqual(['profiles.parquet', 'days-channels.parquet']);
  });

  test('gives way to the next one', async () => {
    await take();
    const its = await dependencies();
    const size = async () => (await answerPreview({ when: { field: 'orders', atLeast: 1 } }, its)).size;
    expect(await size()).toBe(10);
    nowMs += 60_000;
    await take(placed([customerOf([])]), 2);
    expect(await size()).toBe(9);
    expect(await readdir(`${its.folder}/snapshots`)).toEqual([`${instant(nowMs).replaceAll(':', '-')}-a`]);
  });

  test('is found again where the one that was known is gone', async () => {
    await take();
    const its = await dependencies();
    await answerPreview({ when: EVERYBODY }, its);
    const [first = ''] = await lake.listSnapshots();
    nowMs += 5_000;
    await take(PLACED, 2);
    await lake.deleteSnapshot(first);
    // As known for some seconds yet, but its days are not there.
    const { size } = await answerPreview({ when: { field: 'orders', of: { channel: 'douyin' }, atLeast: 1 } }, its);
    expect(size).toBe(9);
  });

  test('that came in part only comes again', async () => {
    await take();
    const its = await dependencies();
    let fails = true;
    const snapshots = localSnapshots({
      snapshots: {
        getLatest: lake.getLatest,
        async fetchFile(...asked) {
          if (fails) throw new Error('cut off');
          return lake.fetchFile(...asked);
        },
      },
      folder: `${its.folder}/others`,
      clock: its.clock,
    });
    await expect(snapshots.open(['profiles.parquet'])).rejects.toThrow('cut off');
    fails = false;
    const { folder } = await snapshots.open(['profiles.parquet']);
    expect((await readFile(`${folder}/profiles.parquet`)).subarray(0, 4).toString()).toBe('PAR1');
  });
});

describe('asked by the API', () => {
  const handlerOf = (its: Awaited<ReturnType<typeof dependencies>>, more: Partial<PreviewDependencies> = {}) =>
    createPreview({ ...its, discardDuckDB() {}, telemetry: SILENT, ...more });

  /** Of which only sending is used. */
  function clientOf(
    send: (payload: string) => Promise<{ Payload?: Uint8Array; FunctionError?: string }>,
  ): LambdaClient {
    const client = new LambdaClient({ region: 'us-east-1' });
    client.send = async ({ input }: { input: { Payload?: unknown } }) => send(String(input.Payload));
    return client;
  }
  const replying = (reply: unknown) => clientOf(async () => ({ Payload: Buffer.from(JSON.stringify(reply)) }));
  const previewerOf = (client: LambdaClient) => lambdaPreviewer({ client, functionName: 'preview' });
  const question: PreviewQuestion = { when: EVERYBODY };

  test('the function answers as it would here', async () => {
    await take();
    const its = await dependencies();
    const handler = handlerOf(its);
    const client = clientOf(async (payload) => ({
      Payload: Buffer.from(JSON.stringify(await handler(JSON.parse(payload)))),
    }));
    expect(await previewerOf(client).preview(question)).toEqual(await answerPreview(question, its));
  });

  test('before there is a snapshot it says so', async () => {
    const handler = handlerOf(await dependencies());
    const reply = await handler(question);
    expect(reply).toEqual({ kind: 'no_snapshot' } satisfies PreviewReply);
    await expect(previewerOf(replying(reply)).preview(question)).rejects.toBeInstanceOf(NoSnapshot);
  });

  test('what is no question is refused, and named as a defect', async () => {
    const handler = handlerOf(await dependencies());
    const reply = await handler({ when: { field: 'shoeSize' } });
    expect(reply).toEqual({ kind: 'question_invalid' });
    await expect(previewerOf(replying(reply)).preview(question)).rejects.toMatchObject({
      code: 'preview_question_invalid',
    });
  });

  test('how long it took, and how old the snapshot was, is measured', async () => {
    await take();
    const measured: unknown[] = [];
    const telemetry: Telemetry = { ...SILENT, measure: (...all) => measured.push(all) };
    nowMs += 120_000;
    await handlerOf(await dependencies(), { telemetry })(question);
    expect(measured).toEqual([
      ['previewedMillis', expect.any(Number), { event: 'preview' }],
      ['snapshotAgeMillis', 120_000, { event: 'preview' }],
    ]);
  });

  test('counting that takes too long is given up, and the next question is answered as ever', async () => {
    await take();
    const its = await dependencies();
    const reply = await handlerOf(its, { countingMs: 1 })(question);
    expect(reply).toEqual({ kind: 'took_too_long' } satisfies PreviewReply);
    await expect(previewerOf(replying(reply)).preview(question)).rejects.toBeInstanceOf(Busy);
    expect(await handlerOf(its)(question)).toMatchObject({ kind: 'preview', preview: { size: 11 } });
  });

  test('after a failure another DuckDB is opened', async () => {
    await take();
    let discarded = 0;
    const handler = handlerOf(await dependencies(), {
      duckDB: async () => Promise.reject(new Error('out of memory')),
      discardDuckDB: () => discarded++,
    });
    await expect(handler(question)).rejects.toThrow('out of memory');
    expect(discarded).toBe(1);
  });

  test('too many at once, and one that waits too long for the snapshot, may ask again', async () => {
    const throttled = Object.assign(new Error('Rate exceeded'), { name: 'TooManyRequestsException' });
    const late = Object.assign(new Error('late'), { name: 'TimeoutError' });
    for (const error of [throttled, late]) {
      const client = clientOf(async () => Promise.reject(error));
      await expect(previewerOf(client).preview(question)).rejects.toBeInstanceOf(Busy);
    }
  });

  test('one that died is a defect', async () => {
    const client = clientOf(async () => ({ FunctionError: 'Unhandled', Payload: Buffer.from('{}') }));
    await expect(previewerOf(client).preview(question)).rejects.toMatchObject({ code: 'preview_failed' });
    await expect(previewerOf(replying({ other: 1 })).preview(question)).rejects.toMatchObject({
      code: 'preview_unreadable',
    });
  });
});

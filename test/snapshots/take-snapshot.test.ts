/** From rows in the lake to the newest snapshot: each row once or more, none never, whatever comes between. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createSnapshot } from '../../functions/snapshot/handler.ts';
import { type Limits, OVERLAP_MS } from '../../shared/lake/by-time.ts';
import { Conflict } from '../../shared/runtime/errors.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { openDuckDB } from '../../shared/snapshots/duckdb.ts';
import { SNAPSHOT_FILES } from '../../shared/snapshots/layout.ts';
import { KEPT_MS, takeSnapshot } from '../../shared/snapshots/take-snapshot.ts';
import { instant } from '../../shared/time/instant.ts';
import { type MemorySnapshots, memorySnapshots } from '../simulation/models/snapshots.ts';
import { type Lab, openLab } from './row-files.ts';
import { month, place, readSnapshot } from './samples.ts';

const START = Date.parse('2026-11-24T09:50:00.000Z');
const MINUTE = 60_000;

let lab: Lab;
let lake: MemorySnapshots;
let nowMs: number;
let opened: number;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());
beforeEach(() => {
  lake = memorySnapshots();
  nowMs = START;
  opened = 0;
});

interface Options {
  readonly snapshots?: Partial<MemorySnapshots>;
  readonly limits?: Limits;
  readonly remainingMs?: () => number;
  readonly newName?: () => string;
}

async function take({ snapshots = {}, limits, remainingMs = () => 15 * MINUTE, newName = () => 'a' }: Options = {}) {
  const folder = await lab.folder();
  return takeSnapshot({
    rows: lake,
    snapshots: { ...lake, ...snapshots },
    openDuckDB: () => {
      opened++;
      return openDuckDB({ memoryMiB: 200, threads: 1, folder });
    },
    folder: `${folder}/run`,
    newName,
    now: () => instant(nowMs),
    remainingMs,
    ...(limits && { limits }),
  });
}

const put = (id: string, revision: number, atMs = nowMs) =>
  lake.putRows('profiles', [place(id, revision)], instant(atMs));

/** `id revision` of the newest snapshot's profiles. */
async function profiles(): Promise<string[]> {
  const latest = await lake.getLatest();
  if (!latest) return [];
  const folder = await lab.folder();
  for (const name of SNAPSHOT_FILES) await lake.fetchFile(latest.snapshot.id, name, `${folder}/${name}`);
  const found = await readSnapshot(lab.db, folder);
  await rm(folder, { recursive: true });
  return found.map(({ id, revision }) => `${id} ${revision}`);
}

describe('rows come once', () => {
  test('what is new is taken; where nothing is, only the time moves on', async () => {
    await put('a', 1);
    await lake.putRows('months', [month('a', '2026-11', 1)], instant(nowMs));
    expect(await take()).toMatchObject({ kind: 'taken', objects: 2, snapshot: { profiles: 1, personas: 1, days: 3 } });
    nowMs += 15 * MINUTE;
    expect(await take()).toEqual({ kind: 'current', snapshotAt: instant(nowMs) });
    expect(opened).toBe(1);
    const latest = await lake.getLatest();
    expect(latest?.snapshot).toMatchObject({ id: '2026-11-24T09-50-00.000Z-a', snapshotAt: instant(nowMs) });
    expect(await profiles()).toEqual(['a 1']);
  });

  test('nothing at all makes no snapshot', async () => {
    expect(await take()).toEqual({ kind: 'current', snapshotAt: instant(nowMs) });
    expect(await lake.getLatest()).toBeUndefined();
  });

  test('one that appears late, among those that were taken, is not passed over; nor are those taken again', async () => {
    await put('a', 1);
    await take();
    await put('late', 1, nowMs - OVERLAP_MS + 1000);
    nowMs += MINUTE;
    expect(await take()).toMatchObject({ kind: 'taken', objects: 1 });
    expect(await profiles()).toEqual(['a 1', 'late 1']);
    // Another hour, and another day.
    nowMs += 15 * 60 * MINUTE;
    await put('a', 2);
    expect(await take()).toMatchObject({ kind: 'taken', objects: 1 });
    expect(await profiles()).toEqual(['a 2', 'late 1']);
  });
});

describe('many are taken in portions', () => {
  test('as many as there is time for', async () => {
    for (let index = 0; index < 5; index++) await put(`p${index}`, 1, START + index * 1000);
    const outcome = await take({ limits: { objects: 2, bytes: 1e9 } });
    expect(outcome).toMatchObject({ kind: 'taken', objects: 5, waiting: false, snapshot: { profiles: 5 } });
    expect(await profiles()).toHaveLength(5);
  });

  test('the rest by the next run; until then the snapshot is only as new as what is in it', async () => {
    nowMs += 60 * MINUTE;
    for (let index = 0; index < 5; index++) await put(`p${index}`, 1, START + index * 1000);
    const limits = { objects: 2, bytes: 1e9 };
    const outcome = await take({ limits, remainingMs: () => 1 });
    expect(outcome).toMatchObject({ objects: 2, waiting: true, snapshot: { snapshotAt: instant(START + 1000) } });
    nowMs += MINUTE;
    expect(await take({ limits })).toMatchObject({
      objects: 3,
      waiting: false,
      snapshot: { snapshotAt: instant(nowMs) },
    });
    expect(await profiles()).toHaveLength(5);
  });

  test('large ones one at a time', async () => {
    for (let index = 0; index < 3; index++) await put(`p${index}`, 1, START + index * 1000);
    expect(await take({ limits: { objects: 100, bytes: 1 }, remainingMs: () => 1 })).toMatchObject({ objects: 1 });
  });
});

describe('runs may meet and die', () => {
  test('of two at once the first stands, and nothing is lost', async () => {
    await put('a', 1);
    const outcome = await take({
      snapshots: {
        async putLatest(snapshot, seen) {
          await lake.putLatest({ ...snapshot, id: 'another' }, undefined);
          return lake.putLatest(snapshot, seen);
        },
      },
    });
    expect(outcome).toEqual({ kind: 'overtaken' });
    expect((await lake.getLatest())?.snapshot.id).toBe('another');
  });

  test("of two that begin at one instant, neither writes into the other's", async () => {
    await put('a', 1);
    const outcomes: unknown[] = [];
    const snapshots: Partial<MemorySnapshots> = {
      async putFile(...file) {
        // Whoever was faster, while this one is half written; it has seen more.
        if (outcomes.length === 0) {
          outcomes.push('begun');
          await put('b', 1);
          outcomes.push((await take({ newName: () => 'b' })).kind);
        }
        return lake.putFile(...file);
      },
    };
    expect((await take({ snapshots })).kind).toBe('overtaken');
    expect(outcomes).toEqual(['begun', 'taken']);
    expect(await profiles()).toEqual(['a 1', 'b 1']);
  });

  test('one that dies before it is the newest has changed nothing, and what it left behind goes', async () => {
    await put('a', 1);
    const putLatest = async () => Promise.reject(new Error('gone'));
    await expect(take({ snapshots: { putLatest } })).rejects.toThrow('gone');
    expect(await lake.getLatest()).toBeUndefined();
    const [left] = await lake.listSnapshots();
    nowMs += KEPT_MS + 2 * MINUTE;
    expect(await take()).toMatchObject({ kind: 'taken', objects: 1 });
    expect(await lake.listSnapshots()).toEqual(['2026-11-24T10-52-00.000Z-a']);
    expect(left).toBe('2026-11-24T09-50-00.000Z-a');
  });

  test('one that was superseded stays for an hour, and the last one in any case, for who is reading it', async () => {
    const kept: number[] = [];
    for (const [revision, minutes] of [0, 30, 29, 2, 600].entries()) {
      nowMs += minutes * MINUTE;
      await put('a', revision + 1);
      await take();
      kept.push((await lake.listSnapshots()).length);
    }
    expect(kept).toEqual([1, 2, 3, 3, 2]);
  });
});

test('tables name the files of the newest', async () => {
  await put('a', 1);
  await take();
  const id = (await lake.getLatest())?.snapshot.id;
  expect(lake.tables.get('profiles')).toEqual([`${id}/profiles.parquet`]);
  expect(lake.tables.get('days')).toContain(`${id}/days-channels.parquet`);
});

test('what was taken, how long it took and how old it is are measured, and nothing of a run that was overtaken', async () => {
  const measured: unknown[] = [];
  const telemetry: Telemetry = {
    info() {},
    warn() {},
    error() {},
    flush() {},
    measure: (...all) => measured.push(all),
  };
  const run = async (snapshots: Partial<MemorySnapshots> = {}) => {
    const folder = await lab.folder();
    const handler = createSnapshot({
      rows: lake,
      snapshots: { ...lake, ...snapshots },
      openDuckDB: () => openDuckDB({ memoryMiB: 200, threads: 1, folder }),
      folder: `${folder}/run`,
      newName: () => 'a',
      limits: { objects: 1, bytes: 1e9 },
      clock: () => new Date(nowMs),
      telemetry,
    });
    measured.length = 0;
    return handler({}, { getRemainingTimeInMillis: () => 1 });
  };
  const event = { event: 'snapshot' };
  // An empty lake lacks nothing.
  expect(await run()).toEqual({ kind: 'current' });
  expect(measured).toEqual([['snapshotAgeMillis', 0, event]]);

  await put('a', 1);
  await put('b', 1, START + 1000);
  nowMs += 20 * MINUTE;
  await run();
  expect(measured).toEqual([
    ['snapshotted', 1, event],
    ['snapshotMillis', 0, event],
    // One waits for the next run.
    ['snapshotAgeMillis', 20 * MINUTE, event],
  ]);

  const putLatest = async () => Promise.reject(new Conflict('lake_object_changed', 'Another was faster.'));
  expect(await run({ putLatest })).toEqual({ kind: 'overtaken' });
  expect(measured).toEqual([]);
});

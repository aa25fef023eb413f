/** Records of the stream → bus and history, with failures of both and records that nobody can read. */
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { createPublish } from '../../functions/publish/handler.ts';
import { sealer } from '../../shared/identity/seal.ts';
import { type EventBus, NotPublished } from '../../shared/publish/bus.ts';
import type { Deliveries } from '../../shared/publish/deliveries.ts';
import type { ProfileEvent } from '../../shared/publish/events.ts';
import type { HistoryStore } from '../../shared/publish/history.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { memoryHistory } from '../simulation/models/history.ts';
import { memoryMemberships } from '../simulation/models/segments.ts';
import { A, AT, aliasOf, B, C, LATER, profileOf, rootOf, type StoredPlace } from './samples.ts';

const SEALER = sealer({ current: 1, keys: new Map([[1, Buffer.alloc(32, 7)]]) });

/** As Lambda hands it over: JSON, so bytes are base64. */
function image({ profile, ...place }: StoredPlace) {
  const sealed = profile && { sealed: SEALER.seal(profile) };
  const item = marshall({ pk: `persona#${place.persona}`, sk: 'place', shard: '03', ...place, ...sealed });
  return JSON.parse(
    JSON.stringify(item, (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64') : value)),
  );
}

let sequence = 0;
const record = (before: StoredPlace | undefined, now: StoredPlace): DynamoDBRecord => ({
  eventName: before ? 'MODIFY' : 'INSERT',
  dynamodb: {
    Keys: { pk: { S: `persona#${now.persona}` }, sk: { S: 'place' } },
    SequenceNumber: String(++sequence),
    ...(before && { OldImage: image(before) }),
    NewImage: image(now),
  },
});
const broken = (): DynamoDBRecord => {
  const { dynamodb, ...rest } = record(undefined, rootOf(B));
  const sealed = { B: Buffer.from('not what was sealed').toString('base64') };
  return { ...rest, dynamodb: { ...dynamodb, NewImage: { ...dynamodb?.NewImage, sealed } } };
};
const numberOf = ({ dynamodb }: DynamoDBRecord) => dynamodb?.SequenceNumber;

function open({
  bus: refuse = () => false,
  row = () => undefined,
  hold = () => false,
}: {
  readonly bus?: (event: ProfileEvent) => boolean;
  /** Throws where the row is not to be put. */
  readonly row?: (profile: string) => void;
  /** Which events subscribers are not to be told. */
  readonly hold?: (event: ProfileEvent) => boolean;
} = {}) {
  const published: ProfileEvent[] = [];
  const rows = memoryHistory();
  const logged: string[] = [];
  const bus: EventBus = {
    async put(events) {
      published.push(...events.filter((event) => !refuse(event)));
      const refused = events.filter(refuse).map(({ id }) => [id, 'ThrottlingException'] as const);
      if (refused.length > 0) throw new NotPublished(new Map(refused));
    },
  };
  const history: Pick<HistoryStore, 'putHistory'> = {
    async putHistory(profile, entry) {
      row(profile);
      // What is in the history was told before.
      expect(published.map(({ id }) => id)).toContain(entry.id);
      await rows.putHistory(profile, entry);
    },
  };
  const told: ProfileEvent[] = [];
  const deliveries: Deliveries = {
    async tell(events) {
      if (events.some(hold)) throw new Error('the lanes are away');
      told.push(...events);
    },
  };
  const memberships = memoryMemberships();
  const counts: Record<string, number> = {};
  const telemetry: Telemetry = {
    measure: (_metric, value, { event = '' }) => {
      counts[event] = (counts[event] ?? 0) + value;
    },
    info: (message, fields) => logged.push(JSON.stringify([message, fields])),
    warn: (message, fields) => logged.push(JSON.stringify([message, fields])),
    error: (message, error, fields) => logged.push(JSON.stringify([message, String(error), fields])),
    flush() {},
  };
  const keys = { load: async () => ({ guest: '', lookup: '', sealer: SEALER }) };
  const handler = createPublish({
    bus,
    deliveries,
    triggers: { tell: async () => {} },
    history,
    memberships,
    keys,
    telemetry,
  });
  const run = async (Records: readonly DynamoDBRecord[]) =>
    (await handler({ Records: [...Records] })).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  return { run, published, told, rows, memberships, logged, counts };
}

describe('publish', () => {
  it('tells what a place became, from old and new image, and keeps it, but for another order', async () => {
    const { run, published, rows, counts, logged } = open();
    const now = rootOf(A, { revision: 2, writtenAt: LATER, derivedFrom: 'two', profile: profileOf({ orders: 2 }) });
    expect(await run([record(undefined, rootOf(A)), record(rootOf(A), now)])).toEqual([]);
    expect(published.map(({ type, revision }) => `${type} ${revision}`)).toEqual([
      'profile.created 1',
      'tier.changed 1',
      'profile.changed 2',
    ]);
    expect(counts).toEqual({ 'profile.created': 1, 'tier.changed': 1, 'profile.changed': 1 });
    const { items } = await rows.listHistory(A, 10);
    expect(items.map(({ type }) => type).sort()).toEqual(['profile.created', 'tier.changed']);
    expect(logged).toHaveLength(1);
  });

  it('leaves alone what is no place, and what is removed', async () => {
    const { run, published, logged } = open();
    const { dynamodb, ...rest } = record(undefined, rootOf(A));
    const keys = (sk: string) => ({
      ...rest,
      dynamodb: { ...dynamodb, Keys: { pk: { S: `persona#${A}` }, sk: { S: sk } } },
    });
    const removed: DynamoDBRecord = { ...record(undefined, rootOf(A)), eventName: 'REMOVE' };
    const others = ['history#2026', 'content#month#2026-11', 'entry#2026-11-24#x'].map(keys);
    expect(await run([...others, removed, {}])).toEqual([]);
    expect([...published, ...logged]).toEqual([]);
  });

  it('keeps a merge under both profiles', async () => {
    const { run, rows } = open();
    await run([record(rootOf(A), aliasOf(A, B, { profile: profileOf() }))]);
    for (const profile of [A, B])
      expect((await rows.listHistory(profile, 10)).items).toMatchObject([{ type: 'profile.merged', absorbed: A }]);
  });

  it('keeps who is in which segment, tells subscribers before, and repeats what was not told', async () => {
    let isAway = true;
    const { run, told, memberships, rows } = open({ hold: ({ type }) => isAway && type === 'segment.exited' });
    const because = [{ at: '/field', value: 61 }];
    const held = { id: 'sleeping', version: 2, since: AT, because };
    const inside = rootOf(A, { profile: { ...profileOf(), segments: [held] } });
    const outside = rootOf(A, { revision: 2, writtenAt: LATER });
    expect(await run([record(undefined, inside)])).toEqual([]);
    const row = { segment: 'sleeping', profile: A, revision: 1, version: 2, since: AT, because };
    expect((await memberships.listMembers('sleeping', 10)).items).toEqual([row]);
    const leaving = record(inside, outside);
    expect(await run([leaving])).toEqual([numberOf(leaving)]);
    expect((await memberships.listMembers('sleeping', 10)).items).toEqual([row]);
    isAway = false;
    expect(await run([leaving])).toEqual([]);
    expect((await memberships.listMembers('sleeping', 10)).items).toEqual([]);
    expect((await memberships.listRows('sleeping', 10)).items).toMatchObject([{ revision: 2, leftAt: LATER }]);
    // A record that is read again, later than all that came after it.
    await run([record(undefined, inside)]);
    expect((await memberships.listMembers('sleeping', 10)).items).toEqual([]);
    expect(told.filter(({ type }) => type.startsWith('segment.')).map(({ type }) => type)).toEqual([
      'segment.entered',
      'segment.exited',
      'segment.entered',
    ]);
    const history = (await rows.listHistory(A, 10)).items.map(({ type }) => type);
    expect(history).toEqual(expect.arrayContaining(['segment.entered', 'segment.exited']));
  });

  it('that dies between bus and history repeats, and never loses', async () => {
    let dies = true;
    const { run, published, rows } = open({
      row: (profile) => {
        if (dies && profile === B) throw new Error('the table is away');
      },
    });
    const records = [record(undefined, rootOf(A)), record(undefined, rootOf(B)), record(undefined, rootOf(C))];
    expect(await run(records)).toEqual([numberOf(records[1] ?? {})]);
    dies = false;
    // Lambda comes again from there.
    expect(await run(records.slice(1))).toEqual([]);
    const ids = published.map(({ id }) => id);
    expect(ids).toHaveLength(10);
    expect(new Set(ids).size).toBe(6);
    for (const profile of [A, B, C]) expect((await rows.listHistory(profile, 10)).items).toHaveLength(2);
  });

  it('writes no history of what was not told, and names its record', async () => {
    let refuses = true;
    const { run, published, rows } = open({
      bus: ({ subject, type }) => refuses && subject === B && type === 'tier.changed',
    });
    const records = [record(undefined, rootOf(A)), record(undefined, rootOf(B)), record(undefined, rootOf(C))];
    expect(await run(records)).toEqual([numberOf(records[1] ?? {})]);
    expect((await rows.listHistory(B, 10)).items).toEqual([]);
    expect((await rows.listHistory(C, 10)).items).toHaveLength(2);
    refuses = false;
    await run(records.slice(1));
    expect((await rows.listHistory(B, 10)).items).toHaveLength(2);
    expect(new Set(published.map(({ id }) => id)).size).toBe(6);
  });

  it('names a record that nobody can read, alone, and does all others', async () => {
    const { run, published, logged } = open();
    const poison = broken();
    const records = [record(undefined, rootOf(A)), poison, record(undefined, rootOf(C))];
    expect(await run(records)).toEqual([numberOf(poison)]);
    expect(published.map(({ subject }) => subject)).toEqual([A, A, C, C]);
    const line = logged.find((text) => text.includes('could not be told')) ?? '';
    expect(line).toContain(B);
    expect(line).toContain(`"record":"${numberOf(poison)}"`);
  });

  it('takes all for failed where the keys cannot be had', async () => {
    const keys = { load: () => Promise.reject(new Error('SSM is away')) };
    const silent: Telemetry = { measure() {}, info() {}, warn() {}, error() {}, flush() {} };
    const handler = createPublish({
      triggers: { tell: async () => {} },
      bus: { put: async () => {} },
      deliveries: { tell: async () => {} },
      history: memoryHistory(),
      memberships: memoryMemberships(),
      keys,
      telemetry: silent,
    });
    await expect(handler({ Records: [record(undefined, rootOf(A))] })).rejects.toThrow('SSM is away');
    await expect(handler({ Records: [{}] })).resolves.toEqual({ batchItemFailures: [] });
  });

  it('logs ids alone', async () => {
    const { run, logged } = open();
    await run([record(undefined, rootOf(A, { profile: profileOf({ netSpend: 123_456_789 }) })), broken()]);
    expect(logged).toHaveLength(2);
    expect(logged.join()).not.toContain('123456789');
    expect(logged.join()).not.toContain(AT);
  });
});

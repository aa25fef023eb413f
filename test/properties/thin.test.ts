/**
 * Thin platforms: whatever webhooks and answers of an order have come, of whichever moment of its life, their arrival and
 * repetition change nothing; and once what was last heard of has come, the figures are those of the platform.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Story } from '../../demo/delivery.ts';
import { createRandom } from '../../demo/random.ts';
import { type DemoShop, demoShops } from '../../local/demo-shops.ts';
import type { ChannelAdapter, Signal } from '../../shared/channels/adapter.ts';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import type { Envelope } from '../../shared/lake/envelope.ts';
import { deriveOrder } from '../../shared/orders/derive.ts';
import { interpret } from '../../shared/orders/interpret.ts';
import { mergeOrder, NO_PARTS, type OrderUpdate } from '../../shared/orders/merge.ts';
import { type OrderKey, parseOrderKey } from '../../shared/orders/order-key.ts';
import { answerEnvelope, toEnvelope } from '../channels/read.ts';
import { openOnModel } from '../platforms/account.ts';
import type { PlatformModel } from '../platforms/platform.ts';

interface Heard {
  readonly envelope: Envelope;
  /** Of the answers that were fetched after all had happened. */
  readonly last: boolean;
}

const thin = demoShops().flatMap((shop) => (shop.platform ? [shop.channel.door.channel] : []));

describe.each(thin)('%s', (channel) => {
  test('any order, any repetition, any moments of fetching', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1_000),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        async (seed, fetched) => {
          const { adapter, connection, heard } = await live(channel, seed, fetched);
          const orderly = orders(adapter, connection, heard);
          const random = createRandom(seed);
          const shuffled = random.shuffle([...heard, ...random.shuffle(heard).slice(0, heard.length >> 1)]);
          expect(orders(adapter, connection, shuffled)).toEqual(orderly);
          // Webhooks and the last answers alone: the same but for the times of what is only shown.
          const least = heard.filter(({ envelope, last }) => envelope.subject === undefined || last);
          expect(figures(orders(adapter, connection, least))).toEqual(figures(orderly));
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** A story as it is lived: each webhook, now and then a fetch of what it tells of, and all of it once more at the end. */
async function live(channel: string, seed: number, fetchNow: readonly boolean[]) {
  const shop = demoShops().find((shop) => shop.channel.door.channel === channel);
  const adapter = await ADAPTERS.find(channel);
  if (!shop?.platform || !adapter?.api) throw new Error(`${channel} is not thin`);
  const connection = ConnectionSettings.parse({
    id: 'demo',
    channel,
    type: 'direct',
    settingsRevision: 0,
    ...shop.settings,
  });
  let nowMs = Date.parse('2027-06-01T00:00:00Z');
  const fetchSubject = await openOnModel(adapter.api, shop.platform, () => nowMs);
  const heard: Heard[] = [];
  const subjects = new Set<string>();
  const fetchAll = async (of: Iterable<string>, last: boolean) => {
    for (const subject of of) {
      nowMs += 1_000;
      for (const body of await fetchSubject(subject)) {
        const answer = { subject, fetchedAt: new Date(nowMs), body: Buffer.from(body) };
        heard.push({ envelope: answerEnvelope(answer, connection, heard.length), last });
      }
    }
  };
  for (const [index, { request, records = [] }] of story(shop, seed).deliveries.entries()) {
    put(shop.platform, records, nowMs);
    nowMs += 1_000;
    const { door } = adapter;
    const envelope = toEnvelope({ door, request, receivedAt: new Date(nowMs), connection, number: heard.length });
    heard.push({ envelope, last: false });
    const signals = signalsOf(adapter, envelope, connection);
    for (const { subject } of signals) subjects.add(subject);
    if (fetchNow[index])
      await fetchAll(
        signals.map(({ subject }) => subject),
        false,
      );
  }
  await fetchAll(subjects, true);
  return { adapter, connection, heard };
}

function story({ channel, options }: DemoShop, seed: number): Story {
  const source = channel.stories(createRandom(seed), { ...options, webhookUrl: 'https://hooks.example.com/x' });
  return source.next().value as Story; // the source is endless
}

function put(platform: PlatformModel, records: NonNullable<Story['deliveries'][number]['records']>, nowMs: number) {
  for (const record of records) platform.put(record, nowMs);
}

function signalsOf(adapter: ChannelAdapter, envelope: Envelope, connection: ConnectionSettings): readonly Signal[] {
  const outcome = adapter.normalize(envelope, connection);
  return outcome.kind === 'accepted' ? (outcome.signals ?? []) : [];
}

function orders(adapter: ChannelAdapter, connection: ConnectionSettings, heard: readonly Heard[]) {
  const byKey = new Map<OrderKey, OrderUpdate[]>();
  for (const { envelope } of heard) {
    const reading = interpret(envelope, adapter, connection);
    expect(reading.kind).not.toBe('unacceptable');
    if (reading.kind !== 'updates') continue;
    for (const { key, update } of reading.updates) byKey.set(key, [...(byKey.get(key) ?? []), update]);
  }
  return [...byKey]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, updates]) => {
      const name = parseOrderKey(key);
      if (!name) throw new Error(`${key} is no key`);
      const identity = { ...name, category: adapter.door.category, revision: 1 };
      return deriveOrder(identity, updates.reduce(mergeOrder, NO_PARTS));
    });
}

/** What is only shown has the time of the first document that showed it, and so of what happened to be fetched. */
const figures = (all: ReturnType<typeof orders>) =>
  all.map(({ paidAt: _, fulfilledAt: __, completedAt: ___, cancelledAt: ____, ...order }) => order);

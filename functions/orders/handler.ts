/**
 * Work queue → orders table, and for news of what is to be fetched → lanes. Retried: throttles. Quarantined: content. A bad
 * message never blocks a good one.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import pMap from 'p-map';
import type { Ignored, Signal, Unacceptable } from '../../shared/channels/adapter.ts';
import type { Adapters } from '../../shared/channels/registry.ts';
import type { Connection } from '../../shared/connections/connection.ts';
import type { Directory, ShopDirectory } from '../../shared/connections/directory.ts';
import type { HealthNotes } from '../../shared/connections/health.ts';
import { askForNews, type HeardSignal, type NewsDependencies } from '../../shared/hydration/ask-for-news.ts';
import type { Envelope } from '../../shared/lake/envelope.ts';
import type { Lake } from '../../shared/lake/lake.ts';
import { applyUpdates, type OrderStore } from '../../shared/orders/apply.ts';
import { type Interpreted, interpret } from '../../shared/orders/interpret.ts';
import type { OrderUpdate } from '../../shared/orders/merge.ts';
import type { OrderKey } from '../../shared/orders/order-key.ts';
import type { Quarantine } from '../../shared/quarantine/quarantine.ts';
import { WorkMessage } from '../../shared/queues/messages.ts';
import { consumeBatch } from '../../shared/queues/sqs-batch.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';

export interface OrdersDependencies {
  readonly adapters: Adapters;
  readonly connections: Directory<Connection>;
  readonly shops: ShopDirectory;
  readonly lake: Pick<Lake, 'read'>;
  readonly orders: OrderStore;
  readonly quarantine: Pick<Quarantine, 'open' | 'close'>;
  readonly lanes: NewsDependencies['lanes'];
  readonly wakes: NewsDependencies['wakes'];
  readonly health: HealthNotes;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Calls under way at once, for objects of a batch and for orders of an object. */
const OBJECTS_AT_ONCE = 4;
const ORDERS_AT_ONCE = 8;

export function createOrders(dependencies: OrdersDependencies) {
  return (event: SQSEvent): Promise<SQSBatchResponse> =>
    consumeBatch(event, WorkMessage, dependencies.telemetry, {
      atOnce: OBJECTS_AT_ONCE,
      handle: (work) => process(work, dependencies),
      failure: 'Object could not be processed',
      about: ({ object }) => ({ object }),
    });
}

interface PendingOrder {
  readonly key: OrderKey;
  readonly channel: string;
  readonly updates: OrderUpdate[];
  readonly receivedAtMs: number[];
}

/** All envelopes of an object, or those that are retried: bad ones to quarantine, good ones merged, order by order. */
async function process(work: WorkMessage, dependencies: OrdersDependencies): Promise<void> {
  const { lake, quarantine, telemetry, clock } = dependencies;
  const { object } = work;
  const understood: Envelope[] = [];
  const heard: HeardSignal[] = [];
  const lastWebhooks = new Map<string, string>();
  const pending = new Map<OrderKey, PendingOrder>();
  for (const envelope of await readWanted(work, lake)) {
    const { channel, connection, receivedAt } = envelope;
    if (envelope.subject === undefined) lastWebhooks.set(connection, receivedAt);
    const reading = await read(envelope, dependencies);
    const problem = reading.kind === 'unacceptable' ? reading : reading.kind === 'updates' ? reading.except : undefined;
    if (problem) await setAside({ envelope, reading: problem, object }, dependencies);
    else understood.push(envelope);
    if (reading.kind === 'ignored') telemetry.measure('ignored', 1, { channel });
    if (reading.kind !== 'updates') continue;
    for (const { key, update } of reading.updates) addTo(pending, key, update, envelope);
    heard.push(...reading.signals.map(({ signal, envelope }) => ({ signal, envelope, object })));
  }
  const applied = await pMap(pending.values(), (order) => applyOrder(order, work, dependencies), {
    concurrency: ORDERS_AT_ONCE,
    stopOnError: false, // one order that fails is no reason to leave the others half done
  });
  const merged = applied.filter((order) => order !== undefined);
  if (merged.length > 0) telemetry.info('Orders merged', { object, merged });
  if (work.cause === 'live') for (const [id, at] of lastWebhooks) await dependencies.health.heard(id, at);
  // Before it is asked for anew what could not be had: should that fail again, the entry is opened after this.
  if (work.only) for (const envelope of understood) await quarantine.close(envelope.id, 'resolved', clock());
  // The lake has the answers, too: who reads it anew must not ask for them again. What a person retries is asked for.
  if (work.cause === 'live' || work.only) await askFor(heard, dependencies);
}

async function askFor(heard: readonly HeardSignal[], dependencies: OrdersDependencies): Promise<void> {
  const asked = await askForNews(heard, dependencies);
  for (const [channel, count] of asked) dependencies.telemetry.measure('asked', count, { channel });
}

interface Read extends Omit<Interpreted, 'signals' | 'otherShops'> {
  /** Each with the envelope as of the connection that it concerns. */
  readonly signals: readonly { readonly signal: Signal; readonly envelope: Envelope }[];
}

/**
 * By the adapter of its channel, for its connection. Where it tells of other shops too, only that there is news of them:
 * it was proven with the secret of this connection, and what is another's is fetched with theirs.
 */
async function read(
  envelope: Envelope,
  { adapters, connections, shops, health, telemetry }: OrdersDependencies,
): Promise<Read | Ignored | Unacceptable> {
  const { channel } = envelope;
  const adapter = await adapters.find(channel);
  const own = interpret(envelope, adapter, await connections.find(envelope.connection));
  if (own.kind !== 'updates') return own;
  const signals = own.signals.map((signal) => ({ signal, envelope }));
  let { except } = own;
  for (const shop of own.otherShops) {
    const connection = await shops.find(channel, shop);
    if (!connection) {
      telemetry.measure('ignored', 1, { channel });
      await health.unconnected(envelope.connection, shop, envelope.receivedAt);
      continue;
    }
    const theirs = { ...envelope, connection: connection.id };
    const reading = interpret(theirs, adapter, connection);
    if (reading.kind === 'unacceptable') except ??= reading;
    if (reading.kind === 'updates') signals.push(...reading.signals.map((signal) => ({ signal, envelope: theirs })));
  }
  return { ...own, signals, ...(except && { except }) };
}

async function readWanted(work: WorkMessage, lake: Pick<Lake, 'read'>): Promise<Envelope[]> {
  const envelopes = await lake.read(work.object);
  const wanted = work.only && new Set<string>(work.only);
  return wanted ? envelopes.filter((envelope) => wanted.has(envelope.id)) : envelopes;
}

function addTo(pending: Map<OrderKey, PendingOrder>, key: OrderKey, update: OrderUpdate, envelope: Envelope): void {
  const order = pending.get(key) ?? { key, channel: envelope.channel, updates: [], receivedAtMs: [] };
  pending.set(key, order);
  order.updates.push(update);
  order.receivedAtMs.push(Date.parse(envelope.receivedAt));
}

/** For the log: which webhooks made which revision. */
interface MergedOrder {
  readonly order: OrderKey;
  readonly revision: number;
  readonly envelopes: readonly string[];
}

async function applyOrder(
  { key, channel, updates, receivedAtMs }: PendingOrder,
  { cause }: WorkMessage,
  { orders, clock, telemetry }: OrdersDependencies,
): Promise<MergedOrder | undefined> {
  const { changed, unchanged, revision } = await applyUpdates(orders, key, updates, cause);
  if (unchanged > 0) telemetry.measure('noop', unchanged, { channel });
  if (changed === 0) return undefined;
  telemetry.measure('merged', changed, { channel });
  // A replay is as old as what it replays: its age says nothing of how fresh the orders are.
  if (cause === 'live') {
    const nowMs = clock().getTime();
    for (const at of receivedAtMs) telemetry.measure('freshnessMillis', nowMs - at, { channel });
  }
  return { order: key, revision, envelopes: updates.map((update) => update.envelope) };
}

async function setAside(
  {
    envelope,
    reading,
    object,
  }: { readonly envelope: Envelope; readonly reading: Unacceptable; readonly object: string },
  { quarantine, telemetry }: OrdersDependencies,
): Promise<void> {
  const { id: envelopeId, channel, connection, receivedAt } = envelope;
  const { code, path, expected } = reading;
  await quarantine.open({ envelopeId, channel, connection, receivedAt, object, code, path, expected });
  telemetry.measure('quarantined', 1, { channel });
  telemetry.warn('Message quarantined', { envelope: envelopeId, channel, connection, code, path, object });
}

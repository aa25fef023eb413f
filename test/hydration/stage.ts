/**
 * The archive, orders and hydrate stages over the models of stores and queues, with a platform for each connection. Functions
 * and time are the test's: it says when a webhook comes, when an instance is new, and for how long all goes on.
 */
import type { SQSBatchResponse } from 'aws-lambda';
import { createRandom } from '../../demo/random.ts';
import { createArchive } from '../../functions/archive/handler.ts';
import { createHydrate, type HydrateDependencies } from '../../functions/hydrate/handler.ts';
import { createOrders } from '../../functions/orders/handler.ts';
import { adaptersOf } from '../../shared/channels/registry.ts';
import { connect } from '../../shared/connections/connect.ts';
import { ConnectionId } from '../../shared/connections/connection.ts';
import { connectionDirectory, shopDirectory } from '../../shared/connections/directory.ts';
import type { FetchDetail } from '../../shared/hydration/fetch-detail.ts';
import { EnvelopeId, encodeBody } from '../../shared/lake/envelope.ts';
import { createInbox } from '../../shared/lake/inbox.ts';
import { hydrationParty, type LaneState, type LaneStore } from '../../shared/lanes/lane.ts';
import { deriveOrder } from '../../shared/orders/derive.ts';
import { orderKey } from '../../shared/orders/order-key.ts';
import type { InboxMessage, WakeMessage, WorkMessage } from '../../shared/queues/messages.ts';
import type { Metric, Telemetry } from '../../shared/runtime/telemetry.ts';
import { fetchFromModels, modelBase } from '../platforms/fetch.ts';
import type { PlatformModel } from '../platforms/platform.ts';
import { memoryConnections, memorySecrets } from '../simulation/models/connections.ts';
import { pollQueue } from '../simulation/models/event-source.ts';
import { memoryLake } from '../simulation/models/lake.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryOrders } from '../simulation/models/orders.ts';
import { memoryQuarantine } from '../simulation/models/quarantine.ts';
import { type MemoryQueue, memoryQueue } from '../simulation/models/queue.ts';
import { sqsEvent } from '../sqs-event.ts';
import { type OrderState, SHOPS } from './shops.ts';
import { TestTime } from './test-time.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
const START_MS = Date.parse('2026-11-24T10:00:00.000Z');
const LATENCY_MS = 50;

export interface StageOptions {
  readonly channel: keyof typeof SHOPS;
  readonly connections?: readonly string[];
  readonly anyApiBase?: boolean;
  /** Connections are made without credentials. */
  readonly noCredentials?: boolean;
  /** Off, only wakes wake: what a lost one costs is then seen. */
  readonly sweeps?: boolean;
  /** Of all chance. */
  readonly seed?: number;
}

/** A call of a platform, as it was sent. */
export interface Called {
  readonly atMs: number;
  readonly connection: string;
  readonly path: string;
  readonly address: string;
  readonly init: RequestInit;
}

/** Answers in the platform's place; undefined leaves it to the platform. */
type Intercept = (call: Called) => Promise<Response> | Response | undefined;

export type Stage = Awaited<ReturnType<typeof openStage>>;

export async function openStage({
  channel,
  connections: names = ['shop'],
  anyApiBase = true,
  noCredentials = false,
  sweeps = true,
  seed = 1,
}: StageOptions) {
  const shop = SHOPS[channel];
  const time = new TestTime(START_MS);
  const random = createRandom(seed);
  const stores = { connections: memoryConnections(), secrets: memorySecrets(), lanes: memoryLanes<FetchDetail>() };
  const { lanes } = stores;
  const lake = memoryLake();
  const orders = memoryOrders();
  const quarantine = memoryQuarantine();
  const platforms = new Map(names.map((name) => [name, shop.openPlatform()]));
  const queue = <Message>(name: string): MemoryQueue<Message> =>
    memoryQueue<Message>({ name, time, visibilityTimeoutMs: 6 * MINUTE, maxReceiveCount: 10 });
  const [inboxQueue, work, wakes] = [
    queue<InboxMessage>('inbox'),
    queue<WorkMessage>('work'),
    queue<WakeMessage>('wake'),
  ];
  const inbox = createInbox(inboxQueue, lake);
  const told: string[] = [];
  const measured: { readonly metric: Metric; readonly value: number; readonly reason?: string | undefined }[] = [];
  const telemetry = listening(told, measured);
  const operations = new Map<string, number>();

  const calls: Called[] = [];
  const models = fetchFromModels(platforms, time.nowMs);
  const network: { intercept: Intercept; latencyMs: number } = { intercept: () => undefined, latencyMs: LATENCY_MS };
  const fetchPlatform: HydrateDependencies['fetch'] = async (address, init) => {
    const { origin, pathname } = new URL(address);
    const connection = names.find((name) => modelBase(name) === origin) ?? origin;
    const call = { atMs: time.nowMs(), connection, path: pathname, address, init };
    calls.push(call);
    const instead = network.intercept(call);
    // A platform looks when the request reaches it; the answer is a while on its way.
    const answer = instead === undefined ? models(address, init) : Promise.resolve(instead);
    answer.catch(() => undefined);
    await time.sleep(network.latencyMs);
    return answer;
  };

  let envelopes = 0;
  const newEnvelopeId = () => {
    const at = time.nowMs().toString(16).padStart(12, '0');
    const number = (++envelopes).toString(16).padStart(12, '0');
    return EnvelopeId.parse(`${at.slice(0, 8)}-${at.slice(8)}-7000-8000-${number}`);
  };
  let holders = 0;
  const secrets: { of: HydrateDependencies['secrets'] } = { of: stores.secrets };
  /** A cold start. */
  const newHydrate = () =>
    createHydrate({
      adapters: adaptersOf([shop.adapter]),
      connections: {
        ...connectionDirectory(stores.connections, time.clock),
        listConnections: stores.connections.listConnections,
      },
      secrets: {
        getCredentials: (id) => secrets.of.getCredentials(id),
        getTokens: (id) => secrets.of.getTokens(id),
        putTokens: (id, tokens) => secrets.of.putTokens(id, tokens),
      },
      lanes: counted(lanes, operations),
      wakes,
      inbox,
      quarantine,
      fetch: fetchPlatform,
      anyApiBase,
      clock: time.clock,
      sleep: time.sleep,
      random: random.next,
      newEnvelopeId,
      newHolder: () => `holder-${++holders}`,
      telemetry,
    });
  const archive = createArchive({ lake, work, telemetry });
  const toOrders = createOrders({
    adapters: adaptersOf([shop.adapter]),
    connections: connectionDirectory(stores.connections, time.clock),
    shops: shopDirectory(stores.connections, time.clock),
    lake,
    orders,
    quarantine,
    lanes: counted(lanes, operations),
    wakes,
    health: { heard: async () => undefined, unconnected: async () => undefined },
    clock: time.clock,
    telemetry,
  });
  const current = { hydrate: newHydrate() };
  const poller = { time, windowMs: 0, concurrency: 8 };
  pollQueue({ queue: inboxQueue, batchSize: 10, ...poller, invoke: archive });
  pollQueue({ queue: work, batchSize: 10, ...poller, invoke: toOrders });
  pollQueue({ queue: wakes, batchSize: 1, ...poller, invoke: (event) => current.hydrate(event) });
  const sweep = () => {
    void wakes.send({ sweep: true });
    time.after(MINUTE, sweep);
  };
  if (sweeps) time.after(MINUTE, sweep);

  const connectShop = (name: string, api: { credentials?: unknown; base?: { url: string | undefined } }) =>
    connect(
      {
        id: ConnectionId.parse(name),
        channel,
        webhookBase: 'https://hooks.example',
        secret: 'a webhook secret',
        settings: { shop: shop.shop },
        api,
      },
      stores,
      time.clock(),
    );
  for (const [name, platform] of platforms) {
    const credentials = noCredentials ? {} : { credentials: platform.credentials };
    await connectShop(name, { ...credentials, base: { url: modelBase(name) } });
  }

  const hearBody = (body: string, name = names[0] ?? 'shop') =>
    inbox.keep({
      id: newEnvelopeId(),
      receivedAt: time.clock().toISOString(),
      channel,
      connection: name,
      headers: {},
      query: '',
      ...encodeBody(Buffer.from(body)),
    });
  const platformOf = (name = 'shop'): PlatformModel => {
    const platform = platforms.get(name);
    if (!platform) throw new Error(`No platform of ${name}`);
    return platform;
  };
  return {
    time,
    stores,
    lake,
    quarantine,
    work,
    wakes,
    told,
    measured,
    /** By store function: how often orders and hydrate called it. */
    operations,
    calls,
    network,
    secrets,
    platformOf,
    newEnvelopeId,
    platform: platformOf(names[0]),
    connectShop,
    restart() {
      current.hydrate = newHydrate();
    },
    /** What a function does with one message, besides what the queue gives to others. */
    wakeNow: (name = 'shop'): Promise<SQSBatchResponse> =>
      newHydrate()(sqsEvent({ wake: hydrationParty(name) } satisfies WakeMessage)),
    /** From now on the platform has this. */
    change(state: Omit<OrderState, 'atMs'>, name?: string): OrderState {
      const changed = { ...state, atMs: time.nowMs() };
      const { orderId, atMs } = changed;
      platformOf(name).put({ subject: `order/${orderId}`, version: atMs, json: shop.record(changed) }, atMs);
      return changed;
    },
    hearBody,
    /** Webhooks, one for each, all at once. */
    async hear(states: readonly OrderState[], name?: string) {
      for (const state of states) await hearBody(shop.push(state), name);
    },
    play: (ms: number) => time.play(ms),
    callsOf: (subject: string, name?: string) => platformOf(name).calls.get(subject) ?? 0,
    lane: async (name = 'shop'): Promise<LaneState> => {
      const lane = await lanes.getLane(hydrationParty(name));
      if (!lane) throw new Error(`${name} has no lane yet`);
      return lane;
    },
    waiting: () => lanes.waiting(),
    order(orderId: string, connection = names[0] ?? 'shop') {
      const key = orderKey({ channel, connection, orderId });
      const stored = orders.peek(key);
      if (!stored) return undefined;
      const { category } = shop.adapter.door;
      return deriveOrder({ channel, category, connection, orderId, revision: stored.revision }, stored.parts);
    },
    quarantined: async () => (await quarantine.list({ status: 'open', limit: 100 })).items,
  };
}

/** Everything that operators could read, an error's message, stack and causes too. */
function listening(
  told: string[],
  measured: { metric: Metric; value: number; reason?: string | undefined }[],
): Telemetry {
  const tell = (...all: unknown[]) => {
    told.push(all.map((part) => (part instanceof Error ? describe(part) : JSON.stringify(part))).join(' '));
  };
  return {
    info: tell,
    warn: tell,
    error: tell,
    measure(metric, value, dimensions, about) {
      measured.push({ metric, value, reason: dimensions.reason });
      tell(metric, dimensions, about);
    },
    flush: () => undefined,
  };
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? describe(error.cause) : JSON.stringify(error.cause);
  const parts =
    error instanceof AggregateError
      ? error.errors.map((part) => (part instanceof Error ? describe(part) : String(part)))
      : [];
  return [error.name, error.message, error.stack, JSON.stringify(error), cause, ...parts].join(' ');
}

function counted(lanes: LaneStore<FetchDetail>, operations: Map<string, number>): LaneStore<FetchDetail> {
  const count =
    <Given extends unknown[], Result>(name: string, call: (...given: Given) => Promise<Result>) =>
    (...given: Given) => {
      operations.set(name, (operations.get(name) ?? 0) + 1);
      return call(...given);
    };
  // Looked up with each call, for tests put others in their place.
  return {
    getWork: count('getWork', (...given) => lanes.getWork(...given)),
    putWork: count('putWork', (...given) => lanes.putWork(...given)),
    removeWork: count('removeWork', (...given) => lanes.removeWork(...given)),
    listDue: count('listDue', (...given) => lanes.listDue(...given)),
    getLane: count('getLane', (...given) => lanes.getLane(...given)),
    putLane: count('putLane', (...given) => lanes.putLane(...given)),
    listLanes: count('listLanes', () => lanes.listLanes()),
  };
}

/** The demo where no emulator can be had: the very handlers of the functions, wired to the simulation's models in real time. */

import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { PlannedDelivery } from '../demo/day.ts';
import { REPORTING_CURRENCY } from '../demo/policy.ts';
import { DEMO_SEGMENTS } from '../demo/segments.ts';
import { createArchive } from '../functions/archive/handler.ts';
import { createHydrate } from '../functions/hydrate/handler.ts';
import { createIngest } from '../functions/ingest/handler.ts';
import { createOrders } from '../functions/orders/handler.ts';
import { createFollower, createQueueHandler } from '../functions/profiles/handler.ts';
import { ADAPTERS, CATEGORIES, DOORS } from '../shared/channels/registry.ts';
import { connect } from '../shared/connections/connect.ts';
import { type Connection, ConnectionId } from '../shared/connections/connection.ts';
import { connectionDirectory, type Directory, doorDirectory, shopDirectory } from '../shared/connections/directory.ts';
import { healthNotes } from '../shared/connections/health.ts';
import type { FetchDetail } from '../shared/hydration/fetch-detail.ts';
import { linkingSource } from '../shared/identity/linking-versions.ts';
import { sealer } from '../shared/identity/seal.ts';
import type { EnvelopeId } from '../shared/lake/envelope.ts';
import { createInbox } from '../shared/lake/inbox.ts';
import { deriveOrder } from '../shared/orders/derive.ts';
import { type OrderKey, parseOrderKey } from '../shared/orders/order-key.ts';
import type { OrderChange } from '../shared/profiles/follow-orders.ts';
import type { StoredProfile } from '../shared/profiles/profile.ts';
import type { InboxMessage, ProfilesMessage, WakeMessage, WorkMessage } from '../shared/queues/messages.ts';
import { rateSource } from '../shared/rates/rate-source.ts';
import { systemClock } from '../shared/runtime/clock.ts';
import type { Metric, Telemetry } from '../shared/runtime/telemetry.ts';
import { catalogueSource } from '../shared/segments/catalogue-source.ts';
import { compileCatalogue } from '../shared/segments/compile.ts';
import type { SegmentStore } from '../shared/segments/segment-store.ts';
import { basisSource } from '../shared/tiers/basis.ts';
import { instant } from '../shared/time/instant.ts';
import { fetchFromModels, modelBase } from '../test/platforms/fetch.ts';
import { toApiEvent } from '../test/simulation/models/api-gateway.ts';
import { memoryConnections, memoryHealth, memorySecrets } from '../test/simulation/models/connections.ts';
import { type MemoryCustomers, memoryCustomers } from '../test/simulation/models/customers.ts';
import { memoryDerivations } from '../test/simulation/models/derivations.ts';
import { pollQueue } from '../test/simulation/models/event-source.ts';
import { memoryLake } from '../test/simulation/models/lake.ts';
import { memoryLanes } from '../test/simulation/models/lanes.ts';
import { memoryLinking } from '../test/simulation/models/linking.ts';
import { type MemoryOrders, memoryOrders } from '../test/simulation/models/orders.ts';
import { memoryQuarantine } from '../test/simulation/models/quarantine.ts';
import { memoryQueue, withDepth } from '../test/simulation/models/queue.ts';
import { memoryRates } from '../test/simulation/models/rates.ts';
import { memorySegments } from '../test/simulation/models/segments.ts';
import { type MemoryStream, memoryStream } from '../test/simulation/models/stream.ts';
import { memoryModels, memoryPolicies } from '../test/simulation/models/tiers.ts';
import { realTime } from '../test/simulation/models/time.ts';
import { type CustomerWorld, prepareCustomers } from './customers.ts';
import { type DemoShop, publish } from './demo-shops.ts';
import { type Played, type Post, play } from './play.ts';
import { type ConnectionSummary, sumOrders } from './summary.ts';

export interface InProcessOptions {
  readonly shops: readonly DemoShop[];
  /** Signed for addresses under this base. */
  readonly webhookBase: string;
  readonly deliveries: readonly PlannedDelivery[];
  readonly onProgress: (sent: number) => void;
}

export interface InProcessDemo {
  readonly played: Played;
  readonly summaries: readonly ConnectionSummary[];
  readonly customers: MemoryCustomers<StoredProfile>;
  /** Customers as `showCustomers` asks for them; they go on being followed. */
  readonly world: CustomerWorld;
}

export async function playInProcess({
  shops,
  webhookBase,
  deliveries,
  onProgress,
}: InProcessOptions): Promise<InProcessDemo> {
  const measured = new Map<string, number>();
  const telemetry = countingTelemetry(measured);
  const clock = systemClock;
  const lanes = memoryLanes<FetchDetail>();
  const stores = { connections: memoryConnections(), secrets: memorySecrets(), lanes };
  const [lake, quarantine] = [memoryLake(), memoryQuarantine()];
  const orders: MemoryOrders = memoryOrders({
    onOrder: (now, before) => profiles.stream.append(now.key, { now, before }),
  });
  const queue = { time: realTime, visibilityTimeoutMs: 60_000, maxReceiveCount: 5 };
  const inboxQueue = memoryQueue<InboxMessage>({ ...queue, name: 'inbox' });
  const work = memoryQueue<WorkMessage>({ ...queue, name: 'work' });
  const wakes = memoryQueue<WakeMessage>({ ...queue, name: 'wake' });
  const inbox = createInbox(inboxQueue, lake);
  const connections = connectionDirectory(stores.connections, clock);
  // The cast: v7 returns what EnvelopeId brands.
  const newEnvelopeId = () => uuidv7() as EnvelopeId;

  const ingest = createIngest({
    doors: DOORS,
    connections: doorDirectory(stores, clock),
    inbox,
    clock,
    newEnvelopeId,
    telemetry,
  });
  const archive = createArchive({ lake, work, telemetry });
  const toOrders = createOrders({
    adapters: ADAPTERS,
    connections,
    shops: shopDirectory(stores.connections, clock),
    lake,
    orders,
    quarantine,
    lanes,
    wakes,
    health: healthNotes(memoryHealth(), clock),
    clock,
    telemetry,
  });
  const hydrate = createHydrate({
    adapters: ADAPTERS,
    connections: { ...connections, listConnections: stores.connections.listConnections },
    secrets: stores.secrets,
    lanes,
    wakes,
    inbox,
    quarantine,
    fetch: fetchFromModels(
      new Map(shops.flatMap(({ options, platform }) => (platform ? [[options.connection, platform]] : []))),
      Date.now,
    ),
    anyApiBase: true,
    clock,
    sleep: (ms) => sleep(ms),
    random: Math.random,
    newEnvelopeId,
    newHolder: randomUUID,
    telemetry,
  });
  const poll = { time: realTime, concurrency: 2 };
  pollQueue({ ...poll, queue: inboxQueue, batchSize: 100, windowMs: 100, invoke: archive });
  pollQueue({ ...poll, queue: work, batchSize: 10, windowMs: 0, invoke: toOrders });
  pollQueue({ ...poll, queue: wakes, batchSize: 1, windowMs: 0, invoke: hydrate });
  const profiles = followInProcess({ orders, connections, telemetry });
  await prepareCustomers(profiles.world, Date.now());

  for (const { channel, options, settings, platform } of shops) {
    const api = platform && {
      credentials: platform.credentials,
      base: { url: modelBase(options.connection) },
    };
    const id = ConnectionId.parse(options.connection);
    const { channel: name } = channel.door;
    const request = { id, channel: name, webhookBase, secret: options.secret, settings, ...(api && { api }) };
    await connect(request, stores, clock());
  }
  const post: Post = async (delivery) => {
    publish(shops, delivery);
    return (await ingest(toApiEvent(delivery))).statusCode ?? 200;
  };
  const played = await play(deliveries, { post, atOnce: 12, onProgress });
  const isBusy = () =>
    lanes.waiting().length > 0 ||
    [inboxQueue, work].some((each) => each.depth().visible + each.depth().hidden > 0) ||
    profiles.stream.pending() + profiles.queue.waiting() > 0;
  while (isBusy()) await sleep(20);

  const open = await quarantine.list({ status: 'open', limit: 1_000 });
  const summaries = shops.map(({ channel: { door }, options: { connection } }): ConnectionSummary => {
    const derived = orders.keys().flatMap((key) => {
      const [name, stored] = [parseOrderKey(key), orders.peek(key)];
      if (name?.connection !== connection || !stored) return [];
      return [deriveOrder({ ...name, category: door.category, revision: stored.revision }, stored.parts)];
    });
    const count = (metric: Metric) => measured.get(`${metric} ${door.channel}`) ?? 0;
    return {
      connection: `${door.channel}/${connection}`,
      received: played.byConnection.get(connection)?.acknowledged ?? 0,
      rejected: played.byConnection.get(connection)?.refused ?? 0,
      fetched: count('fetched'),
      noops: count('noop'),
      ...sumOrders(derived),
      quarantined: open.items.filter((entry) => entry.connection === connection).length,
    };
  });
  return { played, summaries, customers: profiles.customers, world: profiles.world };
}

interface Following {
  readonly orders: MemoryOrders;
  readonly connections: Directory<Connection>;
  readonly telemetry: Telemetry;
}

/** The profiles stage: what the orders' stream tells, and what the profiles queue asks for. */
function followInProcess({ orders, connections, telemetry }: Following) {
  const clock = systemClock;
  const reportingCurrency = REPORTING_CURRENCY;
  const queue = memoryQueue<ProfilesMessage>({
    name: 'profiles',
    time: realTime,
    visibilityTimeoutMs: 60_000,
    maxReceiveCount: 5,
  });
  const customers = memoryCustomers<StoredProfile>();
  const [rates, policies] = [memoryRates(), memoryPolicies()];
  const segments = withDemoSegments(memorySegments());
  const world: CustomerWorld = { customers, queue, rates, policies };
  const dependencies = {
    orders,
    scan: orders,
    customers,
    index: customers,
    adapters: ADAPTERS,
    connections,
    keys: { guest: randomUUID(), lookup: randomUUID() },
    sealer: sealer({ current: 1, keys: new Map([[1, randomBytes(32)]]) }),
    rates: rateSource(rates, { reportingCurrency, clock }),
    rateStore: rates,
    basis: basisSource({ policies, models: memoryModels(), clock, reportingCurrency }),
    derivations: memoryDerivations(),
    queue: withDepth(queue),
    linking: linkingSource(memoryLinking(), clock),
    segments: catalogueSource({
      store: segments,
      compile: (now) => compileCatalogue(now.segments, now.revision, { channelCategories: CATEGORIES }),
      clock,
    }),
    reportingCurrency,
    clock,
    telemetry,
  };
  const follow = createFollower(dependencies);
  const stream: MemoryStream<OrderChange> = memoryStream<OrderChange>({
    time: realTime,
    shards: 4,
    batchSize: 100,
    windowMs: 0,
    retryDelayMs: 1_000,
    retries: 20,
    bisect: true,
    // The cast: keys of the orders table.
    invoke: (changes) => follow(changes.map(({ key, change }) => ({ key: key as OrderKey, read: async () => change }))),
    onFailure: ({ first, last }) => process.stderr.write(`Changes ${first} to ${last} were not followed.\n`),
  });
  const poll = { time: realTime, batchSize: 10, windowMs: 0, concurrency: 2 };
  pollQueue({ ...poll, queue, invoke: createQueueHandler(dependencies) });
  return { stream, queue, customers, world };
}

/** As `local/segments.ts` has them put over the API, where there is one. */
function withDemoSegments(store: SegmentStore): SegmentStore {
  const at = instant(Date.now());
  for (const [index, segment] of DEMO_SEGMENTS.entries()) {
    const put = { version: 1, revision: index + 1, isArchived: false, by: 'demo', at };
    void store.putSegment({ ...segment, ...put });
  }
  return store;
}

function countingTelemetry(measured: Map<string, number>): Telemetry {
  return {
    info: () => undefined,
    warn: () => undefined,
    error: (message, error) => process.stderr.write(`${message}: ${error instanceof Error ? error.message : error}\n`),
    measure: (metric, value, { channel }) =>
      measured.set(`${metric} ${channel}`, (measured.get(`${metric} ${channel}`) ?? 0) + value),
    flush: () => undefined,
  };
}

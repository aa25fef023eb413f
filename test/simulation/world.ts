/**
 * One epoch: the product's handlers over stores in memory, under a scheduler, with faults. Runs until nothing is left
 * to do, heals, redrives what is dead, and runs again.
 */
import type { APIGatewayProxyStructuredResultV2, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createRandom } from '../../demo/random.ts';
import { type ArchiveDependencies, createArchive } from '../../functions/archive/handler.ts';
import { createHydrate, type HydrateDependencies } from '../../functions/hydrate/handler.ts';
import { createIngest, type IngestDependencies } from '../../functions/ingest/handler.ts';
import { createOrders, type OrdersDependencies } from '../../functions/orders/handler.ts';
import { createFollower, createQueueHandler } from '../../functions/profiles/handler.ts';
import { adaptersOf } from '../../shared/channels/registry.ts';
import { ConnectionId, replaceSecret } from '../../shared/connections/connection.ts';
import {
  type ConnectionStore,
  connectionDirectory,
  doorDirectory,
  type SecretStore,
} from '../../shared/connections/directory.ts';
import type { FetchDetail } from '../../shared/hydration/fetch-detail.ts';
import type { EnvelopeId } from '../../shared/lake/envelope.ts';
import { createInbox } from '../../shared/lake/inbox.ts';
import type { Lake } from '../../shared/lake/lake.ts';
import { connectionOf, type LaneStore } from '../../shared/lanes/lane.ts';
import type { OrderStore } from '../../shared/orders/apply.ts';
import type { Quarantine } from '../../shared/quarantine/quarantine.ts';
import type { InboxMessage, WakeMessage, WorkMessage } from '../../shared/queues/messages.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import type { Metric, Telemetry } from '../../shared/runtime/telemetry.ts';
import { fetchFromModels } from '../platforms/fetch.ts';
import type { PlatformModel } from '../platforms/platform.ts';
import { type FaultPlan, Faults, type InjectedFault } from './faults.ts';
import { functionPool, type Instance } from './functions.ts';
import { Gate } from './gate.ts';
import { memoryConnections, memorySecrets } from './models/connections.ts';
import { memoryCustomers } from './models/customers.ts';
import { pollQueue } from './models/event-source.ts';
import { type MemoryLake, memoryLake } from './models/lake.ts';
import { type MemoryLanes, memoryLanes } from './models/lanes.ts';
import { type MemoryOrders, type MemoryOrdersOptions, memoryOrders } from './models/orders.ts';
import { memoryQuarantine } from './models/quarantine.ts';
import { memoryQueue } from './models/queue.ts';
import type { Plan, SimulatedChannel } from './plan.ts';
import { type Attempt, type IngestRequest, Platform } from './platform.ts';
import { createProfilesStage, isOfPoison, type ProfilesParts, type ProfilesWorld } from './profiles-stage.ts';
import { Scheduler } from './scheduler.ts';

/** The parts under test. A test puts broken ones in their place to see that the simulation notices. */
export interface Parts extends ProfilesParts {
  readonly createIngest: typeof createIngest;
  readonly createArchive: typeof createArchive;
  readonly createOrders: typeof createOrders;
  readonly createHydrate: typeof createHydrate;
  readonly memoryOrders: (options: MemoryOrdersOptions) => MemoryOrders;
  readonly memoryLanes: () => MemoryLanes<FetchDetail>;
}
const PRODUCT: Parts = {
  createIngest,
  createArchive,
  createOrders,
  createHydrate,
  createFollower,
  createQueueHandler,
  memoryOrders,
  memoryLanes,
  memoryCustomers,
};

export interface WorldOptions {
  readonly seed: number;
  readonly plan: Plan;
  readonly channel: SimulatedChannel;
  readonly faults: FaultPlan;
  readonly parts?: Partial<Parts>;
  /** False where only orders are of interest: it takes half of the time. */
  readonly withProfiles: boolean;
  readonly trace?: (line: string) => void;
}

/** What is there when all has come to rest. */
export interface World {
  readonly acknowledged: readonly Attempt[];
  readonly attempts: readonly Attempt[];
  readonly givenUp: Platform['givenUp'];
  readonly lake: MemoryLake;
  readonly orders: MemoryOrders;
  readonly quarantine: Quarantine;
  readonly lanes: MemoryLanes<FetchDetail>;
  /** Unless it was played without them. */
  readonly profiles?: ProfilesWorld;
  readonly queues: readonly { readonly name: string; readonly left: number; readonly dead: readonly string[] }[];
  readonly redriven: number;
  readonly injected: readonly InjectedFault[];
  readonly calls: number;
  readonly events: number;
  readonly history: number;
  readonly metrics: ReadonlyMap<Metric, number>;
}

/** Past so many redrives a message is not unlucky, but lost. */
const REDRIVES = 3;
const MOST_PROFILES_LATENCY_MS = 50;
/** Past so many sweeps work does not wait, but is stuck. */
const SWEEPS = 300;

export async function runWorld({
  seed,
  plan,
  channel,
  faults: faultPlan,
  parts,
  withProfiles,
  trace,
}: WorldOptions): Promise<World> {
  const { settings } = plan;
  const make = { ...PRODUCT, ...parts };
  // Chance is split by use: a draw more in one place does not change all others.
  const scheduler = new Scheduler(createRandom(seed ^ 0x5c4ed), plan.startMs);
  const faults = new Faults(createRandom(seed ^ 0xfa17), faultPlan);
  const random = createRandom(seed ^ 0x30b1d);
  const traced = trace && { trace };
  const gateOptions = { scheduler, random, faults, functionTimeoutMs: settings.functionTimeoutMs, ...traced };
  const gate = new Gate({ ...gateOptions, latencyMs: settings.latencyMs });
  // Profiles make hundreds of calls an event: at half a second each nothing would be done before its message comes again.
  const profilesGate = new Gate({ ...gateOptions, latencyMs: Math.min(MOST_PROFILES_LATENCY_MS, settings.latencyMs) });
  const clock = () => new Date(scheduler.nowMs());
  const metrics = new Map<Metric, number>();
  const telemetry = countingTelemetry(metrics);

  const stores = { connections: memoryConnections(), secrets: memorySecrets() };
  const lake = memoryLake();
  const orders: MemoryOrders = make.memoryOrders({ onOrder: (now, before) => profiles?.onOrder(now, before) });
  const quarantine = memoryQuarantine();
  const lanes = make.memoryLanes();
  const platforms = openPlatforms(plan, channel);
  const fetchAnswer = fetchFromModels(platforms, () => scheduler.nowMs());
  const queueOptions = {
    time: scheduler,
    visibilityTimeoutMs: 6 * settings.functionTimeoutMs,
    maxReceiveCount: settings.maxReceiveCount,
    chaos: { random, duplicates: settings.duplicates },
  };
  const inbox = memoryQueue<InboxMessage>({ name: 'inbox', ...queueOptions });
  const work = memoryQueue<WorkMessage>({ name: 'work', ...queueOptions });
  const wakes = memoryQueue<WakeMessage>({ name: 'wake', ...queueOptions });

  const profiles = withProfiles
    ? createProfilesStage({
        plan,
        adapter: channel.adapter,
        parts: make,
        scheduler,
        gate: profilesGate,
        random,
        telemetry,
        connections: stores.connections,
        orders: () => orders,
      })
    : undefined;

  for (const { connection, secret } of plan.connections) {
    await stores.connections.putConnection(connection, undefined);
    await stores.secrets.putWebhookSecrets(connection.id, { current: secret });
    const platform = platforms.get(connection.id);
    if (platform) await stores.secrets.putCredentials(connection.id, platform.credentials);
  }

  let envelopes = 0;
  let holders = 0;
  const ingest = functionPool<IngestRequest, APIGatewayProxyStructuredResultV2>({
    name: 'ingest',
    random,
    recycled: settings.recycled,
    create: (instance) => {
      let attempt: Attempt | undefined;
      const dependencies: IngestDependencies = {
        doors: new Map([[channel.adapter.door.channel, channel.adapter.door]]),
        connections: doorDirectory(
          {
            connections: gatedConnections(gate, instance, stores.connections),
            secrets: gatedSecrets(gate, instance, stores.secrets),
          },
          clock,
        ),
        inbox: createInbox(gatedQueue(gate, instance, 'inbox', inbox), gatedLake(gate, instance, lake)),
        clock,
        newEnvelopeId: () => {
          const id = envelopeId(scheduler.nowMs(), ++envelopes);
          if (attempt) attempt.envelope = id;
          return id;
        },
        telemetry,
      };
      const handler = make.createIngest(dependencies);
      return (request) => {
        attempt = request.attempt;
        return handler(request.event);
      };
    },
  });
  const archive = functionPool<SQSEvent, SQSBatchResponse>({
    name: 'archive',
    random,
    recycled: settings.recycled,
    create: (instance) => {
      const dependencies: ArchiveDependencies = {
        lake: gatedLake(gate, instance, lake),
        work: gatedQueue(gate, instance, 'work', work),
        telemetry,
      };
      return make.createArchive(dependencies);
    },
  });
  const toOrders = functionPool<SQSEvent, SQSBatchResponse>({
    name: 'orders',
    random,
    recycled: settings.recycled,
    create: (instance) => {
      const dependencies: OrdersDependencies = {
        adapters: adaptersOf([channel.adapter]),
        connections: connectionDirectory(gatedConnections(gate, instance, stores.connections), clock),
        shops: { find: async () => undefined },
        lake: gatedLake(gate, instance, lake),
        orders: gatedOrders(gate, instance, orders),
        quarantine: gatedQuarantine(gate, instance, quarantine),
        lanes: gatedLanes(gate, instance, lanes),
        wakes: gatedQueue(gate, instance, 'wake', wakes),
        health: { heard: async () => undefined, unconnected: async () => undefined },
        clock,
        telemetry,
      };
      return make.createOrders(dependencies);
    },
  });
  const hydrate = functionPool<SQSEvent, SQSBatchResponse>({
    name: 'hydrate',
    random,
    recycled: settings.recycled,
    create: (instance) => {
      const dependencies: HydrateDependencies = {
        adapters: adaptersOf([channel.adapter]),
        connections: {
          ...connectionDirectory(gatedConnections(gate, instance, stores.connections), clock),
          listConnections: () => gate.call(instance, 'connections.list', () => stores.connections.listConnections()),
        },
        secrets: gatedCredentials(gate, instance, stores.secrets),
        lanes: gatedLanes(gate, instance, lanes),
        wakes: gatedQueue(gate, instance, 'wake', wakes),
        inbox: createInbox(gatedQueue(gate, instance, 'inbox', inbox), gatedLake(gate, instance, lake)),
        quarantine: gatedQuarantine(gate, instance, quarantine),
        fetch: (address, init) => gate.call(instance, 'api', () => fetchAnswer(address, init)),
        anyApiBase: true,
        clock,
        sleep: (ms) => gate.sleep(instance, ms),
        random: () => random.next(),
        newEnvelopeId: () => envelopeId(scheduler.nowMs(), ++envelopes),
        newHolder: () => `holder ${++holders}`,
        telemetry,
      };
      return make.createHydrate(dependencies);
    },
  });
  const { windowMs, concurrency } = settings;
  pollQueue({
    queue: inbox,
    time: scheduler,
    batchSize: settings.inboxBatchSize,
    windowMs,
    concurrency,
    invoke: archive,
  });
  pollQueue({
    queue: work,
    time: scheduler,
    batchSize: settings.workBatchSize,
    windowMs,
    concurrency,
    invoke: toOrders,
  });

  const operator = createOperator({ scheduler, platforms, lanes, secrets: stores.secrets });
  pollQueue({
    queue: wakes,
    time: scheduler,
    batchSize: 1,
    windowMs: 0,
    concurrency,
    invoke: async (event) => {
      const answer = await hydrate(event);
      await operator.look();
      return answer;
    },
  });

  const { replacement } = plan;
  scheduler.after(replacement.atMs - plan.startMs, async () => {
    const known = await stores.secrets.getWebhookSecrets(replacement.connection);
    await stores.secrets.putWebhookSecrets(replacement.connection, replaceSecret(known, replacement.secret, clock()));
  });
  const platform = new Platform({
    scheduler,
    random,
    channel: channel.adapter.door.channel,
    lossRate: faultPlan.rate,
    ingest,
    onSend: ({ connection, records = [] }) => {
      for (const record of records) platforms.get(connection)?.put(record, scheduler.nowMs());
    },
    ...traced,
  });
  for (const outage of plan.outages) playOutage(scheduler, platforms.get(outage.connection), outage);
  for (const delivery of plan.deliveries) platform.send(delivery);
  await scheduler.run();

  faults.heal();
  let redriven = 0;
  for (let round = 0; round < REDRIVES; round++) {
    const back = inbox.redrive() + work.redrive() + wakes.redrive() + (profiles?.queue.redrive() ?? 0);
    redriven += back;
    await scheduler.run();
    await sweepUntilEmpty({ lanes, wakes, scheduler });
    if (back === 0) break;
  }
  await profiles?.settle();

  return {
    acknowledged: platform.acknowledged,
    attempts: platform.attempts,
    givenUp: platform.givenUp,
    lake,
    orders,
    quarantine,
    lanes,
    ...(profiles && { profiles: profiles.atRest() }),
    queues: [inbox, work, wakes, ...(profiles ? [profiles.queue] : [])].map((queue) => {
      const { visible, hidden } = queue.depth();
      const dead = queue.deadLetters().filter((body) => queue !== profiles?.queue || !isOfPoison(body, plan));
      return { name: queue.name, left: visible + hidden, dead };
    }),
    redriven,
    injected: faults.injected,
    calls: faults.calls,
    events: scheduler.events,
    history: scheduler.history,
    metrics,
  };
}

function openPlatforms({ connections, settings }: Plan, { thin }: SimulatedChannel): Map<string, PlatformModel> {
  const platforms = new Map<string, PlatformModel>();
  if (!thin) return platforms;
  for (const { connection, shop } of connections) {
    const platform = thin.platform(shop);
    Object.assign(platform.behaviour, settings.platform);
    platforms.set(connection.id, platform);
  }
  return platforms;
}

function playOutage(scheduler: Scheduler, platform: PlatformModel | undefined, outage: Plan['outages'][number]): void {
  if (!platform) return;
  const { atMs, forMs, status } = outage;
  scheduler.after(atMs - scheduler.nowMs(), () => {
    platform.behaviour.failing = status;
    scheduler.after(forMs, () => {
      platform.behaviour.failing = undefined;
    });
  });
}

interface Sweeping {
  readonly lanes: MemoryLanes<FetchDetail>;
  readonly wakes: Queue<WakeMessage>;
  readonly scheduler: Scheduler;
}

/** The minute's sweep, for as long as there is work: but time goes straight to when there is something to do. */
async function sweepUntilEmpty({ lanes, wakes, scheduler }: Sweeping): Promise<void> {
  for (let sweeps = 0; lanes.waiting().length > 0 && sweeps < SWEEPS; sweeps++) {
    const nextDueAt = Math.min(...lanes.waiting().map((work) => work.dueAt));
    const waitMs = Math.max(60_000, nextDueAt - scheduler.nowMs());
    scheduler.after(waitMs, () => void wakes.send({ sweep: true }));
    await scheduler.run();
  }
}

const OPERATOR_LOOKS_MS = 60 * 60_000;

/**
 * A refresh token whose answer was lost is used up for good: within the hour a person authorises again, as the health of the
 * lane asks.
 */
function createOperator({
  scheduler,
  platforms,
  lanes,
  secrets,
}: {
  readonly scheduler: Scheduler;
  readonly platforms: ReadonlyMap<string, PlatformModel>;
  readonly lanes: MemoryLanes<FetchDetail>;
  readonly secrets: SecretStore;
}) {
  const called = new Set<string>();
  return {
    async look(): Promise<void> {
      for (const { party, health } of await lanes.listLanes()) {
        const id = ConnectionId.parse(connectionOf(party));
        const platform = platforms.get(id);
        if (called.has(id) || !platform?.authorise || health.lastFailure?.code !== 'authorisation_refused') continue;
        called.add(id);
        scheduler.after(OPERATOR_LOOKS_MS, () => {
          called.delete(id);
          if (platform.authorise) void secrets.putCredentials(id, platform.authorise());
        });
      }
    },
  };
}

/** A UUID v7 without chance in it: the time, then a number. */
function envelopeId(nowMs: number, count: number): EnvelopeId {
  const time = nowMs.toString(16).padStart(12, '0');
  const number = count.toString(16).padStart(12, '0');
  // The cast: made in the form that EnvelopeId brands.
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${number}` as EnvelopeId;
}

function countingTelemetry(metrics: Map<Metric, number>): Telemetry {
  const silent = () => undefined;
  return {
    info: silent,
    warn: silent,
    error: silent,
    measure: (metric, value) => metrics.set(metric, (metrics.get(metric) ?? 0) + value),
    flush: silent,
  };
}

// Every call that a function makes goes through the gate; one wrapper for each interface of the product.

function gatedConnections(
  gate: Gate,
  instance: Instance,
  store: ConnectionStore,
): Pick<ConnectionStore, 'getConnection'> {
  return { getConnection: (id) => gate.call(instance, 'connections.get', () => store.getConnection(id)) };
}

function gatedSecrets(gate: Gate, instance: Instance, store: SecretStore): Pick<SecretStore, 'getWebhookSecrets'> {
  return { getWebhookSecrets: (id) => gate.call(instance, 'secrets.get', () => store.getWebhookSecrets(id)) };
}

function gatedQueue<Message>(gate: Gate, instance: Instance, name: string, queue: Queue<Message>): Queue<Message> {
  return { send: (message, options) => gate.call(instance, `${name}.send`, () => queue.send(message, options)) };
}

function gatedCredentials(gate: Gate, instance: Instance, store: SecretStore): HydrateDependencies['secrets'] {
  return {
    getCredentials: (id) => gate.call(instance, 'credentials.get', () => store.getCredentials(id)),
    getTokens: (id) => gate.call(instance, 'tokens.get', () => store.getTokens(id)),
    putTokens: (id, tokens) => gate.call(instance, 'tokens.put', () => store.putTokens(id, tokens)),
  };
}

function gatedLanes(gate: Gate, instance: Instance, store: LaneStore<FetchDetail>): LaneStore<FetchDetail> {
  const call = <T>(point: string, effect: () => Promise<T>) => gate.call(instance, `lanes.${point}`, effect);
  return {
    getWork: (party, subject) => call('getWork', () => store.getWork(party, subject)),
    putWork: (work, seen) => call('putWork', () => store.putWork(work, seen)),
    removeWork: (work) => call('removeWork', () => store.removeWork(work)),
    listDue: (party, dueBy, limit) => call('listDue', () => store.listDue(party, dueBy, limit)),
    getLane: (party) => call('getLane', () => store.getLane(party)),
    putLane: (state, seen) => call('putLane', () => store.putLane(state, seen)),
    listLanes: () => call('listLanes', () => store.listLanes()),
  };
}

function gatedLake(gate: Gate, instance: Instance, lake: Lake): Lake {
  return {
    write: (object, envelopes) => gate.call(instance, 'lake.write', () => lake.write(object, envelopes)),
    read: (object) => gate.call(instance, 'lake.read', () => lake.read(object)),
  };
}

function gatedOrders(gate: Gate, instance: Instance, store: OrderStore): OrderStore {
  return {
    getOrder: (key) => gate.call(instance, 'orders.get', () => store.getOrder(key)),
    putOrder: (order) => gate.call(instance, 'orders.put', () => store.putOrder(order)),
  };
}

function gatedQuarantine(gate: Gate, instance: Instance, quarantine: Quarantine): Pick<Quarantine, 'open' | 'close'> {
  return {
    open: (entry) => gate.call(instance, 'quarantine.open', () => quarantine.open(entry)),
    close: (id, status, now) => gate.call(instance, 'quarantine.close', () => quarantine.close(id, status, now)),
  };
}

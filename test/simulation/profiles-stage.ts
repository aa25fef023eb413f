/**
 * The profiles stage of an epoch: the orders' changes through a stream to the follower, the profiles queue to its handler, both in
 * one pool of instances as in functions/profiles/main.ts; and around it what time and people bring.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Random } from '../../demo/random.ts';
import type {
  createFollower,
  createQueueHandler,
  OrderRecord,
  ProfilesDependencies,
} from '../../functions/profiles/handler.ts';
import type { ChannelAdapter } from '../../shared/channels/adapter.ts';
import { adaptersOf, CATEGORIES } from '../../shared/channels/registry.ts';
import { type ConnectionStore, connectionDirectory } from '../../shared/connections/directory.ts';
import type { Decision } from '../../shared/identity/cuts.ts';
import { linkingSource } from '../../shared/identity/linking-versions.ts';
import { sealer } from '../../shared/identity/seal.ts';
import type { StoredOrder } from '../../shared/orders/apply.ts';
import { NO_PARTS } from '../../shared/orders/merge.ts';
import { type OrderKey, orderKey } from '../../shared/orders/order-key.ts';
import type { Place } from '../../shared/profiles/customer.ts';
import type { OrderChange } from '../../shared/profiles/follow-orders.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { ProfilesMessage } from '../../shared/queues/messages.ts';
import { rateSource } from '../../shared/rates/rate-source.ts';
import type { RateStore } from '../../shared/rates/rate-store.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { catalogueSource } from '../../shared/segments/catalogue-source.ts';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import type { SegmentStore } from '../../shared/segments/segment-store.ts';
import { basisSource } from '../../shared/tiers/basis.ts';
import { policyInForce } from '../../shared/tiers/policy.ts';
import { instant } from '../../shared/time/instant.ts';
import { decideNowAndThen } from './decider.ts';
import { functionPool, type Instance } from './functions.ts';
import { type Gate, gated } from './gate.ts';
import type { MemoryCustomers } from './models/customers.ts';
import { memoryDerivations } from './models/derivations.ts';
import { pollQueue } from './models/event-source.ts';
import { memoryLinking } from './models/linking.ts';
import type { MemoryOrders } from './models/orders.ts';
import { type MemoryQueue, memoryQueue, withDepth } from './models/queue.ts';
import { memoryRates } from './models/rates.ts';
import { memorySegments } from './models/segments.ts';
import { type MemoryStream, memoryStream } from './models/stream.ts';
import { memoryModels, memoryPolicies } from './models/tiers.ts';
import type { Plan } from './plan.ts';
import type { Scheduler } from './scheduler.ts';

/** Never changing: an epoch is a function of its seed. */
export const IDENTITY_KEYS = { guest: 'the key of guests', lookup: 'the key of lookups' };
export const SEALER = sealer({ current: 1, keys: new Map([[1, Buffer.alloc(32, 7)]]) });

export interface ProfilesParts {
  readonly createFollower: typeof createFollower;
  readonly createQueueHandler: typeof createQueueHandler;
  readonly memoryCustomers: () => MemoryCustomers<StoredProfile>;
}

export interface ProfilesStageOptions {
  readonly plan: Plan;
  readonly adapter: ChannelAdapter;
  readonly parts: ProfilesParts;
  readonly scheduler: Scheduler;
  readonly gate: Gate;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly connections: ConnectionStore;
  readonly orders: () => MemoryOrders;
}

/** What is there of profiles when all has come to rest. */
export interface ProfilesWorld {
  readonly customers: MemoryCustomers<StoredProfile>;
  /** As they were when all orders were followed, before sweeps looked at all of them once more: they mend much. */
  readonly followed: readonly Place<StoredProfile>[];
  readonly rates: RateStore;
  readonly segments: SegmentStore;
  readonly decisions: readonly Decision[];
  /** Batches that the stream gave up. */
  readonly givenUp: number;
  /** Records of the stream that nobody has followed. */
  readonly pending: number;
  /** Whether all profiles were derived by what is in force, and none is due. */
  readonly settled: boolean;
  readonly atMs: number;
}

export interface ProfilesStage {
  readonly queue: MemoryQueue<ProfilesMessage>;
  /** As the table's stream tells it. */
  readonly onOrder: (now: StoredOrder, before: StoredOrder | undefined) => void;
  /** Once nothing fails any more: sweeps until none finds anything to do. */
  readonly settle: () => Promise<void>;
  readonly atRest: () => ProfilesWorld;
}

/** As infra/defaults/stream.ts sets it. */
const RETRIES = 20;
const SWEEP_EVERY_MS = 5 * 60_000;
/** Past so many sweeps work does not wait, but is stuck. */
const SWEEPS = 20;
const DAY_MS = 24 * 60 * 60_000;

type ProfilesEvent = { readonly records: readonly OrderRecord[] } | { readonly messages: SQSEvent };
type ProfilesAnswer = 'followed' | SQSBatchResponse;

export function createProfilesStage(options: ProfilesStageOptions): ProfilesStage {
  const { plan, parts, scheduler, random } = options;
  const { profiles: planned, settings, startMs } = plan;
  const queue = memoryQueue<ProfilesMessage>({
    name: 'profiles',
    time: scheduler,
    visibilityTimeoutMs: 6 * settings.functionTimeoutMs,
    maxReceiveCount: settings.maxReceiveCount,
    chaos: { random, duplicates: settings.duplicates },
  });
  const stores = {
    customers: parts.memoryCustomers(),
    rates: memoryRates(),
    policies: memoryPolicies(),
    models: memoryModels(),
    derivations: memoryDerivations(),
    segments: memorySegments(),
  };
  const clock = () => new Date(scheduler.nowMs());
  const invoke = createFunction(options, stores, queue);
  let givenUp = 0;
  const stream: MemoryStream<OrderChange> = memoryStream<OrderChange>({
    time: scheduler,
    ...planned.stream,
    windowMs: 0,
    retries: RETRIES,
    bisect: true,
    invoke: async (changes) => {
      // The cast: keys of the orders table.
      const records = changes.map(({ key, change }) => ({ key: key as OrderKey, read: async () => change }));
      if ((await invoke({ records })) !== 'followed') throw new Error('The function did not live to answer.');
    },
    onFailure: () => {
      givenUp++;
    },
  });
  pollQueue({
    queue,
    time: scheduler,
    batchSize: planned.queueBatchSize,
    windowMs: 0,
    concurrency: settings.concurrency,
    invoke: async (messages) => {
      const answer = await invoke({ messages });
      return answer === 'followed' ? undefined : answer;
    },
  });

  const at = (atMs: number, run: () => void) => scheduler.after(atMs - startMs, run);
  for (const atMs of planned.sweepsAtMs) at(atMs, () => void queue.send({ sweep: true }));
  for (const { atMs, rates } of planned.imports) at(atMs, () => void stores.rates.putRates(rates));
  for (const { atMs, policy } of planned.policies)
    at(atMs, () => void stores.policies.putPolicy({ policy, by: 'simulation', at: instant(atMs) }));
  for (const { atMs, segment } of planned.segments) at(atMs, () => void stores.segments.putSegment(segment));
  const { poisonAtMs } = planned;
  if (poisonAtMs !== undefined) at(poisonAtMs, () => void options.orders().putOrder(poisonOf(plan)));
  const decisions = decideNowAndThen({ ...options, customers: stores.customers, queue, random });

  async function isSettled(): Promise<boolean> {
    const derivation = await stores.derivations.getDerivation();
    const now = instant(scheduler.nowMs());
    const policies = (await stores.policies.listPolicies()).map(({ policy }) => policy);
    const isCurrent =
      derivation !== undefined &&
      derivation.policy === policyInForce(policies, scheduler.nowMs())?.version &&
      derivation.rates === (await stores.rates.getRevision()) &&
      (derivation.finished?.segments ?? 0) === (await stores.segments.listSegments()).revision;
    return isCurrent && stores.customers.places().every(({ lookAt }) => lookAt === undefined || lookAt > now);
  }

  async function sweepUntilSettled(): Promise<boolean> {
    for (let sweeps = 0; sweeps < SWEEPS; sweeps++) {
      scheduler.after(SWEEP_EVERY_MS, () => void queue.send({ sweep: true }));
      await scheduler.run();
      if (await isSettled()) return true;
    }
    return false;
  }

  let settled = false;
  let followed: readonly Place<StoredProfile>[] = [];
  return {
    queue,
    onOrder: (now, before) => stream.append(now.key, { now, before }),
    async settle() {
      followed = stores.customers.places();
      settled = await sweepUntilSettled();
      if (!settled || planned.laterDays === 0) return;
      scheduler.after(planned.laterDays * DAY_MS, () => undefined);
      await scheduler.run();
      settled = await sweepUntilSettled();
    },
    atRest: () => ({
      customers: stores.customers,
      followed,
      rates: stores.rates,
      segments: stores.segments,
      decisions: decisions(),
      givenUp,
      pending: stream.pending(),
      settled,
      atMs: clock().getTime(),
    }),
  };
}

interface Stores {
  readonly customers: MemoryCustomers<StoredProfile>;
  readonly rates: RateStore;
  readonly policies: ReturnType<typeof memoryPolicies>;
  readonly models: ReturnType<typeof memoryModels>;
  readonly derivations: ReturnType<typeof memoryDerivations>;
  readonly segments: SegmentStore;
}

/** Of the stream and of the queue alike, so they share what an instance has in memory. */
function createFunction(
  { plan, adapter, parts, scheduler, gate, random, telemetry, connections, orders }: ProfilesStageOptions,
  stores: Stores,
  queue: MemoryQueue<ProfilesMessage>,
) {
  const { reportingCurrency } = plan.profiles;
  const clock = () => new Date(scheduler.nowMs());
  const dependenciesOf = (instance: Instance): ProfilesDependencies => {
    const through = <Store extends object>(name: string, store: Store) => gated(gate, instance, name, store);
    const customers = through('customers', stores.customers);
    const rateStore = through('rates', stores.rates);
    const orderStore = through('orders', orders());
    return {
      orders: orderStore,
      scan: orderStore,
      customers,
      index: customers,
      adapters: adaptersOf([adapter]),
      connections: connectionDirectory(through('connections', connections), clock),
      keys: IDENTITY_KEYS,
      sealer: SEALER,
      rates: rateSource(rateStore, { reportingCurrency, clock }),
      rateStore,
      basis: basisSource({
        policies: through('policies', stores.policies),
        models: through('models', stores.models),
        clock,
        reportingCurrency,
      }),
      derivations: through('derivations', stores.derivations),
      queue: through('profiles', withDepth(queue)),
      linking: linkingSource(memoryLinking(), clock),
      segments: catalogueSource({
        store: through('segments', stores.segments),
        compile: (now) => compileCatalogue(now.segments, now.revision, { channelCategories: CATEGORIES }),
        clock,
      }),
      reportingCurrency,
      clock,
      telemetry,
    };
  };
  return functionPool<ProfilesEvent, ProfilesAnswer>({
    name: 'profiles',
    random,
    recycled: plan.settings.recycled,
    create: (instance) => {
      const dependencies = dependenciesOf(instance);
      const follow = parts.createFollower(dependencies);
      const handle = parts.createQueueHandler(dependencies);
      return async (event) => {
        if ('messages' in event) return handle(event.messages);
        await follow(event.records);
        return 'followed';
      };
    },
  });
}

/** An order whose connection nobody knows. */
export const poisonKey = ({ connections: [known] }: Pick<Plan, 'connections'>): OrderKey =>
  orderKey({ channel: known?.connection.channel ?? '', connection: 'nobody', orderId: '1' });

const poisonOf = (plan: Plan): StoredOrder => ({ key: poisonKey(plan), revision: 1, parts: NO_PARTS, cause: 'live' });

/** Whether a dead letter is of the order that can never be followed. */
export function isOfPoison(body: string, plan: Plan): boolean {
  const message = ProfilesMessage.parse(JSON.parse(body));
  return 'order' in message && message.order === poisonKey(plan);
}

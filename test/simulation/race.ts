/**
 * Two or three followers at once on orders that carry one phone, their calls interleaved by a seed, failing and dying between any
 * two: at rest they are one profile with all of their orders. Small, so that a hundred thousand courses can be tried.
 */

import { createRandom, type Random } from '../../demo/random.ts';
import {
  createFollower,
  createQueueHandler,
  type OrderRecord,
  type ProfilesDependencies,
} from '../../functions/profiles/handler.ts';
import { adaptersOf } from '../../shared/channels/registry.ts';
import { type Connection, ConnectionId } from '../../shared/connections/connection.ts';
import { linkingSource } from '../../shared/identity/linking-versions.ts';
import type { StoredOrder } from '../../shared/orders/apply.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import { rateTable } from '../../shared/rates/rate-table.ts';
import { Conflict } from '../../shared/runtime/errors.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { NO_SEGMENTS } from '../../shared/segments/catalogue.ts';
import { FALLBACK } from '../../shared/tiers/clv/model.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import type { Policy } from '../../shared/tiers/policy.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { canonical } from './canonical.ts';
import { Faults } from './faults.ts';
import { functionPool, type Instance } from './functions.ts';
import { Gate, gated } from './gate.ts';
import { type MemoryCustomers, memoryCustomers } from './models/customers.ts';
import { memoryDerivations } from './models/derivations.ts';
import { pollQueue } from './models/event-source.ts';
import { memoryLinking } from './models/linking.ts';
import { memoryOrders } from './models/orders.ts';
import { memoryQueue, withDepth } from './models/queue.ts';
import { memoryRates } from './models/rates.ts';
import { IDENTITY_KEYS, type ProfilesParts, SEALER } from './profiles-stage.ts';
import { Scheduler } from './scheduler.ts';
import { toyAdapter } from './toy-channel.ts';
import { toyOrder } from './toy-orders.ts';

export interface RaceOptions {
  readonly seed: number;
  readonly faultRate: number;
  readonly parts?: Partial<ProfilesParts>;
}

export interface Race {
  /** What is not one profile with all of its orders; undefined if it is. */
  readonly problem: string | undefined;
  readonly followers: number;
  readonly calls: number;
  readonly faults: number;
  readonly deaths: number;
  /** Writes that found something moved. */
  readonly conflicts: number;
  readonly history: number;
}

const START_MS = Date.UTC(2026, 2, 1, 8);
const DAY_MS = 24 * 60 * 60_000;
const CURRENCY = 'EUR';
const SHOPS = ['north', 'south', 'outlet'] as const;
const [PHONE, OTHER_PHONE] = ['+4915123570007', '+4915123570014'];
/** Past so many tries a batch is not unlucky, but stuck. */
const TRIES = 1_000;

/** An order at one of its revisions. */
interface Version {
  readonly paidDay: number;
  readonly total: number;
  readonly phone: string | undefined;
}
interface Told {
  readonly shop: string;
  readonly account: string;
  readonly number: number;
  readonly versions: readonly [Version, ...Version[]];
}

export async function runRace({ seed, faultRate, parts = {} }: RaceOptions): Promise<Race> {
  const random = createRandom(seed);
  const scheduler = new Scheduler(createRandom(seed ^ 0x5c4ed), START_MS);
  const faults = new Faults(createRandom(seed ^ 0xfa17), { rate: faultRate });
  const gate = new Gate({ scheduler, random, faults, latencyMs: 10, functionTimeoutMs: 1_000 });
  const customers: MemoryCustomers<StoredProfile> = parts.memoryCustomers?.() ?? memoryCustomers();
  const counting = countingConflicts(customers);
  const { follow, orders, waiting } = createStage({ random, scheduler, gate, customers: counting.store, parts });

  const { racers, bystander } = drawRace(random);
  if (bystander) {
    void tell(bystander, follow, orders);
    await scheduler.run();
  }
  for (const told of racers) void tell(told, follow, orders);
  await scheduler.run();
  return {
    problem: waiting() > 0 ? `${waiting()} messages left` : problemOf(racers, bystander, customers),
    followers: racers.length,
    calls: faults.calls,
    faults: faults.injected.length,
    deaths: faults.injected.filter(({ fault }) => fault.startsWith('crash')).length,
    conflicts: counting.conflicts(),
    history: scheduler.history,
  };
}

/**
 * Each racer's last word carries the one phone; before, it may have been another's, who is there already, or none. Two of them may
 * be orders of one account: then they meet in one month, too.
 */
function drawRace(random: Random): { readonly racers: readonly Told[]; readonly bystander: Told | undefined } {
  const bystander: Told | undefined = random.chance(0.3)
    ? { shop: 'north', account: 'bystander', number: 9, versions: [{ paidDay: 0, total: 500, phone: OTHER_PHONE }] }
    : undefined;
  const isOneAccount = random.chance(0.3);
  const racers = Array.from({ length: random.int(2, 3) }, (_, index): Told => {
    const last: Version = { paidDay: random.int(0, 1), total: random.int(1, 9_999), phone: PHONE };
    const before = (): Version => ({
      paidDay: random.int(0, 1),
      total: random.int(1, 9_999),
      phone: random.pick([PHONE, undefined, bystander && OTHER_PHONE]),
    });
    const shop = SHOPS[isOneAccount && index === 1 ? 0 : index] ?? SHOPS[0];
    const [first, ...rest] = [...Array.from({ length: random.int(0, 2) }, before), last];
    return { shop, account: 'racer', number: index, versions: [first ?? last, ...rest] };
  });
  return { racers, bystander };
}

type Follow = (records: readonly OrderRecord[]) => Promise<'followed' | undefined>;

/** As a shard of the stream does: one change after the other, each until it is followed. */
async function tell(told: Told, follow: Follow, orders: { putOrder(order: StoredOrder): Promise<void> }) {
  let before: StoredOrder | undefined;
  for (const [index] of told.versions.entries()) {
    const now = storedOrder(told, index + 1);
    await orders.putOrder(now);
    const change = { before, now };
    const record: OrderRecord = { key: now.key, read: async () => change };
    for (let attempt = 1; (await follow([record])) !== 'followed'; attempt++)
      if (attempt === TRIES) throw new Error('The follower never is done.');
    before = now;
  }
}

const at = (day: number): Instant => instant(START_MS - (2 - day) * DAY_MS);

function storedOrder({ shop, account, number, versions }: Told, revision: number): StoredOrder {
  const told = versions.slice(0, revision);
  return toyOrder(
    { shop, number },
    told.map(({ paidDay, total, phone }) => ({ paidAt: at(paidDay), total, phone, account, currency: CURRENCY })),
  );
}

function problemOf(
  racers: readonly Told[],
  bystander: Told | undefined,
  customers: MemoryCustomers<StoredProfile>,
): string | undefined {
  const expected = (told: readonly Told[]) => {
    const members = [...new Set(told.map(({ shop, account }) => `toy/${shop}/${account}`))].sort();
    const netSpend = told.reduce((sum, { versions }) => sum + (versions.at(-1)?.total ?? 0), 0);
    return { members, orders: told.length, netSpend };
  };
  const places = customers.places();
  const profiles = places.flatMap(({ persona, root, members, profile }) =>
    persona === root ? [{ members, orders: profile?.facts.orders, netSpend: profile?.facts.netSpend }] : [],
  );
  const wanted = [expected(racers), ...(bystander ? [expected([bystander])] : [])];
  const sorted = (all: readonly object[]) => all.map((one) => canonical(one)).sort();
  if (canonical(sorted(profiles)) !== canonical(sorted(wanted)))
    return `${canonical(sorted(profiles))}, not ${canonical(sorted(wanted))}`;
  const strays = places.filter(({ root, members }) => {
    const ofRoot = places.find(({ persona }) => persona === root);
    return canonical(ofRoot?.members) !== canonical(members);
  });
  return strays.length > 0 ? `${strays.map(({ persona }) => persona).join(', ')} are elsewhere` : undefined;
}

interface Stage {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly gate: Gate;
  readonly customers: MemoryCustomers<StoredProfile>;
  readonly parts: Partial<ProfilesParts>;
}

function createStage({ random, scheduler, gate, customers, parts }: Stage) {
  const clock = () => new Date(scheduler.nowMs());
  const orders = memoryOrders();
  const queue = memoryQueue<ProfilesMessage>({
    name: 'profiles',
    time: scheduler,
    visibilityTimeoutMs: 2_000,
    maxReceiveCount: Number.POSITIVE_INFINITY,
    chaos: { random, duplicates: 0.02 },
  });
  const fixed = {
    adapters: adaptersOf([toyAdapter]),
    connections: { find: async (id: string) => CONNECTIONS.get(id) },
    keys: IDENTITY_KEYS,
    sealer: SEALER,
    rates: { about: async () => RATES },
    rateStore: memoryRates(),
    basis: { load: async () => BASIS },
    derivations: memoryDerivations(),
    linking: linkingSource(memoryLinking(), clock),
    segments: { load: async () => NO_SEGMENTS },
    reportingCurrency: CURRENCY,
    clock,
    telemetry: SILENT,
  };
  const create = (instance: Instance) => {
    const store = gated(gate, instance, 'customers', customers);
    const dependencies: ProfilesDependencies = {
      ...fixed,
      orders: gated(gate, instance, 'orders', orders),
      scan: orders,
      customers: store,
      index: store,
      queue: gated(gate, instance, 'profiles', withDepth(queue)),
    };
    return {
      followed: (parts.createFollower ?? createFollower)(dependencies),
      handled: (parts.createQueueHandler ?? createQueueHandler)(dependencies),
    };
  };
  const pool = { random, recycled: 0.05 };
  const follow = functionPool<readonly OrderRecord[], 'followed'>({
    ...pool,
    name: 'follower',
    create: (instance) => {
      const { followed } = create(instance);
      return (records) => followed(records).then(() => 'followed');
    },
  });
  const handle = functionPool({ ...pool, name: 'handler', create: (instance) => create(instance).handled });
  pollQueue({ queue, time: scheduler, batchSize: 1, windowMs: 0, concurrency: 2, invoke: handle });
  return { follow, orders, waiting: () => queue.waiting() };
}

const createdAt = instant(START_MS);
const CONNECTIONS = new Map(
  SHOPS.map((name): [string, Connection] => {
    const id = ConnectionId.parse(name);
    const settings = { type: 'direct', currency: CURRENCY, timezone: 'Europe/Berlin', region: 'DE' } as const;
    const state = { settingsRevision: 0, status: 'active', webhookUrl: '', createdAt, updatedAt: createdAt } as const;
    return [name, { id, channel: toyAdapter.door.channel, ...settings, ...state }];
  }),
);
const RATES = { table: rateTable(CURRENCY, []), revision: 0 };
/** Which tier follows is another's business. */
const POLICY: Policy = {
  ...defaultPolicy({ currency: CURRENCY }),
  rules: [{ tier: 'stable', name: { zh: '买过', en: 'bought' }, all: [{ measure: 'purchaseDays', atLeast: 1 }] }],
};
const BASIS = { policy: POLICY, model: FALLBACK };
const ignore = () => undefined;
const SILENT: Telemetry = { info: ignore, warn: ignore, error: ignore, measure: ignore, flush: ignore };

function countingConflicts(store: MemoryCustomers<StoredProfile>) {
  let conflicts = 0;
  const count = (error: unknown): never => {
    if (error instanceof Conflict) conflicts++;
    throw error;
  };
  return {
    conflicts: () => conflicts,
    store: {
      ...store,
      putMonth: (...args: Parameters<typeof store.putMonth>) => store.putMonth(...args).catch(count),
      putPlaces: (...args: Parameters<typeof store.putPlaces>) => store.putPlaces(...args).catch(count),
    },
  };
}

export interface Races {
  readonly races: number;
  readonly followers: number;
  readonly calls: number;
  readonly faults: number;
  readonly deaths: number;
  readonly conflicts: number;
  /** The first that did not end in one profile. */
  readonly failed?: { readonly seed: number; readonly problem: string };
  /** Of all courses taken: no two races need be alike. */
  readonly courses: number;
}

/** So many races, from seeds that follow from one; until the first that fails. */
export async function playRaces(
  { seed, races, faultRate, parts }: RaceOptions & { readonly races: number },
  onRace: (done: number) => void = ignore,
): Promise<Races> {
  const sum = { races: 0, followers: 0, calls: 0, faults: 0, deaths: 0, conflicts: 0 };
  const courses = new Set<number>();
  const seeds = createRandom(seed);
  for (let done = 1; done <= races; done++) {
    const drawn = Math.floor(seeds.next() * 2 ** 32);
    const { problem, history, ...counts } = await runRace({ seed: drawn, faultRate, ...(parts && { parts }) });
    sum.races++;
    courses.add(history);
    for (const name of ['followers', 'calls', 'faults', 'deaths', 'conflicts'] as const) sum[name] += counts[name];
    if (problem !== undefined) return { ...sum, courses: courses.size, failed: { seed: drawn, problem } };
    onRace(done);
  }
  return { ...sum, courses: courses.size };
}

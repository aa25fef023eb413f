/** The profiles stage in memory, without chance: the real follower and queue handler over models, with a clock that tests turn. */
import type { SQSBatchResponse } from 'aws-lambda';
import {
  createFollower,
  createQueueHandler,
  type OrderRecord,
  type ProfilesDependencies,
} from '../../functions/profiles/handler.ts';
import { adaptersOf } from '../../shared/channels/registry.ts';
import { type Connection, ConnectionId } from '../../shared/connections/connection.ts';
import type { IdentityKeys } from '../../shared/identity/contribution.ts';
import { linkingSource } from '../../shared/identity/linking-versions.ts';
import type { StoredOrder } from '../../shared/orders/apply.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import { rateSource } from '../../shared/rates/rate-source.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { catalogueSource } from '../../shared/segments/catalogue-source.ts';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import { basisSource } from '../../shared/tiers/basis.ts';
import { instant } from '../../shared/time/instant.ts';
import { type MemoryCustomers, memoryCustomers } from '../simulation/models/customers.ts';
import { memoryDerivations } from '../simulation/models/derivations.ts';
import { memoryLinking } from '../simulation/models/linking.ts';
import { memoryOrders } from '../simulation/models/orders.ts';
import { memoryRates } from '../simulation/models/rates.ts';
import { memorySegments } from '../simulation/models/segments.ts';
import { memoryModels, memoryPolicies } from '../simulation/models/tiers.ts';
import { toyAdapter } from '../simulation/toy-channel.ts';
import { sqsEvent } from '../sqs-event.ts';
import { KEYS, SEALER } from './people.ts';

export const START_MS = Date.UTC(2026, 10, 24, 10);
export const REPORTING_CURRENCY = 'EUR';
const SHOPS = ['north', 'south', 'outlet'];

export type Customers = MemoryCustomers<StoredProfile>;
/** What of the customers table writes. */
const WRITES: ReadonlySet<string> = new Set(['putEntry', 'putMonth', 'putHolder', 'putPlaces', 'putSuggestion']);

export interface StageOptions {
  /** Puts another in the place of the follower's and the handler's customers. */
  readonly wrap?: (customers: Customers) => Customers;
}

export type Stage = ReturnType<typeof openStage>;

export function openStage({ wrap = (customers) => customers }: StageOptions = {}) {
  let nowMs = START_MS;
  let waiting = 0;
  let keys: IdentityKeys = KEYS;
  const clock = () => new Date(nowMs);
  const calls: string[] = [];
  const sent: { readonly message: ProfilesMessage; readonly delaySeconds: number }[] = [];
  const counted = <Store extends object>(name: string, store: Store): Store =>
    new Proxy(store, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          calls.push(`${name}.${String(key)}`);
          return member.apply(target, args);
        };
      },
    });
  const customers: Customers = memoryCustomers<StoredProfile>();
  const orders = memoryOrders();
  const stores = { rates: memoryRates(), policies: memoryPolicies(), models: memoryModels(), linking: memoryLinking() };
  const segments = memorySegments();
  const derivations = memoryDerivations();
  const store = counted('customers', wrap(customers));
  const rateStore = counted('rates', stores.rates);
  const dependencies: ProfilesDependencies = {
    orders: counted('orders', orders),
    scan: orders,
    customers: store,
    index: store,
    adapters: adaptersOf([toyAdapter]),
    connections: { find: async (id) => (SHOPS.includes(id) ? connectionOf(id) : undefined) },
    get keys() {
      return keys;
    },
    sealer: SEALER,
    rates: rateSource(rateStore, { reportingCurrency: REPORTING_CURRENCY, clock }),
    rateStore,
    basis: basisSource({
      policies: counted('policies', stores.policies),
      models: counted('models', stores.models),
      clock,
      reportingCurrency: REPORTING_CURRENCY,
    }),
    derivations: counted('derivations', derivations),
    queue: counted('queue', {
      async send(message: ProfilesMessage, { delaySeconds = 0 }: { readonly delaySeconds?: number } = {}) {
        sent.push({ message, delaySeconds });
      },
      depth: async () => waiting,
    }),
    linking: linkingSource(stores.linking, clock),
    segments: catalogueSource({
      store: counted('segments', segments),
      compile: (now) => compileCatalogue(now.segments, now.revision, { channelCategories: new Map() }),
      clock,
    }),
    reportingCurrency: REPORTING_CURRENCY,
    clock,
    telemetry: SILENT,
  };
  const follow = createFollower(dependencies);
  const handler = createQueueHandler(dependencies);

  const handle = (...messages: readonly ProfilesMessage[]): Promise<SQSBatchResponse> => handler(sqsEvent(...messages));

  return {
    customers,
    orders,
    derivations,
    ...stores,
    segments,
    dependencies,
    calls,
    sent,
    handle,
    follow,
    /** Stores it as the orders stage does, and has the change of it followed. */
    async put(order: StoredOrder): Promise<void> {
      await follow([await stored(order)]);
    },
    /** Likewise, but to be followed later. */
    stored,
    writes: () => calls.filter((call) => call.startsWith('customers.') && WRITES.has(call.slice('customers.'.length))),
    setWaiting(count: number) {
      waiting = count;
    },
    /** As an operator does who puts another lookup key in the place of the old one. */
    replaceLookupKey() {
      keys = { ...keys, lookup: 'another', lookupNumber: (keys.lookupNumber ?? 1) + 1 };
    },
    pass(ms: number) {
      nowMs += ms;
    },
    now: () => instant(nowMs),
    /** All that was sent, and what it leads to. */
    async drain(): Promise<void> {
      for (let next = sent.shift(); next; next = sent.shift()) {
        const { batchItemFailures } = await handle(next.message);
        if (batchItemFailures.length > 0) throw new Error(`Not handled: ${JSON.stringify(next.message)}`);
      }
    },
  };

  async function stored(order: StoredOrder): Promise<OrderRecord> {
    const before = orders.peek(order.key);
    await orders.putOrder({ ...order, revision: (before?.revision ?? 0) + 1 });
    const now = orders.peek(order.key) ?? order;
    return { key: order.key, read: async () => ({ now, before }) };
  }
}

function connectionOf(name: string): Connection {
  const createdAt = instant(START_MS);
  return {
    id: ConnectionId.parse(name),
    channel: toyAdapter.door.channel,
    type: 'direct',
    currency: REPORTING_CURRENCY,
    timezone: 'Europe/Berlin',
    region: 'DE',
    settingsRevision: 0,
    status: 'active',
    webhookUrl: '',
    createdAt,
    updatedAt: createdAt,
  };
}

const ignore = () => undefined;
const SILENT: Telemetry = { info: ignore, warn: ignore, error: ignore, measure: ignore, flush: ignore };

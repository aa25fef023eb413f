/**
 * The product's own code from a webhook to its profile, over tables on DynamoDB Local: what ingest, the queues and the stream
 * do in between consumes no unit of a table. What a function keeps in memory for a minute (connections, rates, the policy) is
 * read beforehand, as it is for all but the first of many.
 */

import { v7 as uuidv7 } from 'uuid';
import type { Delivery } from '../../demo/delivery.ts';
import { createFollower, type ProfilesDependencies } from '../../functions/profiles/handler.ts';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import { dynamoDerivations } from '../../shared/derivations/store.ts';
import { linkingSource } from '../../shared/identity/linking-versions.ts';
import { EnvelopeId } from '../../shared/lake/envelope.ts';
import { applyUpdates, type OrderStore, type StoredOrder } from '../../shared/orders/apply.ts';
import { interpret } from '../../shared/orders/interpret.ts';
import { mergeOrder, NO_PARTS } from '../../shared/orders/merge.ts';
import { dynamoOrders } from '../../shared/orders/store.ts';
import type { Entry } from '../../shared/profiles/customer.ts';
import { entryOfOrder, follow } from '../../shared/profiles/follow-orders.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import type { HistoryStore } from '../../shared/publish/history.ts';
import { dynamoHistory } from '../../shared/publish/store.ts';
import { rateSource } from '../../shared/rates/rate-source.ts';
import { type DailyRate, parseRate } from '../../shared/rates/rate-table.ts';
import { dynamoRates } from '../../shared/rates/store.ts';
import { NO_SEGMENTS } from '../../shared/segments/catalogue.ts';
import { basisSource } from '../../shared/tiers/basis.ts';
import { dynamoModels, dynamoPolicies } from '../../shared/tiers/store.ts';
import { toEnvelope } from '../channels/read.ts';
import { KEYS, SEALER } from '../profiles/people.ts';
import { memoryLinking } from '../simulation/models/linking.ts';
import { CUSTOMERS_KEY, createTable, OPERATIONS_KEY, ORDERS_KEY, TEST_SEALER } from '../stores/aws.ts';
import { startDynamoDbLocal, startObjects } from '../stores/dynamodb-local.ts';
import { type CountedUnits, countUnits, named } from './count-units.ts';

const REPORTING = 'CNY';
const DAY_MS = 24 * 60 * 60 * 1000;
const RATES_FROM = Date.parse('2024-01-01T00:00:00Z');
const RATE_DAYS = 5 * 365;

export interface ProfileStack {
  readonly counted: CountedUnits;
  readonly dependencies: ProfilesDependencies;
  /** What the functions take for now. */
  setTime(ms: number): void;
  /** A webhook, through to the profile. */
  take(delivery: Delivery): Promise<void>;
  /** The entry that an order makes once these were taken; the order itself is not stored. */
  entryAfter(deliveries: readonly Delivery[]): Promise<Entry>;
  readonly history: HistoryStore;
  /** Profiles of these entries in one go, as they stood after the last of them, and then each review that was due until now. */
  build(entries: readonly Entry[]): Promise<{ readonly reviews: number }>;
  stop(): Promise<void>;
}

export async function startProfileStack(nowMs: number): Promise<ProfileStack> {
  const [dynamo, objects] = [await startDynamoDbLocal(), await startObjects()];
  const { client } = dynamo;
  const table = async (key: readonly string[]) => ({ client, table: (await createTable(client, key)).name });
  const operations = await table(OPERATIONS_KEY);
  const orders = dynamoOrders({ ...(await table(ORDERS_KEY)), overflow: { client: objects.client, bucket: 'b' } });
  const customersTable = await table(CUSTOMERS_KEY);
  const customers = dynamoCustomers<StoredProfile>({ ...customersTable, sealer: TEST_SEALER });
  const rates = dynamoRates(operations);
  await rates.putRates(dailyRates());
  let now = nowMs;
  const clock = () => new Date(now);
  const connectionOf = (id: string) => ({
    ...ConnectionSettings.parse({ id, channel: 'shopify', type: 'direct', region: 'CN', settingsRevision: 0 }),
    status: 'active' as const,
    webhookUrl: '',
    createdAt: '',
    updatedAt: '',
  });
  const dependencies: ProfilesDependencies = {
    orders: named(orders),
    scan: orders,
    adapters: ADAPTERS,
    connections: { find: async (id) => connectionOf(id) },
    keys: KEYS,
    sealer: SEALER,
    rates: rateSource(rates, { reportingCurrency: REPORTING, clock }),
    rateStore: rates,
    basis: basisSource({
      policies: dynamoPolicies(operations),
      models: dynamoModels(operations),
      clock,
      reportingCurrency: REPORTING,
    }),
    derivations: named(dynamoDerivations(operations)),
    queue: {
      // What could not be done at once is in no figure, so it must not happen.
      send: async (message) => Promise.reject(new Error(`Left for the queue: ${JSON.stringify(message)}`)),
      depth: async () => 0,
    },
    customers: named(customers),
    index: named(customers),
    linking: linkingSource(memoryLinking(), clock),
    segments: { load: async () => NO_SEGMENTS },
    reportingCurrency: REPORTING,
    clock,
    telemetry: {
      info: () => undefined,
      warn: (message, fields) => {
        throw new Error(`${message} ${JSON.stringify(fields)}`);
      },
      error: (message, error) => {
        throw new Error(message, { cause: error });
      },
      measure: () => undefined,
      flush: () => undefined,
    },
  };
  const followOrders = createFollower(dependencies);

  async function read({ request, channel, connection, atMs }: Delivery) {
    const adapter = await ADAPTERS.find(channel);
    if (!adapter) throw new Error(`No channel ${channel}.`);
    const receivedAt = new Date(atMs);
    const settings = connectionOf(connection);
    const envelope = {
      ...toEnvelope({ door: adapter.door, request, receivedAt, connection: settings, number: 0 }),
      id: EnvelopeId.parse(uuidv7({ msecs: atMs })),
    };
    const understood = interpret(envelope, adapter, settings);
    return understood.kind === 'updates' ? understood.updates : [];
  }

  return {
    counted: countUnits(client),
    history: named(dynamoHistory(customersTable)),
    dependencies,
    setTime(ms) {
      now = ms;
    },

    async take(delivery) {
      for (const { key, update } of await read(delivery)) {
        const change: { before?: StoredOrder | undefined; now?: StoredOrder } = {};
        const ordersTable = named(orders);
        // As the stream would tell of it, both images.
        const watched: OrderStore = {
          async getOrder(asked) {
            change.before = await ordersTable.getOrder(asked);
            return change.before;
          },
          async putOrder(order) {
            await ordersTable.putOrder(order);
            change.now = order;
          },
        };
        await applyUpdates(watched, key, [update], 'live');
        const { before, now: stored } = change;
        if (stored) await followOrders([{ key, read: async () => ({ before, now: stored }) }]);
      }
    },

    async entryAfter(deliveries) {
      let order: StoredOrder | undefined;
      for (const delivery of deliveries) {
        for (const { key, update } of await read(delivery)) {
          const { revision = 0, parts = NO_PARTS } = order ?? {};
          order = { key, revision: revision + 1, parts: mergeOrder(parts, update), cause: 'live' };
        }
      }
      const entry = order && (await entryOfOrder(order, dependencies));
      if (!entry) throw new Error('The order makes no entry.');
      return entry;
    },

    async build(entries) {
      const until = now;
      const last =
        entries
          .map(({ content }) => content?.contribution.paidAt ?? '')
          .sort()
          .at(-1) ?? '';
      now = Date.parse(last);
      await follow({ entries }, 'backfill', dependencies);
      let reviews = 0;
      for (const persona of new Set(entries.map((entry) => entry.persona))) {
        for (;;) {
          const { lookAt, root } = (await customers.getPlace(persona)) ?? {};
          if (lookAt === undefined || root !== persona || Date.parse(lookAt) > until) break;
          now = Date.parse(lookAt);
          await follow({ entries: [], personas: [persona] }, 'review', dependencies);
          reviews++;
        }
      }
      now = until;
      return { reviews };
    },

    async stop() {
      await dynamo.stop();
      await objects.stop();
    },
  };
}

/** What Shopify's orders are in is not what customers are compared in, as in most shops of several channels. */
const dailyRates = (): DailyRate[] =>
  Array.from({ length: RATE_DAYS }, (_, index) => ({
    currency: 'USD',
    day: new Date(RATES_FROM + index * DAY_MS).toISOString().slice(0, 10),
    rate: parseRate(`7.1${String(index % 100).padStart(2, '0')}`),
  }));

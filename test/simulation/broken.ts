/** Parts with the mistakes that the simulation is there to find. It must fail with each; else it proves nothing. */
import pMap from 'p-map';
import { createArchive } from '../../functions/archive/handler.ts';
import { createHydrate, type HydrateDependencies } from '../../functions/hydrate/handler.ts';
import { createIngest } from '../../functions/ingest/handler.ts';
import { createOrders, type OrdersDependencies } from '../../functions/orders/handler.ts';
import { verified } from '../../shared/channels/adapter.ts';
import type { Adapters } from '../../shared/channels/registry.ts';
import type { FetchDetail } from '../../shared/hydration/fetch-detail.ts';
import type { Party } from '../../shared/lanes/lane.ts';
import type { StoredOrder } from '../../shared/orders/apply.ts';
import { interpret } from '../../shared/orders/interpret.ts';
import { mergeOrder, NO_PARTS } from '../../shared/orders/merge.ts';
import type { OrderKey } from '../../shared/orders/order-key.ts';
import { WorkMessage } from '../../shared/queues/messages.ts';
import { failedItems } from '../../shared/queues/sqs-batch.ts';
import { PROFILE_MISTAKES } from './broken-profiles.ts';
import type { Problem } from './check.ts';
import { memoryLanes } from './models/lanes.ts';
import type { MemoryOrdersOptions } from './models/orders.ts';
import type { Parts } from './world.ts';

export interface Mistake {
  readonly name: string;
  readonly parts: Partial<Parts>;
  /** Some only show where webhooks are thin. */
  readonly channel?: 'toy' | 'douyin';
  /** What an epoch has to say of it; other problems may follow from that. Missing where only races are crowded enough to show it. */
  readonly noticedAs?: Problem['code'];
}

const unawaited = (work: Promise<void>): Promise<void> => {
  work.catch(() => undefined);
  return Promise.resolve();
};

export const MISTAKES: readonly Mistake[] = [
  {
    name: 'ingest acknowledges before the queue has said yes',
    parts: {
      createIngest: (its) =>
        createIngest({ ...its, inbox: { keep: (envelope) => unawaited(its.inbox.keep(envelope)) } }),
    },
    noticedAs: 'acknowledged_lost',
  },
  {
    name: 'ingest answers success when it could not keep the bytes',
    parts: {
      createIngest: (its) => {
        const ingest = createIngest(its);
        return async (event) => {
          const answer = await ingest(event);
          return answer.statusCode === 503 ? { ...answer, statusCode: 200 } : answer;
        };
      },
    },
    noticedAs: 'acknowledged_lost',
  },
  {
    name: 'ingest believes every signature',
    parts: {
      createIngest: (its) =>
        createIngest({
          ...its,
          doors: new Map([...its.doors].map(([channel, door]) => [channel, { ...door, verify: () => verified }])),
        }),
    },
    noticedAs: 'forged_stored',
  },
  {
    name: 'archive announces an object that it has not written yet, and is done',
    parts: {
      createArchive: (its) =>
        createArchive({ ...its, lake: { write: (object, envelopes) => unawaited(its.lake.write(object, envelopes)) } }),
    },
    noticedAs: 'acknowledged_lost',
  },
  {
    name: 'archive reports no failure',
    parts: {
      createArchive: (its) => {
        const archive = createArchive(its);
        return async (event) => {
          await archive(event);
          return failedItems([]);
        };
      },
    },
    noticedAs: 'acknowledged_lost',
  },
  {
    name: 'archive forgets to announce what it has written when announcing fails',
    parts: {
      createArchive: (its) =>
        createArchive({ ...its, work: { send: (message) => its.work.send(message).catch(() => undefined) } }),
    },
    noticedAs: 'update_lost',
  },
  {
    name: 'orders reports no failure',
    parts: {
      createOrders: (its) => {
        const orders = createOrders(its);
        return async (event) => {
          await orders(event);
          return failedItems([]);
        };
      },
    },
    noticedAs: 'update_lost',
  },
  {
    name: 'orders fails at content instead of setting it aside',
    parts: {
      createOrders: (its) =>
        createOrders({
          ...its,
          quarantine: { ...its.quarantine, open: () => Promise.reject(new Error('poison')) },
        }),
    },
    noticedAs: 'queue_not_empty',
  },
  {
    name: 'the store writes without looking at the revision',
    parts: { memoryOrders: uncheckedOrders },
    noticedAs: 'update_lost',
  },
  {
    name: 'merge lets the last arrival win',
    parts: { createOrders: lastArrivalWins },
    noticedAs: 'order_differs',
  },
  {
    name: 'orders is content when what is to be fetched could not be noted',
    parts: {
      createOrders: (its) =>
        createOrders({
          ...its,
          lanes: { ...its.lanes, putWork: (work, seen) => unawaited(its.lanes.putWork(work, seen)) },
        }),
    },
    channel: 'douyin',
    noticedAs: 'order_stale',
  },
  {
    name: 'hydrate takes any answer for the one that was heard of',
    parts: { createHydrate: believingAnyAnswer },
    channel: 'douyin',
    noticedAs: 'order_stale',
  },
  {
    name: 'hydrate is done before the answer is durable',
    parts: {
      createHydrate: (its) =>
        createHydrate({ ...its, inbox: { keep: (envelope) => unawaited(its.inbox.keep(envelope)) } }),
    },
    channel: 'douyin',
    noticedAs: 'order_stale',
  },
  {
    name: 'the store of lanes writes without looking at the revision',
    parts: { memoryLanes: uncheckedLanes },
    channel: 'douyin',
    noticedAs: 'order_stale',
  },
  ...PROFILE_MISTAKES,
];

function believingAnyAnswer(its: HydrateDependencies): ReturnType<Parts['createHydrate']> {
  const find: Adapters['find'] = async (channel) => {
    const adapter = await its.adapters.find(channel);
    // What says nothing of a version ends the work, and whoever reads the answer later reads it rightly.
    return adapter && { ...adapter, normalize: () => ({ kind: 'ignored', code: 'believed' }) };
  };
  return createHydrate({ ...its, adapters: { find } });
}

function uncheckedLanes(): ReturnType<Parts['memoryLanes']> {
  const lanes = memoryLanes<FetchDetail>();
  const works = async (party: Party, subject: string) => (await lanes.getWork(party, subject))?.revision ?? 0;
  return {
    ...lanes,
    putWork: async (work) => lanes.putWork(work, await works(work.party, work.subject)),
    removeWork: async (work) => {
      const revision = await works(work.party, work.subject);
      if (revision > 0) await lanes.removeWork({ ...work, revision });
    },
  };
}

function uncheckedOrders({ onOrder }: MemoryOrdersOptions): ReturnType<Parts['memoryOrders']> {
  const orders = new Map<OrderKey, StoredOrder>();
  return {
    keys: () => [...orders.keys()],
    peek: (key) => orders.get(key),
    getOrder: async (key) => orders.get(key),
    putOrder: async (order) => {
      const before = orders.get(order.key);
      orders.set(order.key, order);
      onOrder?.(order, before);
    },
    listOrders: async () => ({ items: [...orders.values()] }),
  };
}

/** The orders stage, but each message replaces the parts that it names. */
function lastArrivalWins(its: OrdersDependencies): ReturnType<typeof createOrders> {
  return async (event) => {
    await pMap(event.Records, async (record) => {
      const work = WorkMessage.parse(JSON.parse(record.body));
      for (const envelope of await its.lake.read(work.object)) {
        const connection = await its.connections.find(envelope.connection);
        const reading = interpret(envelope, await its.adapters.find(envelope.channel), connection);
        if (reading.kind !== 'updates') continue;
        for (const { key, update } of reading.updates) {
          const stored = await its.orders.getOrder(key);
          const fresh = mergeOrder(NO_PARTS, update);
          const known = stored?.parts ?? NO_PARTS;
          const parts = {
            single: { ...known.single, ...fresh.single },
            payments: { ...known.payments, ...fresh.payments },
            refunds: { ...known.refunds, ...fresh.refunds },
            sightings: fresh.sightings,
          };
          await its.orders.putOrder({ key, revision: (stored?.revision ?? 0) + 1, parts, cause: work.cause });
        }
      }
    });
    return failedItems([]);
  };
}

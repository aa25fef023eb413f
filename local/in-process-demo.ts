/** The demo where no emulator can be had: the very handlers of the functions, wired to the simulation's models in real time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { PlannedDelivery } from '../demo/day.ts';
import type { ShopOptions } from '../demo/delivery.ts';
import { createArchive } from '../functions/archive/handler.ts';
import { createIngest } from '../functions/ingest/handler.ts';
import { createOrders } from '../functions/orders/handler.ts';
import { ADAPTERS, DOORS } from '../shared/channels/registry.ts';
import { shopifyDoor } from '../shared/channels/shopify/door.ts';
import { connect } from '../shared/connections/connect.ts';
import { ConnectionId } from '../shared/connections/connection.ts';
import { connectionDirectory, doorDirectory } from '../shared/connections/directory.ts';
import type { EnvelopeId } from '../shared/lake/envelope.ts';
import { deriveOrder } from '../shared/orders/derive.ts';
import { parseOrderKey } from '../shared/orders/order-key.ts';
import type { InboxMessage, WorkMessage } from '../shared/queues/messages.ts';
import { systemClock } from '../shared/runtime/clock.ts';
import type { Metric, Telemetry } from '../shared/runtime/telemetry.ts';
import { toApiEvent } from '../test/simulation/models/api-gateway.ts';
import { memoryConnections, memorySecrets } from '../test/simulation/models/connections.ts';
import { pollQueue } from '../test/simulation/models/event-source.ts';
import { memoryLake } from '../test/simulation/models/lake.ts';
import { memoryOrders } from '../test/simulation/models/orders.ts';
import { memoryQuarantine } from '../test/simulation/models/quarantine.ts';
import { memoryQueue } from '../test/simulation/models/queue.ts';
import { realTime } from '../test/simulation/models/time.ts';
import { type Played, type Post, play } from './play.ts';
import { type ConnectionSummary, sumOrders } from './summary.ts';

export interface InProcessOptions {
  readonly shop: ShopOptions;
  readonly deliveries: readonly PlannedDelivery[];
  readonly onProgress: (sent: number) => void;
}

export async function playInProcess({
  shop,
  deliveries,
  onProgress,
}: InProcessOptions): Promise<{ readonly played: Played; readonly summary: ConnectionSummary }> {
  const measured = new Map<Metric, number>();
  const telemetry = countingTelemetry(measured);
  const stores = { connections: memoryConnections(), secrets: memorySecrets() };
  const [lake, orders, quarantine] = [memoryLake(), memoryOrders(), memoryQuarantine()];
  const queue = { time: realTime, visibilityTimeoutMs: 60_000, maxReceiveCount: 5 };
  const inbox = memoryQueue<InboxMessage>({ ...queue, name: 'inbox' });
  const work = memoryQueue<WorkMessage>({ ...queue, name: 'work' });
  const clock = systemClock;

  const ingest = createIngest({
    doors: DOORS,
    connections: doorDirectory(stores, clock),
    inbox,
    lake,
    clock,
    // The cast: v7 returns what EnvelopeId brands.
    newEnvelopeId: () => uuidv7() as EnvelopeId,
    telemetry,
  });
  const poll = { time: realTime, concurrency: 2 };
  pollQueue({
    ...poll,
    queue: inbox,
    batchSize: 100,
    windowMs: 100,
    invoke: createArchive({ lake, work, telemetry }),
  });
  const connections = connectionDirectory(stores.connections, clock);
  pollQueue({
    ...poll,
    queue: work,
    batchSize: 10,
    windowMs: 0,
    invoke: createOrders({ adapters: ADAPTERS, connections, lake, orders, quarantine, clock, telemetry }),
  });

  const id = ConnectionId.parse(shop.connection);
  await connect(
    { id, channel: shopifyDoor.channel, webhookBase: '', secret: shop.secret, settings: {} },
    stores,
    clock(),
  );
  const post: Post = async (delivery) => (await ingest(toApiEvent(delivery))).statusCode ?? 200;
  const played = await play(deliveries, { post, atOnce: 12, onProgress });
  while ([inbox, work].some((each) => each.depth().visible + each.depth().hidden > 0)) await sleep(20);

  const derived = orders.keys().flatMap((key) => {
    const [name, stored] = [parseOrderKey(key), orders.peek(key)];
    return name && stored
      ? [deriveOrder({ ...name, category: shopifyDoor.category, revision: stored.revision }, stored.parts)]
      : [];
  });
  const open = await quarantine.list({ status: 'open', limit: 1_000 });
  return {
    played,
    summary: {
      connection: `${shopifyDoor.channel}/${shop.connection}`,
      received: played.acknowledged,
      rejected: played.refused,
      noops: measured.get('noop') ?? 0,
      ...sumOrders(derived),
      quarantined: open.items.length,
    },
  };
}

function countingTelemetry(measured: Map<Metric, number>): Telemetry {
  return {
    info: () => undefined,
    warn: () => undefined,
    error: (message, error) => process.stderr.write(`${message}: ${error instanceof Error ? error.message : error}\n`),
    measure: (metric, value) => measured.set(metric, (measured.get(metric) ?? 0) + value),
    flush: () => undefined,
  };
}

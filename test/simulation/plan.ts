/** What an epoch is made of: the settings that its seed draws, and the deliveries that the platforms will make. */
import type { Delivery, ShopOptions, Story } from '../../demo/delivery.ts';
import type { Random } from '../../demo/random.ts';
import type { ChannelAdapter, HttpRequest } from '../../shared/channels/adapter.ts';
import { type Connection, ConnectionId } from '../../shared/connections/connection.ts';
import { LARGEST_INBOX_MESSAGE_BYTES } from '../../shared/queues/messages.ts';

/** A platform to simulate: how it is read, and what happens in its shops. */
export interface SimulatedChannel {
  readonly adapter: ChannelAdapter;
  readonly stories: (random: Random, options: ShopOptions) => Generator<Story>;
}

/** Drawn anew for each epoch, so that rare combinations come up. */
export interface Settings {
  readonly inboxBatchSize: number;
  readonly workBatchSize: number;
  readonly windowMs: number;
  readonly concurrency: number;
  readonly maxReceiveCount: number;
  /** Of messages of a queue. */
  readonly duplicates: number;
  readonly recycled: number;
  readonly latencyMs: number;
  /** Between two deliveries. */
  readonly spacingMs: number;
  /** Most deliveries are late by up to this, some by a hundred times as much. */
  readonly jitterMs: number;
  /** Between two orders of a shop, by its own clock. */
  readonly orderEveryMs: number;
  readonly functionTimeoutMs: number;
}

export function drawSettings(random: Random): Settings {
  return {
    inboxBatchSize: random.pick([1, 5, 20, 100]),
    workBatchSize: random.pick([1, 3, 10]),
    windowMs: random.pick([0, 100, 1_000]),
    concurrency: random.pick([1, 2, 5, 10]),
    maxReceiveCount: random.pick([3, 5, 10]),
    duplicates: random.pick([0, 0.01, 0.1]),
    recycled: random.pick([0.001, 0.05]),
    latencyMs: random.pick([5, 50, 500]),
    spacingMs: random.pick([1, 10, 100]),
    jitterMs: random.pick([10, 1_000, 60_000]),
    orderEveryMs: random.pick([100, 10_000, 600_000]),
    functionTimeoutMs: 30_000,
  };
}

/**
 * - `update`, `large` — of an order's story; a large one does not fit a message
 * - `garbage` — signed, but nobody can read it
 * - `forged` — an altered byte, a wrong secret, or a connection that is not there
 */
export type DeliveryKind = 'update' | 'large' | 'garbage' | 'forged';

export interface PlannedDelivery {
  /** Its name: stays when others are left out. */
  readonly index: number;
  readonly kind: DeliveryKind;
  readonly connection: string;
  readonly request: HttpRequest;
  readonly atMs: number;
}

export interface Plan {
  readonly settings: Settings;
  readonly startMs: number;
  readonly connections: readonly { readonly connection: Connection; readonly secret: string }[];
  /** In the order in which the platform makes them. */
  readonly deliveries: readonly PlannedDelivery[];
  /** In the middle of it a connection's secret is replaced; from then on its platform signs with the next one. */
  readonly replacement: { readonly connection: ConnectionId; readonly secret: string; readonly atMs: number };
}

export interface PlanOptions {
  readonly random: Random;
  readonly channel: SimulatedChannel;
  readonly startMs: number;
  readonly count: number;
}

const SHOPS = ['north', 'south', 'outlet'] as const;

export function drawPlan({ random, channel, startMs, count }: PlanOptions): Plan {
  const { door } = channel.adapter;
  const settings = drawSettings(random);
  const connections = SHOPS.map((shop) => ({
    connection: createConnection(shop, door.channel, startMs),
    secret: `secret of ${shop}`,
  }));
  const told = drawStories(
    count,
    connections.map(({ connection, secret }) =>
      channel.stories(random, {
        connection: connection.id,
        secret,
        webhookUrl: connection.webhookUrl,
        shop: connection.id,
        startMs,
        everyMs: settings.orderEveryMs,
      }),
    ),
  );
  const replaced = connections[random.int(0, connections.length - 1)]?.connection.id ?? ConnectionId.parse(SHOPS[0]);
  const secretOf = (id: string) => connections.find(({ connection }) => connection.id === id)?.secret ?? '';
  const replacement = {
    connection: replaced,
    secret: 'the next secret',
    atMs: startMs + random.int(0, count * settings.spacingMs),
  };

  const deliveries = told.map((delivery, index): PlannedDelivery => {
    const jitterMs = random.chance(0.02) ? 100 * settings.jitterMs : settings.jitterMs;
    const atMs = startMs + index * settings.spacingMs + random.int(0, jitterMs);
    const kind = drawKind(random);
    const sign = (request: HttpRequest, secret: string) => door.sign(request, secret, new Date(atMs));
    if (kind === 'forged') return { index, kind, atMs, ...forge(delivery, random, sign) };
    const { connection, request } = delivery;
    const isReplaced = connection === replaced && atMs > replacement.atMs;
    if (kind === 'update' && !isReplaced) return { index, kind, atMs, connection, request };
    const body = { update: () => request.body, large: () => padded(request.body), garbage: () => garbage(random) }[
      kind
    ]();
    const secret = isReplaced ? replacement.secret : secretOf(connection);
    return { index, kind, atMs, connection, request: sign({ ...request, body }, secret) };
  });
  return { settings, startMs, connections, deliveries, replacement };
}

/** Whole stories of all shops, mixed by the platform's clock. */
function drawStories(count: number, shops: readonly Generator<Story>[]): Delivery[] {
  const deliveries: Delivery[] = [];
  while (deliveries.length < count) {
    for (const shop of shops) {
      const next = shop.next();
      if (!next.done) deliveries.push(...next.value.deliveries);
    }
  }
  return deliveries.sort((a, b) => a.atMs - b.atMs).slice(0, count);
}

function drawKind(random: Random): DeliveryKind {
  const lot = random.next();
  if (lot < 0.0005) return 'large';
  if (lot < 0.01) return 'garbage';
  return lot < 0.02 ? 'forged' : 'update';
}

/** Spaces after it leave JSON what it is. */
const padded = (body: Uint8Array) => Buffer.concat([body, Buffer.alloc(LARGEST_INBOX_MESSAGE_BYTES, ' ')]);

/** Not JSON, not even UTF-8, and never twice the same. */
const garbage = (random: Random) =>
  Buffer.concat([Buffer.from([0xff, 0xfe, 0x00]), Buffer.from(`{"half an order ${random.next()}": \uFFFE`)]);

function forge(delivery: Delivery, random: Random, sign: (request: HttpRequest, secret: string) => HttpRequest) {
  const { request, connection } = delivery;
  // Each forged body is its own, so that finding it in the lake proves that it got in.
  const body = Buffer.concat([request.body, Buffer.from(` forged ${random.next()}`)]);
  const altered: HttpRequest = { ...request, body };
  switch (random.int(0, 2)) {
    case 0:
      return { connection, request: altered };
    case 1:
      return { connection, request: sign(altered, 'a wrong secret') };
    default:
      return { connection: 'nowhere', request: sign(altered, 'a wrong secret') };
  }
}

function createConnection(shop: string, channel: string, startMs: number): Connection {
  const createdAt = new Date(startMs).toISOString();
  return {
    id: ConnectionId.parse(shop),
    channel,
    type: 'direct',
    currency: 'EUR',
    timezone: 'Europe/Berlin',
    region: 'DE',
    settingsRevision: 0,
    status: 'active',
    webhookUrl: `https://hooks.example.com/webhooks/${channel}/${shop}`,
    createdAt,
    updatedAt: createdAt,
  };
}

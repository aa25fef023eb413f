/** What an epoch is made of: the settings that its seed draws, and the deliveries that the platforms will make. */
import type { Delivery, PlatformRecord, ShopOptions, Story } from '../../demo/delivery.ts';
import type { Random } from '../../demo/random.ts';
import type { ChannelAdapter, HttpRequest } from '../../shared/channels/adapter.ts';
import { type Connection, ConnectionId, webhookAddress } from '../../shared/connections/connection.ts';
import { LARGEST_INBOX_MESSAGE_BYTES } from '../../shared/queues/messages.ts';
import { modelBase } from '../platforms/fetch.ts';
import type { Behaviour, PlatformModel } from '../platforms/platform.ts';
import { drawProfilesPlan, type ProfilesPlan } from './profiles-plan.ts';

/** A platform to simulate: how it is read, and what happens in its shops. */
export interface SimulatedChannel {
  readonly adapter: ChannelAdapter;
  readonly stories: (random: Random, options: ShopOptions) => Generator<Story>;
  /** Where the secret must have a form: one for any name. */
  readonly secretOf?: (name: string) => string;
  /** Where webhooks are thin. */
  readonly thin?: {
    /** Ids of the shops at the platform. */
    readonly shops: readonly [string, string, string];
    readonly platform: (shop: string) => PlatformModel;
  };
}

const MINUTE_MS = 60_000;
const LONG_AGO_MS = 90 * 24 * 60 * MINUTE_MS;

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
  /** How the platforms' APIs are. */
  readonly platform: Pick<Behaviour, 'lagMs' | 'tokenLifeMs' | 'perSecond' | 'burst'>;
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
    platform: {
      lagMs: random.pick([0, 3_000, 60_000]),
      tokenLifeMs: random.pick([10 * MINUTE_MS, 4 * 60 * MINUTE_MS]),
      perSecond: random.pick([2, 10, 1_000]),
      burst: random.pick([1, 20]),
    },
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
  readonly records?: readonly PlatformRecord[];
  readonly atMs: number;
}

export interface Plan {
  readonly settings: Settings;
  readonly startMs: number;
  readonly connections: readonly PlannedConnection[];
  /** When an API answers nothing but this status. */
  readonly outages: readonly {
    readonly connection: ConnectionId;
    readonly atMs: number;
    readonly forMs: number;
    readonly status: number;
  }[];
  /** In the order in which the platform makes them. */
  readonly deliveries: readonly PlannedDelivery[];
  /** In the middle of it a connection's secret is replaced; from then on its platform signs with the next one. */
  readonly replacement: { readonly connection: ConnectionId; readonly secret: string; readonly atMs: number };
  readonly profiles: ProfilesPlan;
}

export interface PlannedConnection {
  readonly connection: Connection;
  readonly secret: string;
  readonly shop: string;
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
  const secretNamed = channel.secretOf ?? ((name: string) => name);
  const connections = SHOPS.map((name, index): PlannedConnection => {
    const shop = channel.thin?.shops[index] ?? name;
    const connection = createConnection(name, channel, shop, startMs);
    return { connection, secret: secretNamed(`secret of ${name}`), shop };
  });
  const told = drawStories(
    count,
    connections.map(({ connection, secret, shop }) =>
      channel.stories(random, {
        connection: connection.id,
        secret,
        webhookUrl: connection.webhookUrl,
        shop,
        // Told in minutes, an order's days would otherwise lie ahead, and nobody hears today of what happens tomorrow.
        startMs: channel.thin ? startMs - LONG_AGO_MS : startMs,
        everyMs: settings.orderEveryMs,
      }),
    ),
  );
  const replaced = connections[random.int(0, connections.length - 1)]?.connection.id ?? ConnectionId.parse(SHOPS[0]);
  const secretOf = (id: string) => connections.find(({ connection }) => connection.id === id)?.secret ?? '';
  const replacement = {
    connection: replaced,
    secret: secretNamed('the next secret'),
    atMs: startMs + random.int(0, count * settings.spacingMs),
  };

  const deliveries = told.map((delivery, index): PlannedDelivery => {
    const jitterMs = random.chance(0.02) ? 100 * settings.jitterMs : settings.jitterMs;
    const atMs = startMs + index * settings.spacingMs + random.int(0, jitterMs);
    const kind = drawKind(random);
    const sign = (request: HttpRequest, secret: string) => door.sign(request, secret, new Date(atMs));
    if (kind === 'forged')
      return { index, kind, atMs, ...forge(delivery, random, sign, secretNamed('a wrong secret')) };
    const { connection, request, records } = delivery;
    const published = records && { records };
    const isReplaced = connection === replaced && atMs > replacement.atMs;
    if (kind === 'update' && !isReplaced) return { index, kind, atMs, connection, request, ...published };
    const body = { update: () => request.body, large: () => padded(request.body), garbage: () => garbage(random) }[
      kind
    ]();
    const secret = isReplaced ? replacement.secret : secretOf(connection);
    return { index, kind, atMs, connection, request: sign({ ...request, body }, secret), ...published };
  });
  const outages = channel.thin
    ? connections.map(({ connection: { id } }) => ({
        connection: id,
        atMs: startMs + random.int(0, count * settings.spacingMs),
        forMs: random.pick([10_000, 10 * MINUTE_MS, 3 * 60 * MINUTE_MS]),
        status: random.pick([500, 503]),
      }))
    : [];
  const profiles = drawProfilesPlan(random, startMs, count * settings.spacingMs);
  return { settings, startMs, connections, deliveries, replacement, outages, profiles };
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

function forge(
  delivery: Delivery,
  random: Random,
  sign: (request: HttpRequest, secret: string) => HttpRequest,
  wrongSecret: string,
) {
  const { request, connection } = delivery;
  // Each forged body is its own, so that finding it in the lake proves that it got in.
  const body = Buffer.concat([request.body, Buffer.from(` forged ${random.next()}`)]);
  const altered: HttpRequest = { ...request, body };
  switch (random.int(0, 2)) {
    case 0:
      return { connection, request: altered };
    case 1:
      return { connection, request: sign(altered, wrongSecret) };
    default:
      return { connection: 'nowhere', request: sign(altered, wrongSecret) };
  }
}

function createConnection(
  name: string,
  { adapter, thin }: SimulatedChannel,
  shop: string,
  startMs: number,
): Connection {
  const createdAt = new Date(startMs).toISOString();
  return {
    id: ConnectionId.parse(name),
    channel: adapter.door.channel,
    type: 'direct',
    currency: 'EUR',
    timezone: 'Europe/Berlin',
    region: 'DE',
    settingsRevision: 0,
    status: 'active',
    webhookUrl: webhookAddress('https://hooks.example.com', { channel: adapter.door.channel, id: name }),
    ...(thin && { shop, apiBase: modelBase(name) }),
    createdAt,
    updatedAt: createdAt,
  };
}

/** Values that the contracts store: made by the real adapter from a made-up shop, so they look like what is stored in life. */
import type { Story } from '../../../demo/delivery.ts';
import { createRandom } from '../../../demo/random.ts';
import { shopifyStories } from '../../../demo/shopify.ts';
import { shopify } from '../../../shared/channels/shopify/adapter.ts';
import { type Connection, ConnectionId } from '../../../shared/connections/connection.ts';
import { type Envelope, EnvelopeId, encodeBody } from '../../../shared/lake/envelope.ts';
import type { StoredOrder } from '../../../shared/orders/apply.ts';
import { interpret } from '../../../shared/orders/interpret.ts';
import { mergeOrder, NO_PARTS, type OrderParts, type OrderUpdate } from '../../../shared/orders/merge.ts';
import { type OrderKey, orderKey } from '../../../shared/orders/order-key.ts';

const RUN = Date.now().toString(36);
let made = 0;
/** A name that no other test of this or another run uses. */
export const unique = (): string => `${RUN}-${++made}`;

/** In order of time, as UUID v7 are. */
export function newEnvelopeId(): EnvelopeId {
  const count = (++made).toString(16).padStart(12, '0');
  const time = Date.now().toString(16).padStart(12, '0');
  return EnvelopeId.parse(`${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${count}`);
}

export const newOrderKey = (orderId = unique()): OrderKey =>
  orderKey({ channel: 'shopify', connection: 'tea', orderId });

export function newConnection(): Connection {
  return {
    id: ConnectionId.parse(`shop_${unique()}`),
    channel: 'shopify',
    type: 'direct',
    currency: 'USD',
    region: 'US',
    settingsRevision: 0,
    status: 'active',
    webhookUrl: 'https://hooks.example.com/webhooks/shopify/tea',
    createdAt: '2026-11-24T09:00:00.000Z',
    updatedAt: '2026-11-24T09:00:00.000Z',
  };
}

export function envelopeOf(body: Uint8Array, headers: Record<string, string> = {}): Envelope {
  const receivedAt = '2026-11-24T09:30:00.000Z';
  return {
    id: newEnvelopeId(),
    receivedAt,
    channel: 'shopify',
    connection: 'tea',
    headers,
    query: 'a=b&c=%20',
    ...encodeBody(body),
  };
}

function updatesOf(story: Story): OrderUpdate[] {
  const connection = newConnection();
  return story.deliveries.flatMap(({ request }) => {
    const kept = shopify.door.keptHeaders.flatMap((name) => {
      const value = request.headers[name];
      return value === undefined ? [] : [[name, value]];
    });
    const reading = interpret(envelopeOf(request.body, Object.fromEntries(kept)), shopify, connection);
    return reading.kind === 'updates' ? reading.updates.map(({ update }) => update) : [];
  });
}

/** The updates of one order of the made-up shop, many of them; `wanted` chooses the order by what becomes of it. */
export function orderUpdates(wanted: (parts: OrderParts) => boolean = () => true): OrderUpdate[] {
  const options = {
    connection: 'tea',
    secret: 'a secret',
    startMs: Date.UTC(2026, 10, 1),
    everyMs: 60_000,
    webhookUrl: '',
    shop: 'tea',
  };
  let tried = 0;
  for (const story of shopifyStories(createRandom(11), options)) {
    const updates = updatesOf(story);
    if (updates.length > 1 && wanted(partsOf(updates))) return updates;
    if (++tried > 2_000) break;
  }
  throw new Error('No order of the made-up shop is as wanted');
}

export const partsOf = (updates: readonly OrderUpdate[]): OrderParts => updates.reduce(mergeOrder, NO_PARTS);

export function newOrder(change: Partial<StoredOrder> = {}): StoredOrder {
  return { key: newOrderKey(), revision: 1, parts: partsOf(orderUpdates()), cause: 'live', ...change };
}

/** The same order with so many lines. */
export function withLines(parts: OrderParts, count: number): OrderParts {
  const { lines } = parts.single;
  if (!lines) throw new Error('An order without lines');
  const value = Array.from({ length: count }, (_, index) => ({
    lineId: `${index}`,
    title: `Tea of the ${index}th flush, 茶叶`,
    quantity: 1,
    unitPrice: index,
    discount: 0,
  }));
  return { ...parts, single: { ...parts.single, lines: { ...lines, value } } };
}

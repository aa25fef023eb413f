/** Orders in the store, as webhooks would have brought them. */
import { type Connection, ConnectionId } from '../../shared/connections/connection.ts';
import { EnvelopeId } from '../../shared/lake/envelope.ts';
import type { OrderParts, Part } from '../../shared/orders/merge.ts';
import type { OrderKey } from '../../shared/orders/order-key.ts';
import { instant } from '../../shared/time/instant.ts';
import { NOW_MS, type OpenedApi } from './open-api.ts';

const ENVELOPE = EnvelopeId.parse('01936f5e-8c00-7000-8000-000000000001');

const part = <Value>(value: Value): Part<Value> => ({
  value,
  version: { source: NOW_MS, fetchedAt: 0, tie: '', reading: 1, rank: 1, digest: '' },
  envelope: ENVELOPE,
});

export const BUYER = {
  name: 'Anne Novak',
  phone: '+8613912345678',
  email: 'anne.novak@example.org',
};

const paidAt = instant(NOW_MS);
const NOTHING = { merchantDiscount: 0, platformDiscount: 0, shipping: 0, shippingDiscount: 0, tax: 0, tip: 0, fees: 0 };
const PARTS: OrderParts = {
  single: {
    state: part({ placedAt: paidAt, updatedAt: paidAt, reached: { paid: paidAt } }),
    money: part({ currency: 'CNY', taxIncluded: true, items: 42_568, total: 42_568, ...NOTHING }),
    lines: part([{ lineId: '1', title: '龙井茶', quantity: 1, unitPrice: 42_568, discount: 0 }]),
    buyer: part({ memberCard: 'CARD-0000-1234' }),
    name: part(BUYER.name),
    phone: part(BUYER.phone),
    email: part(BUYER.email),
  },
  payments: {},
  refunds: {},
  sightings: [],
};

export const sell = (api: OpenedApi, ...keys: readonly string[]): Promise<void> => put(api, PARTS, 1, keys);

/** In place of what was sold under these names: with a title of so many letters. */
export function sellLarge(api: OpenedApi, letters: number, ...keys: readonly string[]): Promise<void> {
  const line = { lineId: '1', title: 'x'.repeat(letters), quantity: 1, unitPrice: 42_568, discount: 0 };
  return put(api, { ...PARTS, single: { ...PARTS.single, lines: part([line]) } }, 2, keys);
}

async function put({ stores }: OpenedApi, parts: OrderParts, revision: number, keys: readonly string[]): Promise<void> {
  // The cast: tests name orders as orders are named.
  for (const key of keys) await stores.orders.putOrder({ key: key as OrderKey, revision, cause: 'live', parts });
}

/** The shop of the made-up till, so that it can be told whose its orders are. */
export async function openTill({ stores }: OpenedApi): Promise<void> {
  const connection: Connection = {
    id: ConnectionId.parse('shop'),
    channel: 'till',
    type: 'direct',
    currency: 'CNY',
    region: 'CN',
    settingsRevision: 0,
    status: 'active',
    webhookUrl: '',
    createdAt: paidAt,
    updatedAt: paidAt,
  };
  await stores.connections.putConnection(connection, undefined);
}

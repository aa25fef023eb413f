/** Orders in the table, as the orders stage puts them, and records of its stream as Lambda hands them over. */
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { type Connection, ConnectionId } from '../../shared/connections/connection.ts';
import { EnvelopeId } from '../../shared/lake/envelope.ts';
import type { StoredOrder } from '../../shared/orders/apply.ts';
import { packOrder } from '../../shared/orders/item.ts';
import type { OrderParts, Part } from '../../shared/orders/merge.ts';
import { orderKey } from '../../shared/orders/order-key.ts';
import type { Line, SingleParts } from '../../shared/orders/parts.ts';
import { instant } from '../../shared/time/instant.ts';

const PAID_MS = Date.parse('2026-11-24T09:00:00.000Z');
const ENVELOPE = EnvelopeId.parse('01936f5e-8c00-7000-8000-000000000001');

const part = <Value>(value: Value): Part<Value> => ({
  value,
  version: { source: PAID_MS, fetchedAt: 0, tie: '', reading: 1, rank: 1, digest: '' },
  envelope: ENVELOPE,
});
const NONE = { merchantDiscount: 0, platformDiscount: 0, shipping: 0, shippingDiscount: 0, tax: 0, tip: 0, fees: 0 };

export const SHOP: Connection = {
  id: ConnectionId.parse('shop'),
  channel: 'shopify',
  type: 'direct',
  currency: 'CNY',
  region: 'CN',
  settingsRevision: 0,
  status: 'active',
  webhookUrl: '',
  createdAt: instant(PAID_MS),
  updatedAt: instant(PAID_MS),
};

export interface Sold {
  readonly id: string;
  readonly revision?: number;
  readonly isPaid?: boolean;
  readonly lines?: readonly Line[];
  readonly buyerId?: string;
  readonly isTest?: boolean;
  readonly isDeleted?: boolean;
  /** Minor units. */
  readonly refunded?: number;
  readonly source?: SingleParts['source'];
}

export const TEA: Line = {
  lineId: 'l1',
  productId: '7001',
  skuId: '8001',
  title: '冻顶乌龙',
  quantity: 2,
  unitPrice: 12_800,
  discount: 600,
  categoryPath: ['茶', '乌龙茶'],
};
export const PERSONAL = /Novak|13912345678|example\.org/;

export function sold({ id, revision = 1, isPaid = true, lines = [TEA], ...more }: Sold): StoredOrder {
  const { buyerId, isTest = false, isDeleted = false, refunded = 0, source } = more;
  const at = instant(PAID_MS);
  const total = lines.reduce((sum, line) => sum + line.quantity * line.unitPrice - line.discount, 0);
  const parts: OrderParts = {
    single: {
      state: part({
        placedAt: at,
        updatedAt: at,
        reached: isPaid ? { paid: at } : {},
        ...(isTest && { test: true as const }),
      }),
      money: part({ currency: 'CNY', taxIncluded: true, items: total, total, ...NONE }),
      lines: part(lines),
      buyer: part(buyerId === undefined ? {} : { buyerId }),
      name: part('Anne Novak'),
      phone: part('+8613912345678'),
      email: part('anne.novak@example.org'),
      shipTo: part({ country: 'CN', province: '广东省', city: '深圳市' }),
      ...(source && { source: part(source) }),
      ...(isDeleted && { deletion: part({ at }) }),
    },
    payments: {},
    refunds:
      refunded > 0
        ? { r1: part({ status: 'succeeded', amount: refunded, at, lines: [{ lineId: 'l1', quantity: 1 }] }) }
        : {},
    sightings: [],
  };
  const key = orderKey({ channel: 'shopify', connection: 'shop', orderId: id });
  return { key, revision, cause: 'live', parts };
}

let sequence = 0;
export function streamRecord(now: StoredOrder, before?: StoredOrder): DynamoDBRecord {
  const image = ({ key, revision, cause, parts }: StoredOrder) =>
    // Through JSON, as Lambda does. The cast: an order has no binary, of which alone the types differ.
    JSON.parse(
      JSON.stringify(marshall({ key, revision, cause, ...packOrder(parts) }, { removeUndefinedValues: true })),
    ) as NonNullable<NonNullable<DynamoDBRecord['dynamodb']>['NewImage']>;
  return {
    eventName: before ? 'MODIFY' : 'INSERT',
    dynamodb: {
      SequenceNumber: String(++sequence),
      Keys: { key: { S: now.key } },
      NewImage: image(now),
      ...(before && { OldImage: image(before) }),
    },
  };
}

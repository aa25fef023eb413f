/** Orders of the toy platform as they are stored, without a webhook: for tests of what follows from them. */
import type { EnvelopeId } from '../../shared/lake/envelope.ts';
import type { StoredOrder } from '../../shared/orders/apply.ts';
import { mergeOrder, NO_PARTS } from '../../shared/orders/merge.ts';
import { orderKey } from '../../shared/orders/order-key.ts';
import type { OrderDocument } from '../../shared/orders/parts.ts';
import { epochMs, type Instant, instant } from '../../shared/time/instant.ts';
import { toyAdapter } from './toy-channel.ts';

export interface ToyOrder {
  readonly shop: string;
  /** 0 to 9999: which came first, and so names a profile, is told by it. */
  readonly number: number;
}

/** What a message says of it. */
export interface ToyVersion {
  readonly paidAt: Instant;
  readonly total: number;
  readonly currency?: string;
  readonly account?: string;
  readonly phone?: string | undefined;
  readonly email?: string;
}

/** At the revision that so many messages make. */
export function toyOrder({ shop, number }: ToyOrder, versions: readonly ToyVersion[]): StoredOrder {
  const parts = versions.reduce(
    (known, version, index) =>
      mergeOrder(known, {
        document: documentOf(number, version, index),
        // The cast: it has the form of one.
        envelope: `00000000-${String(number).padStart(4, '0')}-7000-8000-00000000000${index}` as EnvelopeId,
        reading: 1,
      }),
    NO_PARTS,
  );
  const key = orderKey({ channel: toyAdapter.door.channel, connection: shop, orderId: String(number) });
  return { key, revision: versions.length, parts, cause: 'live' };
}

function documentOf(number: number, version: ToyVersion, index: number): OrderDocument {
  const { paidAt, total, currency = 'EUR', account, phone, email } = version;
  const toldAt = instant(Date.UTC(2026, 2, 1) + 1_000 * index);
  return {
    orderId: String(number),
    version: { source: epochMs(toldAt), fetchedAt: 0, tie: '' },
    parts: {
      state: { placedAt: paidAt, updatedAt: toldAt, reached: { paid: paidAt } },
      money: { ...NO_MONEY, currency, items: total, total },
      ...(account !== undefined && { buyer: { buyerId: account } }),
      ...(phone !== undefined && { phone }),
      ...(email !== undefined && { email }),
    },
  };
}

const NO_MONEY = {
  taxIncluded: true,
  merchantDiscount: 0,
  platformDiscount: 0,
  shipping: 0,
  shippingDiscount: 0,
  tax: 0,
  tip: 0,
  fees: 0,
};

/**
 * An order as rows for whoever reads all of them at once: one a line. All rows of a revision come together and stand in place of
 * those of older ones; an order that has no line, or is in no figure, has a row that says only that, so that what was said of it
 * before no longer stands. Nothing personal is in them: who bought is a persona's name, guests' a keyed hash.
 */

import type { PersonaId } from '../identity/persona.ts';
import type { CanonicalOrder } from '../orders/canonical-order.ts';
import { placesOf } from '../profiles/contribution.ts';
import type { Instant } from '../time/instant.ts';

/** Names of fields are those of columns. Money in minor units of `currency`. */
export interface LineRow {
  readonly order_key: string;
  /** Of the order: the greatest stands. */
  readonly revision: number;
  /** Of one revision that was recorded twice, the later reading of whose it is. */
  readonly recorded_at: Instant;
  /** Absent: the order identifies nobody. */
  readonly persona?: PersonaId;
  /** Its place in the order, from 0; absent in the row of an order that says nothing, and so is all that follows. */
  readonly line_no?: number;
  readonly line_id?: string;
  /** The platform's. */
  readonly product_id?: string;
  readonly sku_id?: string;
  readonly channel?: string;
  readonly connection?: string;
  readonly category_path?: string;
  readonly title?: string;
  /** May be decimal: goods by weight. */
  readonly quantity?: number;
  readonly refunded_quantity?: number;
  readonly unit_price?: number;
  /** quantity × unit price, less all discounts; refunds change it not. */
  readonly total?: number;
  readonly currency?: string;
  /** When the order was paid in full. */
  readonly ordered_at?: string;
  /** These three as the facts of profiles name them: `CN/广东省`, `channel/connection/id`. */
  readonly region?: string;
  readonly store_id?: string;
  readonly host_id?: string;
  readonly gift_card?: boolean;
  /** Paid in full, neither test nor deleted, and something is left of it. */
  readonly counts?: boolean;
}

/** Whether it says anything: it was paid in full. Until then it has no lines here. */
export const isPaid = ({ paidAt, currency, totals }: CanonicalOrder): boolean =>
  paidAt !== undefined && currency !== undefined && totals !== undefined;

/** `persona`: as identity names it. */
export function lineRows(
  order: CanonicalOrder,
  persona: PersonaId | undefined,
  recordedAt: Instant,
): readonly LineRow[] {
  const head = {
    order_key: order.key,
    revision: order.revision,
    recorded_at: recordedAt,
    ...(persona !== undefined && { persona }),
  };
  if (!isPaid(order) || order.lines.length === 0) return [head];
  const { channel, connection, currency, paidAt, totals, test, deletedAt } = order;
  const { region, host, store } = placesOf(order);
  const ofOrder = {
    channel,
    connection,
    ...(currency !== undefined && { currency }),
    ...(paidAt !== undefined && { ordered_at: paidAt }),
    ...(region !== undefined && { region }),
    ...(store !== undefined && { store_id: store }),
    ...(host !== undefined && { host_id: host }),
    counts: !test && deletedAt === undefined && (totals?.net ?? 0) > 0,
  };
  return order.lines.map((line, index) => ({ ...head, line_no: index, ...ofLine(line), ...ofOrder }));
}

const ofLine = (line: CanonicalOrder['lines'][number]) => ({
  line_id: line.lineId,
  ...(line.productId !== undefined && { product_id: line.productId }),
  ...(line.skuId !== undefined && { sku_id: line.skuId }),
  ...(line.categoryPath && line.categoryPath.length > 0 && { category_path: line.categoryPath.join('/') }),
  ...(line.title !== undefined && { title: line.title }),
  quantity: line.quantity,
  refunded_quantity: line.refundedQuantity,
  unit_price: line.unitPrice,
  total: line.total,
  gift_card: line.giftCard === true,
});

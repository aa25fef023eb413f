/**
 * Shopee's pushes → signals; what its API answered → documents. Pure: the only clock is the envelope's.
 *
 * Shopee gives money back for an order that is cancelled after payment, and says so nowhere: there is no return, the
 * order only becomes CANCELLED. So we say it: a refund named `cancel-<order_sn>` of the whole total, with the order's
 * version, unless the escrow answer lists returns (then those are the refunds). Pieces that were cancelled out of an
 * order that goes on are one too, of their share of the lines' totals.
 */
import type * as z from 'zod';
import type { ConnectionSettings } from '../../connections/connection.ts';
import type { Envelope } from '../../lake/envelope.ts';
import { sum } from '../../money/amount.ts';
import type {
  Line,
  Milestone,
  OrderDocument,
  Refund,
  ShipTo,
  SingleParts,
  SourceVersion,
  State,
} from '../../orders/parts.ts';
import { compact } from '../../text/compact.ts';
import { epochMs, type Instant, instant } from '../../time/instant.ts';
import { type Normalized, type Signal, type Unacceptable, unacceptable } from '../adapter.ts';
import { endOfSecond, fetchedAtOf, firstClear, idText, readBody, secondsTime } from '../reading.ts';
import { lineIdOf, ShopeeReader, type Sums, sumsOf } from './money.ts';
import * as wire from './wire.ts';

/** Push codes, as numbered in the Push Mechanism of the console. */
const ORDER_STATUS = 3;
const ORDER_TRACKING_NUMBER = 4;
const SHIPPING_DOCUMENT_STATUS = 15;
const RETURN_UPDATES = 29;

const UNUSED_CODES: Readonly<Record<number, string>> = {
  // ASSUMPTION: the test that is posted when the address is saved, where it has a body.
  0: 'address_test',
  1: 'shop_authorized',
  2: 'shop_authorization_cancelled',
  12: 'authorization_expires_soon',
};

export function normalizeShopee(envelope: Envelope, connection: ConnectionSettings): Normalized {
  const { subject } = envelope;
  if (subject === undefined) return readPush(envelope, connection);
  const [kind, serialNumber = ''] = subject.split('/');
  if (kind === 'order') return readOrder(envelope, serialNumber);
  if (kind === 'refund') return readReturn(envelope, serialNumber);
  return unacceptable('subject_unknown', '', 'an answer for order/… or refund/…');
}

function readPush(envelope: Envelope, connection: ConnectionSettings): Normalized {
  const push = readBody(envelope, wire.Push);
  if (push.kind === 'unacceptable') return push;
  const { code, shop_id } = push.value;
  const toSignal = SIGNALS.get(code);
  if (!toSignal) return { kind: 'ignored', code: UNUSED_CODES[code] ?? 'push_not_used' };
  // One address serves all the shops that have authorised the app.
  const shop = idText(shop_id);
  if (connection.shop !== undefined && shop !== undefined && shop !== connection.shop)
    return { kind: 'accepted', documents: [], otherShops: [shop] };
  return toSignal(envelope);
}

const SIGNALS: ReadonlyMap<number, (envelope: Envelope) => Normalized> = new Map([
  [ORDER_STATUS, signalling(wire.OrderStatusPush, ({ data }) => orderSignal(data.ordersn, data.update_time))],
  [ORDER_TRACKING_NUMBER, signalling(wire.ParcelPush, parcelSignal)],
  [SHIPPING_DOCUMENT_STATUS, signalling(wire.ParcelPush, parcelSignal)],
  [RETURN_UPDATES, signalling(wire.ReturnPush, returnSignal)],
]);

function signalling<T>(schema: z.ZodType<T>, toSignal: (push: T) => Signal): (envelope: Envelope) => Normalized {
  return (envelope) => {
    const push = readBody(envelope, schema);
    if (push.kind === 'unacceptable') return push;
    return { kind: 'accepted', documents: [], signals: [toSignal(push.value)] };
  };
}

function orderSignal(orderId: string, updateTime: number): Signal {
  const updatedAt = at(updateTime);
  return {
    subject: `order/${orderId}`,
    heard: { source: epochMs(updatedAt), settledAt: endOfSecond(updatedAt) },
    of: { orderId },
  };
}

/** Whether a parcel's news move the order's update_time is not told, so they ask for what is read after them. */
function parcelSignal({ data, timestamp }: z.infer<typeof wire.ParcelPush>): Signal {
  const orderId = data.ordersn;
  return { subject: `order/${orderId}`, heard: { source: 0, settledAt: endOfSecond(at(timestamp)) }, of: { orderId } };
}

/** Nor is it told whether news of a return's parcel or proofs move its update_time. */
function returnSignal({ data, timestamp }: z.infer<typeof wire.ReturnPush>): Signal {
  const times = (data.updated_values ?? []).map(({ update_time }) => update_time ?? 0);
  const settledAt = endOfSecond(at(Math.max(timestamp, ...times)));
  return {
    subject: `refund/${data.return_sn}`,
    heard: { source: 0, settledAt },
    ...(data.order_sn != null && { of: { orderId: data.order_sn, refundId: data.return_sn } }),
  };
}

const at = (seconds: number): Instant => instant(seconds * 1000);

function readOrder(envelope: Envelope, orderId: string): Normalized {
  const answer = readBody(envelope, wire.OrderAnswer, { decimals: 'text' });
  if (answer.kind === 'unacceptable') return answer;
  const order = answer.value.order.response.order_list[0];
  if (order?.order_sn !== orderId)
    return unacceptable('order_missing', 'order.response.order_list', 'the order that was asked for');
  const read = new ShopeeReader();
  const document = orderDocument({ order, escrow: answer.value.escrow?.response, read, envelope });
  return accept(document, read.problem);
}

function readReturn(envelope: Envelope, returnId: string): Normalized {
  const answer = readBody(envelope, wire.ReturnAnswer, { decimals: 'text' });
  if (answer.kind === 'unacceptable') return answer;
  const { response } = answer.value;
  if (response.return_sn !== returnId)
    return unacceptable('return_missing', 'response.return_sn', 'the return that was asked for');
  const read = new ShopeeReader();
  return accept(refundDocument(response, read, envelope), read.problem);
}

const accept = (document: OrderDocument, problem: Unacceptable | undefined): Normalized =>
  problem ?? { kind: 'accepted', documents: [document] };

interface OrderMessage {
  readonly order: wire.Order;
  readonly escrow: wire.Escrow | undefined;
  readonly read: ShopeeReader;
  readonly envelope: Envelope;
}

function orderDocument({ order, escrow, read, envelope }: OrderMessage): OrderDocument {
  const state = stateOf(order);
  const paid = state.reached.paid !== undefined;
  const sums = sumsOf(order, escrow, { paid, read });
  const version = versionOf(order.update_time, envelope);
  const cancelled = paid && sums ? cancellation({ order, escrow, sums }) : undefined;
  return {
    orderId: order.order_sn,
    version,
    parts: compact({
      state,
      money: sums?.money,
      lines: sums?.lines,
      buyer: buyerOf(order),
      shipTo: shipToOf(order),
    }),
    ...(cancelled && { refunds: [{ id: `cancel-${order.order_sn}`, version, value: cancelled }] }),
  };
}

const versionOf = (updateTime: number, envelope: Envelope): SourceVersion => ({
  source: updateTime * 1000,
  fetchedAt: fetchedAtOf(envelope),
  tie: '',
});

/**
 * Paid, unless it is paid on delivery. IN_CANCEL, CANCELLED and PENDING (held back by Shopee) say nothing of it: there
 * pay_time decides. INVOICE_PENDING waits for the seller's invoice (Brazil).
 */
const PAID: ReadonlySet<string> = new Set([
  'INVOICE_PENDING',
  'READY_TO_SHIP',
  'PROCESSED',
  'RETRY_SHIP',
  'SHIPPED',
  'TO_CONFIRM_RECEIVE',
  'TO_RETURN',
  'COMPLETED',
]);
/** The status of an order follows its slowest parcel, so these mean that all have left. */
const SHIPPED: ReadonlySet<string> = new Set(['SHIPPED', 'TO_CONFIRM_RECEIVE', 'TO_RETURN', 'COMPLETED']);
/** What came before is not told by these, so a pickup counts. */
const BEING_CANCELLED: ReadonlySet<string> = new Set(['IN_CANCEL', 'CANCELLED']);

function stateOf(order: wire.Order): State {
  const { order_status: status } = order;
  const pickedUp = secondsTime(order.pickup_done_time);
  const reached: Partial<Record<Milestone, Instant | 'shown'>> = compact({
    paid: paidAt(order),
    fulfilled: SHIPPED.has(status)
      ? (pickedUp ?? ('shown' as const))
      : BEING_CANCELLED.has(status)
        ? pickedUp
        : undefined,
    completed: status === 'COMPLETED' ? ('shown' as const) : undefined,
    cancelled: status === 'CANCELLED' ? ('shown' as const) : undefined,
  });
  return compact({
    orderNumber: order.order_sn,
    placedAt: at(order.create_time),
    updatedAt: at(order.update_time),
    reached,
    test: order.affiliate_sample_type ? (true as const) : undefined,
  });
}

/** Cash on delivery is in hand when the order is completed; its pay_time, where it has one, may be that of a check before. */
function paidAt({ order_status, pay_time, cod }: wire.Order): Instant | 'shown' | undefined {
  if (cod) return order_status === 'COMPLETED' ? (secondsTime(pay_time) ?? 'shown') : undefined;
  return secondsTime(pay_time) ?? (PAID.has(order_status) ? 'shown' : undefined);
}

/** What Shopee gives back by itself for what was cancelled after payment. */
function cancellation({
  order,
  escrow,
  sums,
}: {
  readonly order: wire.Order;
  readonly escrow: wire.Escrow | undefined;
  readonly sums: Sums;
}): Refund | undefined {
  const { money, lines } = sums;
  if (!money) return undefined;
  const refund = (amount: number, pieces: NonNullable<Refund['lines']>): Refund => ({
    status: 'succeeded',
    amount,
    currency: money.currency,
    // The latest that it can have been: the time of a cancellation is not told.
    at: at(order.update_time),
    lines: pieces,
  });
  if (order.order_status === 'CANCELLED') {
    // Said, and not left out: it takes back what was said before the returns were known.
    if ((escrow?.return_order_sn_list ?? []).length > 0) return { ...refund(0, []), status: 'rejected' };
    return refund(
      money.total,
      lines.map(({ lineId, quantity }) => ({ lineId, quantity })),
    );
  }
  // Whether total_amount goes down with cancelled pieces is not told; the checkout as it was does not.
  if (!sums.fromCheckout) return undefined;
  const cancelled = cancelledPieces(order, lines);
  if (cancelled.length === 0) return undefined;
  return refund(
    sum(cancelled.map(({ line, quantity }) => shareOf(line, quantity))),
    cancelled.map(({ line, quantity }) => ({ lineId: line.lineId, quantity })),
  );
}

function cancelledPieces({ item_list }: wire.Order, lines: readonly Line[]) {
  const pieces = new Map<string, number>();
  for (const { item_id, model_id, cancelled_qty } of item_list ?? []) {
    const id = lineIdOf(item_id, model_id);
    pieces.set(id, (pieces.get(id) ?? 0) + (cancelled_qty ?? 0));
  }
  return lines.flatMap((line) => {
    const quantity = Math.min(line.quantity, pieces.get(line.lineId) ?? 0);
    return quantity > 0 ? [{ line, quantity }] : [];
  });
}

/** ASSUMPTION: what a piece cost, its share of vouchers off, is what comes back. */
const shareOf = ({ unitPrice, quantity, discount }: Line, pieces: number): number =>
  Math.round(((unitPrice * quantity - discount) * pieces) / quantity);

/** The id only: name and phone are the recipient's, masked on most sites; and where they are not, a gift goes to somebody else. */
function buyerOf({ buyer_user_id }: wire.Order): SingleParts['buyer'] | undefined {
  const buyerId = buyer_user_id === 0 ? undefined : idText(buyer_user_id);
  return buyerId === undefined ? undefined : { buyerId };
}

function shipToOf({ recipient_address: to }: wire.Order): ShipTo | undefined {
  if (!to) return undefined;
  const shipTo: ShipTo = compact({
    country: firstClear(to.region),
    province: firstClear(to.state),
    city: firstClear(to.city),
    district: firstClear(to.district, to.town),
    postalCode: firstClear(to.zipcode),
  });
  return Object.keys(shipTo).length > 0 ? shipTo : undefined;
}

/**
 * ASSUMPTION, from the order in which they follow each other: PROCESSING is goods on their way back, JUDGING and
 * SELLER_DISPUTE are Shopee deciding, ACCEPTED is the end in which the buyer has the money. REFUND_PAID is of older
 * versions. Any other status: asked for, not given.
 */
const REFUND_STATUS: Readonly<Record<string, Refund['status']>> = {
  ACCEPTED: 'succeeded',
  REFUND_PAID: 'succeeded',
  COMPLETED: 'succeeded',
  CANCELLED: 'rejected',
  CLOSED: 'rejected',
};

function refundDocument(given: wire.Return, read: ShopeeReader, envelope: Envelope): OrderDocument {
  const status = REFUND_STATUS[given.status] ?? 'requested';
  const version = versionOf(given.update_time, envelope);
  const value: Refund = compact({
    status,
    amount: read.money(given.refund_amount, given.currency ?? '', 'response', 'refund_amount'),
    currency: given.currency ?? undefined,
    at: at(status === 'requested' ? given.create_time : given.update_time),
    lines: returnedLines(given),
  });
  return { orderId: given.order_sn, version, parts: {}, refunds: [{ id: given.return_sn, version, value }] };
}

function returnedLines({ item, activity }: wire.Return): Refund['lines'] {
  const pieces = new Map<string, number>();
  const add = (lineId: string, quantity: number) => pieces.set(lineId, (pieces.get(lineId) ?? 0) + quantity);
  for (const { item_id, model_id, amount } of item ?? []) add(lineIdOf(item_id, model_id), amount);
  // ASSUMPTION: pieces of bundle deals are listed here instead of there, not twice.
  if (pieces.size === 0) {
    for (const { item_id, variation_id, quantity_purchased } of (activity ?? []).flatMap(({ items }) => items ?? []))
      add(lineIdOf(item_id, variation_id), quantity_purchased);
  }
  return pieces.size === 0 ? undefined : [...pieces].map(([lineId, quantity]) => ({ lineId, quantity }));
}

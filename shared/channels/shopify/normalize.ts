/**
 * Shopify's webhooks → documents. Pure: the only clock is the envelope's.
 *
 * A part is said only where the message carries what it is made of: absent (`include_fields`) and null personal fields
 * (no approval for protected customer data) are silence, and what was known stays.
 */
import type * as z from 'zod';
import type { ConnectionSettings } from '../../connections/connection.ts';
import { normalizeEmail, normalizeName, normalizePhone } from '../../identity/contact.ts';
import type { Envelope } from '../../lake/envelope.ts';
import { sum } from '../../money/amount.ts';
import type {
  BuyerIds,
  Line,
  Milestone,
  Money,
  OrderDocument,
  Refund,
  ShipTo,
  SingleParts,
  Source,
  SourceVersion,
  State,
} from '../../orders/parts.ts';
import { compact } from '../../text/compact.ts';
import { epochMs, type Instant, parseOffsetTime } from '../../time/instant.ts';
import { type Normalized, unacceptable } from '../adapter.ts';
import { firstClear, idText, Reader, readBody } from '../reading.ts';
import * as wire from './wire.ts';

const ORDER_TOPICS: ReadonlySet<string> = new Set([
  'orders/create',
  'orders/updated',
  'orders/paid',
  'orders/fulfilled',
  'orders/partially_fulfilled',
  'orders/cancelled',
]);

export function normalizeShopify(envelope: Envelope, connection: ConnectionSettings): Normalized {
  const topic = envelope.headers['x-shopify-topic'];
  if (topic === undefined) return unacceptable('topic_missing', '', 'a header x-shopify-topic');
  if (ORDER_TOPICS.has(topic))
    return accept(envelope, wire.Order, (order, read) => orderDocument({ order, read, envelope, connection }));
  if (topic === 'refunds/create') return accept(envelope, wire.LoneRefund, refundDocument);
  if (topic === 'orders/delete')
    return accept(envelope, wire.DeletedOrder, (order) => deletionDocument(order.id, envelope));
  // Its body lists changes, not the order; the orders/updated that follows has the whole.
  if (topic === 'orders/edited') return { kind: 'ignored', code: 'order_edit_follows' };
  return { kind: 'ignored', code: 'topic_not_used' };
}

function accept<T>(
  envelope: Envelope,
  schema: z.ZodType<T>,
  toDocument: (body: T, read: ShopifyReader) => OrderDocument,
): Normalized {
  const body = readBody(envelope, schema);
  if (body.kind === 'unacceptable') return body;
  const read = new ShopifyReader();
  const document = toDocument(body.value, read);
  return read.problem ?? { kind: 'accepted', documents: [document] };
}

class ShopifyReader extends Reader {
  /** quantity × unit price */
  gross(line: wire.LineItem, currency: string, index: number): number {
    const unitPrice = this.amount(line.price, currency, 'line_items', index, 'price');
    return this.bounded(unitPrice * line.quantity, 'line_items', index, 'quantity');
  }
}

interface OrderMessage {
  readonly order: wire.Order;
  readonly read: ShopifyReader;
  readonly envelope: Envelope;
  readonly connection: ConnectionSettings;
}

function orderDocument(message: OrderMessage): OrderDocument {
  const { order, read, envelope, connection } = message;
  const updatedAt = read.time(order.updated_at, 'updated_at');
  const refunds = order.refunds?.map((refund, index) => refundPart(refund, read, ['refunds', index]));
  return {
    orderId: String(order.id),
    version: { source: updatedAt ? epochMs(updatedAt) : 0, fetchedAt: 0, tie: triggeredTie(envelope) },
    parts: compact({
      state: updatedAt && stateOf(order, updatedAt, read),
      money: moneyOf(order, read),
      lines: linesOf(order, read),
      buyer: buyerOf(order),
      ...contactOf(order, connection),
      shipTo: shipToOf(order),
      source: sourceOf(order),
      refundIds: refunds?.map((refund) => refund.id),
    }),
    ...(refunds && { refunds }),
  };
}

/** May arrive before its order: the document then makes an order that is known only by its refund. */
function refundDocument(refund: wire.LoneRefund, read: ShopifyReader): OrderDocument {
  const part = refundPart(refund, read, []);
  return { orderId: String(refund.order_id), version: part.version, parts: {}, refunds: [part] };
}

function deletionDocument(id: string | number, envelope: Envelope): OrderDocument {
  const triggeredAt = triggered(envelope);
  const receivedAt = parseOffsetTime(envelope.receivedAt);
  const at = triggeredAt ?? receivedAt;
  return {
    orderId: String(id),
    version: { source: triggeredAt ? epochMs(triggeredAt) : 0, fetchedAt: 0, tie: '' },
    parts: at ? { deletion: { at } } : {},
  };
}

/** X-Shopify-Triggered-At: when what the message tells of happened, to the nanosecond; we keep milliseconds. */
function triggered(envelope: Envelope): Instant | undefined {
  const text = envelope.headers['x-shopify-triggered-at'];
  return text === undefined ? undefined : parseOffsetTime(text);
}

/** Padded, as ties are compared as text. */
function triggeredTie(envelope: Envelope): string {
  const at = triggered(envelope);
  return at ? String(epochMs(at)).padStart(15, '0') : '';
}

/** Paid in full once. authorized, pending, partially_paid, voided and expired are not. */
const PAID: ReadonlySet<string> = new Set(['paid', 'partially_refunded', 'refunded']);

function stateOf(order: wire.Order, updatedAt: Instant, read: ShopifyReader): State | undefined {
  const processedAt = read.time(order.processed_at, 'processed_at');
  const placedAt = processedAt ?? read.time(order.created_at, 'created_at');
  if (placedAt === undefined || order.financial_status === undefined) return undefined;
  const reached: Partial<Record<Milestone, Instant | 'shown'>> = compact({
    // Orders do not tell when they were paid. At a till it is when they were made.
    paid: PAID.has(order.financial_status ?? '') ? (isPos(order) ? placedAt : ('shown' as const)) : undefined,
    fulfilled: fulfilledAt(order, read),
    completed: read.time(order.closed_at, 'closed_at'),
    cancelled: read.time(order.cancelled_at, 'cancelled_at'),
  });
  return compact({
    orderNumber: order.name || undefined,
    placedAt,
    updatedAt,
    reached,
    test: order.test ? (true as const) : undefined,
  });
}

/**
 * When the last parcel left, if all that is still due has shipped. `fulfillment_status` stays `partial` where the rest was
 * removed instead of shipped, so quantities decide: what was removed before it shipped (restock types `cancel` and
 * `no_restock`) is not due; what was returned had shipped. Nothing shipped is never fulfilled.
 */
function fulfilledAt(order: wire.Order, read: ShopifyReader): Instant | 'shown' | undefined {
  const shipments = (order.fulfillments ?? []).filter((fulfillment) => fulfillment.status === 'success');
  const done = order.fulfillment_status === 'fulfilled' || (shipments.length > 0 && nothingDue(order, shipments));
  if (!done) return undefined;
  const times = shipments.map((shipment) => read.time(shipment.created_at, 'fulfillments'));
  return (
    times.reduce<Instant | undefined>((last, at) => (at && (!last || at > last) ? at : last), undefined) ?? 'shown'
  );
}

function nothingDue({ line_items, refunds }: wire.Order, shipments: readonly wire.Fulfillment[]): boolean {
  if (!line_items) return false;
  const due = new Map<string, number>();
  for (const line of line_items) if (!line.tip) due.set(String(line.id), line.quantity);
  const less = (id: string | number, quantity: number) => due.set(String(id), (due.get(String(id)) ?? 0) - quantity);
  for (const { line_items } of shipments) for (const line of line_items ?? []) less(line.id, line.quantity);
  for (const { refund_line_items } of refunds ?? []) {
    for (const line of refund_line_items ?? [])
      if (line.restock_type !== 'return') less(line.line_item_id, line.quantity);
  }
  return [...due.values()].every((quantity) => quantity <= 0);
}

function moneyOf(order: wire.Order, read: ShopifyReader): Money | undefined {
  const { currency, total_price, line_items, shipping_lines } = order;
  if (currency == null || total_price == null) return undefined;
  if (!line_items && order.total_line_items_price == null) return undefined;
  const shopMoney = (field: SetField) =>
    read.amountIfAny(order[field]?.shop_money?.amount, currency, field, 'shop_money', 'amount');

  let goods = 0;
  let tips = 0;
  let lineDiscount = 0;
  for (const [index, line] of (line_items ?? []).entries()) {
    const gross = read.gross(line, currency, index);
    if (line.tip) tips += gross;
    else goods += gross;
    lineDiscount += discountOf(line, currency, read, 'line_items', index);
  }
  read.bounded(goods + tips, 'line_items');
  read.bounded(lineDiscount, 'line_items');
  let shipping = 0;
  let shippingDiscount = 0;
  for (const [index, line] of (shipping_lines ?? []).entries()) {
    shipping += read.amount(line.price, currency, 'shipping_lines', index, 'price');
    shippingDiscount += discountOf(line, currency, read, 'shipping_lines', index);
  }
  if (!shipping_lines) shipping = shopMoney('total_shipping_price_set');

  const stated = (field: 'total_line_items_price' | 'total_discounts') =>
    order[field] == null ? undefined : read.amount(order[field], currency, field);
  const statedItems = stated('total_line_items_price');
  const statedDiscount = stated('total_discounts');
  const tip = read.amountIfAny(order.total_tip_received, currency, 'total_tip_received');
  const duties = order.duties_included ? 0 : shopMoney('original_total_duties_set');
  // Cash at a till is rounded to the coins there are. `total_price` is before that; what was owed and paid is after.
  const rounding = shopMoney('total_cash_rounding_payment_adjustment_set');
  return compact({
    currency,
    taxIncluded: order.taxes_included === true,
    // A tip is a line of its own at Shopify. The stated sum may hold it; ours has it in `tip`.
    items: statedItems === undefined || statedItems === goods + tips ? goods : statedItems,
    // Stated with or without what came off the shipping, it means the same to us.
    merchantDiscount:
      statedDiscount === undefined || statedDiscount === lineDiscount
        ? lineDiscount + shippingDiscount
        : statedDiscount,
    platformDiscount: 0,
    shipping,
    shippingDiscount,
    tax: read.amountIfAny(order.total_tax, currency, 'total_tax'),
    tip: tip === 0 ? tips : tip,
    fees: duties + shopMoney('original_total_additional_fees_set') + rounding,
    total: read.amount(total_price, currency, 'total_price') + rounding,
    shopper: shopperTotal(order, read),
  });
}

type SetField =
  | 'total_shipping_price_set'
  | 'original_total_duties_set'
  | 'original_total_additional_fees_set'
  | 'total_cash_rounding_payment_adjustment_set';

/** The total in the currency that the shopper saw and is refunded in, if that is not the shop's. */
function shopperTotal(order: wire.Order, read: ShopifyReader): Money['shopper'] {
  const seen = order.total_price_set?.presentment_money;
  if (!seen || seen.currency_code === order.currency) return undefined;
  const currency = seen.currency_code;
  const rounding = order.total_cash_rounding_payment_adjustment_set?.presentment_money?.amount;
  return {
    currency,
    total:
      read.amount(seen.amount, currency, 'total_price_set.presentment_money.amount') +
      read.amountIfAny(rounding, currency, 'total_cash_rounding_payment_adjustment_set.presentment_money.amount'),
  };
}

/** `total_discount` of a line leaves out its share of order-wide codes; the allocations have all of it. */
function discountOf(
  line: { readonly discount_allocations?: readonly { readonly amount: string }[] | null | undefined },
  currency: string,
  read: ShopifyReader,
  ...path: (string | number)[]
): number {
  let discount = 0;
  for (const [index, { amount }] of (line.discount_allocations ?? []).entries()) {
    discount += read.amount(amount, currency, ...path, 'discount_allocations', index, 'amount');
  }
  return discount;
}

function linesOf({ line_items, currency }: wire.Order, read: ShopifyReader): Line[] | undefined {
  if (!line_items || currency == null) return undefined;
  const lines: Line[] = [];
  for (const [index, line] of line_items.entries()) {
    if (line.tip) continue;
    read.gross(line, currency, index);
    lines.push(
      compact({
        lineId: String(line.id),
        productId: idText(line.product_id),
        skuId: idText(line.variant_id),
        title: line.title || undefined,
        quantity: line.quantity,
        unitPrice: read.amount(line.price, currency, 'line_items', index, 'price'),
        discount: discountOf(line, currency, read, 'line_items', index),
        giftCard: line.gift_card ? (true as const) : undefined,
      }),
    );
  }
  return lines;
}

/** A function of the refund object alone, so that the one in an order and the one sent by itself are the same news. */
function refundPart(refund: wire.Refund, read: ShopifyReader, path: readonly (string | number)[]) {
  const transactions = refund.transactions ?? [];
  const createdAt = read.time(refund.created_at, ...path, 'created_at');
  const processedAt = read.time(refund.processed_at, ...path, 'processed_at');
  const times = [createdAt, processedAt];
  for (const [index, transaction] of transactions.entries()) {
    times.push(read.time(transaction.created_at, ...path, 'transactions', index, 'created_at'));
    times.push(read.time(transaction.processed_at, ...path, 'transactions', index, 'processed_at'));
  }
  const version: SourceVersion = {
    source: Math.max(0, ...times.map((at) => (at ? epochMs(at) : 0))),
    fetchedAt: 0,
    tie: '',
  };
  const value: Refund = compact({
    ...moneyBack(transactions, read, path),
    at: processedAt ?? createdAt,
    lines: refund.refund_line_items?.map((line) => ({ lineId: String(line.line_item_id), quantity: line.quantity })),
  });
  return { id: String(refund.id), version, value };
}

/**
 * The furthest that any attempt to give money back has come, and the money of those that came as far. Without one (a
 * restock, a removed item, an authorisation let go) the refund is of 0.
 */
function moneyBack(
  transactions: readonly wire.Transaction[],
  read: ShopifyReader,
  path: readonly (string | number)[],
): Pick<Refund, 'status' | 'amount' | 'currency'> {
  const attempts = [...transactions.entries()].filter(([, { kind }]) => kind === 'refund');
  const having = (status: string) => attempts.filter(([, transaction]) => transaction.status === status);
  const [succeeded, pending] = [having('success'), having('pending')];
  const status: Refund['status'] =
    succeeded.length > 0 || attempts.length === 0 ? 'succeeded' : pending.length > 0 ? 'requested' : 'rejected';
  const counted = status === 'succeeded' ? succeeded : status === 'requested' ? pending : attempts;
  const currency = counted[0]?.[1].currency ?? undefined;
  const amounts = counted.map(([index, transaction]) => {
    const at = [...path, 'transactions', index];
    if ((transaction.currency ?? undefined) !== currency) {
      read.problem ??= unacceptable(
        'refund_in_two_currencies',
        [...at, 'currency'].join('.'),
        'one currency in a refund',
      );
    }
    // Transactions name their currency; two digits where one does not, as nearly all currencies have.
    const unit = currency ?? '';
    return (
      read.amount(transaction.amount, unit, ...at, 'amount') +
      read.amountIfAny(transaction.amount_rounding, unit, ...at, 'amount_rounding')
    );
  });
  return compact({ status, amount: sum(amounts), currency });
}

function buyerOf({ customer }: wire.Order): BuyerIds | undefined {
  const buyerId = idText(customer?.id);
  return buyerId === undefined ? undefined : { buyerId };
}

type Contact = Pick<Partial<SingleParts>, 'name' | 'phone' | 'email'>;

/**
 * The buyer's own contact: of the order itself, then of the customer's account. Never the shipping address, whose name
 * and number are often those of another person. A billing phone counts only where the billing name is the customer's:
 * many checkouts ask for a phone nowhere else, but who pays with a friend's card is not that friend. A masked value is
 * silence.
 */
function contactOf(order: wire.Order, connection: ConnectionSettings): Contact {
  const { customer, billing_address: billing } = order;
  const region = billing?.country_code || order.shipping_address?.country_code || connection.region;
  const customerName = fullName(customer);
  const billingName = billing?.name || fullName(billing);
  const ownBilling = customerName !== undefined && sameName(customerName, billingName) ? billing?.phone : undefined;
  const name = firstClear(customerName, billingName);
  const phone = firstClear(order.phone, customer?.phone, ownBilling);
  const email = firstClear(order.email, order.contact_email, customer?.email);
  return compact({
    name: name === undefined ? undefined : normalizeName(name),
    phone: phone === undefined ? undefined : normalizePhone(phone, region),
    email: email === undefined ? undefined : normalizeEmail(email),
  });
}

function fullName(person: Pick<wire.Address, 'first_name' | 'last_name'> | null | undefined): string | undefined {
  return [person?.first_name, person?.last_name].filter(Boolean).join(' ') || undefined;
}

const sameName = (a: string, b: string | undefined): boolean =>
  b !== undefined && normalizeName(a)?.toLowerCase() === normalizeName(b)?.toLowerCase();

function shipToOf({ shipping_address: to }: wire.Order): ShipTo | undefined {
  if (!to) return undefined;
  const shipTo: ShipTo = compact({
    country: to.country_code || undefined,
    province: to.province || undefined,
    city: to.city || undefined,
    postalCode: to.zip || undefined,
  });
  return Object.keys(shipTo).length > 0 ? shipTo : undefined;
}

function sourceOf(order: wire.Order): Source | undefined {
  const campaign = campaignOf(order.landing_site);
  const till = isPos(order)
    ? { storeId: idText(order.location_id), registerId: idText(order.device_id), staffId: idText(order.user_id) }
    : {};
  const source: Source = compact({ ...till, campaign });
  return Object.keys(source).length > 0 ? source : undefined;
}

const isPos = (order: wire.Order): boolean => order.source_name === 'pos';

/** `utm_campaign` of a path or address such as `/products/tea?utm_campaign=autumn`. */
function campaignOf(landingSite: string | null | undefined): string | undefined {
  const query = landingSite?.indexOf('?') ?? -1;
  if (!landingSite || query < 0 || !landingSite.includes('utm_campaign')) return undefined;
  const campaign = new URLSearchParams(landingSite.slice(query)).get('utm_campaign')?.trim();
  return campaign && campaign.length <= 256 ? campaign : undefined;
}

/**
 * Square's webhooks and answers → documents and signals. Pure: the only clock is the envelope's.
 *
 * An order is fetched together with its payments, so that what it says of till, cashier and buyer is as much as the payments'
 * own events say: the newer of the two replaces the older, and nothing is lost with it.
 */
import type * as z from 'zod';
import type { ConnectionSettings } from '../../connections/connection.ts';
import { normalizeEmail } from '../../identity/contact.ts';
import type { Envelope } from '../../lake/envelope.ts';
import { multiply, sum } from '../../money/amount.ts';
import type {
  BuyerIds,
  Line,
  Milestone,
  Money,
  OrderDocument,
  Payment,
  Refund,
  ShipTo,
  Source,
  SourceVersion,
  State,
} from '../../orders/parts.ts';
import { compact } from '../../text/compact.ts';
import { epochMs, type Instant, parseOffsetTime } from '../../time/instant.ts';
import { type Heard, type Normalized, unacceptable } from '../adapter.ts';
import { AMOUNT_MAX, endOfSecond, fetchedAtOf, firstClear, idText, Reader, readBody } from '../reading.ts';
import * as wire from './wire.ts';

export function normalizeSquare(envelope: Envelope, connection: ConnectionSettings): Normalized {
  if (envelope.subject === undefined) return normalizeEvent(envelope, connection);
  return envelope.subject.startsWith('refund/')
    ? accept(envelope, wire.RefundAnswer, (answer, read) => refundAnswer(answer, read, envelope))
    : accept(envelope, wire.OrderAnswer, (answer, read) => orderAnswer(answer, read, envelope));
}

function normalizeEvent(envelope: Envelope, connection: ConnectionSettings): Normalized {
  const body = readBody(envelope, wire.Event);
  if (body.kind === 'unacceptable') return body;
  const { type, merchant_id } = body.value;
  const read = EVENTS.get(type);
  if (!read) return { kind: 'ignored', code: type === TEST_EVENT ? 'test_notification' : 'topic_not_used' };
  if (connection.shop !== undefined && merchant_id != null && merchant_id !== connection.shop)
    return { kind: 'accepted', documents: [], otherShops: [merchant_id] };
  return read(envelope);
}

/** What the dashboard's "send test event" sends. */
const TEST_EVENT = 'webhooks.test_notification';

const EVENTS: ReadonlyMap<string, (envelope: Envelope) => Normalized> = new Map([
  [
    'order.created',
    (envelope: Envelope) =>
      accept(envelope, wire.OrderCreated, ({ data }, read) => orderNews(data.object.order_created, read, envelope)),
  ],
  [
    'order.updated',
    (envelope) =>
      accept(envelope, wire.OrderUpdated, ({ data }, read) => orderNews(data.object.order_updated, read, envelope)),
  ],
  [
    'order.fulfillment.updated',
    (envelope) =>
      accept(envelope, wire.OrderFulfillmentUpdated, ({ data }, read) =>
        orderNews(data.object.order_fulfillment_updated, read, envelope),
      ),
  ],
  ['payment.created', paymentEvent],
  ['payment.updated', paymentEvent],
  ['refund.created', refundEvent],
  ['refund.updated', refundEvent],
]);

function accept<T>(
  envelope: Envelope,
  schema: z.ZodType<T>,
  toNews: (body: T, read: SquareReader) => Normalized,
): Normalized {
  const body = readBody(envelope, schema);
  if (body.kind === 'unacceptable') return body;
  const read = new SquareReader();
  const news = toNews(body.value, read);
  return read.problem ?? news;
}

type Path = readonly (string | number)[];

class SquareReader extends Reader {
  /** 0 where the money is absent, or its amount is. */
  money(money: wire.Money | null | undefined, ...path: Path): number {
    return this.bounded(money?.amount ?? 0, ...path, 'amount');
  }

  /** A time that Square always sends, as the version of what it stands in. */
  versionTime(text: string, ...path: Path): number {
    const at = this.time(text, ...path);
    return at === undefined ? 0 : epochMs(at);
  }
}

// Signals

function orderNews(news: wire.OrderNews, read: SquareReader, envelope: Envelope): Normalized {
  const at = read.time(news.updated_at ?? news.created_at, 'data', 'object') ?? parseOffsetTime(envelope.receivedAt);
  const heard = at ? orderHeard(at, news.version != null) : { source: 0, settledAt: 0 };
  return { kind: 'accepted', documents: [], signals: [orderSignal(news.order_id, heard)] };
}

/**
 * An order's own updated_at is at times cut to the second while its event has it to the nanosecond, so the second is what
 * both agree on; and what is fetched counts once it is over, as another change may follow in it. Events without a version
 * (order.fulfillment.updated) tell the time of the event, which may be later than any the order will ever have.
 */
function orderHeard(at: Instant, hasVersion: boolean): Heard {
  return { source: hasVersion ? Math.floor(epochMs(at) / 1000) * 1000 : 0, settledAt: endOfSecond(at) };
}

const orderSignal = (orderId: string, heard: Heard) => ({ subject: `order/${orderId}`, heard, of: { orderId } });

/** The whole payment is in the event; of a sale at the till it is also all that tells of the order. */
function paymentEvent(envelope: Envelope): Normalized {
  return accept(envelope, wire.PaymentEvent, ({ data }, read) => {
    const { payment } = data.object;
    if (payment.order_id == null) return { kind: 'ignored', code: 'payment_without_order' };
    const part = paymentPart(payment, read, 0, ['data', 'object', 'payment']);
    const updatedAt = read.time(payment.updated_at ?? payment.created_at);
    const document: OrderDocument = {
      orderId: payment.order_id,
      version: part.version,
      parts: compact(payerOf([payment])),
      payments: [part],
    };
    // The order must have been fetched after the payment changed; its own version does not tell.
    const heard = { source: 0, settledAt: updatedAt ? endOfSecond(updatedAt) : 0 };
    return { kind: 'accepted', documents: [document], signals: [orderSignal(payment.order_id, heard)] };
  });
}

/** Which order was paid stands in the payment, so the refund is fetched with it. */
function refundEvent(envelope: Envelope): Normalized {
  return accept(envelope, wire.RefundEvent, ({ data }, read) => {
    const { id, updated_at, created_at } = data.object.refund;
    const source = read.versionTime(updated_at ?? created_at, 'data', 'object', 'refund', 'updated_at');
    return {
      kind: 'accepted',
      documents: [],
      signals: [{ subject: `refund/${id}`, heard: { source, settledAt: 0 } }],
    };
  });
}

// Documents

function orderAnswer(answer: wire.OrderAnswer, read: SquareReader, envelope: Envelope): Normalized {
  const { order } = answer.order;
  if (isReturn(order)) return { kind: 'ignored', code: 'return_of_another_order' };
  if (order.state === 'DRAFT') return { kind: 'ignored', code: 'draft' };
  const fetchedAt = fetchedAtOf(envelope);
  const payments = answer.payments.map(({ payment }) => payment);
  const listed = paymentsOf(order, payments, read, fetchedAt);
  const money = moneyOf(order, read);
  const document: OrderDocument = {
    orderId: order.id,
    version: {
      source: read.versionTime(order.updated_at, 'order', 'order', 'updated_at'),
      fetchedAt,
      tie: order.version == null ? '' : String(order.version).padStart(16, '0'),
    },
    parts: compact({
      state: stateOf(order, payments, read, isPaidByWord(order, listed, money)),
      money,
      lines: linesOf(order, read),
      ...partiesOf(order, payments),
      shipTo: shipToOf(order),
    }),
    payments: listed,
  };
  return { kind: 'accepted', documents: [document] };
}

/** An itemised return is an order of its own at Square. One that sells as well (an exchange) is a sale. */
const isReturn = (order: wire.Order): boolean =>
  (order.returns?.length ?? 0) > 0 && (order.line_items?.length ?? 0) === 0;

interface ListedPayment {
  readonly id: string;
  readonly version: SourceVersion;
  readonly value: Payment;
}

/** Each payment itself, and the tender in its stead where it could not be had. */
function paymentsOf(
  order: wire.Order,
  payments: readonly wire.Payment[],
  read: SquareReader,
  fetchedAt: number,
): ListedPayment[] {
  const listed = payments.map((payment, index) =>
    paymentPart(payment, read, fetchedAt, ['payments', index, 'payment']),
  );
  const known = new Set(payments.map(({ id }) => id));
  for (const [index, tender] of (order.tenders ?? []).entries()) {
    const id = tender.payment_id ?? tender.id;
    const path = ['order', 'order', 'tenders', index];
    // A tender tells no time of change. Whatever the payment itself says is newer than that.
    if (!known.has(id))
      listed.push({ id, version: { source: 0, fetchedAt, tie: '' }, value: tendered(tender, read, path) });
  }
  return listed;
}

const PAYMENT_STATUS: ReadonlyMap<string, Payment['status']> = new Map([
  ['COMPLETED', 'succeeded'],
  ['CAPTURED', 'succeeded'],
  ['APPROVED', 'pending'],
  ['AUTHORIZED', 'pending'],
  ['PENDING', 'pending'],
  ['CANCELED', 'failed'],
  ['VOIDED', 'failed'],
  ['FAILED', 'failed'],
]);

/** A function of the payment alone, so that the one fetched and the one in its event are the same news. */
function paymentPart(payment: wire.Payment, read: SquareReader, fetchedAt: number, path: Path): ListedPayment {
  const captured = read.time(payment.card_details?.card_payment_timeline?.captured_at, ...path, 'card_details');
  const created = read.time(payment.created_at, ...path, 'created_at');
  const taken = payment.total_money ?? payment.amount_money;
  return {
    id: payment.id,
    version: {
      source: read.versionTime(payment.updated_at ?? payment.created_at, ...path, 'updated_at'),
      fetchedAt,
      tie: '',
    },
    value: {
      // A status that we do not know yet is none that money has come by.
      status: PAYMENT_STATUS.get(payment.status ?? '') ?? 'pending',
      ...moneyTaken(taken, read, [...path, 'total_money']),
      ...compact({ at: captured ?? created }),
    },
  };
}

function tendered(tender: wire.Tender, read: SquareReader, path: Path): Payment {
  const details = tender.card_details ?? tender.bank_account_details ?? tender.buy_now_pay_later_details;
  return {
    // Cash and others have no status: they are listed when they were taken.
    status: details?.status == null ? 'succeeded' : (PAYMENT_STATUS.get(details.status) ?? 'pending'),
    ...moneyTaken(tender.amount_money, read, [...path, 'amount_money']),
    ...compact({ at: read.time(tender.created_at, ...path, 'created_at') }),
  };
}

function moneyTaken(
  money: wire.Money | null | undefined,
  read: SquareReader,
  path: Path,
): Pick<Payment, 'amount' | 'currency'> {
  if (money?.currency == null) read.problem ??= unacceptable('wire_mismatch', path.join('.'), 'money with a currency');
  return { amount: read.money(money, ...path), currency: money?.currency ?? '' };
}

/**
 * Payments tell the better time of having been paid. Where they do not make up the total, Square's word stands: what is
 * completed is paid. In an exchange what was brought back pays for a part; if for all, no money came and none is claimed.
 */
function isPaidByWord(order: wire.Order, payments: readonly ListedPayment[], money: Money | undefined): boolean {
  if (order.state !== 'COMPLETED' || !money) return false;
  const paid = sum(payments.map(({ value }) => (value.status === 'succeeded' ? value.amount : 0)));
  return paid < money.total && (paid > 0 || !order.returns?.length);
}

function stateOf(
  order: wire.Order,
  payments: readonly wire.Payment[],
  read: SquareReader,
  paidByWord: boolean,
): State | undefined {
  const placedAt = read.time(order.created_at, 'order', 'order', 'created_at');
  const updatedAt = read.time(order.updated_at, 'order', 'order', 'updated_at');
  const closedAt: Instant | 'shown' = read.time(order.closed_at, 'order', 'order', 'closed_at') ?? 'shown';
  if (!placedAt || !updatedAt) return undefined;
  const done = order.state === 'COMPLETED';
  const reached: Partial<Record<Milestone, Instant | 'shown'>> = compact({
    paid: paidByWord ? closedAt : undefined,
    fulfilled: fulfilledAt(order, closedAt, read),
    completed: done ? closedAt : undefined,
    cancelled: order.state === 'CANCELED' ? closedAt : undefined,
  });
  const orderNumber = firstText(order.reference_id, ...payments.map((payment) => payment.receipt_number));
  return compact({ orderNumber, placedAt, updatedAt, reached });
}

const firstText = (...texts: readonly (string | null | undefined)[]): string | undefined =>
  texts.find((text): text is string => text != null && text !== '');

/**
 * When the last of what is still to be handed over was. An order without any fulfillment is a sale at the till: what was
 * bought is taken along, so it is done when the order is.
 */
function fulfilledAt(
  order: wire.Order,
  closedAt: Instant | 'shown',
  read: SquareReader,
): Instant | 'shown' | undefined {
  const fulfillments = order.fulfillments ?? [];
  if (fulfillments.length === 0) return order.state === 'COMPLETED' ? closedAt : undefined;
  const times: (Instant | 'shown')[] = [];
  for (const [index, fulfillment] of fulfillments.entries()) {
    const { state, shipment_details, delivery_details, pickup_details } = fulfillment;
    if (state === 'CANCELED' || state === 'FAILED') continue;
    if (state !== 'COMPLETED') return undefined;
    const given =
      shipment_details?.shipped_at ??
      pickup_details?.picked_up_at ??
      delivery_details?.delivered_at ??
      delivery_details?.completed_at;
    times.push(read.time(given, 'order', 'order', 'fulfillments', index) ?? 'shown');
  }
  // 'shown' sorts behind every time: if the time of one is not told, that of the last is not known.
  return times.sort().at(-1);
}

/**
 * Square Online has no field for shipping and charges it as a service charge of such a name. An assumption: neither the API's
 * description nor an example says how it is named, and a merchant may name one at will.
 */
const SHIPPING_CHARGE = /\b(shipping|delivery|postage)\b/i;

function moneyOf(order: wire.Order, read: SquareReader): Money | undefined {
  const currency = order.total_money?.currency;
  if (currency == null) return undefined;
  const stated = (field: `total_${'' | 'tax_' | 'discount_' | 'tip_' | 'service_charge_'}money`) =>
    read.money(order[field], 'order', 'order', field);
  const goods = (order.line_items ?? []).map((line, index) => goodsOf(line, read, linePath(index)));
  const shipping = sum(
    (order.service_charges ?? []).map((charge, index) =>
      SHIPPING_CHARGE.test(charge.name ?? '')
        ? read.money(charge.applied_money, 'order', 'order', 'service_charges', index, 'applied_money')
        : 0,
    ),
  );
  const rounding = read.money(order.rounding_adjustment?.amount_money, 'order', 'order', 'rounding_adjustment');
  const taxes = order.taxes ?? [];
  return {
    currency,
    // With both kinds in one order the sum cannot hold, and the order is flagged.
    taxIncluded: taxes.length > 0 && taxes.every(({ type }) => type === 'INCLUSIVE'),
    items: read.bounded(sum(goods), 'order', 'order', 'line_items'),
    merchantDiscount: stated('total_discount_money'),
    platformDiscount: 0,
    shipping,
    shippingDiscount: 0,
    tax: stated('total_tax_money'),
    tip: stated('total_tip_money'),
    fees: stated('total_service_charge_money') - shipping + rounding,
    // With the tip: an order of 191 is one of 209 once 18 were tipped (developer.squareup.com/forums, topic 11224).
    total: stated('total_money'),
  };
}

const linePath = (index: number): Path => ['order', 'order', 'line_items', index];

/**
 * What a line costs before discounts, with its modifiers. Not `gross_sales_money` where there is another way: in the US, Canada
 * and Japan a tax that is in the price is taken out of that.
 */
function goodsOf(line: wire.LineItem, read: SquareReader, path: Path): number {
  if (line.variation_total_price_money?.amount != null) {
    const modifiers = (line.modifiers ?? []).map(({ total_price_money }, index) =>
      read.money(total_price_money, ...path, 'modifiers', index, 'total_price_money'),
    );
    return read.money(line.variation_total_price_money, ...path, 'variation_total_price_money') + sum(modifiers);
  }
  if (line.gross_sales_money?.amount != null) return read.money(line.gross_sales_money, ...path, 'gross_sales_money');
  return times(read.money(line.base_price_money, ...path, 'base_price_money'), Number(line.quantity), read, path);
}

/** quantity × unit price, refused before it is too large to be exact. */
function times(unitPrice: number, quantity: number, read: SquareReader, path: Path): number {
  const product = Math.round(unitPrice * quantity);
  return read.bounded(product, ...path, 'quantity') === product ? multiply(unitPrice, quantity) : 0;
}

function linesOf(order: wire.Order, read: SquareReader): Line[] | undefined {
  return order.line_items?.map((line, index) =>
    compact({
      lineId: line.uid,
      skuId: idText(line.catalog_object_id),
      title: line.name || undefined,
      quantity: Number(line.quantity),
      unitPrice: unitPriceOf(line, read, linePath(index)),
      discount: read.money(line.total_discount_money, ...linePath(index), 'total_discount_money'),
      giftCard: line.item_type === 'GIFT_CARD' ? (true as const) : undefined,
    }),
  );
}

/** The whole price that multiplies out to what the line costs: with modifiers it is not the base price. */
function unitPriceOf(line: wire.LineItem, read: SquareReader, path: Path): number {
  const base = read.money(line.base_price_money, ...path, 'base_price_money');
  const quantity = Number(line.quantity);
  const goods = goodsOf(line, read, path);
  if (quantity === 0 || times(base, quantity, read, path) === goods) return base;
  const each = Math.round(goods / quantity);
  // Of a trace of something dear, the price of a whole one is none that anybody would state.
  return Math.abs(each) <= AMOUNT_MAX && times(each, quantity, read, path) === goods ? each : base;
}

interface Parties {
  readonly buyer: BuyerIds | undefined;
  readonly email: string | undefined;
  readonly source: Source | undefined;
}

/**
 * Who paid, where and to whom, as the newest of the payments tells it that tells it. A failed one may be an attempt of anyone
 * with a stolen card; one that was cancelled was the buyer's.
 */
function payerOf(payments: readonly wire.Payment[]): Parties {
  const last = <T>(tell: (payment: wire.Payment) => T | undefined): T | undefined =>
    payments
      .filter(({ status }) => status !== 'FAILED')
      .toSorted((a, b) => Date.parse(b.updated_at ?? b.created_at) - Date.parse(a.updated_at ?? a.created_at))
      .map(tell)
      .find((told) => told !== undefined);
  const email = last((payment) => firstClear(payment.buyer_email_address));
  return {
    buyer: last(({ customer_id }) => (customer_id ? { buyerId: customer_id } : undefined)),
    email: email === undefined ? undefined : normalizeEmail(email),
    source: last(({ location_id, device_details, team_member_id }) =>
      sourceOf(location_id, device_details?.device_id, team_member_id),
    ),
  };
}

function partiesOf(order: wire.Order, payments: readonly wire.Payment[]): Parties {
  const { buyer, email, source } = payerOf(payments);
  const buyerId = firstText(order.customer_id, buyer?.buyerId, ...(order.tenders ?? []).map((t) => t.customer_id));
  const known = new Set(payments.map(({ id }) => id));
  // A payment that could not be had may have told the till in its event: the place alone would replace that.
  const silent = (order.tenders ?? []).some(({ payment_id }) => payment_id != null && !known.has(payment_id));
  return {
    buyer: buyerId === undefined ? undefined : { buyerId },
    email,
    source: silent ? undefined : (source ?? sourceOf(order.location_id)),
  };
}

function sourceOf(
  location: string | null | undefined,
  device?: string | null | undefined,
  teamMember?: string | null | undefined,
): Source | undefined {
  const source: Source = compact({
    storeId: idText(location),
    registerId: idText(device),
    staffId: idText(teamMember),
  });
  return Object.keys(source).length > 0 ? source : undefined;
}

function shipToOf(order: wire.Order): ShipTo | undefined {
  const to = order.fulfillments
    ?.map(({ shipment_details, delivery_details }) => (shipment_details ?? delivery_details)?.recipient?.address)
    .find((address) => address != null);
  const shipTo: ShipTo = compact({
    country: to?.country || undefined,
    province: to?.administrative_district_level_1 || undefined,
    city: to?.locality || undefined,
    postalCode: to?.postal_code || undefined,
  });
  return Object.keys(shipTo).length > 0 ? shipTo : undefined;
}

const REFUND_STATUS: ReadonlyMap<string, Refund['status']> = new Map([
  ['PENDING', 'requested'],
  ['COMPLETED', 'succeeded'],
  ['REJECTED', 'rejected'],
  ['FAILED', 'rejected'],
]);

function refundAnswer(answer: wire.RefundAnswer, read: SquareReader, envelope: Envelope): Normalized {
  const { refund } = answer.refund;
  const payment = answer.payment?.payment;
  // Money given back that was never paid here: there is no order that it would belong to.
  if (!payment) return { kind: 'ignored', code: 'refund_without_payment' };
  const orderId = payment.order_id;
  if (orderId == null) return { kind: 'ignored', code: 'payment_without_order' };
  const returned = answer.return_order?.order;
  const fetchedAt = fetchedAtOf(envelope);
  const path = ['refund', 'refund'];
  const version: SourceVersion = {
    source: Math.max(
      read.versionTime(refund.updated_at ?? refund.created_at, ...path, 'updated_at'),
      returned ? read.versionTime(returned.updated_at, 'return_order', 'order', 'updated_at') : 0,
    ),
    fetchedAt,
    tie: '',
  };
  const value: Refund = compact({
    status: REFUND_STATUS.get(refund.status ?? '') ?? 'requested',
    amount: read.money(refund.amount_money, ...path, 'amount_money'),
    currency: refund.amount_money.currency ?? undefined,
    at: read.time(refund.created_at, ...path, 'created_at'),
    lines: returned && returnedLines(returned, refund.id, orderId),
  });
  const document: OrderDocument = {
    orderId,
    version,
    parts: {},
    payments: [paymentPart(payment, read, fetchedAt, ['payment', 'payment'])],
    refunds: [{ id: refund.id, version, value }],
  };
  return { kind: 'accepted', documents: [document] };
}

/** What came back. Where several refunds (one for each card) pay for one return, the first of them by id brings its lines. */
function returnedLines(order: wire.Order, refundId: string, orderId: string): Refund['lines'] {
  const ids = (order.refunds ?? []).flatMap(({ id }) => id ?? []).sort();
  if (ids.includes(refundId) && ids[0] !== refundId) return undefined;
  const lines = (order.returns ?? [])
    .filter(({ source_order_id }) => source_order_id == null || source_order_id === orderId)
    .flatMap(({ return_line_items }) => return_line_items ?? [])
    .flatMap(({ source_line_item_uid: lineId, quantity }) => (lineId ? [{ lineId, quantity: Number(quantity) }] : []));
  return lines.length > 0 ? lines : undefined;
}

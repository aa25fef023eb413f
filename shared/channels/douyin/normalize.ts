/**
 * Douyin shop's messages → signals; the orders and after-sales that were fetched → documents. Pure: the only clock is the
 * envelope's.
 */
import type { ConnectionSettings } from '../../connections/connection.ts';
import { normalizeName, normalizePhone } from '../../identity/contact.ts';
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
  State,
} from '../../orders/parts.ts';
import { compact } from '../../text/compact.ts';
import { epochMs, type Instant, parseOffsetTime } from '../../time/instant.ts';
import { type Heard, type Normalized, type Signal, type Unacceptable, unacceptable } from '../adapter.ts';
import {
  type Body,
  endOfSecond,
  fetchedAtOf,
  firstClear,
  idText,
  Reader,
  readBody,
  readText,
  secondsTime,
} from '../reading.ts';
import * as wire from './wire.ts';

const CURRENCY = 'CNY';

export function normalizeDouyin(envelope: Envelope, connection: ConnectionSettings): Normalized {
  const { subject } = envelope;
  if (subject === undefined) return readPush(envelope, connection);
  if (subject.startsWith('order/')) return readOrder(envelope, connection);
  if (subject.startsWith('refund/')) return readRefund(envelope);
  return unacceptable('subject_unknown', '', 'an order/ or a refund/');
}

// --- Messages ---------------------------------------------------------------------------------------------------------

type Path = readonly (string | number)[];

/**
 * Tags after which an order reads otherwise: 100 placed, 101 paid, 110 paid but held back, 102 shipped, 108 partly shipped,
 * 103 completed, 105 address changed, 106 cancelled, 109 amount changed. Not used: 104 parcel, 113 memo, 126 deadline.
 */
const TRADE_TAGS: ReadonlySet<string> = new Set(['100', '101', '102', '103', '105', '106', '108', '109', '110']);
/**
 * After-sales: 200 applied, 201 refund agreed, 202 return agreed, 203 sent back, 204 refund refused, 205 return refused,
 * 206 refunded, 207 closed, 208 changed, 211 exchange sent, 216 arbitrated, 225 refunded for a special right.
 */
const REFUND_TAGS: ReadonlySet<string> = new Set([
  ...['200', '201', '202', '203', '204', '205', '206', '207', '208'],
  ...['211', '216', '225'],
]);

function readPush(envelope: Envelope, connection: ConnectionSettings): Normalized {
  const push = readBody(envelope, wire.Push);
  if (push.kind === 'unacceptable') return push;
  const messages: [unknown, Path][] = Array.isArray(push.value)
    ? push.value.map((message, index) => [message, [index]])
    : [[push.value, []]];
  const signals: Signal[] = [];
  const others = new Set<string>();
  let except: Unacceptable | undefined;
  for (const [message, path] of messages) {
    const read = readMessage(message, path, { envelope, connection });
    if (read === 'not_used') continue;
    if ('subject' in read) signals.push(read);
    else if ('otherShop' in read) others.add(read.otherShop);
    else except ??= read;
  }
  const otherShops = others.size > 0 ? [...others] : undefined;
  if (signals.length > 0 || otherShops)
    return compact({ kind: 'accepted' as const, documents: [], signals, otherShops, except });
  return except ?? { kind: 'ignored', code: messages.length === 0 ? 'no_message' : 'tag_not_used' };
}

interface Received {
  readonly envelope: Envelope;
  readonly connection: ConnectionSettings;
}

/** The platform has one address for all shops of an app. */
interface OfOtherShop {
  readonly otherShop: string;
}

function readMessage(input: unknown, path: Path, received: Received): Signal | OfOtherShop | Unacceptable | 'not_used' {
  const message = readInner(input, wire.Message, path);
  if (message.kind === 'unacceptable') return message;
  const tag = String(message.value.tag);
  const dataPath = [...path, 'data'];
  if (TRADE_TAGS.has(tag)) {
    const trade = readData(message.value.data, wire.TradeMessage, dataPath);
    if (trade.kind === 'unacceptable') return trade;
    return otherShop(trade.value, received.connection) ?? orderSignal(trade.value, received);
  }
  if (REFUND_TAGS.has(tag)) {
    const refund = readData(message.value.data, wire.RefundMessage, dataPath);
    if (refund.kind === 'unacceptable') return refund;
    return otherShop(refund.value, received.connection) ?? refundSignal(refund.value, received);
  }
  return 'not_used';
}

/** What was read as part of a whole is read again by its own schema; ids above 2^53 are digits in quotes by now. */
const readInner = <T>(input: unknown, schema: Parameters<typeof readText<T>>[1], path: Path): Body<T> | Unacceptable =>
  readText(JSON.stringify(input), schema, undefined, path);

function readData<T>(input: unknown, schema: Parameters<typeof readText<T>>[1], path: Path): Body<T> | Unacceptable {
  const data = wire.MessageData.safeParse(input);
  if (!data.success) return unacceptable('wire_mismatch', path.join('.'), data.error.issues[0]?.message ?? '');
  if (typeof data.data === 'object') return readInner(data.data, schema, path);
  return readText(data.data, schema, undefined, path);
}

function otherShop(
  { shop_id }: { readonly shop_id?: string | number | null | undefined },
  { shop }: ConnectionSettings,
): OfOtherShop | undefined {
  const named = realId(shop_id);
  if (shop === undefined || named === undefined || named === shop) return undefined;
  return { otherShop: named };
}

function orderSignal(message: wire.TradeMessage, { envelope }: Received): Signal {
  const { p_id, create_time, pay_time, update_time, complete_time, cancel_time, modify_time } = message;
  const orderId = String(p_id);
  const heard = heardOf([create_time, pay_time, update_time, complete_time, cancel_time, modify_time], envelope);
  return { subject: `order/${orderId}`, heard, of: { orderId } };
}

function refundSignal(message: wire.RefundMessage, { envelope }: Received): Signal {
  const { aftersale_id, p_id, update_time, apply_time, agree_time, success_time, close_time } = message;
  const refundId = String(aftersale_id);
  const orderId = realId(p_id);
  // The after-sale's own version, if it is named; else it has at least the time of what happened.
  const times = messageTime(update_time) ? [update_time] : [apply_time, agree_time, success_time, close_time];
  const heard = heardOf(times, envelope);
  return compact({
    subject: `refund/${refundId}`,
    heard,
    of: orderId === undefined ? undefined : { orderId, refundId },
  });
}

type MessageTime = wire.TradeMessage['update_time'];

/** The latest of the times: the order's `update_time` cannot be before it. */
function heardOf(times: readonly MessageTime[], { receivedAt }: Envelope): Heard {
  const [latest] = times
    .map(messageTime)
    .filter((at) => at !== undefined)
    .toSorted()
    .slice(-1);
  if (latest === undefined) return { source: 0, settledAt: Date.parse(receivedAt) };
  return { source: epochMs(latest), settledAt: endOfSecond(latest) };
}

/** Text has an offset, or means UTC+8. One that cannot be read is none: the order is then fetched in any case. */
function messageTime(time: MessageTime): Instant | undefined {
  if (typeof time !== 'string') return secondsTime(time);
  return parseOffsetTime(time) ?? parseOffsetTime(`${time.replace(' ', 'T')}+08:00`);
}

// --- Orders -----------------------------------------------------------------------------------------------------------

const UNPAID = 1;
const CLOSED = 4;
const PARTLY_PAID = 103;
/** `main_status` of orders that were closed by refunds: they were paid, and are not cancelled. */
const REFUNDED_BEFORE_SHIPPING = 21;
const REFUNDED_AFTER_SHIPPING = 22;
const REFUNDED_AFTER_RECEIPT = 39;

interface OrderAnswer {
  readonly order: wire.Order;
  readonly read: OrderReader;
}

class OrderReader extends Reader {
  override bounded(minor: number, ...path: Path): number {
    return super.bounded(minor, 'data', 'shop_order_detail', ...path);
  }
}

function readOrder(envelope: Envelope, connection: ConnectionSettings): Normalized {
  const answer = readBody(envelope, wire.OrderAnswer);
  if (answer.kind === 'unacceptable') return answer;
  const order = answer.value.data.shop_order_detail;
  if (otherShop(order, connection))
    return unacceptable('other_shop', 'data.shop_order_detail.shop_id', 'the shop of this connection');
  const read = new OrderReader();
  const document = orderDocument({ order, read }, envelope, connection);
  return read.problem ?? { kind: 'accepted', documents: [document] };
}

function orderDocument(answer: OrderAnswer, envelope: Envelope, connection: ConnectionSettings): OrderDocument {
  const { order } = answer;
  const { money, bankInside } = moneyOf(answer);
  return {
    orderId: String(order.order_id),
    version: { source: order.update_time * 1000, fetchedAt: fetchedAtOf(envelope), tie: '' },
    parts: compact({
      state: stateOf(order),
      money,
      lines: linesOf(answer, bankInside),
      buyer: buyerOf(order),
      ...contactOf(order, connection),
      shipTo: shipToOf(order),
      source: sourceOf(order),
    }),
  };
}

function stateOf(order: wire.Order): State | undefined {
  const placedAt = secondsTime(order.create_time);
  const updatedAt = secondsTime(order.update_time);
  if (placedAt === undefined || updatedAt === undefined) return undefined;
  const reached: Partial<Record<Milestone, Instant | 'shown'>> = compact({
    paid: paidAt(order),
    fulfilled: isShipped(order) ? (secondsTime(order.ship_time) ?? ('shown' as const)) : undefined,
    completed: isCompleted(order) ? (secondsTime(order.finish_time) ?? ('shown' as const)) : undefined,
    // Its time is in the message alone; the order has none.
    cancelled: order.order_status === CLOSED && !isRefunded(order) ? ('shown' as const) : undefined,
  });
  return compact({ placedAt, updatedAt, reached, test: isTest(order) ? (true as const) : undefined });
}

const isRefunded = ({ main_status }: wire.Order): boolean =>
  main_status === REFUNDED_BEFORE_SHIPPING ||
  main_status === REFUNDED_AFTER_SHIPPING ||
  main_status === REFUNDED_AFTER_RECEIPT;

/** All of it: 101 is a part. `ship_time` alone is that of the first parcel. */
const isShipped = ({ order_status, main_status }: wire.Order): boolean =>
  order_status === 3 ||
  order_status === 5 ||
  main_status === REFUNDED_AFTER_SHIPPING ||
  main_status === REFUNDED_AFTER_RECEIPT;

const isCompleted = ({ order_status, main_status }: wire.Order): boolean =>
  order_status === 5 || main_status === REFUNDED_AFTER_RECEIPT;

/** On delivery, and "use first, pay later": shipped, but not yet paid. */
const PAYS_LATER: ReadonlySet<number> = new Set([0, 12]);

/** When all was paid. A presale's deposit also sets `pay_time`. */
function paidAt(order: wire.Order): Instant | 'shown' | undefined {
  const { order_status, main_status, pay_type, order_phase_list } = order;
  if (order_status === UNPAID || main_status === PARTLY_PAID) return undefined;
  if (order_phase_list?.some((phase) => phase.pay_success === false)) return undefined;
  const at = secondsTime(order.pay_time);
  if (at !== undefined) return at;
  if (order_status === CLOSED && !isRefunded(order)) return undefined;
  return pay_type != null && PAYS_LATER.has(pay_type) && !isCompleted(order) ? undefined : 'shown';
}

/** 5 for nothing, 10 a sample for a host, 11 won in a lucky bag. A sample that a host buys (12) is bought. */
const TEST_TRADES: ReadonlySet<number> = new Set([5, 10, 11]);

/** The order's own `trade_type` is deprecated, but there. */
function isTest({ sku_order_list, trade_type }: wire.Order): boolean {
  const trades = sku_order_list.map((line) => line.trade_type ?? trade_type ?? 0);
  return trades.length > 0 && trades.every((trade) => TEST_TRADES.has(trade));
}

type AmountField = {
  [Field in keyof wire.Order]-?: Field extends `${string}_amount` ? Field : never;
}[keyof wire.Order];

/**
 * What the customer owes is `pay_amount`. The documents do not say of two amounts whether they are in it: the freight
 * insurance (the merchant may give it) and the payment channel's discount (which may come off when paying). So each is
 * taken to be what makes the sum come out; where nothing does, the insurance is in, the discount is not, and the order
 * is flagged.
 */
function moneyOf({ order, read }: OrderAnswer): { readonly money: Money; readonly bankInside: boolean } {
  const amount = (field: AmountField) => read.bounded(order[field] ?? 0, field);
  const total = amount('pay_amount');
  const items = read.bounded(sum(order.sku_order_list.map(grossOf)), 'sku_order_list');
  const { merchant, platform, shippingDiscount } = discountsOf(order, amount);
  const { cut, raise } = priceChange(amount('modify_amount'));
  const shipping = amount('post_origin_amount') || amount('post_amount') + shippingDiscount;
  const tax = amount('tax_amount');
  const taxIncluded = tax === 0 || order.sku_order_list.every((line) => line.has_tax === true);
  const insurance = amount('post_insurance_amount');
  const bank = amount('promotion_pay_amount');
  const packing = amount('packing_amount');

  const owed = items - merchant - platform - cut + shipping + (taxIncluded ? 0 : tax) + packing + raise;
  const readings = [
    { insured: insurance, byBank: 0 },
    { insured: insurance, byBank: bank },
    { insured: 0, byBank: 0 },
    { insured: 0, byBank: bank },
  ];
  const { insured, byBank } = readings.find((reading) => owed + reading.insured - reading.byBank === total) ?? {
    insured: insurance,
    byBank: 0,
  };
  const money: Money = {
    currency: CURRENCY,
    taxIncluded,
    items,
    merchantDiscount: merchant + cut,
    platformDiscount: platform + byBank,
    shipping,
    shippingDiscount,
    tax,
    tip: 0,
    fees: packing + insured + raise,
    total,
  };
  return { money, bankInside: byBank !== 0 };
}

/**
 * Assumptions: `modify_amount` (改价金额变化量, "amount of change by re-pricing") is signed, and negative where the
 * merchant lowered the price. A raise is a charge, as it is in no line's price.
 */
const priceChange = (change: number): { readonly cut: number; readonly raise: number } => ({
  cut: Math.max(0, -change),
  raise: Math.max(0, change),
});

interface Discounts {
  readonly merchant: number;
  readonly platform: number;
  /** In the two above. */
  readonly shippingDiscount: number;
}

/**
 * Who bears the promotions. The costs say it, if they are those of the promotions, with or without the freight's: they also
 * count campaigns that are in the unit price already, and then only whose promotion it was can tell. The talent's share is
 * the platform's to us. Freight discounts are the platform's: its statements call this amount 平台运费补贴, the platform's
 * freight subsidy.
 */
function discountsOf(order: wire.Order, amount: (field: AmountField) => number): Discounts {
  const shippingDiscount = amount('post_promotion_amount');
  const ofShop = amount('promotion_shop_amount');
  const byOwner = ofShop + amount('promotion_platform_amount') + amount('promotion_talent_amount');
  const goods = order.promotion_amount == null ? byOwner : amount('promotion_amount');
  const [byMerchant, byPlatform] = [amount('shop_cost_amount'), amount('platform_cost_amount')];
  if (byMerchant + byPlatform === goods)
    return { merchant: byMerchant, platform: byPlatform + shippingDiscount, shippingDiscount };
  if (byMerchant + byPlatform === goods + shippingDiscount)
    return { merchant: byMerchant, platform: byPlatform, shippingDiscount };
  return { merchant: ofShop, platform: goods - ofShop + shippingDiscount, shippingDiscount };
}

/** Gifts cost nothing, whatever they cost elsewhere. */
const isGift = (line: wire.SkuOrder): boolean => line.given_product_type === 'FREE';

const grossOf = (line: wire.SkuOrder): number => (isGift(line) ? 0 : line.origin_amount * line.item_num);

function linesOf({ order, read }: OrderAnswer, bankInside: boolean): Line[] {
  return order.sku_order_list.map((line, index) => {
    const at = (field: string) => ['sku_order_list', index, field];
    read.bounded(grossOf(line), ...at('item_num'));
    const { cut } = priceChange(read.bounded(line.modify_amount ?? 0, ...at('modify_amount')));
    const promotions = read.bounded(line.promotion_amount ?? 0, ...at('promotion_amount'));
    const bank = bankInside ? read.bounded(line.promotion_pay_amount ?? 0, ...at('promotion_pay_amount')) : 0;
    return compact({
      lineId: String(line.order_id),
      productId: realId(line.product_id_str) ?? realId(line.product_id),
      skuId: realId(line.sku_id),
      title: line.product_name || undefined,
      quantity: line.item_num,
      unitPrice: isGift(line) ? 0 : read.bounded(line.origin_amount, ...at('origin_amount')),
      discount: isGift(line) ? 0 : promotions + cut + bank,
    });
  });
}

function buyerOf(order: wire.Order): BuyerIds | undefined {
  const buyer: BuyerIds = compact({
    buyerId: order.doudian_open_id || undefined,
    openId: order.open_id || undefined,
  });
  return someOf(buyer);
}

/** `$…$`, `#…#` and `~…~` are ciphers, doubled or not. */
const isCipher = (text: string | null | undefined): boolean => text != null && /^[#$~]/.test(text.trim());

/**
 * Name and phone are the receiver's, encrypted or masked wherever there is a parcel; and a parcel may be a gift. What is in
 * the clear with nowhere to send to (vouchers, most of all) is the buyer's own.
 */
function contactOf(
  order: wire.Order,
  { region = 'CN' }: ConnectionSettings,
): Pick<Partial<SingleParts>, 'name' | 'phone'> {
  if (shipToOf(order)) return {};
  const name = isCipher(order.post_receiver) ? undefined : firstClear(order.post_receiver);
  const phone = isCipher(order.post_tel) ? undefined : firstClear(order.post_tel);
  return compact({
    name: name === undefined ? undefined : normalizeName(name),
    phone: phone === undefined ? undefined : normalizePhone(phone, region),
  });
}

function shipToOf({ post_addr }: wire.Order): ShipTo | undefined {
  const shipTo: ShipTo = compact({
    province: firstClear(post_addr?.province?.name),
    city: firstClear(post_addr?.city?.name),
    district: firstClear(post_addr?.town?.name),
  });
  return someOf(shipTo);
}

/** Of the first line that has one: an order may hold goods of a live and of a video. */
function sourceOf({ sku_order_list }: wire.Order): Source | undefined {
  const first = (id: (line: wire.SkuOrder) => string | number | null | undefined): string | undefined => {
    for (const line of sku_order_list) {
      const found = realId(id(line));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const source: Source = compact({
    liveRoomId: first((line) => line.room_id_str),
    hostId: first((line) => line.author_id),
    contentId: first((line) => line.video_id),
    storeId: first((line) => line.store_info?.store_id),
  });
  return someOf(source);
}

/** 0 is how the platform writes "none". */
const realId = (id: string | number | null | undefined): string | undefined =>
  id === 0 || id === '0' ? undefined : idText(id);

const someOf = <T extends object>(fields: T): T | undefined => (Object.keys(fields).length > 0 ? fields : undefined);

// --- Refunds ----------------------------------------------------------------------------------------------------------

function readRefund(envelope: Envelope): Normalized {
  const answer = readBody(envelope, wire.RefundAnswer);
  if (answer.kind === 'unacceptable') return answer;
  const { process_info, order_info } = answer.value.data;
  const sale = process_info.after_sale_info;
  const read = new Reader();
  const version = { source: sale.update_time * 1000, fetchedAt: fetchedAtOf(envelope), tie: '' };
  const value = refundOf(sale, order_info.sku_order_infos ?? [], read);
  const refunds = [{ id: String(sale.after_sale_id), version, value }];
  const document: OrderDocument = { orderId: String(order_info.shop_order_id), version, parts: {}, refunds };
  return read.problem ?? { kind: 'accepted', documents: [document] };
}

/** Exchange, re-send, repair: goods for goods. */
const WITHOUT_MONEY: ReadonlySet<number> = new Set([3, 7, 8]);
/** Money back, while the goods stay with the buyer. */
const PRICE_PROTECTION = 6;

/** `refund_status`: 5 is money that the buyer has, and that was then recovered from the merchant. */
const MONEY_IS_BACK: ReadonlySet<number> = new Set([3, 5]);
const MONEY_FAILED = 4;

/** `after_sale_status`: refused, closed (the buyer withdrew, for one), return refused. `refund_status` may stay at 1 then. */
const ENDED_WITHOUT: ReadonlySet<number> = new Set([27, 28, 29]);
/** `after_sale_status`: succeeded, exchange received, order cancelled, all done. */
const ENDED_WELL: ReadonlySet<number> = new Set([12, 14, 51, 53]);

function refundOf(sale: wire.AfterSale, skus: readonly wire.RefundedSku[], read: Reader): Refund {
  const status = refundStatus(sale);
  const path = ['data', 'process_info', 'after_sale_info'];
  const asked = read.bounded(sale.refund_total_amount ?? 0, ...path, 'refund_total_amount');
  const made = read.bounded(sale.real_refund_amount ?? asked, ...path, 'real_refund_amount');
  const moneyMoved = MONEY_IS_BACK.has(sale.refund_status ?? 0);
  const amount = status !== 'succeeded' ? asked : moneyMoved ? made : 0;
  const goodsStay = WITHOUT_MONEY.has(sale.after_sale_type) || sale.after_sale_type === PRICE_PROTECTION;
  return compact({
    status,
    amount: WITHOUT_MONEY.has(sale.after_sale_type) && !moneyMoved ? 0 : amount,
    currency: CURRENCY,
    // Only some answers tell when the money left; the after-sale hardly changes after that.
    at: status === 'requested' ? secondsTime(sale.apply_time) : secondsTime(sale.refund_time || sale.update_time),
    lines: goodsStay ? undefined : refundedLines(sale, skus),
  });
}

/** An exchange that is done, and an order cancelled before anything was paid, are refunds of 0. */
function refundStatus({ after_sale_status, after_sale_type, refund_status }: wire.AfterSale): Refund['status'] {
  const money = refund_status ?? 0;
  if (MONEY_IS_BACK.has(money)) return 'succeeded';
  if (ENDED_WITHOUT.has(after_sale_status) || money === MONEY_FAILED) return 'rejected';
  const nothingToPay = money === 0 || WITHOUT_MONEY.has(after_sale_type);
  return nothingToPay && ENDED_WELL.has(after_sale_status) ? 'succeeded' : 'requested';
}

function refundedLines(sale: wire.AfterSale, skus: readonly wire.RefundedSku[]): Refund['lines'] {
  const lines = skus.flatMap(({ sku_order_id, after_sale_item_count }) => {
    // Counted by line in newer answers; older ones have one count, which can only be of a single line.
    const quantity = after_sale_item_count || (skus.length === 1 ? sale.after_sale_apply_count : 0) || 0;
    return quantity > 0 ? [{ lineId: String(sku_order_id), quantity }] : [];
  });
  return lines.length > 0 ? lines : undefined;
}

/**
 * A Shopee shop in Singapore that sells tea: thin pushes, signed, and what Shopee's API answers from each of them on. A
 * record of an order is `{ order, escrow }`: an element of get_order_detail's list, and the answer of get_escrow_detail
 * (null where Shopee refuses one); of a return, the answer of get_return_detail.
 */
import { shopeeDoor } from '../shared/channels/shopee/door.ts';
import type { Delivery, PlatformRecord, ShopOptions, Story } from './delivery.ts';
import { CATALOGUE, type Person, type Product, person } from './people.ts';
import type { Random } from './random.ts';
import type { Scene } from './scene.ts';
import type { Oddity } from './shop.ts';

const CURRENCY = 'SGD';
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const ORDER_STATUS = 3;
const ORDER_TRACKING_NUMBER = 4;
const RETURN_UPDATES = 29;

/** Authentic, and of no use: neither JSON, nor whole, nor about orders. To be signed by who sends them. */
export const shopeeOddities: readonly [Oddity, ...Oddity[]] = [
  { headers: { 'content-type': 'application/json' }, body: '<push>not json</push>' },
  {
    headers: { 'content-type': 'application/json' },
    body: '{"code":3,"timestamp":1763960400,"data":{"status":"UNPAID"}}',
  },
  {
    headers: { 'content-type': 'application/json' },
    body: '{"code":10,"shop_id":1,"timestamp":1763960400,"data":{"type":"message"}}',
  },
];

/** Orders without end, one after the other; customers come back. */
export function* shopeeStories(random: Random, options: ShopOptions): Generator<Story> {
  let placedAtMs = options.startMs;
  for (let number = 1; ; number++) {
    placedAtMs += random.int(1, 2 * options.everyMs);
    yield tell(random, options, number, placedAtMs);
  }
}

interface Line {
  readonly product: (typeof CATALOGUE)[number];
  readonly quantity: number;
  readonly discountedCents: number;
  cancelled: number;
}

interface Return {
  readonly id: string;
  readonly createdAtMs: number;
  readonly cents: number;
  readonly lines: readonly { readonly line: Line; readonly quantity: number }[];
  status: string;
  updatedAtMs: number;
}

interface Order {
  readonly id: string;
  readonly placedAtMs: number;
  readonly buyer: Person;
  readonly buyerId: number;
  /** Whether the recipient is told without masks. */
  readonly isClear: boolean;
  readonly cod: boolean;
  readonly sample: boolean;
  readonly lines: readonly Line[];
  readonly rebateCents: number;
  readonly sellerVoucherCents: number;
  readonly shopeeVoucherCents: number;
  readonly coinsCents: number;
  readonly shippingCents: number;
  readonly returns: Return[];
  status: string;
  updatedAtMs: number;
  paidAtMs?: number;
  pickedUpAtMs?: number;
}

function tell(random: Random, shop: ShopOptions, number: number, placedAtMs: number): Story {
  const order = place(random, number, placedAtMs);
  const acts = actsOn(random, shop, order);
  acts.announce();
  if (!order.cod) {
    if (random.chance(0.06)) {
      acts.become('CANCELLED', 24 * HOUR);
      return acts.story;
    }
    acts.pay(random.int(5, 80) * SECOND);
    if (random.chance(0.1)) {
      acts.become('IN_CANCEL', random.int(5, 90) * MINUTE);
      for (const line of order.lines) line.cancelled = line.quantity;
      acts.become('CANCELLED', random.int(1, 60) * MINUTE);
      return acts.story;
    }
    const [first] = order.lines;
    if (first && first.quantity > 1 && random.chance(0.08)) {
      first.cancelled = 1;
      acts.become('READY_TO_SHIP', random.int(5, 90) * MINUTE);
    }
  } else {
    acts.become('READY_TO_SHIP', random.int(1, 5) * MINUTE);
  }

  acts.become('PROCESSED', random.int(1, 3) * HOUR);
  acts.giveTrackingNumber();
  acts.become('SHIPPED', random.int(1, 5) * HOUR);
  acts.become('TO_CONFIRM_RECEIVE', random.int(6, 30) * HOUR);
  const late = random.chance(0.3);
  if (late) acts.become('COMPLETED', 4 * HOUR, 'NORMAL');
  if (random.chance(0.2)) {
    if (late) acts.become('TO_RETURN', 2 * HOUR);
    acts.giveBack(random.chance(0.3) ? 'all' : 'one');
    // The parcels' and the return's clocks are one: what follows is later than both.
    const last = order.returns.at(-1);
    acts.become('COMPLETED', (last ? last.updatedAtMs - order.updatedAtMs : 0) + HOUR, late ? 'RRAOC' : 'NORMAL');
  } else if (!late) acts.become('COMPLETED', 4 * HOUR, 'NORMAL');
  return acts.story;
}

/** One order as a script wants it: bought, sent and kept. Nobody in the cast sends anything back to Shopee. */
export function shopeeScene(random: Random, shop: ShopOptions, scene: Scene): Story {
  const { number, paidAtMs, buyer, recipientShown: isClear } = scene;
  const thinksMs = random.int(5, 80) * SECOND;
  const lines = scene.lines.map(({ product, quantity }) => ({
    product,
    quantity,
    discountedCents: product.priceCents,
    cancelled: 0,
  }));
  const placedAtMs = Math.floor(paidAtMs / SECOND) * SECOND - thinksMs;
  const order = newOrder({ number, placedAtMs, buyer, buyerId: shopeeBuyerId(buyer), isClear, lines });
  const acts = actsOn(random, shop, order);
  acts.announce();
  acts.pay(thinksMs);
  acts.become('PROCESSED', random.int(1, 3) * HOUR);
  acts.become('SHIPPED', random.int(1, 5) * HOUR);
  acts.become('TO_CONFIRM_RECEIVE', random.int(6, 30) * HOUR);
  acts.become('COMPLETED', 4 * HOUR, 'NORMAL');
  return acts.story;
}

/** What can happen to an order, and the pushes that it causes; who does it is chance, or a script. */
function actsOn(random: Random, shop: ShopOptions, order: Order) {
  const deliveries: Delivery[] = [];
  const send = (code: number, data: object, record: PlatformRecord, changedAtMs: number) =>
    deliveries.push(deliver(random, shop, { code, data, record, changedAtMs }));
  const announce = (scenario = '') =>
    send(
      ORDER_STATUS,
      {
        items: [],
        ordersn: order.id,
        status: order.status,
        completed_scenario: scenario,
        update_time: seconds(order.updatedAtMs),
      },
      orderRecord(order),
      order.updatedAtMs,
    );
  const become = (status: string, afterMs: number, scenario = '') => {
    // Shopee's clock has whole seconds.
    order.updatedAtMs += Math.max(SECOND, Math.floor(afterMs / SECOND) * SECOND);
    order.status = status;
    if (status === 'SHIPPED') order.pickedUpAtMs = order.updatedAtMs - 30 * SECOND;
    if (status === 'COMPLETED' && order.cod) order.paidAtMs ??= order.updatedAtMs;
    announce(scenario);
  };
  const story: Story = { orderId: order.id, deliveries };
  return {
    story,
    announce: () => announce(),
    become,
    /** Shopee has the money, and two seconds later says so. */
    pay(afterMs: number) {
      order.paidAtMs = order.updatedAtMs + afterMs;
      become('READY_TO_SHIP', afterMs + 2 * SECOND);
    },
    giveTrackingNumber: () =>
      send(
        ORDER_TRACKING_NUMBER,
        { ordersn: order.id, package_number: `OFG${order.id}`, tracking_no: `SPXSG${order.id}` },
        orderRecord(order),
        order.updatedAtMs,
      ),
    giveBack: (extent: 'one' | 'all') =>
      giveBack(random, order, extent, (change, record, atMs) => send(RETURN_UPDATES, change, record, atMs)),
  };
}

type Announce = (change: object, record: PlatformRecord, atMs: number) => void;

/** A return from its request to its end: given, or taken back by the buyer. */
function giveBack(random: Random, order: Order, extent: 'one' | 'all', announce: Announce): void {
  const left = order.lines.filter((line) => line.cancelled < line.quantity);
  const back = extent === 'all' ? left : left.slice(0, 1);
  const lines = back.map((line) => ({ line, quantity: extent === 'all' ? line.quantity - line.cancelled : 1 }));
  const whole = goodsCents(order.lines);
  const cents = lines.reduce((total, { line, quantity }) => total + line.discountedCents * quantity, 0);
  const createdAtMs = order.updatedAtMs + random.int(1, 9) * MINUTE;
  const request: Return = {
    id: `${order.id.slice(0, 6)}R${order.id.slice(6)}`,
    createdAtMs,
    // The buyer gets back what the pieces cost them, the vouchers' and coins' share off.
    cents: Math.floor((cents * (whole - reductionsCents(order))) / whole),
    lines,
    status: 'REQUESTED',
    updatedAtMs: createdAtMs,
  };
  order.returns.push(request);
  const become = (status: string, afterMs: number) => {
    const before = request.status;
    request.status = status;
    request.updatedAtMs += Math.floor(afterMs / SECOND) * SECOND;
    const change = { update_field: 'return_status', old_value: before, new_value: status };
    announce(
      {
        order_sn: order.id,
        return_sn: request.id,
        updated_values: [{ ...change, update_time: seconds(request.updatedAtMs) }],
      },
      returnRecord(order, request),
      request.updatedAtMs,
    );
  };
  become('REQUESTED', 0);
  if (random.chance(0.4)) become('JUDGING', random.int(1, 3) * HOUR);
  if (random.chance(0.15)) become('CANCELLED', random.int(1, 3) * HOUR);
  else {
    become('PROCESSING', random.int(1, 3) * HOUR);
    become('ACCEPTED', random.int(2, 20) * HOUR);
  }
}

function place(random: Random, number: number, placedAtMs: number): Order {
  const atMs = Math.floor(placedAtMs / SECOND) * SECOND;
  const lines: Line[] = random
    .shuffle(CATALOGUE)
    .slice(0, random.int(1, 3))
    .map((product) => ({
      product,
      quantity: random.int(1, 3),
      discountedCents: random.chance(0.4) ? Math.floor(product.priceCents * 0.85) : product.priceCents,
      cancelled: 0,
    }));
  const buyerNumber = random.int(0, Math.max(20, Math.floor(number / 8)));
  const cutCents = lines.reduce(
    (total, { product, quantity, discountedCents }) => total + (product.priceCents - discountedCents) * quantity,
    0,
  );
  return {
    ...newOrder({
      number,
      placedAtMs: atMs,
      buyer: person(buyerNumber),
      buyerId: 331_000_000 + buyerNumber,
      // Which buyers' contact an app may see is for Shopee to say; here it is every third one's.
      isClear: buyerNumber % 3 === 0,
      lines,
    }),
    cod: random.chance(0.15),
    sample: random.chance(0.01),
    rebateCents: random.chance(0.3) ? Math.floor(cutCents / 3) : 0,
    sellerVoucherCents: random.chance(0.2) ? 200 : 0,
    shopeeVoucherCents: random.chance(0.3) ? 350 : 0,
    coinsCents: random.chance(0.2) ? random.int(1, 150) : 0,
    shippingCents: random.pick([0, 199, 349]),
  };
}

interface NewOrder extends Pick<Order, 'placedAtMs' | 'buyer' | 'buyerId' | 'isClear' | 'lines'> {
  readonly number: number;
}

const newOrder = ({ number, ...given }: NewOrder): Order => ({
  ...given,
  id: `${new Date(given.placedAtMs).toISOString().slice(2, 10).replaceAll('-', '')}T${String(number).padStart(7, '0')}`,
  updatedAtMs: given.placedAtMs,
  cod: false,
  sample: false,
  rebateCents: 0,
  sellerVoucherCents: 0,
  shopeeVoucherCents: 0,
  coinsCents: 0,
  shippingCents: 0,
  returns: [],
  status: 'UNPAID',
});

/** As Shopee knows a person who is not of the town: accounts of the town begin at 331 millions. */
export const shopeeBuyerId = ({ id }: Person): number => 332_000_000 + (id % 1_000_000);

const goodsCents = (lines: readonly Line[]): number =>
  lines.reduce((total, { discountedCents, quantity }) => total + discountedCents * quantity, 0);
const reductionsCents = ({ sellerVoucherCents, shopeeVoucherCents, coinsCents }: Order): number =>
  sellerVoucherCents + shopeeVoucherCents + coinsCents;
const totalCents = (order: Order): number => goodsCents(order.lines) - reductionsCents(order) + order.shippingCents;

/** Amounts are JSON numbers, in dollars. */
const dollars = (cents: number): number => cents / 100;
const seconds = (atMs: number): number => Math.floor(atMs / SECOND);

const itemId = ({ product }: Line): number => shopeeItemId(product);
export const shopeeItemId = ({ productId }: Pick<Product, 'productId'>): number => productId * 1_000_003;
const modelId = ({ product }: Line): number => product.variantId * 100_003;

function orderRecord(order: Order): PlatformRecord {
  const told = order.paidAtMs !== undefined || order.cod;
  // Until a courier has the money, there is nothing to hold in escrow.
  const held = order.paidAtMs !== undefined;
  const json = JSON.stringify({ order: orderBody(order, told), escrow: held ? escrowBody(order) : null });
  return { subject: `order/${order.id}`, version: order.updatedAtMs, json };
}

function returnRecord(order: Order, request: Return): PlatformRecord {
  const json = JSON.stringify(returnBody(order, request));
  return { subject: `refund/${request.id}`, version: request.updatedAtMs, json };
}

function orderBody(order: Order, told: boolean): Record<string, unknown> {
  const { buyer, buyerId, isClear } = order;
  return {
    order_sn: order.id,
    region: 'SG',
    currency: CURRENCY,
    cod: order.cod,
    total_amount: told ? dollars(totalCents(order)) : null,
    pending_terms: [],
    order_status: order.status,
    message_to_seller: '',
    create_time: seconds(order.placedAtMs),
    update_time: seconds(order.updatedAtMs),
    days_to_ship: 2,
    ship_by_date: seconds(order.placedAtMs + 48 * HOUR),
    buyer_user_id: buyerId,
    recipient_address: {
      name: isClear ? `${buyer.firstName} ${buyer.lastName}` : '****',
      phone: isClear ? buyer.phone : '******',
      town: '',
      district: '',
      city: buyer.city,
      state: buyer.province,
      region: buyer.country,
      zipcode: buyer.zip,
      full_address: '****',
    },
    item_list: order.lines.map((line) => ({
      item_id: itemId(line),
      item_name: line.product.title,
      item_sku: '',
      model_id: modelId(line),
      model_name: 'standard',
      model_sku: `TEA-${line.product.variantId}`,
      model_quantity_purchased: line.quantity,
      model_original_price: dollars(line.product.priceCents),
      model_discounted_price: dollars(line.discountedCents),
      wholesale: false,
      weight: line.product.grams / 1000,
      promotion_type: line.discountedCents < line.product.priceCents ? 'product_promotion' : '',
      promotion_id: 0,
      order_item_id: itemId(line),
      active_qty: line.quantity - line.cancelled,
      cancelled_qty: line.cancelled,
    })),
    pay_time: order.paidAtMs === undefined ? null : seconds(order.paidAtMs),
    pickup_done_time: order.pickedUpAtMs === undefined ? 0 : seconds(order.pickedUpAtMs),
    affiliate_sample_type: order.sample ? 1 : 0,
  };
}

function escrowBody(order: Order): Record<string, unknown> {
  const minus = (cents: number) => (cents === 0 ? 0 : -dollars(cents));
  return {
    order_sn: order.id,
    buyer_user_name: '****',
    return_order_sn_list: order.returns.map(({ id }) => id),
    buyer_payment_info: {
      buyer_payment_method: order.cod ? 'Cash on Delivery' : 'ShopeePay',
      buyer_service_fee: 0,
      buyer_tax_amount: 0,
      buyer_total_amount: dollars(totalCents(order)),
      credit_card_promotion: 0,
      initial_buyer_txn_fee: 0,
      merchant_subtotal: dollars(goodsCents(order.lines)),
      seller_voucher: minus(order.sellerVoucherCents),
      shipping_fee: dollars(order.shippingCents),
      shopee_coins_redeemed: minus(order.coinsCents),
      shopee_voucher: minus(order.shopeeVoucherCents),
    },
    order_income: {
      buyer_total_amount: dollars(totalCents(order)),
      original_shopee_discount: dollars(order.rebateCents),
      items: order.lines.map((line) => ({
        item_id: itemId(line),
        model_id: modelId(line),
        original_price: dollars(line.product.priceCents * line.quantity),
        discounted_price: dollars(line.discountedCents * line.quantity),
        quantity_purchased: line.quantity,
      })),
    },
  };
}

function returnBody(order: Order, request: Return): Record<string, unknown> {
  return {
    return_sn: request.id,
    order_sn: order.id,
    reason: 'FUNCTIONAL_DMG',
    text_reason: '',
    status: request.status,
    refund_amount: dollars(request.cents),
    currency: CURRENCY,
    create_time: seconds(request.createdAtMs),
    update_time: seconds(request.updatedAtMs),
    needs_logistics: true,
    item: request.lines.map(({ line, quantity }) => ({
      item_id: itemId(line),
      model_id: modelId(line),
      amount: quantity,
      item_price: dollars(line.discountedCents),
    })),
    activity: [],
  };
}

interface Push {
  readonly code: number;
  readonly data: object;
  readonly record: PlatformRecord;
  readonly changedAtMs: number;
}

function deliver(random: Random, shop: ShopOptions, { code, data, record, changedAtMs }: Push): Delivery {
  const atMs = changedAtMs + random.int(200, 900);
  // The shop's id is a bare number, whatever its length.
  const body = `{"data":${JSON.stringify(data)},"shop_id":${shop.shop},"code":${code},"timestamp":${seconds(atMs)}}`;
  const unsigned = {
    method: 'POST',
    url: shop.webhookUrl,
    query: '',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
  };
  const request = shopeeDoor.sign(unsigned, shop.secret, new Date(atMs));
  return { channel: shopeeDoor.channel, connection: shop.connection, atMs, request, records: [record] };
}

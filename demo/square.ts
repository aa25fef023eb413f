/**
 * A Square seller with a tea house and a web shop: signed webhooks as Square sends them, and with each what its API answers
 * from then on. An action changes order, payment and refund together and causes the events that Square would send.
 */
import { squareDoor } from '../shared/channels/square/door.ts';
import type { Delivery, PlatformRecord, ShopOptions, Story } from './delivery.ts';
import { CATALOGUE, type Person, type Product, person } from './people.ts';
import type { Random } from './random.ts';
import type { Scene } from './scene.ts';
import type { Oddity } from './shop.ts';

const CURRENCY = 'USD';
const TAX = 0.08;
const LOCATION = 'L8TEAHOUSE01';
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Orders without end, one after the other; customers come back. */
export function* squareStories(random: Random, options: ShopOptions): Generator<Story> {
  let placedAtMs = options.startMs;
  for (let number = 1; ; number++) {
    placedAtMs += random.int(1, 2 * options.everyMs);
    yield tell(random, options, number, placedAtMs);
  }
}

const HEADERS = {
  'content-type': 'application/json',
  'user-agent': 'Square Connect v2',
  'square-environment': 'Production',
};

export const squareOddities: readonly [Oddity, ...Oddity[]] = [
  { headers: HEADERS, body: '<order>not json</order>' },
  { headers: HEADERS, body: '{"type":"payment.updated","data":{"object":{"payment":{"id":null}}}}' },
  {
    headers: HEADERS,
    body: '{"type":"catalog.version.updated","data":{"object":{"catalog_version":{"updated_at":"2026-11-20T10:00:00Z"}}}}',
  },
];

interface Line {
  readonly uid: string;
  readonly product: (typeof CATALOGUE)[number];
  readonly quantity: number;
  readonly discount: number;
  readonly tax: number;
  returned: number;
}

interface Payment {
  readonly id: string;
  readonly createdAtMs: number;
  readonly cash: boolean;
  updatedAtMs: number;
  status: 'APPROVED' | 'COMPLETED' | 'CANCELED';
  refunded: number;
  readonly refundIds: string[];
}

interface Refund {
  readonly id: string;
  readonly returnOrderId: string;
  readonly createdAtMs: number;
  readonly amount: number;
  readonly lines: readonly { readonly line: Line; readonly quantity: number }[];
  updatedAtMs: number;
  status: 'PENDING' | 'COMPLETED';
}

interface Order {
  readonly id: string;
  readonly placedAtMs: number;
  readonly atTill: boolean;
  readonly buyer: Person | undefined;
  readonly lines: readonly Line[];
  readonly shipping: number;
  readonly code: string | undefined;
  tip: number;
  payment: Payment | undefined;
  shippedAtMs: number | undefined;
  closedAtMs: number | undefined;
  state: 'OPEN' | 'COMPLETED' | 'CANCELED';
  updatedAtMs: number;
  version: number;
}

type Kind = 'order' | 'payment' | 'refund';
/** An event and the object that it carries under `data.object`. */
type News = readonly [type: string, id: string, object: Readonly<Record<string, unknown>>];

function tell(random: Random, shop: ShopOptions, number: number, placedAtMs: number): Story {
  const order = place(random, number, placedAtMs);
  const acts = actsOn(random, shop, order);
  if (order.atTill) {
    acts.sellAtTill(random.chance(0.3));
    if (!order.payment?.cash && random.chance(0.2)) acts.tip(random.int(5, 40) * MINUTE, random.pick([100, 200, 350]));
  } else {
    acts.place();
    acts.authorise(random.int(1, 60) * SECOND);
    if (random.chance(0.1)) {
      acts.cancel(random.int(2, 50) * MINUTE);
      return acts.story;
    }
    acts.capture(random.int(1, 20) * SECOND);
    acts.ship(random.int(1, 6) * HOUR);
    if (random.chance(0.8)) acts.close(random.int(1, 30) * MINUTE);
  }
  for (let returns = 0; returns < 2 && random.chance(0.15); returns++) {
    acts.giveBack(random.int(2, 3 * 24) * HOUR, () => (random.chance(0.25) ? 'all' : 'one'));
  }
  return acts.story;
}

/** One order as a script wants it. */
export function squareScene(random: Random, shop: ShopOptions, scene: Scene): Story {
  const { number, paidAtMs, handedOver, buyer, back } = scene;
  const lines = scene.lines.map(({ product, quantity }, index) =>
    newLine(index, { product, quantity, discount: 0, tax: Math.round(product.priceCents * quantity * TAX) }),
  );
  const atTill = handedOver === 'counter';
  const thinksMs = atTill ? 0 : random.int(1, 60) * SECOND;
  const order = newOrder({ number, placedAtMs: paidAtMs - thinksMs, buyer, atTill, lines });
  const acts = actsOn(random, shop, order);
  if (atTill) acts.sellAtTill(false);
  else {
    acts.place();
    acts.authorise(thinksMs);
    acts.capture(random.int(1, 20) * SECOND);
    acts.ship(random.int(1, 6) * HOUR);
    acts.close(random.int(1, 30) * MINUTE);
  }
  if (back) acts.giveBack(back.atMs - order.updatedAtMs, () => back.extent);
  return acts.story;
}

/** What can be done to an order, and the events that it causes; who does it is chance, or a script. */
function actsOn(random: Random, shop: ShopOptions, order: Order) {
  const deliveries: Delivery[] = [];
  let nowMs = order.placedAtMs;
  /** Time passes, something changes, Square tells: `news` and `records` see the world after the change. */
  const act = (
    afterMs: number,
    change: () => void,
    news: () => readonly News[],
    records: () => readonly PlatformRecord[],
  ) => {
    nowMs += afterMs;
    change();
    const put = records();
    for (const item of news()) deliveries.push(deliver(random, shop, nowMs, item, put));
  };
  const touch = () => {
    order.updatedAtMs = nowMs;
    order.version++;
  };
  const pay = (status: Payment['status'], cash = false) => {
    order.payment ??= {
      id: `${order.id}p`,
      createdAtMs: nowMs,
      cash,
      updatedAtMs: nowMs,
      status,
      refunded: 0,
      refundIds: [],
    };
    order.payment.status = status;
    order.payment.updatedAtMs = nowMs;
    touch();
  };
  const close = () => {
    order.state = 'COMPLETED';
    order.closedAtMs = nowMs;
    touch();
  };
  const orderRecord = () => [record('order', order.id, nowMs, orderObject(order))];
  const bothRecords = () => [...orderRecord(), ...paymentRecord(order, nowMs)];
  const paymentAndOrder = () => [paymentNews('payment.updated', order), orderNews('order.updated', order)];
  const story: Story = { orderId: order.id, deliveries };
  return {
    story,
    /** The Point of Sale app sends no order event: the payment is all that tells of the sale. */
    sellAtTill: (cash: boolean) =>
      act(
        0,
        () => {
          pay('COMPLETED', cash);
          close();
        },
        () => [paymentNews('payment.created', order), paymentNews('payment.updated', order)],
        bothRecords,
      ),
    tip: (afterMs: number, amount: number) =>
      act(
        afterMs,
        () => {
          order.tip = amount;
          pay('COMPLETED');
        },
        () => [paymentNews('payment.updated', order)],
        bothRecords,
      ),
    place: () => act(0, touch, () => [orderNews('order.created', order)], orderRecord),
    authorise: (afterMs: number) =>
      act(
        afterMs,
        () => pay('APPROVED'),
        () => [paymentNews('payment.created', order), orderNews('order.updated', order)],
        bothRecords,
      ),
    cancel: (afterMs: number) =>
      act(
        afterMs,
        () => {
          pay('CANCELED');
          order.state = 'CANCELED';
          order.closedAtMs = nowMs;
        },
        paymentAndOrder,
        bothRecords,
      ),
    capture: (afterMs: number) => act(afterMs, () => pay('COMPLETED'), paymentAndOrder, bothRecords),
    ship: (afterMs: number) =>
      act(
        afterMs,
        () => {
          order.shippedAtMs = nowMs;
          touch();
        },
        () => [fulfillmentNews(order), orderNews('order.updated', order)],
        orderRecord,
      ),
    close: (afterMs: number) => act(afterMs, close, () => [orderNews('order.updated', order)], orderRecord),
    giveBack(afterMs: number, extent: () => 'one' | 'all') {
      let refund: Refund | undefined;
      act(
        afterMs,
        () => {
          refund = giveBack(random, order, nowMs, extent);
        },
        () => (refund ? refundNews('refund.created', order, refund) : []),
        () => (refund ? refundRecords(order, refund, nowMs) : []),
      );
      act(
        random.int(3, 90) * SECOND,
        () => {
          if (refund) complete(order, refund, nowMs);
        },
        () => (refund ? refundNews('refund.updated', order, refund) : []),
        () => (refund ? refundRecords(order, refund, nowMs) : []),
      );
    },
  };
}

function place(random: Random, number: number, placedAtMs: number): Order {
  const atTill = random.chance(0.5);
  const code = !atTill && random.chance(0.3) ? 'SPRING10' : undefined;
  const lines = Array.from({ length: random.int(1, 3) }, (_, index): Line => {
    const product = random.pick(CATALOGUE);
    const quantity = random.int(1, 3);
    const discount = code ? Math.floor((product.priceCents * quantity) / 10) : 0;
    const tax = Math.round((product.priceCents * quantity - discount) * TAX);
    return newLine(index, { product, quantity, discount, tax });
  });
  const known = atTill ? random.chance(0.4) : true;
  const buyer = known ? person(random.int(0, Math.max(20, Math.floor(number / 8)))) : undefined;
  const shipping = atTill ? 0 : random.pick([0, 590, 1200]);
  return { ...newOrder({ number, placedAtMs, buyer, atTill, lines }), shipping, code };
}

const newLine = (index: number, line: Pick<Line, 'product' | 'quantity' | 'discount' | 'tax'>): Line => ({
  ...line,
  uid: `line-${index + 1}`,
  returned: 0,
});

interface NewOrder extends Pick<Order, 'placedAtMs' | 'buyer' | 'atTill' | 'lines'> {
  readonly number: number;
}

const newOrder = ({ number, ...given }: NewOrder): Order => ({
  ...given,
  id: `TRIBo${String(number).padStart(8, '0')}`,
  shipping: 0,
  code: undefined,
  tip: 0,
  payment: undefined,
  shippedAtMs: undefined,
  closedAtMs: undefined,
  state: 'OPEN',
  updatedAtMs: given.placedAtMs,
  version: 0,
});

/** One line goes back, or all that is left with the shipping and the tip. Undefined if nothing is left. */
function giveBack(random: Random, order: Order, atMs: number, extent: () => 'one' | 'all'): Refund | undefined {
  const { payment } = order;
  const left = order.lines.filter((line) => line.returned < line.quantity);
  if (!payment || left.length === 0) return undefined;
  const all = extent() === 'all';
  const lines = (all ? left : left.slice(0, 1)).map((line) => {
    const quantity = all ? line.quantity - line.returned : random.int(1, line.quantity - line.returned);
    const amount = shareOf(line, line.returned + quantity) - shareOf(line, line.returned);
    line.returned += quantity;
    return { line, quantity, amount };
  });
  const amount = lines.reduce((total, line) => total + line.amount, all ? order.shipping + order.tip : 0);
  const number = payment.refundIds.length + 1;
  return {
    id: `${payment.id}_rf${number}`,
    returnOrderId: `${order.id}r${number}`,
    createdAtMs: atMs,
    amount,
    lines,
    updatedAtMs: atMs,
    status: 'PENDING',
  };
}

function complete(order: Order, refund: Refund, atMs: number): void {
  refund.status = 'COMPLETED';
  refund.updatedAtMs = atMs;
  if (!order.payment) return;
  order.payment.refunded += refund.amount;
  order.payment.refundIds.push(refund.id);
  order.payment.updatedAtMs = atMs;
}

/** What the first `quantity` pieces of a line cost with tax: shares of it add up to the whole. */
const shareOf = ({ product, quantity, discount, tax }: Line, pieces: number): number =>
  Math.round(((product.priceCents * quantity - discount + tax) * pieces) / quantity);

const sumOf = (lines: readonly Line[], amount: (line: Line) => number): number =>
  lines.reduce((total, line) => total + amount(line), 0);

const totalOf = ({ lines, shipping, tip }: Order): number =>
  sumOf(lines, (line) => shareOf(line, line.quantity)) + shipping + tip;

const money = (amount: number) => ({ amount, currency: CURRENCY });
const time = (atMs: number) => new Date(atMs).toISOString();
/** Orders have their time in whole seconds once something was done to them. */
const wholeSecond = (atMs: number) => time(Math.floor(atMs / SECOND) * SECOND);
/** As this seller knows their customers. */
export const squareCustomerId = ({ id }: Person): string => `CUST${id}`;

function orderObject(order: Order): Record<string, unknown> {
  const { buyer, lines, shipping, tip, payment } = order;
  return {
    id: order.id,
    location_id: LOCATION,
    source: { name: order.atTill ? 'Point of Sale' : 'Square Online' },
    ...(buyer && { customer_id: squareCustomerId(buyer) }),
    line_items: lines.map(lineObject),
    taxes: [{ uid: 'tax', name: 'Sales Tax', percentage: '8', type: 'ADDITIVE', scope: 'ORDER' }],
    ...(order.code && { discounts: [{ uid: 'code', name: order.code, percentage: '10', scope: 'ORDER' }] }),
    ...(shipping > 0 && {
      service_charges: [
        { uid: 'ship', name: 'Shipping', applied_money: money(shipping), total_money: money(shipping), type: 'CUSTOM' },
      ],
    }),
    ...(!order.atTill && { fulfillments: [fulfillmentObject(order)] }),
    ...(payment && { tenders: [tenderObject(order, payment)] }),
    created_at: time(order.placedAtMs),
    updated_at: order.version > 1 ? wholeSecond(order.updatedAtMs) : time(order.updatedAtMs),
    ...(order.closedAtMs !== undefined && { closed_at: time(order.closedAtMs) }),
    state: order.state,
    // Those rung up in the Point of Sale app have none.
    ...(!order.atTill && { version: order.version }),
    total_money: money(totalOf(order)),
    total_tax_money: money(sumOf(lines, (line) => line.tax)),
    total_discount_money: money(sumOf(lines, (line) => line.discount)),
    total_tip_money: money(tip),
    total_service_charge_money: money(shipping),
    net_amount_due_money: money(payment?.status === 'COMPLETED' ? 0 : totalOf(order)),
  };
}

function lineObject({ uid, product, quantity, discount, tax }: Line): Record<string, unknown> {
  const gross = product.priceCents * quantity;
  return {
    uid,
    name: product.title,
    quantity: String(quantity),
    item_type: 'ITEM',
    catalog_object_id: squareVariationId(product),
    base_price_money: money(product.priceCents),
    variation_total_price_money: money(gross),
    gross_sales_money: money(gross),
    total_discount_money: money(discount),
    total_tax_money: money(tax),
    total_money: money(gross - discount + tax),
  };
}

function fulfillmentObject({ buyer, shippedAtMs }: Order): Record<string, unknown> {
  return {
    uid: 'ship-1',
    type: 'SHIPMENT',
    state: shippedAtMs === undefined ? 'PROPOSED' : 'COMPLETED',
    shipment_details: {
      ...(buyer && {
        recipient: {
          display_name: `${buyer.firstName} ${buyer.lastName}`,
          phone_number: buyer.phone,
          address: {
            locality: buyer.city,
            administrative_district_level_1: buyer.province,
            postal_code: buyer.zip,
            country: buyer.country,
          },
        },
      }),
      ...(shippedAtMs !== undefined && { shipped_at: time(shippedAtMs) }),
    },
  };
}

const CARD_STATUS = { APPROVED: 'AUTHORIZED', COMPLETED: 'CAPTURED', CANCELED: 'VOIDED' } as const;

function tenderObject(order: Order, payment: Payment): Record<string, unknown> {
  return {
    id: payment.id,
    payment_id: payment.id,
    location_id: LOCATION,
    created_at: wholeSecond(payment.createdAtMs),
    amount_money: money(totalOf(order)),
    ...(order.tip > 0 && { tip_money: money(order.tip) }),
    type: payment.cash ? 'CASH' : 'CARD',
    ...(!payment.cash && { card_details: { status: CARD_STATUS[payment.status] } }),
  };
}

function paymentObject(order: Order, payment: Payment): Record<string, unknown> {
  const { buyer } = order;
  return {
    id: payment.id,
    order_id: order.id,
    location_id: LOCATION,
    created_at: time(payment.createdAtMs),
    updated_at: time(payment.updatedAtMs),
    status: payment.status,
    source_type: payment.cash ? 'CASH' : 'CARD',
    amount_money: money(totalOf(order) - order.tip),
    ...(order.tip > 0 && { tip_money: money(order.tip) }),
    total_money: money(totalOf(order)),
    receipt_number: payment.id.slice(-4),
    ...(payment.refunded > 0 && { refunded_money: money(payment.refunded), refund_ids: payment.refundIds }),
    ...(buyer && { customer_id: squareCustomerId(buyer) }),
    ...(buyer && !order.atTill && { buyer_email_address: buyer.email }),
    ...(order.atTill && {
      device_details: { device_id: 'DEVICE_INSTALLATION_ID:7F2A11', device_name: 'Front till' },
      team_member_id: 'TMx3Gd9Kq1',
    }),
  };
}

function refundObject({ payment }: Order, refund: Refund): Record<string, unknown> {
  return {
    id: refund.id,
    payment_id: payment?.id,
    order_id: refund.returnOrderId,
    location_id: LOCATION,
    status: refund.status,
    amount_money: money(refund.amount),
    created_at: time(refund.createdAtMs),
    updated_at: time(refund.updatedAtMs),
  };
}

/** The order that Square makes of a return. */
function returnObject(order: Order, refund: Refund): Record<string, unknown> {
  return {
    id: refund.returnOrderId,
    location_id: LOCATION,
    created_at: time(refund.createdAtMs),
    updated_at: time(refund.createdAtMs),
    closed_at: time(refund.createdAtMs),
    state: 'COMPLETED',
    version: 1,
    returns: [
      {
        uid: 'return-1',
        source_order_id: order.id,
        return_line_items: refund.lines.map(({ line, quantity }, index) => ({
          uid: `back-${index + 1}`,
          source_line_item_uid: line.uid,
          quantity: String(quantity),
        })),
      },
    ],
    refunds: [{ id: refund.id, status: 'APPROVED' }],
  };
}

const record = (kind: Kind, id: string, version: number, object: unknown): PlatformRecord => ({
  subject: `${kind}/${id}`,
  version,
  json: JSON.stringify(object),
});

const paymentRecord = (order: Order, atMs: number): PlatformRecord[] =>
  order.payment ? [record('payment', order.payment.id, atMs, paymentObject(order, order.payment))] : [];

const refundRecords = (order: Order, refund: Refund, atMs: number): PlatformRecord[] => [
  record('refund', refund.id, atMs, refundObject(order, refund)),
  record('order', refund.returnOrderId, refund.createdAtMs, returnObject(order, refund)),
  ...paymentRecord(order, atMs),
];

function orderNews(type: 'order.created' | 'order.updated', order: Order): News {
  const said = {
    order_id: order.id,
    location_id: LOCATION,
    state: order.state,
    version: order.version,
    created_at: time(order.placedAtMs),
    ...(type === 'order.updated' && { updated_at: time(order.updatedAtMs) }),
  };
  return [type, order.id, { [type.replace('.', '_')]: said }];
}

/** It has no version, and its times are those of the event. */
function fulfillmentNews(order: Order): News {
  const at = time(order.updatedAtMs + 150);
  const update = [{ fulfillment_uid: 'ship-1', old_state: 'PROPOSED', new_state: 'COMPLETED' }];
  const said = { order_id: order.id, created_at: at, updated_at: at, fulfillment_update: update };
  return ['order.fulfillment.updated', order.id, { order_fulfillment_updated: said }];
}

function paymentNews(type: 'payment.created' | 'payment.updated', order: Order): News {
  const { payment } = order;
  return [type, payment?.id ?? '', { payment: payment && paymentObject(order, payment) }];
}

/** Square tells of the refund, of its payment once it has changed, and of the return order. */
function refundNews(type: 'refund.created' | 'refund.updated', order: Order, refund: Refund): News[] {
  const news: News[] = [[type, refund.id, { refund: refundObject(order, refund) }]];
  if (type === 'refund.updated') return [...news, paymentNews('payment.updated', order)];
  const at = time(refund.createdAtMs);
  const said = {
    order_id: refund.returnOrderId,
    location_id: LOCATION,
    state: 'COMPLETED',
    version: 1,
    created_at: at,
  };
  return [...news, ['order.created', refund.returnOrderId, { order_created: said }]];
}

function deliver(
  random: Random,
  shop: ShopOptions,
  changedAtMs: number,
  [type, id, object]: News,
  records: readonly PlatformRecord[],
): Delivery {
  const atMs = changedAtMs + random.int(200, 900);
  const hex = (digits: number) => Array.from({ length: digits }, () => random.int(0, 15).toString(16)).join('');
  const body = {
    merchant_id: shop.shop,
    location_id: LOCATION,
    type,
    event_id: `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
    created_at: time(atMs),
    data: { type: type.split('.')[0], id, object },
  };
  const unsigned = {
    method: 'POST',
    url: shop.webhookUrl,
    query: '',
    headers: { ...HEADERS, 'square-initial-delivery-timestamp': time(atMs) },
    body: Buffer.from(JSON.stringify(body)),
  };
  const request = squareDoor.sign(unsigned, shop.secret, new Date(atMs));
  return { channel: squareDoor.channel, connection: shop.connection, atMs, request, records };
}

/** Orders name the variation alone. */
export const squareVariationId = ({ variantId }: Pick<Product, 'variantId'>): string => `VAR${variantId}`;

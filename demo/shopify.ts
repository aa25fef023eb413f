/**
 * A Shopify shop that sells tea on the web and over its counter: signed webhooks with bodies as Shopify makes them. Each
 * action of the merchant or the buyer changes the order, moves `updated_at` and causes the topics that Shopify would send.
 */
import { shopifyDoor } from '../shared/channels/shopify/door.ts';
import type { Delivery, ShopOptions, Story } from './delivery.ts';
import { CATALOGUE, type Person, person } from './people.ts';
import type { Random } from './random.ts';
import type { Scene } from './scene.ts';
import type { Oddity } from './shop.ts';

const SHOP_DOMAIN = 'tributary-tea.myshopify.com';
const CURRENCY = 'USD';
const TAX = 0.08;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Orders without end, one after the other; customers come back. */
export function* shopifyStories(random: Random, options: ShopOptions): Generator<Story> {
  let placedAtMs = options.startMs;
  for (let number = 1001; ; number++) {
    placedAtMs += random.int(1, 2 * options.everyMs);
    yield tell(random, options, number, placedAtMs);
  }
}

interface Line {
  readonly id: number;
  readonly product: (typeof CATALOGUE)[number];
  readonly quantity: number;
  readonly discountCents: number;
  readonly taxCents: number;
  refunded: number;
  shipped: number;
}

interface Refund {
  readonly id: number;
  readonly atMs: number;
  readonly cents: number;
  readonly lines: readonly { readonly line: Line; readonly quantity: number }[];
}

interface Order {
  readonly id: number;
  readonly number: number;
  readonly placedAtMs: number;
  readonly buyer: Person | undefined;
  /** Has given contact and address, but has no account. */
  readonly guest: boolean;
  readonly pos: boolean;
  readonly test: boolean;
  readonly lines: readonly Line[];
  readonly shippingCents: number;
  readonly tipCents: number;
  readonly code: string | undefined;
  readonly refunds: Refund[];
  paid: boolean;
  updatedAtMs: number;
  closedAtMs?: number;
  cancelledAtMs?: number;
}

function tell(random: Random, shop: ShopOptions, number: number, placedAtMs: number): Story {
  const order = place(random, number, placedAtMs);
  const acts = actsOn(random, shop, order);
  if (order.pos) acts.sellAtTill();
  else {
    acts.place();
    acts.pay(random.int(1, 90) * SECOND);
    if (random.chance(0.12)) {
      acts.cancel(random.int(5, 90) * MINUTE);
      acts.giveBack(SECOND, () => 'all');
      return acts.story;
    }
    if (order.lines.length > 1 && random.chance(0.25)) acts.shipFirst(random.int(1, 3) * HOUR);
    acts.shipAll(random.int(1, 5) * HOUR);
    if (random.chance(0.5)) acts.close(HOUR);
  }
  for (let returns = 0; returns < 2 && random.chance(0.18); returns++)
    acts.giveBack(random.int(1, 4) * HOUR, () => (random.chance(0.2) ? 'all' : 'one'));
  if (random.chance(0.01)) acts.erase();
  return acts.story;
}

/** One order as a script wants it. */
export function shopifyScene(random: Random, shop: ShopOptions, scene: Scene): Story {
  const { number, paidAtMs, handedOver, buyer, guest, back } = scene;
  const lines = scene.lines.map(({ product, quantity }, index) => {
    const taxCents = Math.round(product.priceCents * quantity * TAX);
    return newLine(number, index, { product, quantity, discountCents: 0, taxCents });
  });
  const pos = handedOver === 'counter';
  const thinksMs = pos ? 0 : random.int(1, 90) * SECOND;
  const order = newOrder({ number, placedAtMs: paidAtMs - thinksMs, buyer, guest, pos, lines });
  const acts = actsOn(random, shop, order);
  if (pos) acts.sellAtTill();
  else {
    acts.place();
    acts.pay(thinksMs);
    acts.shipAll(random.int(1, 5) * HOUR);
  }
  if (back) acts.giveBack(back.atMs - order.updatedAtMs, () => back.extent);
  return acts.story;
}

/** What can be done to an order, and the topics that it causes; who does it is chance, or a script. */
function actsOn(random: Random, shop: ShopOptions, order: Order) {
  const deliveries: Delivery[] = [];
  const send = (topic: string, body: unknown) => deliveries.push(deliver(random, shop, order, topic, body));
  const act = (afterMs: number, change: () => void, ...topics: string[]) => {
    order.updatedAtMs += Math.max(SECOND, afterMs);
    change();
    for (const topic of topics) send(topic, orderBody(order));
  };
  const story: Story = { orderId: String(order.id), deliveries };
  return {
    story,
    sellAtTill() {
      order.paid = true;
      order.closedAtMs = order.placedAtMs;
      for (const line of order.lines) line.shipped = line.quantity;
      send('orders/create', orderBody(order));
      send('orders/paid', orderBody(order));
    },
    place: () => send('orders/create', orderBody(order)),
    pay: (afterMs: number) =>
      act(
        afterMs,
        () => {
          order.paid = true;
        },
        'orders/paid',
        'orders/updated',
      ),
    cancel: (afterMs: number) =>
      act(
        afterMs,
        () => {
          order.cancelledAtMs = order.updatedAtMs;
        },
        'orders/cancelled',
        'orders/updated',
      ),
    shipFirst: (afterMs: number) =>
      act(afterMs, () => ship(order.lines.slice(0, 1)), 'orders/partially_fulfilled', 'orders/updated'),
    shipAll: (afterMs: number) => act(afterMs, () => ship(order.lines), 'orders/fulfilled', 'orders/updated'),
    close: (afterMs: number) =>
      act(
        afterMs,
        () => {
          order.closedAtMs = order.updatedAtMs;
        },
        'orders/updated',
      ),
    giveBack(afterMs: number, extent: () => 'one' | 'all') {
      act(afterMs, () => refund(random, order, extent()), 'orders/updated');
      send('refunds/create', refundBody(order));
    },
    erase: () => send('orders/delete', { id: order.id }),
  };
}

function ship(lines: readonly Line[]): void {
  for (const line of lines) line.shipped = line.quantity - line.refunded;
}

function place(random: Random, number: number, placedAtMs: number): Order {
  const pos = random.chance(0.2);
  const code = !pos && random.chance(0.3) ? 'SPRING10' : undefined;
  const lines = Array.from({ length: random.int(1, 3) }, (_, index): Line => {
    const product = random.pick(CATALOGUE);
    const quantity = random.int(1, 3);
    const discountCents = code ? Math.floor((product.priceCents * quantity) / 10) : 0;
    const taxCents = Math.round((product.priceCents * quantity - discountCents) * TAX);
    return newLine(number, index, { product, quantity, discountCents, taxCents });
  });
  const known = !pos || random.chance(0.6);
  const buyer = known ? person(random.int(0, Math.max(20, Math.floor(number / 8)))) : undefined;
  return {
    ...newOrder({ number, placedAtMs, buyer, guest: false, pos, lines }),
    test: random.chance(0.01),
    shippingCents: pos ? 0 : random.pick([0, 590, 1200]),
    tipCents: pos && random.chance(0.3) ? 200 : 0,
    code,
  };
}

const newLine = (
  number: number,
  index: number,
  line: Pick<Line, 'product' | 'quantity' | 'discountCents' | 'taxCents'>,
): Line => ({ ...line, id: 14_000_000_000_000 + number * 10 + index, refunded: 0, shipped: 0 });

const newOrder = (given: Pick<Order, 'number' | 'placedAtMs' | 'buyer' | 'guest' | 'pos' | 'lines'>): Order => ({
  ...given,
  id: 5_600_000_000_000 + given.number * 7,
  updatedAtMs: given.placedAtMs,
  test: false,
  shippingCents: 0,
  tipCents: 0,
  code: undefined,
  refunds: [],
  paid: false,
});

/** One line goes back, or all that is left with the shipping and the tip. */
function refund(random: Random, order: Order, extent: 'one' | 'all'): void {
  const left = order.lines.filter((line) => line.refunded < line.quantity);
  const back = extent === 'all' ? left : left.slice(0, 1);
  const lines = back.map((line) => {
    const quantity = extent === 'all' ? line.quantity - line.refunded : random.int(1, line.quantity - line.refunded);
    const before = line.refunded;
    line.refunded += quantity;
    return { line, quantity, cents: lineShare(line, before + quantity) - lineShare(line, before) };
  });
  const extras = extent === 'all' ? order.shippingCents + order.tipCents : 0;
  const cents = lines.reduce((total, line) => total + line.cents, extras);
  order.refunds.push({ id: order.id * 10 + order.refunds.length, atMs: order.updatedAtMs, cents, lines });
}

/** What the first `quantity` pieces of a line cost with tax: shares of it add up to the whole. */
const lineShare = (line: Line, quantity: number): number =>
  Math.round(
    ((line.product.priceCents * line.quantity - line.discountCents + line.taxCents) * quantity) / line.quantity,
  );

const totalOf = (order: Order): number =>
  order.lines.reduce(
    (total, line) => total + line.product.priceCents * line.quantity - line.discountCents + line.taxCents,
    order.shippingCents + order.tipCents,
  );

/** As this shop knows its customers. */
export const shopifyCustomerId = ({ id }: Person): number => id;

const money = (cents: number) => (cents / 100).toFixed(2);
const moneySet = (cents: number) => ({
  shop_money: { amount: money(cents), currency_code: CURRENCY },
  presentment_money: { amount: money(cents), currency_code: CURRENCY },
});
/** Shopify writes times in seconds, with the shop's offset. */
const time = (atMs: number) => `${new Date(atMs - 5 * HOUR).toISOString().slice(0, 19)}-05:00`;

function financialStatus(order: Order): string {
  if (!order.paid) return 'pending';
  const refunded = order.refunds.reduce((total, { cents }) => total + cents, 0);
  if (refunded === 0) return 'paid';
  return refunded >= totalOf(order) ? 'refunded' : 'partially_refunded';
}

function fulfillmentStatus(order: Order): string | null {
  if (order.lines.every((line) => line.shipped === 0)) return null;
  return order.lines.every((line) => line.shipped + line.refunded >= line.quantity) ? 'fulfilled' : 'partial';
}

function orderBody(order: Order): Record<string, unknown> {
  const { buyer, lines } = order;
  const subtotal = lines.reduce((sum, line) => sum + line.product.priceCents * line.quantity, 0);
  const discounts = lines.reduce((sum, line) => sum + line.discountCents, 0);
  const tax = lines.reduce((sum, line) => sum + line.taxCents, 0);
  const total = totalOf(order);
  const address = buyer && {
    first_name: buyer.firstName,
    last_name: buyer.lastName,
    name: `${buyer.firstName} ${buyer.lastName}`,
    address1: 'Tea Street 1',
    address2: null,
    phone: buyer.phone,
    city: buyer.city,
    zip: buyer.zip,
    province: buyer.province,
    country: buyer.country,
    country_code: buyer.country,
    province_code: null,
    company: null,
    latitude: null,
    longitude: null,
  };
  return {
    id: order.id,
    admin_graphql_api_id: `gid://shopify/Order/${order.id}`,
    app_id: order.pos ? 129785 : 580111,
    browser_ip: null,
    buyer_accepts_marketing: false,
    cancel_reason: order.cancelledAtMs === undefined ? null : 'customer',
    cancelled_at: order.cancelledAtMs === undefined ? null : time(order.cancelledAtMs),
    cart_token: null,
    checkout_id: null,
    checkout_token: null,
    client_details: null,
    closed_at: order.closedAtMs === undefined ? null : time(order.closedAtMs),
    company: null,
    confirmation_number: `T${order.number}`,
    confirmed: true,
    contact_email: buyer?.email ?? null,
    created_at: time(order.placedAtMs),
    currency: CURRENCY,
    current_subtotal_price: money(subtotal - discounts),
    current_subtotal_price_set: moneySet(subtotal - discounts),
    current_total_discounts: money(discounts),
    current_total_discounts_set: moneySet(discounts),
    current_total_duties_set: null,
    current_total_price: money(total),
    current_total_price_set: moneySet(total),
    current_total_tax: money(tax),
    current_total_tax_set: moneySet(tax),
    customer_locale: 'en',
    device_id: order.pos ? 3 : null,
    discount_codes: order.code ? [{ code: order.code, amount: money(discounts), type: 'percentage' }] : [],
    email: buyer?.email ?? '',
    estimated_taxes: false,
    financial_status: financialStatus(order),
    fulfillment_status: fulfillmentStatus(order),
    landing_site: order.pos ? null : '/?utm_source=newsletter&utm_campaign=spring-tea',
    landing_site_ref: null,
    location_id: order.pos ? 71_000_001 : null,
    merchant_of_record_app_id: null,
    name: `#${order.number}`,
    note: null,
    note_attributes: [],
    number: order.number - 1000,
    order_number: order.number,
    order_status_url: `https://${SHOP_DOMAIN}/orders/${order.number}`,
    original_total_additional_fees_set: null,
    original_total_duties_set: null,
    payment_gateway_names: [order.pos ? 'cash' : 'shopify_payments'],
    phone: buyer?.phone ?? null,
    po_number: null,
    presentment_currency: CURRENCY,
    processed_at: time(order.placedAtMs),
    reference: null,
    referring_site: null,
    source_identifier: null,
    source_name: order.pos ? 'pos' : 'web',
    source_url: null,
    subtotal_price: money(subtotal - discounts),
    subtotal_price_set: moneySet(subtotal - discounts),
    tags: '',
    tax_exempt: false,
    tax_lines: [{ price: money(tax), rate: 0.08, title: 'State Tax', price_set: moneySet(tax), channel_liable: false }],
    taxes_included: false,
    test: order.test,
    token: `token${order.id}`,
    total_cash_rounding_payment_adjustment_set: moneySet(0),
    total_cash_rounding_refund_adjustment_set: moneySet(0),
    total_discounts: money(discounts),
    total_discounts_set: moneySet(discounts),
    total_line_items_price: money(subtotal),
    total_line_items_price_set: moneySet(subtotal),
    total_outstanding: order.paid ? '0.00' : money(total),
    total_price: money(total),
    total_price_set: moneySet(total),
    total_shipping_price_set: moneySet(order.shippingCents),
    total_tax: money(tax),
    total_tax_set: moneySet(tax),
    total_tip_received: money(order.tipCents),
    total_weight: lines.reduce((grams, line) => grams + line.product.grams * line.quantity, 0),
    updated_at: time(order.updatedAtMs),
    user_id: order.pos ? 9_100_001 : null,
    billing_address: address ?? null,
    customer:
      buyer && !order.guest
        ? {
            id: shopifyCustomerId(buyer),
            email: buyer.email,
            created_at: time(order.placedAtMs),
            updated_at: time(order.updatedAtMs),
            first_name: buyer.firstName,
            last_name: buyer.lastName,
            state: 'disabled',
            note: null,
            verified_email: true,
            multipass_identifier: null,
            tax_exempt: false,
            phone: buyer.phone,
            currency: CURRENCY,
            tax_exemptions: [],
            admin_graphql_api_id: `gid://shopify/Customer/${shopifyCustomerId(buyer)}`,
            default_address: address,
          }
        : null,
    discount_applications: order.code
      ? [
          {
            target_type: 'line_item',
            type: 'discount_code',
            value: '10.0',
            value_type: 'percentage',
            allocation_method: 'across',
            target_selection: 'all',
            code: order.code,
          },
        ]
      : [],
    fulfillments: [],
    line_items: lines.map((line) => lineBody(line)),
    payment_terms: null,
    refunds: order.refunds.map((given) => refundObject(order, given)),
    shipping_address: order.pos ? null : (address ?? null),
    shipping_lines:
      order.shippingCents === 0
        ? []
        : [
            {
              id: order.id + 1,
              carrier_identifier: null,
              code: 'Standard',
              discounted_price: money(order.shippingCents),
              discounted_price_set: moneySet(order.shippingCents),
              phone: null,
              price: money(order.shippingCents),
              price_set: moneySet(order.shippingCents),
              requested_fulfillment_service_id: null,
              source: 'shopify',
              title: 'Standard',
              tax_lines: [],
              discount_allocations: [],
            },
          ],
  };
}

function lineBody(line: Line): Record<string, unknown> {
  const { product, quantity, discountCents, taxCents } = line;
  return {
    id: line.id,
    admin_graphql_api_id: `gid://shopify/LineItem/${line.id}`,
    attributed_staffs: [],
    current_quantity: quantity - line.refunded,
    fulfillable_quantity: Math.max(0, quantity - line.refunded - line.shipped),
    fulfillment_service: 'manual',
    fulfillment_status: line.shipped + line.refunded >= quantity && line.shipped > 0 ? 'fulfilled' : null,
    gift_card: false,
    grams: product.grams,
    name: product.title,
    price: money(product.priceCents),
    price_set: moneySet(product.priceCents),
    product_exists: true,
    product_id: product.productId,
    properties: [],
    quantity,
    requires_shipping: true,
    sku: `TEA-${product.variantId}`,
    taxable: true,
    title: product.title,
    total_discount: '0.00',
    total_discount_set: moneySet(0),
    variant_id: product.variantId,
    variant_inventory_management: 'shopify',
    variant_title: null,
    vendor: 'Tributary Tea',
    tax_lines: [
      { channel_liable: false, price: money(taxCents), price_set: moneySet(taxCents), rate: 0.08, title: 'State Tax' },
    ],
    duties: [],
    discount_allocations:
      discountCents === 0
        ? []
        : [{ amount: money(discountCents), amount_set: moneySet(discountCents), discount_application_index: 0 }],
  };
}

function refundObject(order: Order, { id, atMs, cents, lines }: Refund): Record<string, unknown> {
  return {
    id,
    admin_graphql_api_id: `gid://shopify/Refund/${id}`,
    created_at: time(atMs),
    note: null,
    order_id: order.id,
    processed_at: time(atMs),
    restock: true,
    total_duties_set: moneySet(0),
    user_id: 9_100_001,
    order_adjustments: [],
    transactions: [
      {
        id: id * 10 + 1,
        admin_graphql_api_id: `gid://shopify/OrderTransaction/${id * 10 + 1}`,
        amount: money(cents),
        authorization: null,
        created_at: time(atMs),
        currency: CURRENCY,
        device_id: null,
        error_code: null,
        gateway: order.pos ? 'cash' : 'shopify_payments',
        kind: 'refund',
        location_id: null,
        message: null,
        order_id: order.id,
        parent_id: id * 10,
        payment_id: `c${id}`,
        processed_at: time(atMs),
        receipt: {},
        source_name: 'web',
        status: 'success',
        test: order.test,
        user_id: null,
      },
    ],
    refund_line_items: lines.map(({ line, quantity }, index) => ({
      id: id * 10 + index,
      line_item_id: line.id,
      location_id: 71_000_001,
      quantity,
      restock_type: 'return',
      subtotal: money(line.product.priceCents * quantity),
      subtotal_set: moneySet(line.product.priceCents * quantity),
      total_tax: '0.00',
      total_tax_set: moneySet(0),
      line_item: lineBody(line),
    })),
    duties: [],
  };
}

/** As the webhook sends it: the newest refund. */
function refundBody(order: Order): unknown {
  const newest = order.refunds.at(-1);
  return newest && refundObject(order, newest);
}

function deliver(random: Random, shop: ShopOptions, order: Order, topic: string, body: unknown): Delivery {
  const atMs = order.updatedAtMs + random.int(200, 900);
  const hex = (digits: number) => Array.from({ length: digits }, () => random.int(0, 15).toString(16)).join('');
  const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
  const unsigned = {
    method: 'POST',
    url: '',
    query: '',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Shopify-Captain-Hook',
      'x-shopify-topic': topic,
      'x-shopify-shop-domain': SHOP_DOMAIN,
      'x-shopify-api-version': '2026-10',
      'x-shopify-webhook-id': uuid(),
      'x-shopify-event-id': uuid(),
      'x-shopify-triggered-at': new Date(atMs).toISOString(),
    },
    body: Buffer.from(JSON.stringify(body)),
  };
  const request = shopifyDoor.sign(unsigned, shop.secret, new Date(atMs));
  return { channel: shopifyDoor.channel, connection: shop.connection, atMs, request };
}

export const shopifyOddities: readonly Oddity[] = [
  odd('orders/updated', '<order>not json</order>'),
  odd('orders/updated', '{"id":null,"note":"half an order"}'),
  odd('products/update', '{"id":1,"title":"a product"}'),
];

function odd(topic: string, body: string): Oddity {
  const headers = {
    'content-type': 'application/json',
    'x-shopify-topic': topic,
    'x-shopify-shop-domain': SHOP_DOMAIN,
  };
  return { headers, body };
}

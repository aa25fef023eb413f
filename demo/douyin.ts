/**
 * A Douyin shop that sells tea in its host's live room and beside it: messages as the platform pushes them, and what its API
 * answers from then on. Each act of the buyer or the merchant falls on a second of its own, as `update_time` counts them.
 *
 * Simplified: the platform also moves an order's `update_time` when an after-sale of it changes, without a message of the
 * order. Here an order changes with its own messages alone.
 */
import { createHash } from 'node:crypto';
import { douyinDoor } from '../shared/channels/douyin/door.ts';
import type { Delivery, PlatformRecord, ShopOptions, Story } from './delivery.ts';
import { CATALOGUE, type Person, type Product, person } from './people.ts';
import type { Random } from './random.ts';
import type { Scene } from './scene.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UTC_PLUS_8_MS = 8 * HOUR;

const HEADERS = { 'content-type': 'application/json', 'sign-method': 'md5' };

/** Authentic and of no use: not JSON, half a message, a tag that tells nothing of an order (a product). Not yet signed. */
export const douyinOddities: readonly { readonly headers: Readonly<Record<string, string>>; readonly body: string }[] =
  [
    { headers: HEADERS, body: '<message>not json</message>' },
    {
      headers: HEADERS,
      body: '[{"tag":"101","msg_id":"7010000000000000001:0:101","data":"{\\"order_status\\":105}"}]',
    },
    { headers: HEADERS, body: '[{"tag":"400","msg_id":"7010000000000000002:0:400","data":"{\\"product_id\\":8101}"}]' },
  ];

/** Orders without end, one after the other; customers come back. */
export function* douyinStories(random: Random, options: ShopOptions): Generator<Story> {
  let placedAtMs = Math.ceil(options.startMs / SECOND) * SECOND;
  for (let number = 1; ; number++) {
    placedAtMs += Math.ceil(random.int(1, 2 * options.everyMs) / SECOND) * SECOND;
    yield tell(random, options, number, placedAtMs);
  }
}

interface Line {
  readonly id: string;
  readonly product: (typeof CATALOGUE)[number];
  readonly quantity: number;
  readonly gift: boolean;
  /** All in fen. */
  readonly price: number;
  readonly byShop: number;
  readonly byPlatform: number;
  refunded: number;
}

interface Order {
  readonly id: string;
  readonly buyer: Person;
  readonly placedAtMs: number;
  readonly lines: readonly Line[];
  readonly freight: number;
  readonly freightDiscount: number;
  readonly live: boolean;
  readonly miniApp: boolean;
  /** For a store: nothing is sent, and the phone that it goes to is in the clear. */
  readonly voucher: boolean;
  /** 0, or 10 for a sample sent to a host. */
  readonly tradeType: number;
  status: number;
  updatedAtMs: number;
  paidAtMs: number;
  shippedAtMs: number;
  finishedAtMs: number;
}

interface AfterSale {
  readonly id: string;
  readonly appliedAtMs: number;
  /** 0 return and refund, 2 refund before shipping. */
  readonly type: number;
  readonly amount: number;
  readonly freight: number;
  readonly lines: readonly { readonly line: Line; readonly quantity: number }[];
  updatedAtMs: number;
  status: number;
  refundStatus: number;
}

/** What the messages of one request say: their tag, and what `data` has beside the ids. */
interface News {
  readonly tag: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

function tell(random: Random, shop: ShopOptions, number: number, placedAtMs: number): Story {
  const order = place(random, number, placedAtMs);
  const acts = actsOn(random, shop, order);
  acts.place();
  if (random.chance(0.08)) {
    acts.lapse(30 * MINUTE);
    return acts.story;
  }
  acts.pay(random.int(2, 90) * SECOND);
  if (order.tradeType === 0 && random.chance(0.08)) {
    acts.askBack(random.int(1, 20) * HOUR, 'all', BEFORE_SHIPPING);
    acts.giveBack(random.int(1, 30) * HOUR);
    return acts.story;
  }
  if (order.lines.length > 1 && random.chance(0.25)) acts.shipPart(random.int(2, 12) * HOUR);
  acts.shipAll(random.int(3, 30) * HOUR);
  if (random.chance(0.8)) acts.finish(random.int(2, 6) * DAY);
  for (let returns = 0; returns < 2 && order.tradeType === 0 && random.chance(0.18); returns++) {
    if (returnable(order).length === 0) continue;
    const extent = random.chance(0.2) ? 'all' : 'one';
    acts.askBack(random.int(1, 20) * HOUR, extent, RETURN);
    const laterMs = random.int(1, 30) * HOUR;
    if (random.chance(0.2)) acts.withdraw(laterMs);
    else acts.giveBack(laterMs);
  }
  return acts.story;
}

/** One order as a script wants it. A voucher is bought with the phone that it is sent to, and used some days later. */
export function douyinScene(random: Random, shop: ShopOptions, scene: Scene): Story {
  const { number, buyer, handedOver, back } = scene;
  const thinksMs = random.int(2, 90) * SECOND;
  const placedAtMs = Math.floor(scene.paidAtMs / SECOND) * SECOND - thinksMs;
  const id = orderId(number);
  const lines = scene.lines.map(({ product, quantity }, index) => ({
    ...EMPTY_LINE,
    id: lineId(id, index),
    product,
    quantity,
    price: product.priceCents,
    gift: false,
    refunded: 0,
  }));
  const voucher = handedOver === 'voucher';
  const order: Order = { ...newOrder({ id, buyer, placedAtMs, lines }), live: random.chance(0.7), voucher };
  const acts = actsOn(random, shop, order);
  acts.place();
  acts.pay(thinksMs);
  if (!voucher) acts.shipAll(random.int(3, 30) * HOUR);
  acts.finish(random.int(2, 6) * DAY);
  if (back) {
    acts.askBack(back.atMs - DAY - order.finishedAtMs, back.extent, RETURN);
    acts.giveBack(DAY);
  }
  return acts.story;
}

/** After-sales: return and refund; refund before anything was shipped. */
const RETURN = 0;
const BEFORE_SHIPPING = 2;

/** What can be done to an order, and the messages that it causes; who does it is chance, or a script. */
function actsOn(random: Random, shop: ShopOptions, order: Order) {
  const deliveries: Delivery[] = [];
  let nowMs = order.placedAtMs;
  let sale: AfterSale | undefined;
  const wait = (ms: number) => {
    nowMs += Math.max(1, Math.round(ms / SECOND)) * SECOND;
  };
  const sendTrade = (...news: News[]) => {
    const messages = news.map(({ tag, fields }) => message(random, tag, { ...tradeIds(order, shop), ...fields }));
    const record = { subject: `order/${order.id}`, version: order.updatedAtMs, json: json(orderDetail(order, shop)) };
    deliveries.push(deliver(random, shop, { messages, nowMs, record }));
  };
  const trade = (status: number, change: () => void, ...news: News[]) => {
    order.status = status;
    order.updatedAtMs = nowMs;
    change();
    sendTrade(...news);
  };
  const sendAfterSale = (sale: AfterSale, tag: number, time: string) => {
    const fields = { ...afterSaleIds(order, sale, shop), [time]: seconds(nowMs), update_time: localTime(nowMs) };
    const record = {
      subject: `refund/${sale.id}`,
      version: sale.updatedAtMs,
      json: json(afterSaleDetail(order, sale)),
    };
    deliveries.push(deliver(random, shop, { messages: [message(random, tag, fields)], nowMs, record }));
  };
  const story: Story = { orderId: order.id, deliveries };
  return {
    story,
    place: () => sendTrade({ tag: 100, fields: { create_time: seconds(nowMs) } }),
    /** Nobody paid. */
    lapse(afterMs: number) {
      wait(afterMs);
      const fields = { cancel_time: seconds(nowMs), cancel_reason: '超时未支付' };
      trade(4, () => {}, { tag: 106, fields });
    },
    pay(afterMs: number) {
      wait(afterMs);
      trade(
        2,
        () => {
          order.paidAtMs = nowMs;
        },
        { tag: 101, fields: { pay_time: seconds(nowMs), pay_amount: owed(order), pay_type: 2 } },
        { tag: 110, fields: {} },
      );
    },
    shipPart(afterMs: number) {
      wait(afterMs);
      trade(
        101,
        () => {
          order.shippedAtMs = nowMs;
        },
        { tag: 108, fields: { update_time: seconds(nowMs) } },
      );
    },
    shipAll(afterMs: number) {
      wait(afterMs);
      trade(
        3,
        () => {
          order.shippedAtMs ||= nowMs;
        },
        { tag: 102, fields: { update_time: seconds(nowMs) } },
      );
    },
    finish(afterMs: number) {
      wait(afterMs);
      trade(
        5,
        () => {
          order.finishedAtMs = nowMs;
        },
        { tag: 103, fields: { complete_time: seconds(nowMs) } },
      );
    },
    askBack(afterMs: number, extent: 'one' | 'all', type: number) {
      wait(afterMs);
      sale = apply(random, order, { extent, type, nowMs });
      sendAfterSale(sale, 200, 'apply_time');
    },
    giveBack(afterMs: number) {
      if (!sale) return;
      wait(afterMs);
      sale.updatedAtMs = nowMs;
      sale.status = 12;
      sale.refundStatus = 3;
      for (const { line, quantity } of sale.lines) line.refunded += quantity;
      sendAfterSale(sale, 206, 'success_time');
    },
    /** Withdrawn by the buyer: `refund_status` stays at "to be made". */
    withdraw(afterMs: number) {
      if (!sale) return;
      wait(afterMs);
      sale.updatedAtMs = nowMs;
      sale.status = 28;
      sendAfterSale(sale, 207, 'close_time');
    },
  };
}

function place(random: Random, number: number, placedAtMs: number): Order {
  const id = orderId(number);
  const sample = random.chance(0.02);
  const [shopCoupon, platformCoupon] = [random.chance(0.3), random.chance(0.3)];
  const goods = Array.from({ length: sample ? 1 : random.int(1, 3) }, (_, index): Line => {
    const product = random.pick(CATALOGUE);
    const quantity = sample ? 1 : random.int(1, 3);
    const gross = product.priceCents * quantity;
    return {
      id: lineId(id, index),
      product,
      quantity,
      gift: false,
      price: product.priceCents,
      byShop: sample ? gross : shopCoupon ? Math.floor(gross / 10) : 0,
      byPlatform: !sample && platformCoupon ? Math.floor(gross / 20) : 0,
      refunded: 0,
    };
  });
  const gift: Line[] =
    !sample && random.chance(0.1)
      ? [{ ...EMPTY_LINE, id: lineId(id, goods.length), product: random.pick(CATALOGUE), gift: true, refunded: 0 }]
      : [];
  const freight = sample ? 0 : random.pick([0, 600, 800]);
  // Every second person of the town lives in China.
  const buyer = person(2 * random.int(0, Math.max(20, Math.floor(number / 8))));
  return {
    ...newOrder({ id, buyer, placedAtMs, lines: [...goods, ...gift] }),
    freight,
    freightDiscount: freight > 0 && random.chance(0.4) ? 300 : 0,
    live: random.chance(0.7),
    miniApp: random.chance(0.2),
    tradeType: sample ? 10 : 0,
  };
}

const orderId = (number: number): string => String(6_936_400_000_000_000_000n + BigInt(number) * 65_536n);

const newOrder = (given: Pick<Order, 'id' | 'buyer' | 'placedAtMs' | 'lines'>): Order => ({
  ...given,
  freight: 0,
  freightDiscount: 0,
  live: false,
  miniApp: false,
  voucher: false,
  tradeType: 0,
  status: 1,
  updatedAtMs: given.placedAtMs,
  paidAtMs: 0,
  shippedAtMs: 0,
  finishedAtMs: 0,
});

const EMPTY_LINE = { quantity: 1, price: 0, byShop: 0, byPlatform: 0 };

/** One child has the id of its parent. */
const lineId = (orderId: string, index: number): string => String(BigInt(orderId) + BigInt(index));

const net = (line: Line): number => line.price * line.quantity - line.byShop - line.byPlatform;
const sumOf = (lines: readonly Line[], amount: (line: Line) => number): number =>
  lines.reduce((total, line) => total + amount(line), 0);
const owed = (order: Order): number => sumOf(order.lines, net) + order.freight - order.freightDiscount;
const returnable = ({ lines }: Order): Line[] => lines.filter((line) => !line.gift && line.refunded < line.quantity);

/** What the first `quantity` pieces of a line cost: shares of it add up to the whole. */
const share = (line: Line, quantity: number): number => Math.round((net(line) * quantity) / line.quantity);

/** One line goes back, or all that is left; with what has not shipped, the freight too. */
function apply(
  random: Random,
  order: Order,
  { extent, type, nowMs }: { readonly extent: 'one' | 'all'; readonly type: number; readonly nowMs: number },
): AfterSale {
  const left = returnable(order);
  const lines = (extent === 'all' ? left : left.slice(0, 1)).map((line) => {
    const rest = line.quantity - line.refunded;
    return { line, quantity: extent === 'all' ? rest : random.int(1, rest) };
  });
  const freight = type === 2 ? order.freight - order.freightDiscount : 0;
  const amount = lines.reduce(
    (total, { line, quantity }) => total + share(line, line.refunded + quantity) - share(line, line.refunded),
    freight,
  );
  const id = `1467${String(random.int(0, 99_999_999)).padStart(8, '0')}${order.id.slice(-6)}`;
  return { id, appliedAtMs: nowMs, updatedAtMs: nowMs, type, amount, freight, lines, status: 6, refundStatus: 1 };
}

// --- As the platform writes it ----------------------------------------------------------------------------------------

const seconds = (atMs: number): number => Math.floor(atMs / SECOND);
/** Text in after-sale messages: UTC+8, unsaid. */
const localTime = (atMs: number): string => new Date(atMs + UTC_PLUS_8_MS).toISOString().slice(0, 19).replace('T', ' ');

/** An id that the platform writes as a bare number, beyond what a double holds; `json` takes the marks off. */
const bare = (id: string): string => (/^\d+$/.test(id) ? `#${id}#` : id);
const json = (value: unknown): string => JSON.stringify(value).replace(/"#(\d+)#"/g, '$1');

function tradeIds(order: Order, { shop }: ShopOptions): Record<string, unknown> {
  return {
    p_id: bare(order.id),
    s_ids: order.lines.map((line) => bare(line.id)),
    shop_id: bare(shop),
    order_status: order.status,
    order_type: order.voucher ? 4 : 0,
    biz: 2,
  };
}

function afterSaleIds(order: Order, sale: AfterSale, { shop }: ShopOptions): Record<string, unknown> {
  return {
    aftersale_id: bare(sale.id),
    aftersale_status: sale.status,
    aftersale_type: sale.type,
    p_id: bare(order.id),
    s_id: bare(sale.lines[0]?.line.id ?? order.id),
    shop_id: bare(shop),
    refund_amount: sale.amount,
    refund_post_amount: sale.freight,
    reason_code: 1,
  };
}

function orderDetail(order: Order, { shop }: ShopOptions): Record<string, unknown> {
  const { buyer, lines, freight, freightDiscount } = order;
  const [byShop, byPlatform] = [sumOf(lines, (line) => line.byShop), sumOf(lines, (line) => line.byPlatform)];
  const address = {
    province: { name: buyer.province, id: '' },
    city: { name: buyer.city, id: '' },
    town: { name: '', id: '' },
    street: { name: '', id: '' },
    encrypt_detail: cipher('##', buyer.zip),
  };
  return {
    shop_id: bare(shop),
    shop_name: '山脚茶铺',
    open_id: order.miniApp ? `_000${hash(`open/${buyer.id}`).slice(0, 24)}` : '',
    order_id: order.id,
    order_level: 2,
    biz: 2,
    order_type: order.voucher ? 4 : 0,
    trade_type: 0,
    order_status: order.status,
    main_status: order.status,
    pay_time: seconds(order.paidAtMs),
    order_expire_time: 1800,
    finish_time: seconds(order.finishedAtMs),
    create_time: seconds(order.placedAtMs),
    update_time: seconds(order.updatedAtMs),
    cancel_reason: order.status === 4 ? '超时未支付' : '',
    b_type: 2,
    pay_type: order.tradeType === 10 ? 7 : 2,
    channel_payment_no: '',
    order_amount: sumOf(lines, (line) => line.price * line.quantity),
    pay_amount: owed(order),
    post_amount: freight - freightDiscount,
    post_origin_amount: freight,
    post_promotion_amount: freightDiscount,
    post_insurance_amount: 0,
    packing_amount: 0,
    tax_amount: 0,
    modify_amount: 0,
    modify_post_amount: 0,
    promotion_amount: byShop + byPlatform,
    promotion_shop_amount: byShop,
    promotion_platform_amount: byPlatform,
    promotion_talent_amount: 0,
    promotion_pay_amount: 0,
    total_promotion_amount: byShop + byPlatform + freightDiscount,
    shop_cost_amount: byShop,
    platform_cost_amount: byPlatform,
    only_platform_cost_amount: byPlatform,
    author_cost_amount: 0,
    encrypt_post_tel: cipher('$$', buyer.phone),
    encrypt_post_receiver: cipher('##', buyer.lastName),
    ...(order.voucher && { post_tel: nationalPhone(buyer), post_receiver: `${buyer.lastName}${buyer.firstName}` }),
    mask_post_tel: `${buyer.phone.slice(3, 6)}****${buyer.phone.slice(-4)}`,
    mask_post_receiver: `${buyer.lastName}**`,
    post_addr: order.voucher ? null : address,
    ship_time: seconds(order.shippedAtMs),
    order_phase_list: [],
    doudian_open_id: douyinOpenId(buyer),
    sku_order_list: lines.map((line) => skuOrder(order, line)),
  };
}

function skuOrder(order: Order, line: Line): Record<string, unknown> {
  const { product, quantity, price, byShop, byPlatform } = line;
  return {
    order_id: line.id,
    parent_order_id: order.id,
    order_level: 3,
    trade_type: order.tradeType,
    order_status: order.status,
    author_id: order.live ? bare('2854311976543210') : 0,
    author_name: order.live ? '小满' : '',
    room_id: order.live ? bare('7303301234567890123') : 0,
    room_id_str: order.live ? '7303301234567890123' : '',
    video_id: '',
    c_biz: order.live ? 2 : 8,
    origin_amount: price,
    item_num: quantity,
    sum_amount: price * quantity,
    pay_amount: net(line),
    modify_amount: 0,
    promotion_amount: byShop + byPlatform,
    promotion_shop_amount: byShop,
    promotion_platform_amount: byPlatform,
    promotion_talent_amount: 0,
    promotion_pay_amount: 0,
    shop_cost_amount: byShop,
    platform_cost_amount: byPlatform,
    has_tax: false,
    product_id: bare(douyinProductId(product)),
    product_id_str: douyinProductId(product),
    sku_id: bare(`34107160762${product.variantId}`),
    product_name: product.title,
    given_product_type: line.gift ? 'FREE' : '',
    after_sale_info: { after_sale_status: 0, after_sale_type: 0, refund_status: 0 },
  };
}

function afterSaleDetail(order: Order, sale: AfterSale): Record<string, unknown> {
  const made = sale.refundStatus === 3;
  return {
    process_info: {
      after_sale_info: {
        after_sale_id: bare(sale.id),
        after_sale_status: sale.status,
        after_sale_type: sale.type,
        refund_status: sale.refundStatus,
        refund_total_amount: sale.amount,
        refund_post_amount: sale.freight,
        real_refund_amount: made ? sale.amount : 0,
        apply_time: seconds(sale.appliedAtMs),
        update_time: seconds(sale.updatedAtMs),
        ...(made && { refund_time: seconds(sale.updatedAtMs) }),
        after_sale_apply_count: sale.lines.reduce((count, { quantity }) => count + quantity, 0),
        part_type: 0,
        reason: '不想要了',
      },
      logistics_info: {},
    },
    order_info: {
      shop_order_id: bare(order.id),
      sku_order_infos: sale.lines.map(({ line, quantity }) => ({
        sku_order_id: bare(line.id),
        item_quantity: line.quantity,
        after_sale_item_count: quantity,
      })),
    },
  };
}

/** As this shop knows its buyers. */
export const douyinOpenId = ({ id }: Person): string => `1@#${hash(`buyer/${id}`)}`;

const nationalPhone = ({ phone }: Person): string => phone.replace(/^\+86/, '');

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
/** As ciphers look: marks around it, and an index for search behind a star. */
const cipher = (mark: string, text: string): string =>
  `${mark}${hash(text)}*${hash(mark).slice(0, 12)}=${mark[0]}1${mark}`;

interface PushedMessage {
  readonly tag: string;
  readonly msg_id: string;
  /** JSON as text. */
  readonly data: string;
}

function message(random: Random, tag: number, data: Readonly<Record<string, unknown>>): PushedMessage {
  const digits = Array.from({ length: 17 }, () => random.int(0, 9)).join('');
  return { tag: String(tag), msg_id: `70${digits}:0:${tag}`, data: json(data) };
}

interface Pushed {
  readonly messages: readonly PushedMessage[];
  readonly nowMs: number;
  readonly record: PlatformRecord;
}

function deliver(random: Random, shop: ShopOptions, { messages, nowMs, record }: Pushed): Delivery {
  const atMs = nowMs + random.int(200, 900);
  const unsigned = {
    method: 'POST',
    url: shop.webhookUrl,
    query: '',
    headers: HEADERS,
    body: Buffer.from(JSON.stringify(messages)),
  };
  const request = douyinDoor.sign(unsigned, shop.secret, new Date(atMs));
  return { channel: douyinDoor.channel, connection: shop.connection, atMs, request, records: [record] };
}

/** As the platform names a product. */
export const douyinProductId = ({ productId }: Pick<Product, 'productId'>): string => `366020742803897${productId}`;

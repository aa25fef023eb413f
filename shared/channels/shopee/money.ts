/**
 * What an order cost, and who bore what was taken off. Pure.
 *
 * The escrow answer holds the checkout as it was (`buyer_payment_info`), and its figures add up:
 *
 *     buyer_total_amount = merchant_subtotal + shipping_fee + charges + taxes
 *                          − seller_voucher − shopee_voucher − coins − card, PIX, ads and trade-in promotions
 *
 * (349000 − 10000 − 33900 + 2000 = 307100 in a published Indonesian sample; the reductions are written as negative.)
 * merchant_subtotal is after the items' own price cuts: Σ original − merchant_subtotal is what those took off, of which
 * `original_shopee_discount` is Shopee's and the rest the seller's. So
 *
 *     items            = Σ model_original_price × quantity
 *     merchantDiscount = price cuts − Shopee's part of them + seller_voucher
 *     platformDiscount = Shopee's part of them + all other reductions
 *     shipping         = shipping_fee: what the buyer was asked for, subsidies already off; what it was before is untold
 *     fees             = charges, and taxes added at checkout (imports; Brazil's ICMS and IOF): prices include the rest
 *     total            = buyer_total_amount
 *
 * Without escrow (not paid yet, or refused for this order) only total_amount is known: Σ discounted prices beyond it
 * are taken for Shopee's vouchers and coins, what it has beyond them for shipping. The sum is right, its parts are a
 * guess.
 */
import { sum } from '../../money/amount.ts';
import type { Line, Money } from '../../orders/parts.ts';
import { compact } from '../../text/compact.ts';
import { idText, Reader } from '../reading.ts';
import type * as wire from './wire.ts';

type PaymentField = Exclude<keyof wire.BuyerPayment, 'buyer_total_amount' | 'merchant_subtotal'>;

/** Borne by Shopee, a bank or an advertiser. ASSUMPTION: a trade-in bonus too, though the seller may bear a part of it. */
const PLATFORM_REDUCTIONS: readonly PaymentField[] = [
  'shopee_voucher',
  'shopee_coins_redeemed',
  'credit_card_promotion',
  'discount_pix',
  'ads_voucher_discount',
  'trade_in_bonus',
];

/** ASSUMPTION: all are part of buyer_total_amount; where one is not, the order is flagged `total_mismatch`. */
const CHARGES: readonly PaymentField[] = [
  'buyer_service_fee',
  'initial_buyer_txn_fee',
  'insurance_premium',
  'buyer_paid_packaging_fee',
  'buyer_paid_installation_fee',
  'buyer_paid_extended_warranty',
  'bulky_handling_fee',
  'bcrs_deposit',
  'buyer_instant_fee',
  'shopeevip_subtotal',
];

/** Added at checkout, unlike the taxes that prices include. ASSUMPTION as above. */
const TAXES_ON_TOP: readonly PaymentField[] = [
  'buyer_tax_amount',
  'import_tax_amount',
  'import_processing_charge',
  'icms_tax_amount',
  'iof_tax_amount',
  'footwear_tax',
  'import_duty_and_excise_tax',
  'shipping_fee_sst_amount',
];

export class ShopeeReader extends Reader {
  /** A whole number, or a decimal as it was written: of 12.340000000000001 the digits beyond the fifteenth say nothing. */
  money(amount: number | string, currency: string, ...path: (string | number)[]): number {
    const text = String(amount).replace(/^(-?\d+\.\d{15})\d+$/, '$1');
    return this.amount(text, currency, ...path);
  }

  moneyIfAny(amount: number | string | null | undefined, currency: string, ...path: (string | number)[]): number {
    return amount == null ? 0 : this.money(amount, currency, ...path);
  }
}

export interface Sums {
  readonly lines: readonly Line[];
  /** Undefined while no total is known: an unpaid order has none, or 0. */
  readonly money: Money | undefined;
  /** From the checkout as it was, so that later cancellations are not in it. */
  readonly fromCheckout: boolean;
}

/** Undefined where the items were not sent: then nothing can be said of money. */
export function sumsOf(
  order: wire.Order,
  escrow: wire.Escrow | undefined,
  { paid, read }: { readonly paid: boolean; readonly read: ShopeeReader },
): Sums | undefined {
  const { currency, item_list } = order;
  if (currency == null || !item_list) return undefined;
  const checkout = escrow?.buyer_payment_info ?? undefined;
  const goods = goodsOf(item_list, escrow, currency, read);
  const money = checkout
    ? moneyAtCheckout({ goods, checkout, escrow, currency, read })
    : moneyOfTotal({ goods, order, currency, paid, read });
  return { lines: linesOf(goods, money), money, fromCheckout: checkout !== undefined };
}

/** Pieces of one model at one price. */
interface Goods {
  readonly lineId: string;
  readonly item: wire.Item;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly gross: number;
  /** What the items' own promotions leave. */
  readonly cut: number;
  /** What the escrow answer says of the vouchers' and coins' share. */
  readonly share: number;
}

/**
 * A line is named by what a return can name too: the item and its model. An order may have the same model twice (in a
 * bundle and beside it): of one original price, that is one line for us; of two, the second gets a number.
 */
export const lineIdOf = (itemId: number | string, modelId: number | string | null | undefined): string =>
  `${itemId}-${idText(modelId) ?? '0'}`;

function goodsOf(
  items: readonly wire.Item[],
  escrow: wire.Escrow | undefined,
  currency: string,
  read: ShopeeReader,
): Goods[] {
  const shares = sharesOf(escrow, currency, read);
  const goods = new Map<string, Goods>();
  for (const [index, item] of items.entries()) {
    const path = ['order', 'response', 'order_list', 0, 'item_list', index] as const;
    const quantity = item.model_quantity_purchased;
    const original = read.money(item.model_original_price, currency, ...path, 'model_original_price');
    const discounted =
      item.model_discounted_price == null || isBundled(item)
        ? original
        : read.money(item.model_discounted_price, currency, ...path, 'model_discounted_price');
    // A price that was raised is no discount.
    const unitPrice = Math.max(original, discounted);
    const gross = read.bounded(unitPrice * quantity, ...path, 'model_quantity_purchased');
    const id = lineIdOf(item.item_id, item.model_id);
    const twin = goods.get(id);
    const lineId = twin && twin.unitPrice !== unitPrice ? `${id}#${index + 1}` : id;
    const same = goods.get(lineId);
    goods.set(lineId, {
      lineId,
      item: same?.item ?? item,
      quantity: quantity + (same?.quantity ?? 0),
      unitPrice,
      gross: gross + (same?.gross ?? 0),
      cut: gross - discounted * quantity + (same?.cut ?? 0),
      share: 0,
    });
  }
  return [...goods.values()].map((line) => {
    const told = shares.get(line.lineId);
    if (!told) return line;
    const left = told.left ?? line.gross - line.cut;
    return { ...line, cut: Math.max(0, line.gross - left), share: told.share };
  });
}

const isBundled = ({ promotion_type, model_discounted_price }: wire.Item): boolean =>
  promotion_type === 'bundle_deal' && Number(model_discounted_price) === 0;

/** Of each model: what its pieces cost after their own promotions, and its share of vouchers and coins. */
function sharesOf(escrow: wire.Escrow | undefined, currency: string, read: ShopeeReader) {
  const shares = new Map<string, { readonly left: number | undefined; readonly share: number }>();
  for (const [index, item] of (escrow?.order_income?.items ?? []).entries()) {
    const field = (name: keyof wire.EscrowItem) =>
      read.moneyIfAny(item[name], currency, 'escrow', 'response', 'order_income', 'items', index, name);
    const id = lineIdOf(item.item_id, item.model_id);
    const before = shares.get(id);
    const left = item.discounted_price == null ? undefined : field('discounted_price');
    shares.set(id, {
      left: left === undefined ? before?.left : left + (before?.left ?? 0),
      share:
        Math.abs(field('discount_from_coin')) +
        Math.abs(field('discount_from_voucher_shopee')) +
        Math.abs(field('discount_from_voucher_seller')) +
        (before?.share ?? 0),
    });
  }
  return shares;
}

function moneyAtCheckout(given: {
  readonly goods: readonly Goods[];
  readonly checkout: wire.BuyerPayment;
  readonly escrow: wire.Escrow | undefined;
  readonly currency: string;
  readonly read: ShopeeReader;
}): Money {
  const { goods, checkout, escrow, currency, read } = given;
  const path = ['escrow', 'response', 'buyer_payment_info'] as const;
  const field = (name: keyof wire.BuyerPayment) => read.moneyIfAny(checkout[name], currency, ...path, name);
  // Written as negative; an amount taken off is one, whatever its sign.
  const reduction = (name: PaymentField) => Math.abs(field(name));

  const items = sum(goods.map(({ gross }) => gross));
  const cuts = Math.max(0, items - field('merchant_subtotal'));
  const rebate = read.moneyIfAny(
    escrow?.order_income?.original_shopee_discount,
    currency,
    'escrow.response.order_income.original_shopee_discount',
  );
  const shopeeCut = Math.min(cuts, Math.abs(rebate));
  const merchantDiscount = cuts - shopeeCut + reduction('seller_voucher');
  const platformDiscount = shopeeCut + sum(PLATFORM_REDUCTIONS.map(reduction));
  return {
    currency,
    taxIncluded: true,
    items,
    merchantDiscount,
    platformDiscount,
    shipping: field('shipping_fee'),
    shippingDiscount: Math.max(0, merchantDiscount + platformDiscount - items),
    tax: 0,
    tip: 0,
    fees: sum([...CHARGES, ...TAXES_ON_TOP].map(field)),
    total: field('buyer_total_amount'),
  };
}

function moneyOfTotal(given: {
  readonly goods: readonly Goods[];
  readonly order: wire.Order;
  readonly currency: string;
  readonly paid: boolean;
  readonly read: ShopeeReader;
}): Money | undefined {
  const { goods, order, currency, paid, read } = given;
  if (order.total_amount == null) return undefined;
  const total = read.money(order.total_amount, currency, 'order', 'response', 'order_list', 0, 'total_amount');
  // A total is stated once the order is paid. A 0 before that would make it an order that is free.
  if (total === 0 && !paid) return undefined;
  const items = sum(goods.map(({ gross }) => gross));
  const cuts = sum(goods.map(({ cut }) => cut));
  const beyond = total - (items - cuts);
  const platformDiscount = Math.max(0, -beyond);
  return {
    currency,
    taxIncluded: true,
    items,
    merchantDiscount: cuts,
    platformDiscount,
    shipping: Math.max(0, beyond),
    shippingDiscount: Math.max(0, cuts + platformDiscount - items),
    tax: 0,
    tip: 0,
    fees: 0,
    total,
  };
}

/** The discounts of the whole order are spread: as Shopee tells, where it does and it fits, else by what the lines cost. */
function linesOf(goods: readonly Goods[], money: Money | undefined): Line[] {
  const cuts = sum(goods.map(({ cut }) => cut));
  const discounts = money ? money.merchantDiscount + money.platformDiscount - money.shippingDiscount : cuts;
  const wide = Math.max(0, discounts - cuts);
  const told = sum(goods.map(({ share }) => share));
  const fits = told <= wide && goods.every(({ gross, cut, share }) => share <= gross - cut);
  const shares = goods.map(({ share }) => (fits ? share : 0));
  const rest = spread(
    wide - sum(shares),
    goods.map(({ gross, cut }, index) => gross - cut - (shares[index] ?? 0)),
  );
  return goods.map(({ lineId, item, quantity, unitPrice, cut }, index) =>
    compact({
      lineId,
      productId: idText(item.item_id),
      skuId: item.model_id === 0 ? undefined : idText(item.model_id),
      title: item.item_name || undefined,
      quantity,
      unitPrice,
      discount: cut + (shares[index] ?? 0) + (rest[index] ?? 0),
    }),
  );
}

/** `amount` in parts as the weights are, to the last unit: each part is what the sum so far adds. */
function spread(amount: number, weights: readonly number[]): number[] {
  const whole = sum(weights);
  if (amount === 0 || whole === 0) return weights.map((_, index) => (index === 0 ? amount : 0));
  let weight = 0;
  let given = 0;
  return weights.map((own) => {
    weight += own;
    // BigInt: the product of two amounts is beyond 2^53.
    const until = Number((BigInt(amount) * BigInt(weight)) / BigInt(whole));
    const part = until - given;
    given = until;
    return part;
  });
}

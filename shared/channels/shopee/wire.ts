/**
 * What we use of Shopee's pushes and of the answers of its API v2. The rest is neither checked nor kept.
 *
 * Answers are read with `decimals: 'text'`, so an amount is a whole number or the text of a decimal. Optional fields
 *   are there only if they
 * were asked for, personal ones are masked or empty by site and by the app's audit, so nearly everything may be absent.
 */
import * as z from 'zod';
import { Count, Currency, EpochSeconds, LINES_MAX, NumericId, Text, value } from '../fields.ts';

/** Whole, or as the platform wrote it; `normalize.ts` says where it is no amount. */
const Amount = value<number | string>(
  (input) => Number.isSafeInteger(input) || (typeof input === 'string' && input.length <= 64),
  'an amount',
);
/** Becomes part of a subject (`order/…`), so it is shorter than other ids, and without slashes. */
const SerialNumber = value<string>(
  (input) => typeof input === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(input),
  'a serial number: 1 to 64 letters, digits, - and _',
);
/** A number that names someone; empty text where the site keeps it to itself (Taiwan, logistics not integrated). */
const MaybeId = z.union([NumericId, z.literal('')]);

/** What every push has. `shop_id` is 0 or absent where it is about the app. */
export const Push = z.object({
  code: Count,
  shop_id: NumericId.nullish(),
  timestamp: EpochSeconds.nullish(),
});

/** order_status_push */
export const OrderStatusPush = z.object({
  data: z.object({ ordersn: SerialNumber, update_time: EpochSeconds }),
});

/** order_trackingno_push, shipping_document_status_push: about an order's parcel, without a version of the order. */
export const ParcelPush = z.object({
  data: z.object({ ordersn: SerialNumber }),
  timestamp: EpochSeconds,
});

/** return_updates_push */
export const ReturnPush = z.object({
  data: z.object({
    return_sn: SerialNumber,
    order_sn: SerialNumber.nullish(),
    updated_values: z
      .array(z.object({ update_time: EpochSeconds.nullish() }))
      .max(LINES_MAX)
      .nullish(),
  }),
  timestamp: EpochSeconds,
});

const Item = z.object({
  item_id: NumericId,
  /** 0 where the product has no variations. */
  model_id: NumericId.nullish(),
  item_name: Text.nullish(),
  model_quantity_purchased: Count,
  /** Per piece, before everything. */
  model_original_price: Amount,
  /** Per piece, after the item's own promotions; 0 for pieces of a bundle deal. */
  model_discounted_price: Amount.nullish(),
  promotion_type: Text.nullish(),
  cancelled_qty: Count.nullish(),
});
export type Item = z.infer<typeof Item>;

const Address = z.object({
  town: Text.nullish(),
  district: Text.nullish(),
  city: Text.nullish(),
  state: Text.nullish(),
  region: Text.nullish(),
  zipcode: Text.nullish(),
});

/** v2.order.get_order_detail, an element of `order_list`. */
const Order = z.object({
  order_sn: SerialNumber,
  order_status: Text,
  create_time: EpochSeconds,
  update_time: EpochSeconds,
  region: Text.nullish(),
  currency: Currency.nullish(),
  /** Cash on delivery. */
  cod: z.boolean().nullish(),
  total_amount: Amount.nullish(),
  pay_time: EpochSeconds.nullish(),
  pickup_done_time: EpochSeconds.nullish(),
  buyer_user_id: MaybeId.nullish(),
  recipient_address: Address.nullish(),
  item_list: z.array(Item).max(LINES_MAX).nullish(),
  /** 1: a sample sent to a creator of the affiliate programme. */
  affiliate_sample_type: Count.nullish(),
});
export type Order = z.infer<typeof Order>;

/** An item's share of the price; all amounts are of its pieces together. */
const EscrowItem = z.object({
  item_id: NumericId,
  model_id: NumericId.nullish(),
  discounted_price: Amount.nullish(),
  discount_from_coin: Amount.nullish(),
  discount_from_voucher_shopee: Amount.nullish(),
  discount_from_voucher_seller: Amount.nullish(),
});
export type EscrowItem = z.infer<typeof EscrowItem>;

/** The checkout as it was: nothing in it changes when pieces are cancelled or returned. What is taken off is negative. */
const BuyerPayment = z.object({
  buyer_total_amount: Amount,
  merchant_subtotal: Amount,
  shipping_fee: Amount.nullish(),
  seller_voucher: Amount.nullish(),

  shopee_voucher: Amount.nullish(),
  shopee_coins_redeemed: Amount.nullish(),
  credit_card_promotion: Amount.nullish(),
  discount_pix: Amount.nullish(),
  ads_voucher_discount: Amount.nullish(),
  trade_in_bonus: Amount.nullish(),

  buyer_service_fee: Amount.nullish(),
  initial_buyer_txn_fee: Amount.nullish(),
  insurance_premium: Amount.nullish(),
  buyer_paid_packaging_fee: Amount.nullish(),
  buyer_paid_installation_fee: Amount.nullish(),
  buyer_paid_extended_warranty: Amount.nullish(),
  bulky_handling_fee: Amount.nullish(),
  bcrs_deposit: Amount.nullish(),
  buyer_instant_fee: Amount.nullish(),
  shopeevip_subtotal: Amount.nullish(),

  buyer_tax_amount: Amount.nullish(),
  import_tax_amount: Amount.nullish(),
  import_processing_charge: Amount.nullish(),
  icms_tax_amount: Amount.nullish(),
  iof_tax_amount: Amount.nullish(),
  footwear_tax: Amount.nullish(),
  import_duty_and_excise_tax: Amount.nullish(),
  shipping_fee_sst_amount: Amount.nullish(),
});
export type BuyerPayment = z.infer<typeof BuyerPayment>;

/** v2.payment.get_escrow_detail */
const Escrow = z.object({
  return_order_sn_list: z.array(Text).max(LINES_MAX).nullish(),
  buyer_payment_info: BuyerPayment.nullish(),
  order_income: z
    .object({
      original_shopee_discount: Amount.nullish(),
      items: z.array(EscrowItem).max(LINES_MAX).nullish(),
    })
    .nullish(),
});
export type Escrow = z.infer<typeof Escrow>;

/** What `api.ts` puts together of an order. */
export const OrderAnswer = z.object({
  order: z.object({ response: z.object({ order_list: z.array(Order).max(50) }) }),
  escrow: z.object({ response: Escrow }).nullish(),
});

const ReturnedItem = z.object({
  item_id: NumericId,
  model_id: NumericId.nullish(),
  /** Pieces. */
  amount: Count,
});
const ReturnedActivityItem = z.object({
  item_id: NumericId,
  /** What orders call a model. */
  variation_id: NumericId.nullish(),
  quantity_purchased: Count,
});

/** v2.returns.get_return_detail */
const Return = z.object({
  return_sn: SerialNumber,
  order_sn: SerialNumber,
  status: Text,
  refund_amount: Amount,
  currency: Currency.nullish(),
  create_time: EpochSeconds,
  update_time: EpochSeconds,
  item: z.array(ReturnedItem).max(LINES_MAX).nullish(),
  /** Bundle deals. */
  activity: z
    .array(z.object({ items: z.array(ReturnedActivityItem).max(LINES_MAX).nullish() }))
    .max(LINES_MAX)
    .nullish(),
});
export type Return = z.infer<typeof Return>;

export const ReturnAnswer = z.object({ response: Return });

/** What every answer has besides. `error` is empty, or a space, where nothing went wrong. */
export const Answer = z.object({
  error: Text.nullish(),
  message: z.string().nullish(),
});

/** As much of an order as `api.ts` needs to know what else to ask for. */
export const OrderGlance = z.object({
  response: z.object({
    order_list: z
      .array(z.object({ order_sn: Text, order_status: Text.nullish(), pay_time: z.number().nullish() }))
      .max(50),
  }),
});

/** v2.public.refresh_access_token */
export const TokenAnswer = z.object({
  access_token: z.string().min(1).max(4096),
  refresh_token: z.string().min(1).max(4096),
  /** Seconds; one published sample has an epoch time instead. */
  expire_in: EpochSeconds,
});

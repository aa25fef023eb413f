/**
 * What we use of Shopify's webhook bodies, as of Admin API 2025-04. The rest is neither checked nor kept.
 *
 * A subscription can narrow the body (`include_fields`), and personal fields are null or gone without approval for
 * protected customer data. So nearly everything may be absent or null; what an order cannot do without is required.
 * Amounts and times stay text here: `normalize.ts` reads them, and says where one cannot be read.
 */
import * as z from 'zod';
import { Amount, Count, Currency, NumericId as Id, LINES_MAX, Text, Time } from '../fields.ts';

const Money = z.object({ amount: Amount, currency_code: Currency });
/** One amount in the shop's currency and in the shopper's. */
const MoneySet = z.object({ shop_money: Money.nullish(), presentment_money: Money.nullish() });

const Discounts = z.array(z.object({ amount: Amount })).max(LINES_MAX);

const LineItem = z.object({
  id: Id,
  product_id: Id.nullish(),
  variant_id: Id.nullish(),
  title: Text.nullish(),
  quantity: Count,
  price: Amount,
  discount_allocations: Discounts.nullish(),
  gift_card: z.boolean().nullish(),
  /** Only on the line that Shopify makes of a tip. */
  tip: z.object({}).nullish(),
});
export type LineItem = z.infer<typeof LineItem>;

const ShippingLine = z.object({ price: Amount, discount_allocations: Discounts.nullish() });

const Fulfillment = z.object({
  /** success | cancelled | error | failure, and pending | open of old. */
  status: z.string().nullish(),
  created_at: Time.nullish(),
  line_items: z
    .array(z.object({ id: Id, quantity: Count }))
    .max(LINES_MAX)
    .nullish(),
});
export type Fulfillment = z.infer<typeof Fulfillment>;

const Transaction = z.object({
  /** refund: money back. void: an authorisation let go, so no money. change: cash change at a till. */
  kind: z.string(),
  /** success | pending | failure | error */
  status: z.string(),
  amount: Amount,
  /** What cash was rounded by, in the same currency; not part of `amount`. */
  amount_rounding: Amount.nullish(),
  currency: Currency.nullish(),
  created_at: Time.nullish(),
  processed_at: Time.nullish(),
});
export type Transaction = z.infer<typeof Transaction>;

const refundFields = {
  id: Id,
  created_at: Time.nullish(),
  processed_at: Time.nullish(),
  refund_line_items: z
    .array(z.object({ line_item_id: Id, quantity: Count, restock_type: z.string().nullish() }))
    .max(LINES_MAX)
    .nullish(),
  transactions: z.array(Transaction).max(LINES_MAX).nullish(),
};

const Refund = z.object(refundFields);
export type Refund = z.infer<typeof Refund>;

/** `refunds/create`: the same as within an order, and which order. */
export const LoneRefund = z.object({ ...refundFields, order_id: Id });
export type LoneRefund = z.infer<typeof LoneRefund>;

/** `orders/delete` */
export const DeletedOrder = z.object({ id: Id });

const Address = z.object({
  name: Text.nullish(),
  first_name: Text.nullish(),
  last_name: Text.nullish(),
  phone: Text.nullish(),
  city: Text.nullish(),
  province: Text.nullish(),
  zip: Text.nullish(),
  country_code: Text.nullish(),
});
export type Address = z.infer<typeof Address>;

const Customer = z.object({
  id: Id.nullish(),
  first_name: Text.nullish(),
  last_name: Text.nullish(),
  email: Text.nullish(),
  phone: Text.nullish(),
});

export const Order = z.object({
  id: Id,
  name: Text.nullish(),
  created_at: Time.nullish(),
  processed_at: Time.nullish(),
  updated_at: Time,
  closed_at: Time.nullish(),
  cancelled_at: Time.nullish(),
  test: z.boolean().nullish(),
  /** pending | authorized | partially_paid | paid | partially_refunded | refunded | voided | expired */
  financial_status: z.string().nullish(),
  /** null | partial | fulfilled | restocked */
  fulfillment_status: z.string().nullish(),

  currency: Currency.nullish(),
  presentment_currency: Currency.nullish(),
  taxes_included: z.boolean().nullish(),
  duties_included: z.boolean().nullish(),
  total_line_items_price: Amount.nullish(),
  total_discounts: Amount.nullish(),
  total_tax: Amount.nullish(),
  total_tip_received: Amount.nullish(),
  total_price: Amount.nullish(),
  total_price_set: MoneySet.nullish(),
  total_shipping_price_set: MoneySet.nullish(),
  original_total_duties_set: MoneySet.nullish(),
  original_total_additional_fees_set: MoneySet.nullish(),
  total_cash_rounding_payment_adjustment_set: MoneySet.nullish(),
  line_items: z.array(LineItem).max(LINES_MAX).nullish(),
  shipping_lines: z.array(ShippingLine).max(LINES_MAX).nullish(),
  fulfillments: z.array(Fulfillment).max(LINES_MAX).nullish(),
  refunds: z.array(Refund).max(LINES_MAX).nullish(),

  email: Text.nullish(),
  contact_email: Text.nullish(),
  phone: Text.nullish(),
  customer: Customer.nullish(),
  billing_address: Address.nullish(),
  shipping_address: Address.nullish(),

  /** web | pos | shopify_draft_order | an app's id */
  source_name: Text.nullish(),
  location_id: Id.nullish(),
  device_id: Id.nullish(),
  user_id: Id.nullish(),
  /** The page the visit began on, with its query; as long as the visitor's link was. */
  landing_site: z.string().nullish(),
});
export type Order = z.infer<typeof Order>;

/**
 * What we use of Square's webhooks and answers, as of Square-Version 2026-01-22. The rest is neither checked nor kept.
 * Nearly every field of Square's objects is optional, and null means absent.
 */
import * as z from 'zod';
import { Currency, LINES_MAX, MinorUnits, Text, Time, value } from '../fields.ts';

/** Square's ids: letters, digits, `_` and `-`. They become part of paths and subjects, so nothing else passes. */
const Id = value<string>(
  (input) => typeof input === 'string' && /^[A-Za-z0-9_-]{1,190}$/.test(input),
  'an id: 1 to 190 letters, digits, _ and -',
);

/** Decimal text, at most 12 characters, five of them decimals: goods by weight. */
const Quantity = value<string>(
  (input) => typeof input === 'string' && input.length <= 12 && /^\d{1,9}(\.\d{1,5})?$/.test(input),
  'a decimal quantity with at most five decimals',
);

const Version = value<number>((input) => Number.isSafeInteger(input) && Number(input) >= 0, 'a whole number');

const Money = z.object({ amount: MinorUnits.nullish(), currency: Currency.nullish() });
export type Money = z.infer<typeof Money>;

const listOf = <Item>(item: z.ZodType<Item>) => z.array(item).max(LINES_MAX).nullish();

/** What all events have; `data` is read by the schema of its type. */
export const Event = z.object({ merchant_id: Text.nullish(), type: Text });

const OrderNews = z.object({
  order_id: Id,
  version: Version.nullish(),
  created_at: Time.nullish(),
  updated_at: Time.nullish(),
});
export type OrderNews = z.infer<typeof OrderNews>;

const eventOf = <Content extends z.ZodRawShape>(content: Content) =>
  z.object({ data: z.object({ object: z.object(content) }) });

export const OrderCreated = eventOf({ order_created: OrderNews });
export const OrderUpdated = eventOf({ order_updated: OrderNews });
export const OrderFulfillmentUpdated = eventOf({ order_fulfillment_updated: OrderNews });

export const Payment = z.object({
  id: Id,
  order_id: Id.nullish(),
  /** APPROVED | PENDING | COMPLETED | CANCELED | FAILED */
  status: Text.nullish(),
  /** With the tip, which `amount_money` leaves out. */
  total_money: Money.nullish(),
  amount_money: Money.nullish(),
  created_at: Time,
  updated_at: Time.nullish(),
  card_details: z.object({ card_payment_timeline: z.object({ captured_at: Time.nullish() }).nullish() }).nullish(),
  location_id: Text.nullish(),
  device_details: z.object({ device_id: Text.nullish() }).nullish(),
  team_member_id: Text.nullish(),
  customer_id: Text.nullish(),
  buyer_email_address: Text.nullish(),
  receipt_number: Text.nullish(),
});
export type Payment = z.infer<typeof Payment>;

export const PaymentEvent = eventOf({ payment: Payment });

const Refund = z.object({
  id: Id,
  payment_id: Id.nullish(),
  /** The order that the refund belongs to: often a return order of its own. */
  order_id: Id.nullish(),
  /** PENDING | COMPLETED | REJECTED | FAILED */
  status: Text.nullish(),
  amount_money: Money,
  created_at: Time,
  updated_at: Time.nullish(),
});

export const RefundEvent = eventOf({ refund: Refund });

const Modifier = z.object({ total_price_money: Money.nullish() });

const LineItem = z.object({
  /** Unique in its order only; an app that makes orders may choose it. */
  uid: Text,
  name: Text.nullish(),
  quantity: Quantity,
  /** ITEM | CUSTOM_AMOUNT | GIFT_CARD */
  item_type: Text.nullish(),
  /** A variation: what is sold. */
  catalog_object_id: Text.nullish(),
  base_price_money: Money.nullish(),
  variation_total_price_money: Money.nullish(),
  modifiers: listOf(Modifier),
  gross_sales_money: Money.nullish(),
  total_discount_money: Money.nullish(),
});
export type LineItem = z.infer<typeof LineItem>;

const Address = z.object({
  country: Text.nullish(),
  administrative_district_level_1: Text.nullish(),
  locality: Text.nullish(),
  postal_code: Text.nullish(),
});
const Recipient = z.object({ recipient: z.object({ address: Address.nullish() }).nullish() });

const Fulfillment = z.object({
  /** PROPOSED | RESERVED | PREPARED | COMPLETED | CANCELED | FAILED */
  state: Text.nullish(),
  shipment_details: Recipient.extend({ shipped_at: Time.nullish() }).nullish(),
  delivery_details: Recipient.extend({ completed_at: Time.nullish(), delivered_at: Time.nullish() }).nullish(),
  pickup_details: z.object({ picked_up_at: Time.nullish() }).nullish(),
});

const StatusOnly = z.object({ status: Text.nullish() });

const Tender = z.object({
  id: Id,
  payment_id: Id.nullish(),
  created_at: Time.nullish(),
  /** With the tip. */
  amount_money: Money.nullish(),
  customer_id: Text.nullish(),
  /** AUTHORIZED | CAPTURED | VOIDED | FAILED */
  card_details: StatusOnly.nullish(),
  /** PENDING | COMPLETED | FAILED */
  bank_account_details: StatusOnly.nullish(),
  /** AUTHORIZED | CAPTURED | VOIDED | FAILED */
  buy_now_pay_later_details: StatusOnly.nullish(),
});
export type Tender = z.infer<typeof Tender>;

const Return = z.object({
  source_order_id: Text.nullish(),
  /** Without source_line_item_uid where an amount was returned, not an item. */
  return_line_items: listOf(z.object({ source_line_item_uid: Text.nullish(), quantity: Quantity })),
});

export const Order = z.object({
  id: Id,
  location_id: Text.nullish(),
  reference_id: Text.nullish(),
  customer_id: Text.nullish(),
  /** OPEN | COMPLETED | CANCELED | DRAFT. COMPLETED orders are fully paid, CANCELED ones are not. */
  state: Text.nullish(),
  version: Version.nullish(),
  created_at: Time,
  updated_at: Time,
  closed_at: Time.nullish(),
  line_items: listOf(LineItem),
  taxes: listOf(z.object({ type: Text.nullish() })),
  service_charges: listOf(z.object({ name: Text.nullish(), applied_money: Money.nullish() })),
  fulfillments: listOf(Fulfillment),
  tenders: listOf(Tender),
  returns: listOf(Return),
  /** On a return order: all refunds that were made for it. */
  refunds: listOf(z.object({ id: Text.nullish() })),
  rounding_adjustment: z.object({ amount_money: Money.nullish() }).nullish(),
  total_money: Money.nullish(),
  total_tax_money: Money.nullish(),
  total_discount_money: Money.nullish(),
  total_tip_money: Money.nullish(),
  total_service_charge_money: Money.nullish(),
});
export type Order = z.infer<typeof Order>;

/** `order/…`, put together by `api.ts`: the order, and those of its payments that could be had. */
export const OrderAnswer = z.object({
  order: z.object({ order: Order }),
  payments: z.array(z.object({ payment: Payment })).max(LINES_MAX),
});
export type OrderAnswer = z.infer<typeof OrderAnswer>;

/** `refund/…`: the refund, the payment that it takes back, and its return order if it has one. */
export const RefundAnswer = z.object({
  refund: z.object({ refund: Refund }),
  payment: z.object({ payment: Payment }).nullish(),
  return_order: z.object({ order: Order }).nullish(),
});
export type RefundAnswer = z.infer<typeof RefundAnswer>;

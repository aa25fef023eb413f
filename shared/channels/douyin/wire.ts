/**
 * What we use of Douyin shop's messages and of its API's answers. The rest is neither checked nor kept.
 *
 * Shapes: messages as in zsmhub/doudian-sdk (message/*.go); answers of order.orderDetail and afterSale.Detail as in its
 * api/*_response.go; `refund_time` is a newer field of the after-sale, seen in use. Read 2026-11-25.
 */
import * as z from 'zod';
import { Count, EpochSeconds, LINES_MAX, MinorUnits, Text, value } from '../fields.ts';

/** Messages in one request; SDKs speak of a handful. */
const MESSAGES_MAX = 1_000;
/** Characters of the JSON that a message carries as text. */
const DATA_MAX = 65_536;

/** An id that is part of a subject or of a key: a number of at most 32 digits, not 0 (which stands for "none"). */
const Id = value<number | string>(
  (input) =>
    (typeof input === 'string' && /^[1-9]\d{0,31}$/.test(input)) || (Number.isSafeInteger(input) && Number(input) > 0),
  'an id: up to 32 digits, not 0',
);
/** An id that may be 0, empty or, on some products, a word. Never part of a key. */
const LooseId = z.union([z.number(), Text], { error: 'an id: a number or text' });

/** A list of messages, or one by itself. */
export const Push = z
  .unknown()
  .refine((input) => typeof input === 'object' && input !== null, 'a list of messages, or one message')
  .refine((input) => !Array.isArray(input) || input.length <= MESSAGES_MAX, `at most ${MESSAGES_MAX} messages`);

export const Message = z.object({
  tag: value<string | number>(
    (input) => (typeof input === 'string' && /^[\w-]{1,32}$/.test(input)) || Number.isSafeInteger(input),
    'a tag: a number or a short word',
  ),
  data: z.unknown(),
});

/** `data` of the tags that we use: JSON as text, or the object itself. */
export const MessageData = value<string | object>(
  (input) => (typeof input === 'string' && input.length <= DATA_MAX) || (typeof input === 'object' && input !== null),
  `JSON as text of at most ${DATA_MAX} characters, or an object`,
);

/** A time in a message: seconds in most, text in refunds (`2026-11-20 15:00:02` or with an offset). */
const MessageTime = z.union([EpochSeconds, Text], { error: 'seconds since 1970, or a time as text' });

export const TradeMessage = z.object({
  p_id: Id,
  shop_id: LooseId.nullish(),
  create_time: MessageTime.nullish(),
  pay_time: MessageTime.nullish(),
  update_time: MessageTime.nullish(),
  complete_time: MessageTime.nullish(),
  cancel_time: MessageTime.nullish(),
  modify_time: MessageTime.nullish(),
});
export type TradeMessage = z.infer<typeof TradeMessage>;

export const RefundMessage = z.object({
  aftersale_id: Id,
  p_id: LooseId.nullish(),
  shop_id: LooseId.nullish(),
  update_time: MessageTime.nullish(),
  apply_time: MessageTime.nullish(),
  agree_time: MessageTime.nullish(),
  success_time: MessageTime.nullish(),
  close_time: MessageTime.nullish(),
});
export type RefundMessage = z.infer<typeof RefundMessage>;

/** Amounts of the order and, under the same names, of each line. */
const promotions = {
  /** Shop's, platform's and talent's promotions together. */
  promotion_amount: MinorUnits.nullish(),
  /** A discount of the payment channel, a bank's for instance. */
  promotion_pay_amount: MinorUnits.nullish(),
  /** By how much the merchant changed the price by hand. */
  modify_amount: MinorUnits.nullish(),
};

const SkuOrder = z.object({
  order_id: Id,
  product_id_str: Text.nullish(),
  product_id: LooseId.nullish(),
  sku_id: LooseId.nullish(),
  product_name: Text.nullish(),
  /** Unit price: of now, so after campaigns, before coupons. */
  origin_amount: MinorUnits,
  item_num: Count,
  ...promotions,
  /** FREE: a gift. MASTER: what a gift comes with. */
  given_product_type: Text.nullish(),
  has_tax: z.boolean().nullish(),
  trade_type: Count.nullish(),
  room_id_str: Text.nullish(),
  author_id: LooseId.nullish(),
  video_id: Text.nullish(),
  store_info: z.object({ store_id: LooseId.nullish() }).nullish(),
});
export type SkuOrder = z.infer<typeof SkuOrder>;

const Area = z.object({ name: Text.nullish() });

export const Order = z.object({
  order_id: Id,
  shop_id: LooseId.nullish(),
  /** 1 unpaid · 105 paid · 2 preparing · 101 partly shipped · 3 shipped · 4 closed · 5 completed */
  order_status: Count,
  /** The same, and 103 partly paid · 21, 22, 39 refunded in full before shipping, after it, after receipt */
  main_status: Count.nullish(),
  trade_type: Count.nullish(),
  /** 0 cash on delivery · 7 nothing to pay · 12 use first, pay later · others are paid at once */
  pay_type: Count.nullish(),
  create_time: EpochSeconds,
  update_time: EpochSeconds,
  pay_time: EpochSeconds.nullish(),
  ship_time: EpochSeconds.nullish(),
  finish_time: EpochSeconds.nullish(),
  /** Deposit and balance of a presale. */
  order_phase_list: z
    .array(z.object({ pay_success: z.boolean().nullish() }))
    .max(LINES_MAX)
    .nullish(),

  pay_amount: MinorUnits,
  ...promotions,
  promotion_shop_amount: MinorUnits.nullish(),
  promotion_platform_amount: MinorUnits.nullish(),
  promotion_talent_amount: MinorUnits.nullish(),
  shop_cost_amount: MinorUnits.nullish(),
  /** Platform's and talent's together. */
  platform_cost_amount: MinorUnits.nullish(),
  post_amount: MinorUnits.nullish(),
  post_origin_amount: MinorUnits.nullish(),
  post_promotion_amount: MinorUnits.nullish(),
  post_insurance_amount: MinorUnits.nullish(),
  packing_amount: MinorUnits.nullish(),
  tax_amount: MinorUnits.nullish(),
  sku_order_list: z.array(SkuOrder).max(LINES_MAX),

  doudian_open_id: Text.nullish(),
  /** Only of an order placed in a mini-app. */
  open_id: Text.nullish(),
  post_receiver: Text.nullish(),
  post_tel: Text.nullish(),
  post_addr: z.object({ province: Area.nullish(), city: Area.nullish(), town: Area.nullish() }).nullish(),
});
export type Order = z.infer<typeof Order>;

const AfterSale = z.object({
  after_sale_id: Id,
  /**
   * 6 applied · 7 returning · 8 to be sent · 11 sent back · 12 succeeded · 13, 14 exchange sent, received · 27 refused · 28
   * closed · 29 return refused · 51 order cancelled · 53 all done
   */
  after_sale_status: Count,
  /**
   * 0 return and refund · 1 refund only · 2 refund before shipping · 3 exchange · 4, 5 cancelled by the system, the buyer
   * · 6 price protection · 7 re-send · 8 repair
   */
  after_sale_type: Count,
  /** 0 none · 1 to be made · 2 under way · 3 made · 4 failed · 5 made, and recovered from the merchant */
  refund_status: Count.nullish(),
  /** What was asked for, freight included. */
  refund_total_amount: MinorUnits.nullish(),
  real_refund_amount: MinorUnits.nullish(),
  apply_time: EpochSeconds.nullish(),
  update_time: EpochSeconds,
  refund_time: EpochSeconds.nullish(),
  after_sale_apply_count: Count.nullish(),
});
export type AfterSale = z.infer<typeof AfterSale>;

const RefundedSku = z.object({ sku_order_id: Id, after_sale_item_count: Count.nullish() });
export type RefundedSku = z.infer<typeof RefundedSku>;

/** The answer of order.orderDetail. */
export const OrderAnswer = z.object({ data: z.object({ shop_order_detail: Order }) });

/** The answer of afterSale.Detail. */
export const RefundAnswer = z.object({
  data: z.object({
    process_info: z.object({ after_sale_info: AfterSale }),
    order_info: z.object({
      shop_order_id: Id,
      sku_order_infos: z.array(RefundedSku).max(LINES_MAX).nullish(),
    }),
  }),
});

/** The order as everything after it reads it: the public shape, computed from parts by `derive.ts`. */
import * as z from 'zod';

const Minor = z.number().int().describe("integer in the minor unit of the order's currency");
const At = z.iso.datetime().describe('UTC, milliseconds');

export const OrderStatus = z.enum(['placed', 'paid', 'fulfilled', 'completed', 'cancelled']);
export type OrderStatus = z.infer<typeof OrderStatus>;

export const PaymentStatus = z.enum(['unpaid', 'paid', 'partially_refunded', 'refunded']);
export type PaymentStatus = z.infer<typeof PaymentStatus>;

/** What the numbers mean, and where they contradict the source. Each flag is a fact about the source, not an error. */
export const OrderFlag = z.enum([
  /** An amount was given only in the shopper's currency, and converted at the order's own rate. */
  'converted',
  /** Such an amount could not be converted, as the order's own rate is not known (yet): it counts as 0. */
  'unconverted',
  /** `items` is not Σ quantity × unit price of the lines. */
  'items_mismatch',
  /** The discounts are not those of the lines and the shipping together. */
  'discount_mismatch',
  /** `total` is not items − discounts + shipping + tax + tip + fees. */
  'total_mismatch',
  /** More was refunded than paid. */
  'refund_exceeds_paid',
  /** Money in a currency other than the order's that is not the shopper's either. */
  'currency_mismatch',
]);
export type OrderFlag = z.infer<typeof OrderFlag>;

export const OrderLine = z.object({
  lineId: z.string(),
  productId: z.string().optional(),
  skuId: z.string().optional(),
  title: z.string().optional(),
  quantity: z.number(),
  unitPrice: Minor,
  discount: Minor,
  total: Minor,
  refundedQuantity: z.number(),
  categoryPath: z.array(z.string()).optional(),
  giftCard: z.boolean().optional(),
});
export type OrderLine = z.infer<typeof OrderLine>;

export const RefundStatus = z.enum(['requested', 'succeeded', 'rejected']);
export type RefundStatus = z.infer<typeof RefundStatus>;

export const Totals = z.object({
  items: Minor,
  merchantDiscount: Minor,
  platformDiscount: Minor,
  shipping: Minor,
  tax: Minor,
  tip: Minor,
  fees: Minor,
  total: Minor,
  paid: Minor,
  refunded: Minor,
  net: Minor,
});
export type Totals = z.infer<typeof Totals>;

export const CanonicalOrder = z.object({
  key: z.string(),
  channel: z.string(),
  connection: z.string(),
  category: z.enum(['ecommerce', 'live', 'pos', 'cross_border']),
  orderId: z.string(),
  orderNumber: z.string().optional(),
  /** Absent, like payment and totals, while the order is known only by a refund or a deletion. */
  status: OrderStatus.optional(),
  payment: PaymentStatus.optional(),
  placedAt: At.optional(),
  paidAt: At.optional(),
  fulfilledAt: At.optional(),
  completedAt: At.optional(),
  cancelledAt: At.optional(),
  deletedAt: At.optional(),
  sourceUpdatedAt: At.optional(),
  currency: z.string().optional(),
  taxIncluded: z.boolean().optional(),
  totals: Totals.optional(),
  lines: z.array(OrderLine),
  refunds: z.array(z.object({ refundId: z.string(), status: RefundStatus, amount: Minor, at: At.optional() })),
  buyer: z.object({
    buyerId: z.string().optional(),
    name: z.string().optional(),
    phone: z.string().optional(),
    email: z.string().optional(),
    unionId: z.string().optional(),
    openId: z.string().optional(),
    memberCard: z.string().optional(),
  }),
  shipTo: z
    .object({
      country: z.string().optional(),
      province: z.string().optional(),
      city: z.string().optional(),
      district: z.string().optional(),
      postalCode: z.string().optional(),
    })
    .optional(),
  source: z
    .object({
      liveRoomId: z.string().optional(),
      hostId: z.string().optional(),
      contentId: z.string().optional(),
      storeId: z.string().optional(),
      registerId: z.string().optional(),
      staffId: z.string().optional(),
      campaign: z.string().optional(),
    })
    .optional(),
  test: z.boolean(),
  flags: z.array(OrderFlag),
  revision: z.number().int().nonnegative(),
});
export type CanonicalOrder = z.infer<typeof CanonicalOrder>;

/**
 * What an order is made of, and what a message says of it.
 *
 * An update replaces whole parts, never a field inside one, and a part keeps its greatest version. Where a platform
 * leaves a part out, it is silent about it, and what was known stays. Contact fields are parts of their own, as
 * platforms mask or drop them one by one.
 */
import type { Instant } from '../time/instant.ts';
import type { OrderFlag, RefundStatus } from './canonical-order.ts';

/**
 * How far an order has come. The value of a milestone is the time that the platform gives for it, or `'shown'` where it
 * only says that it is so; its time is then the earliest version time of a document that shows it.
 */
export type Milestone = 'paid' | 'fulfilled' | 'completed' | 'cancelled';
export const MILESTONES: readonly Milestone[] = ['paid', 'fulfilled', 'completed', 'cancelled'];

export interface State {
  readonly orderNumber?: string;
  readonly placedAt: Instant;
  readonly updatedAt: Instant;
  readonly reached: Readonly<Partial<Record<Milestone, Instant | 'shown'>>>;
  readonly test?: true;
}

/** All amounts in minor units of `currency`, as the source states them. */
export interface Money {
  readonly currency: string;
  readonly taxIncluded: boolean;
  readonly items: number;
  readonly merchantDiscount: number;
  readonly platformDiscount: number;
  readonly shipping: number;
  /** What of the discounts was taken off the shipping: the lines know only of theirs. */
  readonly shippingDiscount: number;
  readonly tax: number;
  readonly tip: number;
  readonly fees: number;
  readonly total: number;
  /** The same total in the currency that the shopper saw, where it is another one: the order's own rate. */
  readonly shopper?: { readonly currency: string; readonly total: number };
  readonly flags?: readonly OrderFlag[];
}

export interface Line {
  readonly lineId: string;
  readonly productId?: string;
  readonly skuId?: string;
  readonly title?: string;
  readonly quantity: number;
  readonly unitPrice: number;
  /** All that is taken off this line, its share of order-wide discounts included, whoever bears it. */
  readonly discount: number;
  readonly categoryPath?: readonly string[];
  readonly giftCard?: true;
}

export interface BuyerIds {
  readonly buyerId?: string;
  readonly openId?: string;
  readonly unionId?: string;
  readonly memberCard?: string;
}

export interface ShipTo {
  readonly country?: string;
  readonly province?: string;
  readonly city?: string;
  readonly district?: string;
  readonly postalCode?: string;
}

export interface Source {
  readonly liveRoomId?: string;
  readonly hostId?: string;
  readonly contentId?: string;
  readonly storeId?: string;
  readonly registerId?: string;
  readonly staffId?: string;
  readonly campaign?: string;
}

/** Money that came from the customer, where the platform lists payments one by one. */
export interface Payment {
  readonly status: 'pending' | 'succeeded' | 'failed';
  readonly amount: number;
  readonly currency: string;
  readonly at?: Instant;
}

export interface Refund {
  readonly status: RefundStatus;
  /** Minor units of `currency`, which may be the shopper's. 0 for a restock or an edit that moved no money. */
  readonly amount: number;
  readonly currency?: string;
  readonly at?: Instant;
  readonly lines?: readonly { readonly lineId: string; readonly quantity: number }[];
}

/** The parts that an order has one of. */
export interface SingleParts {
  readonly state: State;
  readonly money: Money;
  readonly lines: readonly Line[];
  readonly buyer: BuyerIds;
  readonly name: string;
  readonly phone: string;
  readonly email: string;
  readonly shipTo: ShipTo;
  readonly source: Source;
  /** Ids of all refunds there are, from a message that lists them all: older ones that it leaves out are retired. */
  readonly refundIds: readonly string[];
  readonly deletion: { readonly at: Instant };
}
export type SinglePart = keyof SingleParts;

/** The time or number that a part's source gives, and what tells two of the same time apart. */
export interface SourceVersion {
  /** Epoch milliseconds, or the platform's own number. A part has one kind, ever: "the number, else the time" is no order. */
  readonly source: number;
  /** When we fetched it, epoch milliseconds; 0 for what was pushed to us. */
  readonly fetchedAt: number;
  /** The platform's own tie-breaker, compared as text; empty if it has none. */
  readonly tie: string;
}

/** What one message says of one order. */
export interface OrderDocument {
  readonly orderId: string;
  readonly version: SourceVersion;
  readonly parts: Readonly<Partial<SingleParts>>;
  /** Each payment and refund has a version of its own, since several messages carry the same one. */
  readonly payments?: readonly { readonly id: string; readonly version: SourceVersion; readonly value: Payment }[];
  readonly refunds?: readonly { readonly id: string; readonly version: SourceVersion; readonly value: Refund }[];
}

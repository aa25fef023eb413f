/** Whether a cart is still left when the message about it is due: pure, of what is known at that moment. */

import type { RecentBehaviour } from '../behaviour/recent.ts';
import type { PastSend } from '../campaigns/past-sends.ts';
import type { Suppression } from '../campaigns/suppression.ts';
import { epochMs, type Instant } from '../time/instant.ts';

export type LeftCart =
  /** `products`: what is in it, what was put in last first. */
  | { readonly kind: 'left'; readonly products: readonly string[] }
  /** Something was heard of it since, on whichever device. `until`: epoch ms at which it will have been left. */
  | { readonly kind: 'in_use'; readonly until: number }
  | { readonly kind: 'lapsed'; readonly why: Extract<Suppression, 'cart_ordered' | 'cart_empty' | 'already_sent'> };

export interface CartSituation {
  /** Of all devices of the customer; undefined: nothing is known any more. */
  readonly recent: RecentBehaviour | undefined;
  /** The last order that was paid for, of any channel. */
  readonly lastPaidAt?: Instant | undefined;
  /** By this campaign, to this customer. */
  readonly sent: readonly Pick<PastSend, 'at'>[];
  readonly afterMinutes: number;
  readonly now: Instant;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** When a cart was emptied without an order is not known for sure: after so long it counts as another one. */
export const ONE_CART_MS = 7 * DAY_MS;

export function leftCart({ recent, lastPaidAt = NEVER, sent, afterMinutes, now }: CartSituation): LeftCart {
  const heardAt = recent && cartHeardAt(recent);
  if (!recent || heardAt === undefined) return { kind: 'lapsed', why: 'cart_empty' };
  const orderedAt = greatest(recent.orderedAt ?? NEVER, lastPaidAt);
  if (orderedAt >= heardAt) return { kind: 'lapsed', why: 'cart_ordered' };
  if (recent.cart.items.length === 0) return { kind: 'lapsed', why: 'cart_empty' };
  const until = epochMs(heardAt) + afterMinutes * MINUTE_MS;
  if (until > epochMs(now)) return { kind: 'in_use', until };
  const isOfThisCart = ({ at }: Pick<PastSend, 'at'>) => at > orderedAt && epochMs(now) - epochMs(at) < ONE_CART_MS;
  if (sent.some(isOfThisCart)) return { kind: 'lapsed', why: 'already_sent' };
  return { kind: 'left', products: [...new Set(recent.cart.items.map(({ productId }) => productId))] };
}

/** Before all instants. */
const NEVER = '' as Instant; // The cast: it is only compared.
const greatest = (a: Instant, b: Instant): Instant => (a < b ? b : a);

/** When something was last put in or taken out, when it was looked at, or when a checkout was begun. Undefined: never. */
const cartHeardAt = ({ cart, checkoutAt }: Pick<RecentBehaviour, 'cart' | 'checkoutAt'>): Instant | undefined => {
  if (cart.at === undefined || checkoutAt === undefined) return cart.at;
  return greatest(cart.at, checkoutAt);
};

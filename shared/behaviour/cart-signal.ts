/** What a campaign about carts that were left waits for: that something was put in, that a checkout began, that it was bought. */
import type { HashKey } from '../identity/key.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Instant } from '../time/instant.ts';
import type { BehaviourEvent, BehaviourKind } from './event.ts';
import { userPersona, type VisitorKey, visitorOf } from './names.ts';
import { cartOf, type Visitor } from './visitor.ts';

export type CartSignalKind = 'cart_updated' | 'checkout_started' | 'ordered';

export interface CartSignal {
  readonly visitor: VisitorKey;
  /** Where the event is proven to be of a user; else the visitor may say whose it is. */
  readonly persona?: PersonaId;
  readonly kind: CartSignalKind;
  readonly at: Instant;
}

const SIGNALS: Partial<Readonly<Record<BehaviourKind, CartSignalKind>>> = {
  product_added: 'cart_updated',
  product_removed: 'cart_updated',
  cart_viewed: 'cart_updated',
  checkout_started: 'checkout_started',
  order_completed: 'ordered',
};

/** Undefined for what is of no cart, for machines and tests, and for nobody's. */
export function cartSignalOf(event: BehaviourEvent, key: HashKey): CartSignal | undefined {
  const kind = SIGNALS[event.kind];
  const visitor = visitorOf(event, key);
  if (!kind || !visitor || event.bot || event.test) return undefined;
  const persona = userPersona(event, key);
  return { visitor, ...(persona !== undefined && { persona }), kind, at: event.at };
}

export interface CartHeard {
  readonly persona: PersonaId;
  /** When it was last heard of, the checkout included. */
  readonly at: Instant;
}

/**
 * By visitor: who may have to be told of a cart after these events. Besides signals that is who was proven to be somebody by signing in,
 * as the cart may have been filled before. An order is no reason: the cart is empty then. A function of the events alone, so that
 * events that come again find the same.
 */
export function cartsConcerned(
  events: readonly BehaviourEvent[],
  key: HashKey,
): (visitor: VisitorKey, said: Visitor) => boolean {
  const signals = events.flatMap((event) => cartSignalOf(event, key) ?? []).filter(({ kind }) => kind !== 'ordered');
  const visitors = new Set(signals.map(({ visitor }) => visitor));
  const signIns = events.filter(({ kind }) => kind === 'identify' || kind === 'alias');
  const known = new Set(signIns.map((event) => userPersona(event, key)));
  return (visitor, { user }) => visitors.has(visitor) || (user !== undefined && known.has(user.persona));
}

/** Undefined where nobody is proven to be who it is of, or nothing is in it. */
export function cartHeard({
  user,
  checkout,
  ...visitor
}: Pick<Visitor, 'user' | 'checkout' | 'cart'>): CartHeard | undefined {
  const { items, at } = cartOf(visitor);
  if (!user || at === undefined || items.length === 0) return undefined;
  return { persona: user.persona, at: checkout && checkout.at > at ? checkout.at : at };
}

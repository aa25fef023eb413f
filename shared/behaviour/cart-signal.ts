/** What a campaign about carts that were left waits for: that something was put in, that a checkout began, that it was bought. */
import type { HashKey } from '../identity/key.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Instant } from '../time/instant.ts';
import type { BehaviourEvent, BehaviourKind } from './event.ts';
import { userPersona, type VisitorKey, visitorOf } from './names.ts';

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

/** From an order to what it says of identity: the one place where the rules of persona, linking and hashing meet. */
import type { CanonicalOrder } from '../orders/canonical-order.ts';
import { orderKey } from '../orders/order-key.ts';
import type { Instant } from '../time/instant.ts';
import {
  type IdentifierDeclaration,
  type IdentityConnection,
  identifiersOf,
  keyIdentifier,
  type OrderIdentifiers,
} from './identifiers.ts';
import type { HashKey } from './key.ts';
import type { IdentityContribution } from './links.ts';
import { links, personaOf } from './persona.ts';

export interface IdentityKeys {
  /** Names guests' personas; never changes. */
  readonly guest: HashKey;
  /** Of identifiers in links and lookups; with another one all are derived anew. */
  readonly lookup: HashKey;
  /** Of the lookup key, 1 unless said: a replaced one has the next number. */
  readonly lookupNumber?: number;
}

export interface IdentityReading {
  readonly connection: IdentityConnection;
  readonly declaration: IdentifierDeclaration;
  readonly keys: IdentityKeys;
  /** When the order was first received. */
  readonly receivedAt: Instant;
}

export interface ReadIdentity extends OrderIdentifiers {
  /** Undefined where the order identifies nobody: it makes no profile. */
  readonly contribution: IdentityContribution | undefined;
}

/** The identifiers are readable, and personal; in the contribution they are hashes. Never paid: a persona, but no link. */
export function readIdentity(
  order: CanonicalOrder,
  { connection, declaration, keys, receivedAt }: IdentityReading,
): ReadIdentity {
  const known = identifiersOf(order, connection, declaration);
  const persona = personaOf(order, connection, declaration, keys.guest, known);
  if (persona === undefined) return { ...known, contribution: undefined };
  const { channel, connection: id, orderId, buyer } = order;
  return {
    ...known,
    contribution: {
      persona,
      order: orderKey({ channel, connection: id, orderId }),
      receivedAt,
      identifiers: links(order) ? known.identifiers.map((identifier) => keyIdentifier(identifier, keys.lookup)) : [],
      ...(buyer.name !== undefined && { name: buyer.name }),
    },
  };
}

/**
 * The persona of an order: the smallest identity that its channel gives. A pure function of the order: when a stronger id
 * arrives later, the order's contribution moves to the persona of that.
 */
import type { CanonicalOrder } from '../orders/canonical-order.ts';
import {
  type IdentifierDeclaration,
  type IdentifierType,
  type IdentityConnection,
  identifiersOf,
  type OrderIdentifiers,
} from './identifiers.ts';
import { type HashKey, keyedHash } from './key.ts';
import { nameKey } from './names.ts';

/** `channel/connection/<buyer id>`, or of a guest `channel/connection/guest:<type>:<keyed hash>`. Nothing personal is in it. */
export type PersonaId = string & { readonly __brand: 'PersonaId' };

// The cast is the constructor of the brand.
const personaId = (channel: string, connection: string, name: string): PersonaId =>
  `${channel}/${connection}/${name}` as PersonaId;

/** What may name a guest, the best first. */
const GUEST_TYPES = ['member_card', 'phone', 'email'] as const satisfies readonly IdentifierType[];

/**
 * The shop's own buyer id, else a guest's member card, phone or email; undefined where there is none. `guestKey` never
 * changes, or guests would get new names.
 *
 * A guest's phone names them together with their name: links can be cut and personas cannot, so two of a family who check
 * out as guests with one phone must not be one. A relay email never links, but as it is one buyer's at one shop it does
 * name a guest there (Amazon gives nothing else).
 */
export function personaOf(
  order: CanonicalOrder,
  connection: IdentityConnection,
  declaration: IdentifierDeclaration,
  guestKey: HashKey,
  known: OrderIdentifiers = identifiersOf(order, connection, declaration),
): PersonaId | undefined {
  const { channel, connection: id, buyer } = order;
  const value = (type: IdentifierType) => known.identifiers.find((identifier) => identifier.type === type)?.value;
  const buyerId = value('buyer_id');
  if (buyerId !== undefined) return personaId(channel, id, buyerId);
  const guest = (type: IdentifierType, ...parts: readonly string[]) =>
    personaId(channel, id, `guest:${type}:${keyedHash(guestKey, [channel, id, type, ...parts])}`);
  for (const type of GUEST_TYPES) {
    const found = value(type);
    const name = type === 'phone' && buyer.name !== undefined ? nameKey(buyer.name) : undefined;
    if (found !== undefined) return guest(type, found, ...(name === undefined ? [] : [name]));
  }
  const relay = known.rejected.find(({ reason }) => reason === 'relay_email');
  return relay && guest('email', relay.value);
}

/**
 * Whether the order's identifiers link: it was paid once. Else a stranger could type a victim's phone into a checkout and
 * leave. A refund later takes nothing back.
 */
export const links = ({ payment, test, deletedAt }: CanonicalOrder): boolean =>
  payment !== undefined && payment !== 'unpaid' && !test && deletedAt === undefined;

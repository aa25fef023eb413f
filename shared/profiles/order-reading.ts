/** What an order says of who bought, read as the profiles function reads it. */
import type { Door } from '../channels/adapter.ts';
import type { Adapters } from '../channels/registry.ts';
import { type Connection, ConnectionId } from '../connections/connection.ts';
import type { ConnectionStore } from '../connections/directory.ts';
import { type IdentityKeys, readIdentity } from '../identity/contribution.ts';
import { type IdentifierDeclaration, identifiersOf, type RejectedIdentifier } from '../identity/identifiers.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { OrderStore } from '../orders/apply.ts';
import type { CanonicalOrder } from '../orders/canonical-order.ts';
import { deriveOrder } from '../orders/derive.ts';
import { type OrderName, orderKey, parseOrderKey } from '../orders/order-key.ts';
import type { Instant } from '../time/instant.ts';
import type { CustomerIndex } from './customer.ts';

export interface OrderReads {
  readonly orders: Pick<OrderStore, 'getOrder'>;
  readonly doors: ReadonlyMap<string, Door>;
}

export interface OrderReadings extends OrderReads {
  readonly connections: Pick<ConnectionStore, 'getConnection'>;
  readonly adapters: Adapters;
}

/** The canonical order; undefined where there is none, or no such channel. */
export async function readOrder(name: OrderName, { orders, doors }: OrderReads): Promise<CanonicalOrder | undefined> {
  const door = doors.get(name.channel);
  const stored = door && (await orders.getOrder(orderKey(name)));
  return stored && deriveOrder({ ...name, category: door.category, revision: stored.revision }, stored.parts);
}

interface Identified {
  readonly order: CanonicalOrder;
  readonly connection: Connection;
  readonly declaration: IdentifierDeclaration;
}

/** Undefined where there is no such order, or nothing to read it by. */
async function readIdentified(key: string, readings: OrderReadings): Promise<Identified | undefined> {
  const name = parseOrderKey(key);
  if (!name) return undefined;
  const [order, connection, adapter] = await Promise.all([
    readOrder(name, readings),
    readings.connections.getConnection(ConnectionId.parse(name.connection)),
    readings.adapters.find(name.channel),
  ]);
  return order && connection && adapter && { order, connection, declaration: adapter.identifiers };
}

export type OrdersPersona =
  | { readonly kind: 'persona'; readonly persona: PersonaId }
  | { readonly kind: 'no_order' }
  /** It says nothing of who bought that could be told from others, so it is in no profile. */
  | { readonly kind: 'nobody' };

/** `now`: any time; when it was received says nothing of whose it is. */
export async function personaOfOrder(
  key: string,
  readings: OrderReadings,
  { keys, now }: { readonly keys: IdentityKeys; readonly now: Instant },
): Promise<OrdersPersona> {
  const read = await readIdentified(key, readings);
  if (!read) return { kind: 'no_order' };
  const { order, connection, declaration } = read;
  const { contribution } = readIdentity(order, { connection, declaration, keys, receivedAt: now });
  return contribution ? { kind: 'persona', persona: contribution.persona } : { kind: 'nobody' };
}

const ORDERS_LOOKED_AT = 3;

/** What a persona's latest orders gave that never links. */
export function rejectedOf(customers: Pick<CustomerIndex, 'listEntriesOf'>, readings: OrderReadings) {
  return async (persona: PersonaId): Promise<readonly RejectedIdentifier[]> => {
    const { items } = await customers.listEntriesOf(persona, ORDERS_LOOKED_AT);
    const read = await Promise.all(items.map(({ key }) => readIdentified(key, readings)));
    return read.flatMap((one) => (one ? identifiersOf(one.order, one.connection, one.declaration).rejected : []));
  };
}

/** What an order says of who bought, read as the profiles function reads it. */
import { type Connection, ConnectionId } from '../shared/connections/connection.ts';
import { readIdentity } from '../shared/identity/contribution.ts';
import { type IdentifierDeclaration, identifiersOf, type RejectedIdentifier } from '../shared/identity/identifiers.ts';
import type { PersonaId } from '../shared/identity/persona.ts';
import type { CanonicalOrder } from '../shared/orders/canonical-order.ts';
import { deriveOrder } from '../shared/orders/derive.ts';
import { orderKey, parseOrderKey } from '../shared/orders/order-key.ts';
import { instant } from '../shared/time/instant.ts';
import { CliError, UsageError } from './errors.ts';
import { readChannel } from './session.ts';
import type { Customers, Deployment, World } from './world.ts';

interface Read {
  readonly order: CanonicalOrder;
  readonly connection: Connection;
  readonly declaration: IdentifierDeclaration;
}

/** Undefined where there is no such order, or nothing to read it by. */
async function readOrder(
  key: string,
  { orders, connections }: Pick<Deployment, 'orders' | 'connections'>,
  { doors, adapters }: Pick<World, 'doors' | 'adapters'>,
): Promise<Read | undefined> {
  const name = parseOrderKey(key);
  const door = name && doors.get(name.channel);
  if (!door) return undefined;
  const [stored, connection, adapter] = await Promise.all([
    orders.getOrder(orderKey(name)),
    connections.getConnection(ConnectionId.parse(name.connection)),
    adapters.find(name.channel),
  ]);
  if (!stored || !connection || !adapter) return undefined;
  const order = deriveOrder({ ...name, category: door.category, revision: stored.revision }, stored.parts);
  return { order, connection, declaration: adapter.identifiers };
}

export async function personaOfOrder(key: string, deployment: Deployment, world: World): Promise<PersonaId> {
  const name = parseOrderKey(key);
  if (!name) {
    throw new UsageError(
      `${key} is no order key. It is channel/connection/orderId, for example shopify/my-shop/450789469.`,
      'order_key_invalid',
    );
  }
  readChannel(name.channel, world.doors);
  const read = await readOrder(key, deployment, world);
  if (!read) {
    throw new CliError(
      'order_not_found',
      `There is no order ${key}. If its webhook came, look at \`tributary quarantine list\`.`,
    );
  }
  const { order, connection, declaration } = read;
  // When it was received says nothing of whose it is.
  const receivedAt = instant(world.clock().getTime());
  const keys = await deployment.identityKeys();
  const { contribution } = readIdentity(order, { connection, declaration, keys, receivedAt });
  if (contribution) return contribution.persona;
  throw new CliError(
    'order_of_nobody',
    `Order ${key} says nothing of who bought that could be told from others, so it is in no profile.`,
  );
}

const ORDERS_LOOKED_AT = 3;

/** What a persona's latest orders gave that never links. */
export function rejectedOf(
  customers: Pick<Customers, 'listEntriesOf'>,
  deployment: Pick<Deployment, 'orders' | 'connections'>,
  world: Pick<World, 'doors' | 'adapters'>,
) {
  return async (persona: PersonaId): Promise<readonly RejectedIdentifier[]> => {
    const { items } = await customers.listEntriesOf(persona, ORDERS_LOOKED_AT);
    const read = await Promise.all(items.map(({ key }) => readOrder(key, deployment, world)));
    return read.flatMap((one) => (one ? identifiersOf(one.order, one.connection, one.declaration).rejected : []));
  };
}

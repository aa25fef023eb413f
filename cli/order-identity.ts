/** Whose an order is, or why nobody's. */
import type { PersonaId } from '../shared/identity/persona.ts';
import { parseOrderKey } from '../shared/orders/order-key.ts';
import { personaOfOrder as readPersona } from '../shared/profiles/order-reading.ts';
import { instant } from '../shared/time/instant.ts';
import { CliError, UsageError } from './errors.ts';
import { readChannel } from './session.ts';
import type { Deployment, World } from './world.ts';

export async function personaOfOrder(key: string, deployment: Deployment, world: World): Promise<PersonaId> {
  const name = parseOrderKey(key);
  if (!name) {
    throw new UsageError(
      `${key} is no order key. It is channel/connection/orderId, for example shopify/my-shop/450789469.`,
      'order_key_invalid',
    );
  }
  readChannel(name.channel, world.doors);
  const found = await readPersona(
    key,
    { ...deployment, doors: world.doors, adapters: world.adapters },
    { keys: await deployment.identityKeys(), now: instant(world.clock().getTime()) },
  );
  switch (found.kind) {
    case 'persona':
      return found.persona;
    case 'no_order':
      throw new CliError(
        'order_not_found',
        `There is no order ${key}. If its webhook came, look at \`tributary quarantine list\`.`,
      );
    case 'nobody':
      throw new CliError(
        'order_of_nobody',
        `Order ${key} says nothing of who bought that could be told from others, so it is in no profile.`,
      );
  }
}

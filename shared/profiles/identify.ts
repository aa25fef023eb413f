/**
 * A persona that the brand itself identifies, without an order: it joins whoever gave the same email, phone or card, by the rules by
 * which orders join, and is parted from them as any persona is. Done again, or in another order, it comes to the same.
 */
import { keyIdentifier } from '../identity/identifiers.ts';
import { keyedHash } from '../identity/key.ts';
import type { Sealer } from '../identity/seal.ts';
import { identifierKey } from './customer.ts';
import { type FollowDependencies, follow } from './follow-orders.ts';
import { type IdentifiedMessage, openIdentified } from './identified-message.ts';
import type { Outcome } from './update.ts';

/** No person has more: under such an id are all who have none (`guest`, `test`), and what comes after these links nobody. */
export const IDENTIFIED_MOST = 50;

export async function identifyCustomer(
  message: IdentifiedMessage,
  dependencies: FollowDependencies & { readonly sealer: Sealer },
): Promise<Outcome> {
  const { customers, keys, sealer } = dependencies;
  const { persona, identifiers, at } = openIdentified(message, sealer);
  const { identified: known = [] } = await customers.getContent(persona);
  const values = new Set(known.map(({ identifier, value }) => `${identifier.type} ${value}`));
  for (const { type, value, ...identifier } of identifiers) {
    if (!values.has(`${type} ${value}`) && values.size >= IDENTIFIED_MOST) continue;
    values.add(`${type} ${value}`);
    const keyed = keyIdentifier({ type, value, ...identifier }, keys.lookup);
    // Who carries it is written before what says so: see update.ts.
    await customers.putHolder(identifierKey(keyed), persona);
    await customers.putIdentified(persona, keyedHash(keys.guest, ['identified', type, identifier.scope, value]), {
      identifier: keyed,
      value,
      receivedAt: at,
      reading: keys.lookupNumber ?? 1,
    });
  }
  return follow({ entries: [], personas: [persona] }, 'live', dependencies);
}

/**
 * Who a Shopee order is from. `buyer_user_id` is the buyer's account at Shopee, not at a shop: two shops of the brand see the
 * same one. ASSUMPTION: only within one national site, as each has accounts of its own; without a region in the connection's
 * settings it stays within the connection. Name and phone are the recipient's and mostly masked, so no contact links.
 */
import type { IdentifierDeclaration } from '../../identity/identifiers.ts';

export const shopeeIdentifiers: IdentifierDeclaration = [
  { from: 'buyerId', scope: 'site', strength: 'strong', verified: true },
];

/**
 * Who a Shopify order is from. The customer id is the shop's (guests get one too). Phone and email are the buyer's own, of
 * the order and of its customer, never those of the shipping address (see contactOf in normalize.ts): they link. Typed by
 * the buyer and, at most shops, never proven.
 */
import type { IdentifierDeclaration } from '../../identity/identifiers.ts';

export const shopifyIdentifiers: IdentifierDeclaration = [
  { from: 'buyerId', scope: 'connection', strength: 'strong', verified: true },
  { from: 'phone', scope: 'brand', strength: 'strong', verified: false },
  { from: 'email', scope: 'brand', strength: 'strong', verified: false },
  { from: 'nameAndAddress', scope: 'brand', strength: 'weak', verified: false },
];

/**
 * Who a Square order is from. The customer id is of the seller's directory; the email is the one given for the receipt of the
 * payment. A card's fingerprint would be a weak identifier (`card_fingerprint`), but orders do not carry it yet.
 */
import type { IdentifierDeclaration } from '../../identity/identifiers.ts';

export const squareIdentifiers: IdentifierDeclaration = [
  { from: 'buyerId', scope: 'connection', strength: 'strong', verified: true },
  { from: 'email', scope: 'brand', strength: 'strong', verified: false },
];

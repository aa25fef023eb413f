/**
 * Who a Douyin order is from. `doudian_open_id` is the buyer at one shop; `open_id`, of orders made in a mini-app, the buyer
 * at one app, which several shops may share. A phone is there only where nothing is sent by parcel (vouchers), and then the
 * buyer's own.
 */
import type { IdentifierDeclaration } from '../../identity/identifiers.ts';

export const douyinIdentifiers: IdentifierDeclaration = [
  { from: 'buyerId', scope: 'connection', strength: 'strong', verified: true },
  { from: 'openId', scope: 'app', strength: 'strong', verified: true },
  { from: 'phone', scope: 'brand', strength: 'strong', verified: false },
];

/**
 * Signature: HMAC-SHA256 over the callback address, `|` and the raw body, lower-case hex, header Authorization. Key:
 *   the push partner key as UTF-8 text (Console → App → Push Mechanism), which is not the one that signs API calls. The
 *   address is the one registered there, to the letter. No time and no nonce is signed.
 * Version of an order: update_time, whole seconds; the push names the same one. Version of a return: its own
 *   update_time, but its push tells of changes (logistics, proof) that may not move it, so after one we ask by the
 *   time.
 * Money: JSON numbers in major units, often with the digits of a float (12.340000000000001), currency of the site.
 * Time: epoch seconds; 0 or null for "not yet".
 * Reply: 2xx, empty body, within 3 s. Redelivery: after 300, 1800 and 10800 s, then never; order not kept, repeats
 *   possible. Of more than 600 pushes in 6 h, under 70 % answered warns by mail and under 30 % suspends the address.
 * Handshake: saving the address posts a test, perhaps without a body; 2xx with an empty body is the answer.
 * Ids: a delivery has none. order_sn and return_sn are text; shop_id, item_id and buyer_user_id bare numbers up to
 *   2^63.
 * Thin: {code, shop_id, timestamp, data}; code 3 is an order's status, 29 a return's. One address per app, so an app
 *   that several shops have authorised sends them all here.
 * Source: open.shopee.com/push-mechanism (order_status_push, return_updates_push of 2024-12-31) in public copies,
 *   congminh1254/shopee-sdk (schemas of order, payment, returns, push); read 2026-11-25.
 */
import type { Door } from '../adapter.ts';
import { hmacSha256, signRequest, verifySignature } from '../signature.ts';

const SIGNATURE = hmacSha256('authorization', 'hex', {
  over: "the address as registered at Shopee, '|' and the raw body",
  parts: ({ url, body }) => [url, '|', body],
});

const RECEIVED = { status: 200, body: '' };

export const shopeeDoor: Door = {
  channel: 'shopee',
  category: 'cross_border',
  keptHeaders: [],
  verify: (request, secrets) => verifySignature(SIGNATURE, request, secrets),
  sign: (request, secret) => signRequest(SIGNATURE, request, secret),
  handshake: ({ body }) => (body.length === 0 ? RECEIVED : undefined),
  acknowledge: () => RECEIVED,
};

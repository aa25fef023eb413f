/**
 * Signature: HMAC-SHA256 of the raw body, base64, header X-Shopify-Hmac-Sha256. Key: the app's client secret as UTF-8 text;
 *   webhooks made by hand on a shop's Notifications page are signed with another key, shown there. No time, no nonce, no
 *   URL is signed. After a rotation the old secret may sign for up to an hour, so two are valid.
 * Version of an order: updated_at, in steps of a second; several updates of one second are told apart by
 *   X-Shopify-Triggered-At. Retries carry the original, by then old, body.
 * Version of a refund: the latest time in the refund itself, so that it is the same within an order and alone.
 * Money: decimal strings, major units, shop currency; `*_set` twins add the shopper's. Payments and refunds
 *   (transactions) are stated in the currency the shopper paid in.
 * Time: ISO 8601 with the shop's offset (2026-11-24T05:00:00-05:00).
 * Reply: any 2xx within 5 s (1 s to connect). Redelivery: 8 more times within 4 hours; after 8 failures in a row a
 *   subscription made through the Admin API is removed. Deliveries can be lost: Shopify itself advises to reconcile.
 * Ids: X-Shopify-Webhook-Id is one delivery, the same on retries; X-Shopify-Event-Id is one merchant action, shared by
 *   all the topics it causes.
 * Source: shopify.dev/docs/apps/build/webhooks and /docs/apps/build/events/verify-deliveries, the changelog of
 *   2024-09-10, Shopify/shopify-app-js (validate.test.ts), gadget-inc/shopify-webhook-schemas; read 2026-11-24.
 */
import type { Door } from '../adapter.ts';
import { hmacSha256, signRequest, verifySignature } from '../signature.ts';

const SIGNATURE = hmacSha256('x-shopify-hmac-sha256', 'base64');

export const shopifyDoor: Door = {
  channel: 'shopify',
  category: 'ecommerce',
  keptHeaders: [
    'x-shopify-topic',
    'x-shopify-sub-topic',
    'x-shopify-shop-domain',
    'x-shopify-api-version',
    'x-shopify-webhook-id',
    'x-shopify-event-id',
    'x-shopify-triggered-at',
    'x-shopify-name',
  ],
  verify: (request, secrets) => verifySignature(SIGNATURE, request, secrets),
  sign: (request, secret) => signRequest(SIGNATURE, request, secret),
  acknowledge: () => ({ status: 200, body: '' }),
};

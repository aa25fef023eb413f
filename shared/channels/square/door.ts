/**
 * Signature: HMAC-SHA256 of the notification URL as registered and the raw body, base64, header
 *   x-square-hmacsha256-signature. Key: the subscription's own "signature key" as text. No time, no nonce. Two subscriptions
 *   with the same URL sign with different keys: one URL each. x-square-signature is the SHA-1 of old, and not looked at.
 * Thin and full: order.* carry ids and a version; payment.* and refund.* the whole object. order.created tells of orders
 *   made through the API only: a sale rung up in the Point of Sale app is heard of by its payment.
 * Version of everything: updated_at. Of orders it is at times cut to the second; `version`, where an order has one, tells two
 *   of one time apart.
 * Money: whole minor units beside an ISO 4217 code. A tender's amount_money has the tip in it, a payment's has not.
 * Time: RFC 3339, UTC; up to nanoseconds in events.
 * Reply: any 2xx within 10 s. Redelivery: up to 24 h, then dropped; no 2xx for three weeks disables the subscription.
 * Ids: event_id is one event, the same on retries. All ids are text.
 * Source: square/connect-api-specification (api.json), square/square-nodejs-sdk (webhooks.test.ts),
 *   developer.squareup.com/docs/webhooks (step2subscribe, step4manage, troubleshooting); read 2026-11-25.
 */
import type { Door } from '../adapter.ts';
import { hmacSha256, signRequest, verifySignature } from '../signature.ts';

const SIGNATURE = hmacSha256('x-square-hmacsha256-signature', 'base64', {
  over: 'the registered address and the raw body',
  parts: ({ url, body }) => [url, body],
});

export const squareDoor: Door = {
  channel: 'square',
  category: 'pos',
  keptHeaders: [
    'square-environment',
    'square-initial-delivery-timestamp',
    'square-retry-number',
    'square-retry-reason',
    'square-version',
  ],
  verify: (request, secrets) => verifySignature(SIGNATURE, request, secrets),
  sign: (request, secret) => signRequest(SIGNATURE, request, secret),
  acknowledge: () => ({ status: 200, body: '' }),
};

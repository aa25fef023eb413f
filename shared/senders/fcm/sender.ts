/**
 * Firebase Cloud Messaging, HTTP v1: one message a request, as there is no multicast any more.
 *
 * Access: OAuth 2 token of a service account, an hour.  Limit: 4096 bytes.  Rate: 600,000 a minute and project; 429 with Retry-After.
 * Idempotency: none; `collapse_key` replaces only what waits for a device that is offline.
 * Sources: https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode,
 * https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages, https://firebase.google.com/docs/cloud-messaging/scale-fcm,
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest, read 2026-11-25.
 */
import { checkFor, sendEach } from '../batch.ts';
import type { FcmCredentials } from '../credentials.ts';
import { createExchange } from '../exchange.ts';
import type { SenderOptions } from '../options.ts';
import { unanswered } from '../outcomes.ts';
import type { OutgoingTo, Sender } from '../sender.ts';
import { withToken } from '../token-source.ts';
import { readFcmAnswer } from './answer.ts';
import { checkFcm, fcmMessage } from './message.ts';
import { fcmTokens } from './token.ts';

const BASE_URL = 'https://fcm.googleapis.com';
const BATCH_MOST = 100;
const AT_ONCE = 25;
const RATE_PER_SECOND = 10_000;

export function createFcmSender(credentials: FcmCredentials, options: SenderOptions): Sender {
  const { clock, timeouts } = options;
  const exchange = createExchange({ clock, ...(timeouts && { timeouts }) });
  const tokens = fcmTokens(credentials, options, exchange);
  const url = new URL(`${credentials.baseUrl ?? BASE_URL}/v1/projects/${credentials.project_id}/messages:send`);
  const means = { provider: 'fcm', batchMost: BATCH_MOST, atOnce: AT_ONCE, clock, check: checkFcm } as const;

  const post = async (message: OutgoingTo<'fcm'>, token: string, signal: AbortSignal | undefined) => {
    const nowMs = clock().getTime();
    const answer = await exchange.ask(
      {
        method: 'POST',
        url,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ message: fcmMessage(message, nowMs) }),
      },
      signal,
    );
    return answer.kind === 'answered' ? readFcmAnswer(answer, nowMs) : unanswered(answer);
  };

  return {
    provider: 'fcm',
    batchMost: BATCH_MOST,
    ratePerSecond: RATE_PER_SECOND,
    dedupes: false,
    check: checkFor('fcm', checkFcm),
    send: (batch, signal) =>
      sendEach(batch, means, (message) => withToken(tokens, (token) => post(message, token, signal)), signal),
    close: () => exchange.close(),
  };
}

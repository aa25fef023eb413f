/**
 * Apple Push Notification service, HTTP/2: one notification a request, many requests over one session.
 *
 * Access: a token signed with the team's key (ES256), 20 to 60 minutes.  Limit: 4096 bytes of payload.  Rate: no number is documented;
 * 429 for one device.  Idempotency: none is documented; `apns-id` names a notification, `apns-collapse-id` replaces one that is shown.
 * Sources: https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns,
 * …/handling-notification-responses-from-apns, …/establishing-a-token-based-connection-to-apns,
 * https://developer.apple.com/forums/thread/807380 (which codes end a token), read 2026-11-25.
 */
import { checkFor, sendEach } from '../batch.ts';
import type { ApnsCredentials } from '../credentials.ts';
import type { SenderOptions } from '../options.ts';
import { unanswered } from '../outcomes.ts';
import type { OutgoingTo, Sender } from '../sender.ts';
import { withToken } from '../token-source.ts';
import { readApnsAnswer } from './answer.ts';
import { apnsHeaders, apnsPayload, checkApns } from './message.ts';
import { createApnsSession } from './session.ts';
import { apnsTokens } from './token.ts';

const BASE_URLS = { production: 'https://api.push.apple.com', sandbox: 'https://api.sandbox.push.apple.com' } as const;
const BATCH_MOST = 500;
const AT_ONCE = 100;

export function createApnsSender(credentials: ApnsCredentials, options: SenderOptions): Sender {
  const { clock } = options;
  const sessions = {
    production: createApnsSession(credentials.baseUrl ?? BASE_URLS.production, options),
    sandbox: createApnsSession(credentials.baseUrl ?? BASE_URLS.sandbox, options),
  };
  const tokens = apnsTokens(credentials, options);
  const means = { provider: 'apns', batchMost: BATCH_MOST, atOnce: AT_ONCE, clock, check: checkApns } as const;

  const post = async (message: OutgoingTo<'apns'>, token: string, signal: AbortSignal | undefined) => {
    const headers = { ...apnsHeaders(message, credentials.topic), authorization: `bearer ${token}` };
    const answer = await sessions[message.endpoint.environment].ask(headers, apnsPayload(message), signal);
    return answer.kind === 'answered' ? readApnsAnswer(answer, clock().getTime()) : unanswered(answer);
  };

  return {
    provider: 'apns',
    batchMost: BATCH_MOST,
    dedupes: false,
    check: checkFor('apns', checkApns),
    send: (batch, signal) =>
      sendEach(batch, means, (message) => withToken(tokens, (token) => post(message, token, signal)), signal),
    close() {
      for (const session of Object.values(sessions)) session.close();
    },
  };
}

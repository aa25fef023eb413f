/** What APNs' answers mean: a status, and where it is not 200 a reason. */
import * as z from 'zod';
import { byStatus, gone, later, ofEndpoint, refused, rejected, retryAfterMs } from '../outcomes.ts';
import { parseAnswer } from '../parse.ts';
import type { Outcome } from '../sender.ts';
import type { TokenRefused } from '../token-source.ts';
import type { ApnsAnswered } from './session.ts';
import { APNS_TOKEN_REST_MS } from './token.ts';

const Failed = z.object({ reason: z.string() });

/** Of that payload: others are sent meanwhile. "After 15 minutes, you can retry JSON payloads that receive response status codes that begin with 5XX." */
const BROKEN_WAIT_MS = 15 * 60_000;
/** Of one device; Apple names no time. */
const TOO_MANY_WAIT_MS = 60_000;

const GONE: ReadonlySet<string> = new Set(['Unregistered', 'ExpiredToken', 'BadDeviceToken']);

/** Of the key, the team or the topic. */
const REFUSED: ReadonlySet<string> = new Set([
  'BadCertificate',
  'BadCertificateEnvironment',
  'BadEnvironmentKeyIdInToken',
  'BadEnvironmentKeyInToken',
  'BadTopic',
  'Forbidden',
  'InvalidProviderToken',
  'MissingProviderToken',
  'MissingTopic',
  'TopicDisallowed',
  'UnrelatedKeyIdInToken',
]);

/** Of this message. DeviceTokenNotForTopic is a device of another app: with the wrong topic in place all are, so none is removed. */
const REJECTED: ReadonlySet<string> = new Set([
  'BadCollapseId',
  'BadExpirationDate',
  'BadMessageId',
  'BadPath',
  'BadPriority',
  'DeviceTokenNotForTopic',
  'DuplicateHeaders',
  'InvalidPushType',
  'MethodNotAllowed',
  'MissingDeviceToken',
  'PayloadEmpty',
  'PayloadTooLarge',
]);

export function readApnsAnswer({ status, headers, body }: ApnsAnswered, nowMs: number): Outcome | TokenRefused {
  if (status === 200) {
    const id = headers['apns-id'];
    return { kind: 'sent', ...(typeof id === 'string' && /^[0-9A-Fa-f-]{36}$/.test(id) && { providerId: id }) };
  }
  const reason = parseAnswer(Failed, body)?.reason ?? '';
  const wait = retryAfterMs(headers, nowMs);
  if (reason === 'ExpiredProviderToken') return { kind: 'token_refused', code: reason };
  if (GONE.has(reason)) return gone(reason);
  if (REFUSED.has(reason)) return refused(reason);
  if (REJECTED.has(reason)) return rejected(reason);
  if (reason === 'TooManyProviderTokenUpdates') return later(reason, wait ?? APNS_TOKEN_REST_MS);
  if (reason === 'TooManyRequests') return ofEndpoint(later(reason, wait ?? TOO_MANY_WAIT_MS));
  if (reason === 'IdleTimeout') return later(reason);
  if (status === 410) return gone('http_410');
  const outcome = byStatus(status, headers, nowMs);
  if (outcome.kind !== 'later') return outcome;
  return ofEndpoint({ ...outcome, retryAfterMs: wait ?? (status === 429 ? TOO_MANY_WAIT_MS : BROKEN_WAIT_MS) });
}

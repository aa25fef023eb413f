/**
 * Signatures of outbound webhooks by the scheme of Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`, base64, `v1,` before it;
 * while two secrets are valid, one by each, parted by a space.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { epochMs, instant } from '../time/instant.ts';
import type { Message } from './message.ts';
import type { SigningSecrets } from './subscriber.ts';

export interface SignatureHeaders {
  readonly 'webhook-id': string;
  /** Seconds since the epoch. A receiver refuses what is some minutes off, so each try is signed anew. */
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

export function signatureHeaders(
  { id, body }: Pick<Message, 'id' | 'body'>,
  secrets: SigningSecrets,
  now: Date,
): SignatureHeaders {
  const signatures = validSecrets(secrets, now).map((secret) => new Webhook(secret).sign(id, now, body));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': signatures.join(' '),
  };
}

function validSecrets({ current, previous }: SigningSecrets, now: Date): string[] {
  return previous && now.getTime() < epochMs(previous.until) ? [current, previous.secret] : [current];
}

const SECRET_BYTES = 32;
export const newSigningSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

/** A day: as long as a message is tried, and time to bring the new one to where messages are verified. */
export const OVERLAP_MS = 24 * 60 * 60_000;

/** `overlapMs` 0: the old one signs no more, at once. Of three secrets the oldest goes. */
export function replaceSigningSecret(
  known: SigningSecrets | undefined,
  secret: string,
  { now, overlapMs = OVERLAP_MS }: { readonly now: Date; readonly overlapMs?: number | undefined },
): SigningSecrets {
  if (!known || overlapMs <= 0) return { current: secret };
  return { current: secret, previous: { secret: known.current, until: instant(now.getTime() + overlapMs) } };
}

/**
 * The signature by which a push service knows us (RFC 8292): of its origin and a time, so one does for many messages to it. Not the
 * library's, which knows no time but the machine's, and signs each message.
 */
import { importJWK, SignJWT } from 'jose';
import type { Clock } from '../../runtime/clock.ts';
import type { WebPushCredentials } from '../credentials.ts';

/** RFC 8292 §2: no more than 24 hours. */
const LIFE_MS = 12 * 60 * 60_000;
const EARLY_MS = 60 * 60_000;
/** Strangers choose the origins: past this many the oldest goes. */
const KEPT_MOST = 100;

/** Gives the `Authorization` header for requests to an origin. */
export function createVapid(
  { subject, publicKey, privateKey }: WebPushCredentials,
  clock: Clock,
): (origin: string) => Promise<string> {
  const signed = new Map<string, { readonly header: Promise<string>; readonly untilMs: number }>();

  async function sign(origin: string, expiresAtMs: number): Promise<string> {
    const token = await new SignJWT()
      .setProtectedHeader({ typ: 'JWT', alg: 'ES256' })
      .setAudience(origin)
      .setExpirationTime(Math.floor(expiresAtMs / 1000))
      .setSubject(subject)
      .sign(await importJWK(jwkOf(publicKey, privateKey), 'ES256'));
    return `vapid t=${token}, k=${publicKey}`;
  }

  return (origin) => {
    const nowMs = clock().getTime();
    const known = signed.get(origin);
    if (known && known.untilMs > nowMs) return known.header;
    const header = sign(origin, nowMs + LIFE_MS);
    signed.delete(origin); // so that the map's order is that of signing
    signed.set(origin, { header, untilMs: nowMs + LIFE_MS - EARLY_MS });
    const [oldest] = signed.keys();
    if (signed.size > KEPT_MOST && oldest !== undefined) signed.delete(oldest);
    return header;
  };
}

/** Of the point as browsers take it: 4, x, y. */
function jwkOf(publicKey: string, privateKey: string) {
  const point = Buffer.from(publicKey, 'base64url');
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
  return { kty: 'EC', crv: 'P-256', x, y, d: privateKey };
}

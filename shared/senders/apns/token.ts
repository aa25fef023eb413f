/**
 * Apple's provider token: signed by ourselves, and used by all for most of an hour. Apple takes none that is older than 60 minutes, and
 * complains (429 TooManyProviderTokenUpdates) of who makes one more often than every 20, so it is shared through the cache.
 */
import { importPKCS8, SignJWT } from 'jose';
import type { ApnsCredentials } from '../credentials.ts';
import type { SenderOptions } from '../options.ts';
import { TokenSource } from '../token-source.ts';

const LIFE_MS = 55 * 60_000;
const EARLY_MS = 5 * 60_000;
export const APNS_TOKEN_REST_MS = 20 * 60_000;

export function apnsTokens(
  { teamId, keyId, privateKey }: ApnsCredentials,
  { clock, sleep, tokens }: SenderOptions,
): TokenSource {
  return new TokenSource({
    name: `apns/${teamId}/${keyId}`,
    cache: tokens,
    clock,
    sleep,
    earlyMs: EARLY_MS,
    youngMs: APNS_TOKEN_REST_MS,
    async obtain() {
      const since = clock().getTime();
      const token = await new SignJWT()
        .setProtectedHeader({ alg: 'ES256', kid: keyId })
        .setIssuer(teamId)
        .setIssuedAt(Math.floor(since / 1000))
        .sign(await importPKCS8(privateKey, 'ES256'));
      return { token, since, expiresAt: since + LIFE_MS };
    },
  });
}

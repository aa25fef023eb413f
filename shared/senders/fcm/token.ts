/** Google's access token for a service account: an assertion signed with its key, in exchange for a token of an hour. */
import { importPKCS8, SignJWT } from 'jose';
import * as z from 'zod';
import type { FcmCredentials } from '../credentials.ts';
import type { Exchange } from '../exchange.ts';
import type { SenderOptions } from '../options.ts';
import { byStatus, refused, unanswered } from '../outcomes.ts';
import { parseAnswer } from '../parse.ts';
import { NoToken, TokenSource, withoutToken } from '../token-source.ts';

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** The longest that Google takes is an hour. */
const ASSERTION_SECONDS = 600;
const EARLY_MS = 5 * 60_000;
/** Where even a new token is not taken, each message would ask for another. */
const YOUNG_MS = 10_000;

const Granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

export function fcmTokens(
  credentials: FcmCredentials,
  { clock, sleep, tokens }: SenderOptions,
  exchange: Exchange,
): TokenSource {
  const { client_email, private_key, private_key_id, token_uri } = credentials;
  const key = once(() => importPKCS8(private_key, 'RS256'));

  async function assertion(nowSeconds: number): Promise<string> {
    return await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(private_key_id !== undefined && { kid: private_key_id }) })
      .setIssuer(client_email)
      .setAudience(token_uri)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + ASSERTION_SECONDS)
      .sign(await key());
  }

  return new TokenSource({
    name: `fcm/${client_email}`,
    cache: tokens,
    clock,
    sleep,
    earlyMs: EARLY_MS,
    youngMs: YOUNG_MS,
    async obtain() {
      const since = clock().getTime();
      const answer = await exchange.ask({
        method: 'POST',
        url: new URL(token_uri),
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: String(new URLSearchParams({ grant_type: GRANT, assertion: await assertion(Math.floor(since / 1000)) })),
      });
      if (answer.kind !== 'answered') throw withoutToken(unanswered(answer));
      const granted = answer.status === 200 ? parseAnswer(Granted, answer.body) : undefined;
      if (granted) return { token: granted.access_token, since, expiresAt: since + granted.expires_in * 1000 };
      // 400 `invalid_grant`, `invalid_client`: the key is revoked, or the clock is wrong.
      if (answer.status === 400) throw new NoToken(refused('token_not_granted'));
      throw withoutToken(byStatus(answer.status, answer.headers, since));
    },
  });
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

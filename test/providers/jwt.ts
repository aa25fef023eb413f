/** JSON web tokens as a provider verifies them: with node:crypto alone, so that no library agrees with itself. */
import { type KeyObject, verify } from 'node:crypto';
import { objectIn } from './serve-http.ts';

export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Undefined where the signature, or anything else of it, is wrong. */
export function verifiedJwt(token: string, key: KeyObject, algorithm: 'RS256' | 'ES256'): Jwt | undefined {
  const [head, payload, signature, ...rest] = token.split('.');
  if (!head || !payload || !signature || rest.length > 0) return undefined;
  const header = objectIn(textOf(head));
  const claims = objectIn(textOf(payload));
  if (!header || !claims || header.alg !== algorithm) return undefined;
  const means = algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' as const } : { key };
  const isRight = verify('sha256', Buffer.from(`${head}.${payload}`), means, Buffer.from(signature, 'base64url'));
  return isRight ? { header, claims } : undefined;
}

const textOf = (part: string): string => Buffer.from(part, 'base64url').toString('utf8');

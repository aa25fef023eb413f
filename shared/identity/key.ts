/** Keyed hashes: what stands for a phone or an email in keys, names and lookups, so that none of them can be read. */
import { createHmac } from 'node:crypto';

/** At least 32 random bytes, from a secret store. Guests' personas are named with one that never changes. */
export type HashKey = string | Uint8Array;

/** 132 bits of HMAC-SHA256, base64url, 22 characters. Parts are told apart by their lengths: `ab`,`c` is not `a`,`bc`. */
export function keyedHash(key: HashKey, parts: readonly string[]): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:${part}`);
  return hmac.digest('base64url').slice(0, 22);
}

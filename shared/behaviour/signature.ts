/**
 * What proves whom an event is about, where it comes from a page that anybody could have written: hex of HMAC-SHA256, by the server
 * key of the source, over the user's id, and on lines of their own what identifies that user and is to join them with what they
 * bought. A signature over the id alone proves who is signed in, and not that the email beside it is theirs.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Proof, TRAITS, type Traits } from './collected.ts';

/** `u42`, or `u42\nemail:anne@example.com\nphone:+4917012345`; in the order of `TRAITS`, each as it is sent. */
export const signedText = (userId: string, traits: Traits = {}): string =>
  [userId, ...TRAITS.flatMap((name) => (traits[name] === undefined ? [] : [`${name}:${traits[name]}`]))].join('\n');

export const sign = (text: string, serverKey: string): string =>
  createHmac('sha256', serverKey).update(text).digest('hex');

/** The most that it proves by any of these keys; undefined: nothing. */
export function proofOf(
  { signature, userId, traits }: { readonly signature: string; readonly userId: string; readonly traits: Traits },
  keys: readonly string[],
): Proof | undefined {
  const isOver = (text: string) => keys.some((key) => isSame(sign(text, key), signature.toLowerCase()));
  // An id with a line break would make one text of two meanings; collect lets none in.
  if (Object.keys(traits).length > 0 && isOver(signedText(userId, traits))) return 'identifiers';
  return isOver(signedText(userId)) ? 'user' : undefined;
}

function isSame(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.byteLength === y.byteLength && timingSafeEqual(x, y);
}

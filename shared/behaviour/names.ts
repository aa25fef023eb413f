/** What stands for a visitor and for a user in keys, rows and profiles: nobody can read who it is. */
import { type HashKey, keyedHash } from '../identity/key.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { BehaviourEvent } from './event.ts';

/** `<source>#<keyed hash>` */
export type VisitorKey = string & { readonly __brand: 'VisitorKey' };

/** The first part of the names of personas that sources bring, whatever their kind. */
const WEB_CHANNEL = 'web';

type Of = Pick<BehaviourEvent, 'source'>;

// The casts are the constructors of the brands.
const visitorKey = (source: string, kind: 'anonymous' | 'user', id: string, key: HashKey): VisitorKey =>
  `${source}#${keyedHash(key, ['visitor', source, kind, id])}` as VisitorKey;

export const anonymousKey = ({ source }: Of, anonymousId: string, key: HashKey): VisitorKey =>
  visitorKey(source, 'anonymous', anonymousId, key);

/**
 * Whose event it is: the browser's or app's, else the user's, where a server tells of them. Without a proof a user's id is what
 * anybody may write, and so it is nobody's. `key` is that which never changes, that of guests.
 */
export function visitorOf(event: BehaviourEvent, key: HashKey): VisitorKey | undefined {
  const { source, anonymousId, userId, proof } = event;
  if (anonymousId !== undefined) return anonymousKey(event, anonymousId, key);
  return userId === undefined || proof === undefined ? undefined : visitorKey(source, 'user', userId, key);
}

/**
 * `web/<source>/<user id>`: the persona of a user whom the event is proven to be of. An id that is, or could be, a person's email or
 * phone, or is no plain name, is a keyed hash there: nothing personal is in the names of personas.
 */
export function userPersona(
  { source, userId, proof }: Pick<BehaviourEvent, 'source' | 'userId' | 'proof'>,
  key: HashKey,
): PersonaId | undefined {
  if (userId === undefined || proof === undefined || IS_NOBODY.test(userId)) return undefined;
  const name = IS_PLAIN.test(userId) && !COULD_BE_A_PHONE.test(userId) ? userId : hashed(source, userId, key);
  return `${WEB_CHANNEL}/${source}/${name}` as PersonaId;
}

/** The source that it was seen at. */
export const sourceOf = (visitor: VisitorKey): string => visitor.slice(0, visitor.indexOf('#'));

/** Of all personas, only those of users have visitors. */
export const isUser = (persona: PersonaId): boolean => persona.startsWith(`${WEB_CHANNEL}/`);

/** What programs write for who is not signed in. */
const IS_NOBODY = /^(undefined|null|nan|none|guest|anonymous|0+|-1|\[object object\])$/i;
const IS_PLAIN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const COULD_BE_A_PHONE = /^[\d.-]{7,}$/;
const hashed = (source: string, userId: string, key: HashKey): string =>
  `user:${keyedHash(key, ['user', source, userId])}`;

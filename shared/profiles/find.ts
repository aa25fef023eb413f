/** From what a person has in hand (a name of the profile, a phone, a card, an order) to the profiles that it leads to. */

import pMap from 'p-map';
import { isMasked, toHalfWidth } from '../identity/contact.ts';
import type { IdentifierType } from '../identity/identifiers.ts';
import { type HashKey, keyedHash } from '../identity/key.ts';
import type { PersonaId } from '../identity/persona.ts';
import { DEFAULT_RULES, type LinkingRules } from '../identity/policy.ts';
import { type Checked, checkEmail, checkPhone, type Rejection } from '../identity/unlinkable.ts';
import type { CustomerStore, Place } from './customer.ts';
import { holdersOf, READS_AT_ONCE } from './holders.ts';

/** Those that are unique within the brand: by any other, a value alone leads nowhere. */
export type FindableType = Extract<IdentifierType, 'phone' | 'email' | 'member_card' | 'union_id'>;

export interface Wanted {
  readonly type: FindableType;
  /** As typed. */
  readonly text: string;
  /** ISO 3166-1 alpha-2, for a phone without a country code. */
  readonly region?: string | undefined;
}

export type Found =
  | {
      readonly kind: 'found';
      /** Roots, sorted: several where a family has one phone, or a person has said that they are not one. None is an answer. */
      readonly profiles: readonly PersonaId[];
      /** Of so many personas that it links nobody; then some of their profiles. */
      readonly shared: boolean;
    }
  /** It is never kept as an identifier, so nobody can be found by it. */
  | { readonly kind: 'rejected'; readonly reason: Rejection };

export async function findProfiles(
  wanted: Wanted,
  store: Pick<CustomerStore<unknown>, 'getPlace' | 'getContent' | 'listHolders'>,
  lookup: HashKey,
  rules: LinkingRules = DEFAULT_RULES,
): Promise<Found> {
  const { type } = wanted;
  const checked = readValue(wanted);
  if (checked.kind === 'rejected') return checked;
  // As keyIdentifier does when an order is read.
  const value = { type, hash: keyedHash(lookup, [type, 'brand', checked.value]) };
  const { personas, shared } = await holdersOf(value, store, rules);
  const roots = await pMap(personas, async (persona) => (await rootOf(persona, store))?.persona ?? [], {
    concurrency: READS_AT_ONCE,
  });
  return { kind: 'found', profiles: [...new Set(roots.flat())].sort(), shared };
}

/** In the very form in which orders' values are kept. */
function readValue({ type, text, region }: Wanted): Checked {
  if (type === 'phone') return checkPhone(text, region);
  if (type === 'email') return checkEmail(text);
  if (isMasked(text)) return { kind: 'rejected', reason: 'masked' };
  const value = toHalfWidth(text);
  return value === '' || /^0+$/.test(value) ? { kind: 'rejected', reason: 'blocked' } : { kind: 'clear', value };
}

const TRIES = 3;

/** The place of the profile that a persona is of, be it its first or an alias. Undefined for one that is nowhere (yet). */
export async function rootOf<Profile>(
  persona: PersonaId,
  store: Pick<CustomerStore<Profile>, 'getPlace'>,
): Promise<Place<Profile> | undefined> {
  for (let attempt = 1; ; attempt++) {
    const place = await store.getPlace(persona);
    if (!place || place.root === persona) return place;
    const root = await store.getPlace(place.root);
    // Between the two reads they may have parted: then the first one is out of date.
    if (root?.members.includes(persona) || attempt === TRIES) return root;
  }
}

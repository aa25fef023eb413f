/** Places and profiles, with what a test is about given and the rest plain. */
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { Place } from '../../shared/profiles/customer.ts';
import { deriveFacts } from '../../shared/profiles/derive.ts';
import type { Facts } from '../../shared/profiles/facts.ts';
import type { StoredDecision, StoredProfile } from '../../shared/profiles/profile.ts';
import { instant } from '../../shared/time/instant.ts';

export const AT = instant(Date.UTC(2026, 10, 24, 10));
export const LATER = instant(Date.UTC(2026, 10, 25, 10));

// The cast is the constructor of the brand.
export const personaId = (text: string): PersonaId => text as PersonaId;
export const [A, B, C] = ['shopify/tea/1', 'douyin/shop/2', 'square/tills/3'].map(personaId) as [
  PersonaId,
  PersonaId,
  PersonaId,
]; // the cast: three go in

export const profileOf = (change: Partial<Facts> = {}, tier: Partial<StoredDecision> = {}): StoredProfile => ({
  facts: { ...deriveFacts({ days: new Map(), edges: new Map() }, AT, 'CNY'), orders: 1, netSpend: 9_900, ...change },
  predicted: {},
  tier: { value: 'base', since: AT, policyVersion: 1, reasons: [], ...tier },
});

export type StoredPlace = Place<StoredProfile>;

export const rootOf = (persona: PersonaId, change: Partial<StoredPlace> = {}): StoredPlace => ({
  persona,
  revision: 1,
  root: persona,
  members: [persona],
  cause: 'live',
  writtenAt: AT,
  profile: profileOf(),
  derivedFrom: 'one order',
  lookAt: LATER,
  ...change,
});

export const aliasOf = (
  persona: PersonaId,
  root: PersonaId,
  { profile, ...change }: Partial<StoredPlace> = {},
): StoredPlace => ({
  persona,
  revision: 2,
  root,
  members: [persona, root].sort(),
  cause: 'live',
  writtenAt: LATER,
  ...(profile && { profile }),
  ...change,
});

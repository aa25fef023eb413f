/** Personas for tests of linking, from a few words: who was first received when, and what they hold. */
import type { Acceptance, Cut, Decision } from '../../shared/identity/cuts.ts';
import type { IdentifierType, KeyedIdentifier } from '../../shared/identity/identifiers.ts';
import { type IdentityContribution, personasOf } from '../../shared/identity/links.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { DEFAULT_RULES, type LinkingRules } from '../../shared/identity/policy.ts';
import { type IdentityInput, type Resolution, resolve } from '../../shared/identity/resolve.ts';
import { orderKey } from '../../shared/orders/order-key.ts';
import { instant } from '../../shared/time/instant.ts';

const DAY_ONE = Date.UTC(2026, 0, 1);
export const day = (number: number) => instant(DAY_ONE + number * 86_400_000);

// The cast is that of a test which names personas by a letter.
export const persona = (name: string): PersonaId => `shopify/demo/${name}` as PersonaId;

/** `phone:1` → an identifier; `~email:a` → a weak one. The hash is the text, to be read in a failure. */
export function identifier(text: string): KeyedIdentifier {
  const weak = text.startsWith('~');
  const hash = weak ? text.slice(1) : text;
  // The cast is that of a test: a type that does not exist would link nothing.
  const type = hash.split(':')[0] as IdentifierType;
  return { type, hash, scope: 'brand', strength: weak ? 'weak' : 'strong', verified: false };
}

let orders = 0;

export interface Told {
  readonly day?: number;
  readonly name?: string;
}

/** One paid order of a persona, with what it identifies by. */
export const order = (
  who: string,
  identifiers: readonly string[],
  { day: on = 0, name }: Told = {},
): IdentityContribution => ({
  persona: persona(who),
  order: orderKey({ channel: 'shopify', connection: 'demo', orderId: String(orders++) }),
  receivedAt: day(on),
  identifiers: identifiers.map(identifier),
  ...(name !== undefined && { name }),
});

export const cut = (id: string, off: readonly string[], kept: readonly string[]): Cut => ({
  kind: 'unlink',
  id,
  off: off.map(persona),
  kept: kept.map(persona),
  at: day(100),
  by: 'operator',
  reason: 'not the same',
});

export const accept = (id: string, a: string, b: string): Acceptance => ({
  kind: 'accept',
  id,
  between: [persona(a), persona(b)],
  at: day(100),
  by: 'operator',
  reason: 'the same',
});

export const withdraw = (of: string): Decision => ({
  kind: 'withdraw',
  id: `back-${of}`,
  of,
  at: day(101),
  by: 'operator',
  reason: 'a mistake',
});

export const input = (
  contributions: readonly IdentityContribution[],
  decisions: readonly Decision[] = [],
  rules: Partial<LinkingRules> = {},
): IdentityInput => ({ personas: personasOf(contributions), decisions, rules: { ...DEFAULT_RULES, ...rules } });

/** The letters of each profile, `['ab', 'c']`, first received first. */
export const groups = ({ profiles }: Resolution): string[] =>
  profiles.map(({ personas }) => personas.map(({ id }) => id.split('/')[2]).join(''));

export const grouped = (...args: Parameters<typeof input>): string[] => groups(resolve(input(...args)));

/** `a|b names_contradict`, one line for each reason. */
export const suggested = (...args: Parameters<typeof input>): string[] =>
  resolve(input(...args)).suggestions.flatMap(({ between, reasons }) =>
    reasons.map(({ code }) => `${between.map((id) => id.split('/')[2]).join('|')} ${code}`),
  );

/**
 * Phones and emails that are never written to, whoever has them, now or later. The list cannot be read: it holds keyed hashes, by the
 * key that never changes, for it is kept for longer than any lookup key, and nobody could hash it anew. So a decision takes the readable
 * contacts of the customer at hand, and asks for each.
 */
import { type HashKey, keyedHash } from '../identity/key.ts';
import type { PersonaId } from '../identity/persona.ts';
import { type Checked, checkEmail, checkPhone } from '../identity/unlinkable.ts';
import type { Content } from '../profiles/customer.ts';
import { personaFrom, valuesFrom } from '../profiles/persona-content.ts';
import type { Instant } from '../time/instant.ts';

export const CONTACT_TYPES = ['phone', 'email'] as const;
export type ContactType = (typeof CONTACT_TYPES)[number];

/** In one request. */
export const CONTACTS_MOST = 100;

/** Normalised, as the identifiers of orders are. Personal. */
export interface Contact {
  readonly type: ContactType;
  readonly value: string;
}

/** As it is stored, and as the audit trail names it. */
export type ContactKey = string & { readonly __brand: 'ContactKey' };

export const contactKey = ({ type, value }: Contact, key: HashKey): ContactKey =>
  // The cast is the constructor of the brand.
  `${type}#${keyedHash(key, ['suppressed', type, value])}` as ContactKey;

export interface Listed {
  readonly at: Instant;
  readonly by: string;
  /** Who asked for it, or which list it came from. */
  readonly source?: string;
}

export interface SuppressionList {
  /** Whether anything was ever put on it: a brand without such a list need not read whose contacts are whose. */
  isUsed(): Promise<boolean>;
  /** Idempotent: who is on it already stays as they are. Their keys, in the same order. */
  putContacts(contacts: readonly Contact[], listed: Listed): Promise<ContactKey[]>;
  /** Idempotent. Likewise. */
  removeContacts(contacts: readonly Contact[]): Promise<ContactKey[]>;
  /** In the same order; undefined: not on it. */
  findContacts(contacts: readonly Contact[]): Promise<(Listed | undefined)[]>;
}

/** As it would be found among a customer's. `region`: ISO 3166-1 alpha-2, of a phone without a country code. */
export const readContact = (type: ContactType, text: string, region: string | undefined): Checked =>
  type === 'phone' ? checkPhone(text, region) : checkEmail(text);

/** Phones and emails by which a persona is known, each once. */
export function contactsOf(persona: PersonaId, content: Content): Contact[] {
  const values = valuesFrom(content);
  const found = new Map<string, Contact>();
  for (const { type, hash } of personaFrom(persona, content).links) {
    const value = values.get(hash);
    if ((type === 'phone' || type === 'email') && value !== undefined) found.set(`${type} ${value}`, { type, value });
  }
  return [...found.values()];
}

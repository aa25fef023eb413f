/**
 * Who holds a value now. A row of the lookup may outlive what it tells of, so a persona's months have the last word; and values
 * past their limit are followed as far as `updateCustomers` follows them, so both agree on which are shared.
 */
import pMap from 'p-map';
import type { IdentifierType } from '../identity/identifiers.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { LinkingRules } from '../identity/policy.ts';
import { type CustomerStore, identifierKey } from './customer.ts';
import { personaFrom } from './persona-content.ts';
import { FOLLOWED } from './update.ts';

export const READS_AT_ONCE = 10;

export interface Value {
  readonly type: IdentifierType;
  readonly hash: string;
}

export interface Holders {
  /** Sorted. All, unless there are more than are ever followed: then some of them. */
  readonly personas: readonly PersonaId[];
  /** Too many for the value to be one person's. */
  readonly shared: boolean;
}

type Reads = Pick<CustomerStore<unknown>, 'listHolders' | 'getContent'>;

export async function holdersOf(value: Value, store: Reads, { personasPerValue }: LinkingRules): Promise<Holders> {
  const limit = personasPerValue[value.type];
  const most = FOLLOWED * limit;
  const rows = await store.listHolders(identifierKey(value), most);
  const carries = await pMap(rows.slice(0, most), (persona) => isCarriedBy(persona, value, store), {
    concurrency: READS_AT_ONCE,
  });
  const personas = rows.filter((_, index) => carries[index]);
  return { personas, shared: rows.length > most || personas.length > limit };
}

/** Cheaper than asking who they are: months are read only where stale rows could make the difference. */
export async function isShared(value: Value, store: Reads, rules: LinkingRules): Promise<boolean> {
  const limit = rules.personasPerValue[value.type];
  const rows = await store.listHolders(identifierKey(value), limit);
  return rows.length > limit && (await holdersOf(value, store, rules)).shared;
}

async function isCarriedBy(persona: PersonaId, { hash }: Value, store: Pick<Reads, 'getContent'>): Promise<boolean> {
  const { links } = personaFrom(persona, await store.getContent(persona));
  return links.some((link) => link.hash === hash);
}

/** One leaves what kept others apart: a value that was shared, a name that contradicted. They are then told, whoever dies in between. */
import { describe, expect, it } from 'vitest';
import { keyedHash } from '../../shared/identity/key.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { DEFAULT_RULES, type LinkingRules } from '../../shared/identity/policy.ts';
import { resolve } from '../../shared/identity/resolve.ts';
import type { CustomerStore, Entry } from '../../shared/profiles/customer.ts';
import { type Rules, updateCustomers } from '../../shared/profiles/update.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';

const NOW = instant(Date.parse('2026-11-24T10:00:00.000Z'));
const DAY = '2026-11-20';
/** So low that four share a phone, and more than so many are still followed. */
const LINKING: LinkingRules = {
  ...DEFAULT_RULES,
  personasPerValue: { ...DEFAULT_RULES.personasPerValue, phone: 3 },
};
const rules: Rules<number> = {
  basis: '1',
  holdersMost: (type) => LINKING.personasPerValue[type],
  group(met, shared) {
    const personas = met.map(({ persona }) => persona);
    const { profiles, suggestions } = resolve({ personas, decisions: [], rules: LINKING, shared });
    const groups = profiles.map((one) => ({ root: one.id, members: one.personas.map(({ id }) => id).sort() }));
    return { groups, suggestions };
  },
  profile: async ({ members }) => ({ profile: members.length }),
};

// The cast is the constructor of the brand.
const personaId = (text: string): PersonaId => text as PersonaId;
const phone = {
  type: 'phone',
  scope: 'brand',
  strength: 'strong',
  verified: false,
  hash: keyedHash('key', ['phone', 'one']),
} as const;

function entry(persona: string, number: number, { says = true, name }: { says?: boolean; name?: string } = {}): Entry {
  const key = `toy/shop/${persona}`;
  const place = { persona: personaId(persona), day: DAY, key, revision: number, reading: 0 };
  if (!says) return place;
  const money = { paid: 100, refunded: 0, net: 100 };
  const paidAt = `${DAY}T12:00:00.000Z` as Instant; // the cast: it is in that form
  const contribution = { key, revision: 1, paidAt, counts: true, currency: 'CNY', ...money, reporting: money };
  const content = {
    contribution: { ...contribution, channel: 'toy' },
    receivedAt: instant(Date.UTC(2026, 10, 20, 12, 0, persona.charCodeAt(0))),
    identifiers: [phone],
    values: {},
    ...(name !== undefined && { name }),
  };
  return { ...place, content };
}

const put = (store: CustomerStore<number>, ...entries: Entry[]) =>
  updateCustomers({ entries }, store, rules, { now: NOW, cause: 'live' });

const membersOf = async (store: CustomerStore<number>, persona: string) =>
  (await store.getPlace(personaId(persona)))?.members;

/** The component is not reached: whoever follows dies as soon as the month is written. */
function dyingAfterMonth(store: CustomerStore<number>): CustomerStore<number> {
  const dead = () => Promise.reject(new Error('died'));
  return { ...store, getPlace: dead, listHolders: dead };
}

describe('who leaves a value', () => {
  it('that was too many’s has those who are left joined again', async () => {
    const store = memoryCustomers<number>();
    for (const persona of ['a', 'b', 'c', 'd']) await put(store, entry(persona, 1));
    expect(await membersOf(store, 'a')).toEqual(['a']);
    await put(store, entry('d', 2, { says: false }));
    expect(await membersOf(store, 'a')).toEqual(['a', 'b', 'c']);
    expect(await membersOf(store, 'd')).toEqual(['d']);
  });

  it('has them joined also where it dies right after its month, and comes again', async () => {
    const store = memoryCustomers<number>();
    for (const persona of ['a', 'b', 'c', 'd']) await put(store, entry(persona, 1));
    const gone = entry('d', 2, { says: false });
    await expect(put(dyingAfterMonth(store), gone)).rejects.toThrow('died');
    expect(await membersOf(store, 'a')).toEqual(['a']);
    await put(store, gone);
    expect(await membersOf(store, 'a')).toEqual(['a', 'b', 'c']);
  });

  it('and whose name contradicted has the one without a name joined again', async () => {
    const store = memoryCustomers<number>();
    await put(store, entry('a', 1, { name: 'Ada Nilsson' }));
    await put(store, entry('b', 1));
    expect(await membersOf(store, 'a')).toEqual(['a', 'b']);
    await put(store, entry('c', 1, { name: 'Grace Okafor' }));
    expect(await membersOf(store, 'a')).toEqual(['a']);
    await put(store, entry('c', 2, { says: false }));
    expect(await membersOf(store, 'a')).toEqual(['a', 'b']);
  });

  it('is forgotten as one who left once it carries the value again', async () => {
    const store = memoryCustomers<number>();
    await put(store, entry('a', 1));
    await put(store, entry('a', 2, { says: false }));
    expect((await store.getMonth(personaId('a'), '2026-11'))?.left).toEqual([{ type: 'phone', hash: phone.hash }]);
    await put(store, entry('a', 3));
    expect(await store.getMonth(personaId('a'), '2026-11')).not.toHaveProperty('left');
  });
});

/** What every store of customers does. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { PersonaId } from '../../../shared/identity/persona.ts';
import {
  type CustomerStore,
  type Entry,
  identifierKey,
  type Month,
  type Place,
} from '../../../shared/profiles/customer.ts';
import { NOTHING } from '../../../shared/profiles/sums.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { instant } from '../../../shared/time/instant.ts';
import { unique } from './samples.ts';

// The cast is the constructor of the brand.
const personaId = (text: string): PersonaId => text as PersonaId;

interface Profile {
  readonly name: string;
}

export function customerStoreContract(name: string, make: () => Promise<CustomerStore<Profile>>): void {
  describe(`customers: ${name}`, () => {
    let store: CustomerStore<Profile>;
    beforeAll(async () => {
      store = await make();
    });
    const newPersona = () => personaId(`douyin/shop/${unique()}`);
    const phone = identifierKey('phone', 'h4sh');
    const bornAt = instant(Date.UTC(2026, 10, 24));

    it('keeps what an order says of a day, and yields only to what is newer', async () => {
      const persona = newPersona();
      const entry: Entry = { persona, day: '2026-11-24', key: 'douyin/shop/1/2', revision: 2, identifiers: [phone] };
      expect(await store.putEntry(entry)).toBe(true);
      expect(await store.putEntry(entry)).toBe(false);
      expect(await store.putEntry({ ...entry, revision: 1, identifiers: [] })).toBe(false);
      expect(await store.listEntries(persona, '2026-11-24')).toEqual([entry]);
      const newer = { ...entry, revision: 3, identifiers: [] };
      expect(await store.putEntry(newer)).toBe(true);
      const other = { ...entry, key: 'douyin/shop/2' };
      await store.putEntry(other);
      await store.putEntry({ ...entry, day: '2026-11-25' });
      const entries = await store.listEntries(persona, '2026-11-24');
      expect(entries).toHaveLength(2);
      expect(entries).toEqual(expect.arrayContaining([newer, other]));
    });

    it('keeps months under their revision', async () => {
      const persona = newPersona();
      const evidence = { orders: 1, first: bornAt, last: bornAt };
      const month: Month = {
        persona,
        month: '2026-11',
        revision: 1,
        days: { '2026-11-24': { sums: NOTHING, identifiers: { [phone]: evidence } } },
      };
      expect(await store.getMonth(persona, '2026-11')).toBeUndefined();
      await store.putMonth(month, 0);
      await expect(store.putMonth(month, 0)).rejects.toThrow(Conflict);
      await store.putMonth({ ...month, revision: 2 }, 1);
      await store.putMonth({ ...month, month: '2025-01' }, 0);
      expect(await store.getMonth(persona, '2026-11')).toEqual({ ...month, revision: 2 });
      expect((await store.listMonths(persona)).map(({ month }) => month).sort()).toEqual(['2025-01', '2026-11']);
    });

    it('tells who carries an identifier, and that there are too many', async () => {
      const identifier = identifierKey('email', unique());
      const personas = Array.from({ length: 5 }, newPersona);
      for (const persona of [...personas, ...personas]) await store.putHolder(identifier, persona);
      expect((await store.listHolders(identifier, 10)).toSorted()).toEqual(personas.toSorted());
      expect(await store.listHolders(identifier, 3)).toHaveLength(4);
      expect(await store.listHolders(identifierKey('email', unique()), 3)).toEqual([]);
    });

    it('puts places together or not at all', async () => {
      const [a, b] = [newPersona(), newPersona()];
      const alone = (persona: typeof a, revision: number): Place<Profile> => ({
        persona,
        revision,
        root: persona,
        members: [persona],
        bornAt,
        profile: { name: 'one' },
      });
      await store.putPlaces([{ place: alone(a, 1), seenRevision: 0 }]);
      expect(await store.getPlace(a)).toEqual(alone(a, 1));
      const members = [a, b].sort();
      const joined = [
        { place: { ...alone(a, 2), members }, seenRevision: 1 },
        { place: { persona: b, revision: 1, root: a, members, bornAt }, seenRevision: 0 },
      ];
      const stale = joined.map(({ place }) => ({ place, seenRevision: 7 }));
      await expect(store.putPlaces(stale)).rejects.toThrow(Conflict);
      await expect(store.putPlaces([...joined.slice(1), ...stale.slice(0, 1)])).rejects.toThrow(Conflict);
      expect(await store.getPlace(b)).toBeUndefined();
      await store.putPlaces(joined);
      expect(await store.getPlace(b)).toMatchObject({ root: a, members });
      await expect(store.putPlaces(joined)).rejects.toThrow(Conflict);
    });
  });
}

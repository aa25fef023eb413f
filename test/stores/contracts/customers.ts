/** What every store of customers does. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { KeyedIdentifier } from '../../../shared/identity/identifiers.ts';
import { linksOf } from '../../../shared/identity/links.ts';
import type { PersonaId } from '../../../shared/identity/persona.ts';
import type { Contribution } from '../../../shared/profiles/contribution.ts';
import {
  type CustomerIndex,
  type CustomerStore,
  type Entry,
  identifierKey,
  type Month,
  NEVER,
  type PageOf,
  type Place,
} from '../../../shared/profiles/customer.ts';
import { shardOf } from '../../../shared/profiles/shard.ts';
import { NOTHING, sumDay } from '../../../shared/profiles/sums.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { instant } from '../../../shared/time/instant.ts';
import { unique } from './samples.ts';

// The cast is the constructor of the brand.
const personaId = (text: string): PersonaId => text as PersonaId;

interface Profile {
  readonly name: string;
}

const AT = instant(Date.UTC(2026, 10, 24));
const later = (days: number) => instant(Date.UTC(2026, 10, 24 + days));
const phone: KeyedIdentifier = { type: 'phone', scope: 'brand', strength: 'strong', verified: false, hash: 'h4sh' };
const contribution: Contribution = {
  key: 'douyin/shop/1/2',
  revision: 2,
  paidAt: AT,
  counts: true,
  currency: 'CNY',
  paid: 100,
  refunded: 0,
  net: 100,
  channel: 'douyin',
};

export function customerStoreContract(name: string, make: () => Promise<CustomerStore<Profile> & CustomerIndex>): void {
  describe(`customers: ${name}`, () => {
    let store: CustomerStore<Profile> & CustomerIndex;
    beforeAll(async () => {
      store = await make();
    });
    const newPersona = () => personaId(`douyin/shop/${unique()}`);
    const rooted = (persona: PersonaId, revision = 1): Place<Profile> => ({
      persona,
      revision,
      root: persona,
      members: [persona],
      cause: 'live',
      writtenAt: AT,
      profile: { name: '陈小雨' },
      derivedFrom: 'these',
      lookAt: later(3),
    });

    it('keeps what an order says of a day, and yields only to what is newer', async () => {
      const persona = newPersona();
      const content = { contribution, receivedAt: AT, identifiers: [phone], values: { h4sh: '+8613912345678' } };
      const place = { persona, day: '2026-11-24', key: 'douyin/shop/1/2', reading: 1 };
      const entry: Entry = { ...place, revision: 2, content };
      expect(await store.putEntry(entry)).toBe(true);
      expect(await store.putEntry(entry)).toBe(false);
      expect(await store.putEntry({ ...place, revision: 1, reading: 9 })).toBe(false);
      expect(await store.putEntry({ ...place, revision: 2, reading: 0 })).toBe(false);
      expect(await store.listEntries(persona, '2026-11-24', 10)).toEqual([entry]);
      expect(await store.putEntry({ ...entry, reading: 2 })).toBe(true);
      const gone: Entry = { ...place, revision: 3 };
      expect(await store.putEntry(gone)).toBe(true);
      const other = { ...entry, key: 'douyin/shop/2' };
      await store.putEntry(other);
      await store.putEntry({ ...entry, day: '2026-11-25' });
      const entries = await store.listEntries(persona, '2026-11-24', 10);
      expect(entries).toHaveLength(2);
      expect(entries).toEqual(expect.arrayContaining([gone, other]));
      expect(await store.listEntries(persona, '2026-11-24', 0)).toHaveLength(1);
      expect((await allOf((after) => store.listEntriesOf(persona, 1, after))).map(({ day }) => day)).toEqual([
        '2026-11-25',
        '2026-11-24',
      ]);
    });

    it('keeps months under their revision, and decisions beside them', async () => {
      const persona = newPersona();
      const day = {
        sums: NOTHING,
        receivedAt: AT,
        links: linksOf({ identifiers: [phone], receivedAt: AT, name: '陈小雨' }),
        values: { h4sh: '+8613912345678' },
      };
      const month: Month = { persona, month: '2026-11', revision: 1, days: { '2026-11-24': day } };
      expect(await store.getMonth(persona, '2026-11')).toBeUndefined();
      expect(await store.getContent(persona)).toEqual({ months: [], decisions: [], marks: [] });
      await store.putMonth(month, 0);
      await expect(store.putMonth(month, 0)).rejects.toThrow(Conflict);
      await store.putMonth({ ...month, revision: 2 }, 1);
      await store.putMonth({ ...month, month: '2025-01' }, 0);
      expect(await store.getMonth(persona, '2026-11')).toEqual({ ...month, revision: 2 });
      const left = [{ type: 'phone' as const, hash: 'h4sh' }];
      const seen = { '24': [3, 2_000_000_000], '25': [1, 0] } as const;
      await store.putMonth({ ...month, revision: 3, seen, left }, 2);
      expect(await store.getMonth(persona, '2026-11')).toEqual({ ...month, revision: 3, seen, left });
      const other = newPersona();
      const decision = {
        kind: 'accept' as const,
        id: unique(),
        at: AT,
        by: 'an operator',
        reason: 'they called',
        between: [persona, other] as const,
      };
      await store.putDecision([persona, other], decision);
      await store.putDecision([persona, other], decision);
      const { months, decisions } = await store.getContent(persona);
      expect(months.map((one) => one.month).sort()).toEqual(['2025-01', '2026-11']);
      expect(decisions).toEqual([decision]);
      expect(await store.getContent(other)).toEqual({ months: [], decisions: [decision], marks: [] });
    });

    it('keeps the newest of what is said of a persona, whatever comes when', async () => {
      const persona = newPersona();
      const tag = { kind: 'tag' as const, name: '老客户/VIP', on: true, at: instant(2_000), by: 'a marketer' };
      const push = { kind: 'consent' as const, name: 'push', on: true, at: instant(2_000), by: 'the app' };
      await store.putMark(persona, tag);
      await store.putMark(persona, push);
      await store.putMark(persona, { ...tag, on: false, at: instant(1_000) });
      expect((await store.getContent(persona)).marks.toSorted((a, b) => (a.kind < b.kind ? 1 : -1))).toEqual([
        tag,
        push,
      ]);
      await store.putMark(persona, { ...push, on: false });
      await store.putMark(persona, push);
      const { marks, months, decisions } = await store.getContent(persona);
      expect(marks.find(({ kind }) => kind === 'consent')).toEqual({ ...push, on: false });
      expect(await store.listMarks(persona)).toEqual(marks);
      expect([months, decisions]).toEqual([[], []]);
    });

    it('keeps of what the brand said the first time and the newest reading, whatever comes when', async () => {
      const persona = newPersona();
      const email = {
        type: 'email' as const,
        scope: 'brand',
        strength: 'strong' as const,
        verified: false,
        hash: 'old',
      };
      const said = { identifier: email, value: 'anne@example.com', receivedAt: instant(2_000), reading: 1 };
      await store.putIdentified(persona, 'name', said);
      await store.putIdentified(persona, 'name', said);
      expect((await store.getContent(persona)).identified).toEqual([said]);
      const newer = { ...said, identifier: { ...email, hash: 'new' }, receivedAt: instant(3_000), reading: 2 };
      await store.putIdentified(persona, 'name', newer);
      await store.putIdentified(persona, 'name', { ...said, receivedAt: instant(1_000) });
      expect((await store.getContent(persona)).identified).toEqual([{ ...newer, receivedAt: instant(1_000) }]);
      const card = { ...said, identifier: { ...email, type: 'member_card' as const, verified: true }, value: '卡 7' };
      await store.putIdentified(persona, 'name', card);
      const { identified = [], ...others } = await store.getContent(persona);
      expect(identified).toHaveLength(2);
      expect(identified).toContainEqual(card);
      expect(others).toEqual({ months: [], decisions: [], marks: [] });
    });

    it('gives each day of a full month back as it was, to the order of its fields', async () => {
      const persona = newPersona();
      const dayOf = (number: number) => {
        const day = `2026-11-${String(number).padStart(2, '0')}`;
        const paid = { ...contribution, net: number, counts: number % 7 !== 0 };
        const identifiers = number % 3 === 0 ? [] : [phone];
        const links = linksOf({ identifiers, receivedAt: AT, ...(number % 2 === 0 && { name: '陈小雨' }) });
        return [day, { sums: sumDay(day, [paid]), receivedAt: AT, links, values: { h4sh: `${number}` } }] as const;
      };
      const days = Object.fromEntries(Array.from({ length: 30 }, (_, index) => dayOf(index + 1)));
      await store.putMonth({ persona, month: '2026-11', revision: 1, days }, 0);
      const stored = await store.getMonth(persona, '2026-11');
      // Whether a day has changed is told by its text.
      expect(JSON.stringify(stored?.days)).toBe(JSON.stringify(days));
    });

    it('tells who carries an identifier, and that there are too many', async () => {
      const identifier = identifierKey({ type: 'email', hash: unique() });
      const personas = Array.from({ length: 5 }, newPersona);
      for (const persona of [...personas, ...personas]) await store.putHolder(identifier, persona);
      expect((await store.listHolders(identifier, 10)).toSorted()).toEqual(personas.toSorted());
      expect(await store.listHolders(identifier, 3)).toHaveLength(4);
      expect(await store.listHolders(identifierKey({ type: 'email', hash: unique() }), 3)).toEqual([]);
    });

    it('puts places together or not at all', async () => {
      const [a, b] = [newPersona(), newPersona()];
      await store.putPlaces([{ place: rooted(a), seenRevision: 0 }]);
      expect(await store.getPlace(a)).toEqual(rooted(a));
      const members = [a, b].sort();
      const joined = [
        { place: { ...rooted(a, 2), members }, seenRevision: 1 },
        {
          place: { persona: b, revision: 1, root: a, members, cause: 'merge' as const, writtenAt: AT },
          seenRevision: 0,
        },
      ];
      const stale = joined.map(({ place }) => ({ place, seenRevision: 7 }));
      await expect(store.putPlaces(stale)).rejects.toThrow(Conflict);
      await expect(store.putPlaces([...joined.slice(1), ...stale.slice(0, 1)])).rejects.toThrow(Conflict);
      expect(await store.getPlace(b)).toBeUndefined();
      await store.putPlaces(joined);
      expect(await store.getPlace(b)).toEqual(joined[1]?.place);
      await expect(store.putPlaces(joined)).rejects.toThrow(Conflict);
    });

    it('finds profiles by when they are to be looked at, and all of them', async () => {
      const [due, waiting, never, alias] = [newPersona(), newPersona(), newPersona(), newPersona()];
      await store.putPlaces([
        { place: { ...rooted(due), lookAt: later(-400) }, seenRevision: 0 },
        { place: { ...rooted(waiting), lookAt: later(400) }, seenRevision: 0 },
        { place: { ...rooted(never), lookAt: NEVER }, seenRevision: 0 },
        {
          place: { persona: alias, revision: 1, root: due, members: [due], cause: 'live', writtenAt: AT },
          seenRevision: 0,
        },
      ]);
      const shard = shardOf(due);
      expect(await store.listDue(shard, later(-399), 10)).toContain(due);
      expect(await store.listDue(shard, later(-401), 10)).not.toContain(due);
      for (const persona of [due, waiting, never]) {
        const of = shardOf(persona);
        expect(await allOf((after) => store.listRoots(of, 1, after))).toContain(persona);
      }
      expect(await allOf((after) => store.listRoots(shardOf(alias), 100, after))).not.toContain(alias);
      const moved = { ...rooted(due, 2), lookAt: later(500) };
      await store.putPlaces([{ place: moved, seenRevision: 1 }]);
      expect(await store.listDue(shard, later(-399), 10)).not.toContain(due);
    });

    it('reads many profiles at once, and leaves out who has none', async () => {
      const [alone, alias] = [newPersona(), newPersona()];
      const many = Array.from({ length: 120 }, newPersona);
      const places = [...many, alone].map((persona) => ({ place: rooted(persona), seenRevision: 0 }));
      for (let from = 0; from < places.length; from += 40) await store.putPlaces(places.slice(from, from + 40));
      const { profile: _, derivedFrom: __, lookAt: ___, ...place } = rooted(alias);
      await store.putPlaces([{ place: { ...place, root: alone }, seenRevision: 0 }]);
      const asked = [...many, alone, alone, alias, newPersona()];
      const found = await store.getProfiles(asked);
      expect(found.map(({ persona }) => persona).toSorted()).toEqual([...many, alone].toSorted());
      expect(found.find(({ persona }) => persona === alone)).toEqual(rooted(alone));
      expect(await store.getProfiles([])).toEqual([]);
    });

    it('lists suggestions until they are gone', async () => {
      const pairs = [0, 1, 2].map(() => [newPersona(), newPersona()] as const);
      for (const pair of [...pairs, ...pairs]) await store.putSuggestion(pair);
      const listed = await allOf((after) => store.listSuggestions(2, after));
      expect(listed).toEqual(expect.arrayContaining(pairs.map((pair) => [...pair])));
      const [gone] = pairs;
      if (gone) await store.deleteSuggestion(gone);
      expect(await allOf((after) => store.listSuggestions(2, after))).not.toContainEqual(gone);
    });
  });
}

/** Page after page; one more than there is would go on for ever, so there is an end. */
async function allOf<Item>(page: (after: string | undefined) => Promise<PageOf<Item>>): Promise<Item[]> {
  const all: Item[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 1_000; pages++) {
    const { items, next } = await page(after);
    all.push(...items);
    if (next === undefined) return all;
    after = next;
  }
  throw new Error('no end');
}

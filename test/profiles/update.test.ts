/**
 * Writers at once, their calls interleaved in every way that chance finds, dying between any two: at the end each persona is
 * where a computation from scratch puts it, and each profile is that of all its members' orders.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { Contribution } from '../../shared/profiles/contribution.ts';
import { type CustomerStore, type Entry, type IdentifierKey, identifierKey } from '../../shared/profiles/customer.ts';
import { type Group, type Met, type Rules, updateCustomers } from '../../shared/profiles/update.ts';
import { Conflict } from '../../shared/runtime/errors.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { type MemoryCustomers, memoryCustomers } from '../simulation/models/customers.ts';

interface Profile {
  readonly orders: number;
  readonly net: number;
}

// The cast is the constructor of the brand.
const personaId = (text: string): PersonaId => text as PersonaId;

const NOW = instant(Date.parse('2026-11-24T10:00:00.000Z'));
const PERSONAS = ['a', 'b', 'c', 'd'].map(personaId);
const IDENTIFIERS = ['x', 'y', 'z'].map((hash) => identifierKey('phone', hash));

/** All that are linked by any identifier; named after the smallest. */
const rules: Rules<Profile> = {
  group(met) {
    const groups: { members: Set<PersonaId>; identifiers: Set<IdentifierKey> }[] = [];
    for (const { persona, identifiers } of met) {
      const mine = new Set(identifiers.keys());
      const touching = groups.filter((group) => [...mine].some((identifier) => group.identifiers.has(identifier)));
      const joined = { members: new Set([persona]), identifiers: mine };
      for (const group of touching) {
        for (const member of group.members) joined.members.add(member);
        for (const identifier of group.identifiers) joined.identifiers.add(identifier);
        groups.splice(groups.indexOf(group), 1);
      }
      groups.push(joined);
    }
    return groups.map(({ members }): Group => {
      const sorted = [...members].sort();
      return { root: sorted[0] ?? personaId(''), members: sorted };
    });
  },
  profile: async ({ members }, met) => totalOf(members.flatMap((member) => met.get(member) ?? [])),
  holdersMost: 10,
  componentMost: 50,
};

function totalOf(met: readonly Pick<Met, 'months'>[]): Profile {
  let [orders, net] = [0, 0];
  for (const { months } of met)
    for (const { days } of months)
      for (const { sums } of Object.values(days)) {
        orders += sums.orders;
        net += sums.reporting.net;
      }
  return { orders, net };
}

/** An order's course: at each revision of another persona, day or content, or of none. */
interface Version {
  readonly persona: PersonaId | undefined;
  readonly day: number;
  readonly net: number;
  readonly identifiers: readonly IdentifierKey[];
}

const version: fc.Arbitrary<Version> = fc.record({
  persona: fc.option(fc.constantFrom(...PERSONAS), { nil: undefined, freq: 5 }),
  day: fc.constantFrom(1, 2, 35),
  net: fc.integer({ min: 1, max: 100 }),
  identifiers: fc.subarray(IDENTIFIERS, { maxLength: 2 }),
});
const course = fc.array(version, { minLength: 1, maxLength: 3 });

const dayName = (day: number): string => instant(Date.UTC(2026, 9, day)).slice(0, 10);

function entry(
  key: string,
  revision: number,
  { persona, day, net, identifiers }: Version,
  contributes: boolean,
): Entry[] {
  if (!persona) return [];
  const paidAt = `${dayName(day)}T12:00:00.000Z` as Instant; // the cast: it is in that form
  const contribution: Contribution = {
    key,
    revision,
    paidAt,
    counts: true,
    currency: 'CNY',
    paid: net,
    refunded: 0,
    net,
    reporting: { paid: net, refunded: 0, net },
    channel: 'toy',
  };
  const place = { persona, day: dayName(day), key, revision };
  return [contributes ? { ...place, contribution, identifiers } : { ...place, identifiers: [] }];
}

/** As the stream tells it: the new image, and an empty entry where the old one left. */
function changes(key: string, versions: readonly Version[]): Entry[][] {
  return versions.map((now, index) => {
    const before = versions[index - 1];
    const left = before?.persona && (before.persona !== now.persona || before.day !== now.day);
    return [...(left ? entry(key, index + 1, before, false) : []), ...entry(key, index + 1, now, true)];
  });
}

/** From scratch, by one writer, in order. */
async function fromScratch(courses: readonly (readonly Version[])[]): Promise<unknown> {
  const store = memoryCustomers<Profile>();
  for (const [index, versions] of courses.entries()) {
    const last = versions.at(-1);
    if (last) await updateCustomers(entry(`o${index}`, versions.length, last, true), store, rules, NOW);
  }
  return outcome(store);
}

/** Without those that have nothing left: they stay where they were last, as a profile of nothing. */
function outcome(store: MemoryCustomers<Profile>) {
  return store
    .places()
    .filter(({ profile, members }) => members.length > 1 || profile?.orders !== 0)
    .map(({ persona, root, members, profile }) => ({ persona, root, members, profile }));
}

/** Each call takes effect when the scheduler says; and one in so many writers dies after it. */
function interleaved(store: CustomerStore<Profile>, s: fc.Scheduler, name: string): CustomerStore<Profile> {
  const wrap =
    <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      await s.schedule(Promise.resolve(), name);
      return call(...args);
    };
  return {
    putEntry: wrap(store.putEntry),
    listEntries: wrap(store.listEntries),
    getMonth: wrap(store.getMonth),
    putMonth: wrap(store.putMonth),
    listMonths: wrap(store.listMonths),
    putHolder: wrap(store.putHolder),
    listHolders: wrap(store.listHolders),
    getPlace: wrap(store.getPlace),
    putPlaces: wrap(store.putPlaces),
  };
}

class Died extends Error {}

function mortal(store: CustomerStore<Profile>, lives: { left: number }): CustomerStore<Profile> {
  const wrap =
    <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      if (--lives.left === 0) throw new Died();
      return call(...args);
    };
  return {
    ...store,
    putMonth: wrap(store.putMonth),
    putHolder: wrap(store.putHolder),
    listMonths: wrap(store.listMonths),
    putPlaces: wrap(store.putPlaces),
  };
}

/** As a queue does: until it is done. */
async function untilDone(entries: readonly Entry[], store: CustomerStore<Profile>, lives = { left: 0 }): Promise<void> {
  for (;;) {
    try {
      return await updateCustomers(entries, mortal(store, lives), rules, NOW);
    } catch (error) {
      if (!(error instanceof Conflict) && !(error instanceof Died)) throw error;
    }
  }
}

describe('customers', () => {
  it('are the same whatever the order, the repetition and the deaths', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(course, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat(1_000)),
        fc.nat(30),
        async (courses, lots, dies) => {
          const store = memoryCustomers<Profile>();
          const all = courses.flatMap((versions, index) => changes(`o${index}`, versions));
          const twice = [...all, ...all]
            .map((entries) => ({ entries, lot: lots.next().value ?? 0 }))
            .sort((a, b) => a.lot - b.lot);
          const lives = { left: dies };
          for (const { entries } of twice) await untilDone(entries, store, lives);
          expect(outcome(store)).toEqual(await fromScratch(courses));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('are the same when writers race', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(course, { minLength: 2, maxLength: 4 }), fc.scheduler(), async (courses, s) => {
        const store = memoryCustomers<Profile>();
        const writers = courses.map(async (versions, index) => {
          const mine = interleaved(store, s, `w${index}`);
          for (const entries of changes(`o${index}`, versions)) await untilDone(entries, mine);
        });
        await s.waitFor(Promise.all(writers));
        expect(outcome(store)).toEqual(await fromScratch(courses));
      }),
      { numRuns: 2_000 },
    );
  });
});

/**
 * Writers at once, their calls interleaved in every way that chance finds, dying between any two: at the end each persona is
 * where a computation from scratch puts it, and each profile is that of all its members' orders.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../shared/identity/cuts.ts';
import type { IdentifierType, KeyedIdentifier } from '../../shared/identity/identifiers.ts';
import { keyedHash } from '../../shared/identity/key.ts';
import { personasOf } from '../../shared/identity/links.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { DEFAULT_RULES, type LinkingRules } from '../../shared/identity/policy.ts';
import { resolve } from '../../shared/identity/resolve.ts';
import type { OrderKey } from '../../shared/orders/order-key.ts';
import type { Contribution } from '../../shared/profiles/contribution.ts';
import type { CustomerStore, Entry } from '../../shared/profiles/customer.ts';
import { MET_MOST, type Met, type Rules, updateCustomers, type Work } from '../../shared/profiles/update.ts';
import { Conflict } from '../../shared/runtime/errors.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { type MemoryCustomers, memoryCustomers } from '../simulation/models/customers.ts';

interface Profile {
  readonly orders: number;
  readonly net: number;
}

// The cast is the constructor of the brand.
const personaId = (text: string): PersonaId => text as PersonaId;
const orderKeyOf = (text: string): OrderKey => text as OrderKey; // likewise

const NOW = instant(Date.parse('2026-11-24T10:00:00.000Z'));
const PERSONAS = ['a', 'b', 'c', 'd', 'e'].map(personaId);
/** Of tests; more for a long look. */
const SCALE = Number(process.env.RUNS_SCALE ?? 1);
/** So low that values become shared in the tests, and so high that all who share one are still met. */
const LINKING: LinkingRules = {
  ...DEFAULT_RULES,
  personasPerValue: { ...DEFAULT_RULES.personasPerValue, phone: 3, email: 3 },
};

const identifier = (type: IdentifierType, value: string): KeyedIdentifier => ({
  type,
  scope: 'brand',
  strength: 'strong',
  verified: false,
  hash: keyedHash('key', [type, value]),
});
const IDENTIFIERS = [identifier('phone', 'x'), identifier('phone', 'y'), identifier('email', 'z')];

const rulesOf = (linking: LinkingRules): Rules<Profile> => ({
  basis: '1',
  holdersMost: (type) => linking.personasPerValue[type],
  group(met, shared) {
    const { profiles, suggestions } = resolve({
      personas: met.map(({ persona }) => persona),
      decisions: met.flatMap(({ decisions }) => decisions),
      rules: linking,
      shared,
    });
    return {
      groups: profiles.map(({ id, personas }) => ({ root: id, members: personas.map((one) => one.id).sort() })),
      suggestions,
    };
  },
  profile: async ({ members }, met) => ({ profile: totalOf(members.flatMap((member) => met.get(member) ?? [])) }),
});
const rules = rulesOf(LINKING);

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
  readonly identifiers: readonly KeyedIdentifier[];
  readonly name: string | undefined;
  /** What it is worth by rates that come later: the last of them counts. Only where nothing newer is said of the order. */
  readonly later: readonly number[];
}

const version: fc.Arbitrary<Version> = fc.record({
  persona: fc.option(fc.constantFrom(...PERSONAS), { nil: undefined, freq: 5 }),
  day: fc.constantFrom(1, 2, 35),
  net: fc.constantFrom(1, 2, 50),
  identifiers: fc.subarray(IDENTIFIERS, { maxLength: 2 }),
  name: fc.option(fc.constantFrom('Ada Nilsson', 'Grace Okafor'), { nil: undefined, freq: 1 }),
  later: fc.array(fc.constantFrom(1, 2), { maxLength: 2 }),
});
const course = fc.array(version, { minLength: 1, maxLength: 3 });

const made = { at: NOW, by: 'tests', reason: 'chance' };
const decision: fc.Arbitrary<(id: string) => Decision> = fc.oneof(
  fc
    .record({
      side: fc.subarray(PERSONAS, { minLength: 1, maxLength: 2 }),
      other: fc.subarray(PERSONAS, { minLength: 1, maxLength: 2 }),
    })
    .map(
      ({ side, other }) =>
        (id: string): Decision => ({
          kind: 'unlink',
          id,
          ...made,
          off: side,
          kept: other.filter((one) => !side.includes(one)),
        }),
    ),
  fc.tuple(fc.constantFrom(...PERSONAS), fc.constantFrom(...PERSONAS)).map(
    (between) =>
      (id: string): Decision => ({ kind: 'accept', id, ...made, between }),
  ),
);
/** Each made, and some taken back by the next. */
const decisions: fc.Arbitrary<readonly Decision[]> = fc
  .array(fc.tuple(decision, fc.boolean()), { maxLength: 2 })
  .map((all) =>
    all.flatMap(([make, isWithdrawn], index): Decision[] => {
      const one = make(`d${index}`);
      return isWithdrawn ? [one, { kind: 'withdraw', id: `w${index}`, ...made, of: one.id }] : [one];
    }),
  );

/** All that a decision concerns; of a withdrawal, what it takes back. */
function namedBy(one: Decision, all: readonly Decision[]): PersonaId[] {
  if (one.kind === 'unlink') return [...one.off, ...one.kept];
  if (one.kind === 'accept') return [...one.between];
  return all.filter(({ id }) => id === one.of).flatMap((other) => namedBy(other, all));
}

const dayName = (day: number): string => instant(Date.UTC(2026, 9, day)).slice(0, 10);
const receivedAtOf = (key: string): Instant => instant(Date.UTC(2026, 8, 1, 0, 0, Number(key.slice(1))));

function entry(
  key: string,
  revision: number,
  { persona, day, net, identifiers, name }: Version,
  says: boolean,
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
  const place = { persona, day: dayName(day), key, revision, reading: 0 };
  const known = name === undefined ? {} : { name };
  const content = { contribution, identifiers, receivedAt: receivedAtOf(key), values: {}, ...known };
  return [says ? { ...place, content } : place];
}

/** As the stream tells it: the new image, and an empty entry where the old one left. */
function changes(key: string, versions: readonly Version[]): Work[] {
  return versions.map((now, index) => {
    const before = versions[index - 1];
    const left = before?.persona && (before.persona !== now.persona || before.day !== now.day);
    return {
      entries: [...(left ? entry(key, index + 1, before, false) : []), ...entry(key, index + 1, now, true)],
    };
  });
}

/** As a run does once rates have come: the same order, read by others. */
function readings(key: string, versions: readonly Version[]): Work[] {
  return versions.slice(-1).flatMap((last) =>
    last.later.map((net, index) => ({
      entries: entry(key, versions.length, { ...last, net }, true).map((one) => ({ ...one, reading: index + 1 })),
    })),
  );
}

const asRead = (one: Version): Version => ({ ...one, net: one.later.at(-1) ?? one.net });

/** From scratch: the last of each order, all decisions, and no store. */
function fromScratch(courses: readonly (readonly Version[])[], decided: readonly Decision[]) {
  const last = courses.flatMap((versions, index) =>
    versions.slice(-1).flatMap((one) => entry(`o${index}`, versions.length, asRead(one), true)),
  );
  const contributions = last.flatMap(({ persona, key, content }) =>
    content ? [{ persona, order: orderKeyOf(key), ...content }] : [],
  );
  const { profiles } = resolve({ personas: personasOf(contributions), decisions: decided, rules: LINKING });
  return profiles
    .flatMap(({ id: root, personas }) => {
      const members = personas.map(({ id }) => id).sort();
      const mine = last.filter(({ persona }) => members.includes(persona));
      const net = mine.reduce((sum, { content }) => sum + (content?.contribution.net ?? 0), 0);
      const profile = { orders: mine.length, net };
      return members.map((persona) => ({ persona, root, members, ...(persona === root && { profile }) }));
    })
    .sort((a, b) => (a.persona < b.persona ? -1 : 1));
}

/** Without personas that have nothing left: they stay where they were last, as a profile of nothing. */
async function outcome(store: MemoryCustomers<Profile>) {
  const withDays = new Set<PersonaId>();
  for (const persona of PERSONAS) {
    const { months } = await store.getContent(persona);
    if (months.some(({ days }) => Object.keys(days).length > 0)) withDays.add(persona);
  }
  return store
    .places()
    .filter(({ persona }) => withDays.has(persona))
    .map(({ persona, root, members, profile }) => ({
      persona,
      root,
      members: members.filter((member) => withDays.has(member)),
      ...(persona === root && { profile }),
    }));
}

/** Each call takes effect when the scheduler says; and one in so many writers dies after it. */
function wrapped(
  store: CustomerStore<Profile>,
  before: () => Promise<unknown>,
  names: readonly (keyof CustomerStore<Profile>)[],
): CustomerStore<Profile> {
  const calls = Object.fromEntries(
    names.map((name) => {
      // The cast: a call is passed on as it came.
      const call = store[name] as (...args: unknown[]) => Promise<unknown>;
      return [
        name,
        async (...args: unknown[]) => {
          await before();
          return call(...args);
        },
      ];
    }),
  );
  return { ...store, ...calls };
}

const interleaved = (store: MemoryCustomers<Profile>, s: fc.Scheduler, name: string) =>
  wrapped(store, () => s.schedule(Promise.resolve(), name), [
    'putEntry',
    'listEntries',
    'getMonth',
    'putMonth',
    'getContent',
    'putDecision',
    'putHolder',
    'listHolders',
    'getPlace',
    'putPlaces',
    'putSuggestion',
    'deleteSuggestion',
  ]);

class Died extends Error {}

function mortal(store: CustomerStore<Profile>, lives: { left: number }): CustomerStore<Profile> {
  const die = async () => {
    if (--lives.left === 0) throw new Died();
  };
  return wrapped(store, die, ['putMonth', 'putHolder', 'getContent', 'putPlaces', 'deleteSuggestion']);
}

/** As a queue does: until it is done. */
async function untilDone(work: Work, store: CustomerStore<Profile>, lives = { left: 0 }): Promise<void> {
  for (;;) {
    try {
      await updateCustomers(work, mortal(store, lives), rules, { now: NOW, cause: 'live' });
      return;
    } catch (error) {
      if (!(error instanceof Conflict) && !(error instanceof Died)) throw error;
    }
  }
}

async function decide(one: Decision, all: readonly Decision[], store: CustomerStore<Profile>): Promise<void> {
  const personas = namedBy(one, all);
  await store.putDecision(personas, one);
  await untilDone({ entries: [], personas }, store);
}

describe('customers', () => {
  it('are the same whatever the order, the repetition and the deaths', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(course, { minLength: 1, maxLength: 6 }),
        decisions,
        fc.infiniteStream(fc.nat(1_000)),
        fc.nat(30),
        async (courses, decided, lots, dies) => {
          const store = memoryCustomers<Profile>();
          const lives = { left: dies };
          const told = courses.flatMap((versions, index) => [
            ...changes(`o${index}`, versions),
            ...readings(`o${index}`, versions),
          ]);
          const steps = [
            ...[...told, ...told].map((work) => () => untilDone(work, store, lives)),
            ...decided.map((one) => () => decide(one, decided, store)),
          ].map((step) => ({ step, lot: lots.next().value ?? 0 }));
          for (const { step } of steps.sort((a, b) => a.lot - b.lot)) await step();
          expect(await outcome(store)).toEqual(fromScratch(courses, decided));
        },
      ),
      { numRuns: 600 * SCALE },
    );
  });

  it('are the same when writers race', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(course, { minLength: 2, maxLength: 4 }),
        decisions,
        fc.scheduler(),
        async (courses, decided, s) => {
          const store = memoryCustomers<Profile>();
          const writers = courses.map(async (versions, index) => {
            const mine = interleaved(store, s, `w${index}`);
            for (const work of changes(`o${index}`, versions)) await untilDone(work, mine);
          });
          const decider = (async () => {
            const mine = interleaved(store, s, 'decider');
            for (const one of decided) await decide(one, decided, mine);
          })();
          const readers = courses.flatMap((versions, index) =>
            readings(`o${index}`, versions).map((work, reading) =>
              untilDone(work, interleaved(store, s, `r${index}.${reading}`)),
            ),
          );
          await s.waitFor(Promise.all([...writers, decider, ...readers]));
          expect(await outcome(store)).toEqual(fromScratch(courses, decided));
        },
      ),
      { numRuns: 2_000 * SCALE },
    );
  });

  it('are those of the newest rates when runs over them race, be they the rates of before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(1, 2), { minLength: 2, maxLength: 3 }),
        fc.scheduler(),
        async (later, s) => {
          const store = memoryCustomers<Profile>();
          const one = { persona: personaId('a'), day: 1, net: 1, identifiers: [], name: undefined, later };
          await untilDone({ entries: entry('o0', 1, one, true) }, store);
          const runs = readings('o0', [one]).map((work, index) => untilDone(work, interleaved(store, s, `r${index}`)));
          await s.waitFor(Promise.all(runs));
          expect(await outcome(store)).toEqual(fromScratch([[one]], []));
        },
      ),
      { numRuns: 1_000 * SCALE },
    );
  });

  /** A phone of many: each of a persona of its own, with the same name. */
  const holdersOf = (count: number, value: string) =>
    Array.from({ length: count }, (_, index): Work => {
      const one = { day: 1, net: 1, identifiers: [identifier('phone', value)], name: 'Ada Nilsson', later: [] };
      return { entries: entry(`o${index}`, 1, { ...one, persona: personaId(`many-${value}-${index}`) }, true) };
    });

  it('part when a value turns out to be everybody’s, however many come after', async () => {
    const store = memoryCustomers<Profile>();
    for (const [index, work] of holdersOf(20, 'till').entries()) {
      await untilDone(work, store);
      const alone = store.places().filter(({ members }) => members.length === 1).length;
      expect(alone).toBe(index < 3 ? Number(index === 0) : index + 1);
    }
  });

  it('that are linked with more than can be resolved are left where they are, and say so', async () => {
    const store = memoryCustomers<Profile>();
    // A chain: each link has two holders, so none is shared.
    const count = MET_MOST + 3;
    const link = (index: number) => identifier('email', `link-${index}`);
    let oversized = 0;
    for (let index = 0; index < count; index++) {
      const one = { persona: personaId(`chain-${index}`), day: 1, net: 1, name: undefined, later: [] };
      const entries = entry(`o${index}`, 1, { ...one, identifiers: [link(index), link(index + 1)] }, true);
      oversized += (await updateCustomers({ entries }, store, rules, { now: NOW, cause: 'live' })).oversized;
    }
    expect(oversized).toBeGreaterThan(0);
    const places = store.places();
    expect(places).toHaveLength(count);
    expect(places.filter((place) => place.oversized)).toHaveLength(oversized);
    const roots = places.filter(({ persona, root }) => persona === root);
    expect(roots.reduce((sum, { profile }) => sum + (profile?.orders ?? 0), 0)).toBe(count);
  });

  it('with more orders in a day than a person makes say nothing of that day', async () => {
    const store = memoryCustomers<Profile>();
    const till = personaId('walk-in');
    for (let index = 0; index <= 100; index++) {
      const entries = entry(
        `o${index}`,
        1,
        { persona: till, day: 1, net: 1, identifiers: IDENTIFIERS.slice(0, 1), name: undefined, later: [] },
        true,
      );
      await untilDone({ entries }, store);
    }
    expect((await store.getPlace(till))?.profile?.orders).toBe(0);
  });
});

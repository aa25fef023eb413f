/** What linking promises of any orders and any decisions: on few values and names, so that they meet and quarrel. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changesBetween, closureOf, cutOff } from '../../shared/identity/changes.ts';
import { type Decision, isCut, standing } from '../../shared/identity/cuts.ts';
import { personasOf } from '../../shared/identity/links.ts';
import { compareNames } from '../../shared/identity/names.ts';
import { DEFAULT_RULES, type LinkingRules } from '../../shared/identity/policy.ts';
import { type IdentityInput, type Resolution, resolve } from '../../shared/identity/resolve.ts';
import { accept, cut, day, order, persona, withdraw } from './people.ts';

const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const letter = fc.constantFrom(...LETTERS);

const rules: LinkingRules = {
  ...DEFAULT_RULES,
  componentLimit: 5,
  personasPerValue: { ...DEFAULT_RULES.personasPerValue, phone: 4, email: 3 },
};

const value = fc.constantFrom(
  ...['phone:1', 'phone:1', 'phone:2', 'email:x', 'email:y', 'email:z', '~email:x', 'member_card:1', 'member_card:2'],
  ...['union_id:1', 'union_id:2', '~name_address:1'],
);
const name = fc.constantFrom(undefined, undefined, 'Anna Schmidt', 'A Schmidt', 'Peter Schmidt', '张伟');
const contribution = fc
  .record({ who: letter, values: fc.uniqueArray(value, { maxLength: 3 }), on: fc.nat(3), name })
  .map(({ who, values, on, name }) => order(who, values, { day: on, ...(name !== undefined && { name }) }));
const contributions = fc.array(contribution, { minLength: 1, maxLength: 14 });

const side = fc.uniqueArray(letter, { minLength: 1, maxLength: 3 });
const decision: fc.Arbitrary<Decision> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(3), side, side).map(([id, off, others]) =>
      cut(
        `c${id}`,
        off,
        others.filter((one) => !off.includes(one)),
      ),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.nat(2), letter, letter).map(([id, a, b]) => accept(`j${id}`, a, b)) },
  { weight: 1, arbitrary: fc.nat(3).map((id) => withdraw(`c${id}`)) },
);
/** A decision's id is its own. */
const decisions = fc.uniqueArray(decision, { maxLength: 5, selector: ({ id }) => id });

const world = fc.tuple(contributions, decisions);
const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
const input = (all: Parameters<typeof personasOf>[0], made: readonly Decision[]): IdentityInput => ({
  personas: personasOf(all),
  decisions: made,
  rules,
});
const runs = { numRuns: 1000 };

const sameProfile = ({ profiles }: Resolution, a: string, b: string) =>
  profiles.some(({ personas }) => [a, b].every((one) => personas.some(({ id }) => id === persona(one))));

describe('any orders and decisions', () => {
  test('in any order, with any of them repeated: the same profiles, suggestions and shared values', () => {
    const told = world.chain(([all, made]) =>
      fc.tuple(
        fc.constant({ all, made }),
        fc.array(fc.constantFrom(...all), { maxLength: 5 }).chain((more) => shuffled([...all, ...more])),
        shuffled([...made, ...made]),
        fc.nat(7),
      ),
    );
    fc.assert(
      fc.property(told, ([{ all, made }, again, decided, turn]) => {
        const other = input(again, decided);
        const personas = [...other.personas.slice(turn), ...other.personas.slice(0, turn)].map((one) => ({
          ...one,
          links: one.links.toReversed(),
        }));
        const canonical = (resolution: Resolution) => ({
          ...resolution,
          profiles: resolution.profiles.map((profile) => ({
            ...profile,
            personas: profile.personas.map(({ id }) => id),
          })),
        });
        expect(canonical(resolve({ ...other, personas }))).toEqual(canonical(resolve(input(all, made))));
      }),
      runs,
    );
  });

  test('each persona is in one profile, named after its first received', () => {
    fc.assert(
      fc.property(world, ([all, made]) => {
        const { profiles } = resolve(input(all, made));
        const members = profiles.flatMap(({ personas }) => personas.map(({ id }) => id));
        expect(members.toSorted()).toEqual([...new Set(all.map((one) => one.persona))].sort());
        for (const { id, aliases, personas } of profiles) {
          const earliest = personas.map((one) => `${one.firstReceivedAt} ${one.id}`).sort()[0];
          expect(earliest?.split(' ')[1]).toBe(id);
          expect([id, ...aliases]).toEqual(personas.map((one) => one.id));
        }
      }),
      runs,
    );
  });

  test('no profile breaks a rule', () => {
    fc.assert(
      fc.property(world, ([all, made]) => {
        const { cuts } = standing(made);
        for (const { personas, accepted } of resolve(input(all, made)).profiles) {
          expect(personas.length).toBeLessThanOrEqual(rules.componentLimit);
          for (const [index, one] of personas.entries()) {
            for (const two of personas.slice(index + 1)) {
              expect(isCut(cuts, new Set([one.id]), new Set([two.id]))).toBe(false);
              if (accepted.length > 0) continue;
              for (const { hash, names } of one.links.filter(
                ({ type, hash }) => type === 'phone' && isLive(all, hash),
              )) {
                const others = two.links.find((link) => link.hash === hash)?.names ?? [];
                for (const a of names) for (const b of others) expect(compareNames(a, b)).not.toBe('contradicting');
              }
            }
          }
        }
      }),
      runs,
    );
  });

  test('only strong values that are not shared join: every profile is connected by them and by acceptances', () => {
    fc.assert(
      fc.property(world, ([all, made]) => {
        const { acceptances } = standing(made);
        for (const { id, personas } of resolve(input(all, made)).profiles) {
          const reached = new Set([id]);
          for (let size = 0; size < reached.size; ) {
            size = reached.size;
            for (const one of personas) {
              const near = (other: (typeof personas)[number]) =>
                acceptances.some(({ between }) => between.includes(one.id) && between.includes(other.id)) ||
                one.links.some(
                  (link) =>
                    link.strength === 'strong' &&
                    isLive(all, link.hash) &&
                    other.links.some(({ hash, strength }) => hash === link.hash && strength === 'strong'),
                );
              if (personas.some((other) => reached.has(other.id) && near(other))) reached.add(one.id);
            }
          }
          expect([...reached].sort()).toEqual(personas.map((one) => one.id).sort());
        }
      }),
      runs,
    );
  });

  test('without a rule in the way, it is what union-find says', () => {
    const free: LinkingRules = {
      ...rules,
      componentLimit: 50,
      exclusive: [],
      namesAgreeOn: [],
      personasPerValue: {
        ...DEFAULT_RULES.personasPerValue,
        email: 50,
        phone: 50,
      },
    };
    fc.assert(
      fc.property(contributions, (all) => {
        const personas = personasOf(all);
        const label = new Map(personas.map(({ id }, index) => [id, index]));
        const strong = (one: (typeof personas)[number]) =>
          one.links.filter(({ strength }) => strength === 'strong').map(({ hash }) => hash);
        for (let round = 0; round < personas.length; round++) {
          for (const one of personas) {
            for (const two of personas) {
              if (!strong(one).some((hash) => strong(two).includes(hash))) continue;
              const least = Math.min(label.get(one.id) ?? 0, label.get(two.id) ?? 0);
              label.set(one.id, least).set(two.id, least);
            }
          }
        }
        const { profiles } = resolve({ personas, decisions: [], rules: free });
        for (const [index, a] of personas.entries()) {
          for (const b of personas.slice(index + 1)) {
            const joined = profiles.some(({ personas: all }) =>
              [a, b].every(({ id }) => all.some((one) => one.id === id)),
            );
            expect(joined).toBe(label.get(a.id) === label.get(b.id));
          }
        }
      }),
      runs,
    );
  });

  test('what a persona leads to is enough to resolve it: a store need not read everybody', () => {
    fc.assert(
      fc.property(world, letter, ([all, made], start) => {
        const whole = input(all, made);
        const near = resolve(closureOf(whole, [persona(start)]));
        const of = ({ profiles }: Resolution) =>
          profiles.find(({ personas }) => personas.some(({ id }) => id === persona(start)));
        expect(of(near)).toEqual(of(resolve(whole)));
      }),
      runs,
    );
  });
});

describe('decisions taken back', () => {
  test('any sequence of cuts and acceptances, then all of them withdrawn: as if nothing had been decided', () => {
    fc.assert(
      fc.property(world, ([all, made]) => {
        const undone = [...made, ...made.filter(({ kind }) => kind !== 'withdraw').map(({ id }) => withdraw(id))];
        expect(resolve(input(all, undone))).toEqual(resolve(input(all, [])));
      }),
      runs,
    );
  });

  test('merge, then take the order away that merged: as before it', () => {
    fc.assert(
      fc.property(world, contribution, ([all, made], joining) => {
        const [before, after] = [resolve(input(all, made)), resolve(input([...all, joining], made))];
        const restored = resolve(
          input(
            [...all, joining].filter((one) => one !== joining),
            made,
          ),
        );
        expect(restored).toEqual(before);
        const { merged, split } = changesBetween(before, after);
        const back = changesBetween(after, restored);
        expect(back.split.map(({ from, into }) => [from, into.toSorted()])).toEqual(
          merged.map(({ into, from }) => [into, from.toSorted()]),
        );
        expect(back.merged.map(({ into, from }) => [into, from.toSorted()])).toEqual(
          split.map(({ from, into }) => [from, into.toSorted()]),
        );
      }),
      runs,
    );
  });

  test('unlink parts the two sides for good, whatever comes later; relink gives back exactly what was', () => {
    fc.assert(
      fc.property(world, fc.nat(99), contributions, ([all, made], pick, later) => {
        const before = input(all, made);
        const profile = resolve(before).profiles.find(({ personas }) => personas.length > 1);
        if (!profile) return;
        const off = profile.personas[pick % profile.personas.length];
        if (!off) return;
        const result = cutOff(before, profile.id, [off.id], {
          id: 'new',
          at: day(200),
          by: 'operator',
          reason: 'two people',
        });
        expect(result.kind).toBe('cut');
        if (result.kind !== 'cut') return;
        const { cut: parting } = result;
        const after = resolve(input([...all, ...later], [...made, parting]));
        for (const one of parting.off)
          for (const two of parting.kept)
            expect(sameProfile(after, one.split('/')[2] ?? '', two.split('/')[2] ?? '')).toBe(false);
        expect(resolve(input(all, [...made, parting, withdraw('new')]))).toEqual(resolve(before));
      }),
      runs,
    );
  });
});

const isLive = (all: Parameters<typeof personasOf>[0], hash: string): boolean => {
  const holders = new Set(
    [...all].flatMap((one) => (one.identifiers.some((held) => held.hash === hash) ? [one.persona] : [])),
  );
  return holders.size <= (hash.startsWith('phone') ? 4 : hash.startsWith('email') ? 3 : 25);
};

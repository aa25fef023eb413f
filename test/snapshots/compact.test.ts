/** Of each key the newest row stands, whatever the order, repetition and portions in which rows come. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../shared/preview/sql-text.ts';
import { ask, openTables } from '../../shared/preview/tables.ts';
import { DAY_KINDS } from '../../shared/snapshots/layout.ts';
import { LONGEST_ROW_BYTES, ndjson, type Rows } from '../../shared/snapshots/rows.ts';
import { type Lab, openLab, SHRINKING } from './row-files.ts';
import { dayText, inPortions, mark, month, type Profile, place, readSnapshot, readWhole } from './samples.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

/** The same, thought of one row at a time. */
function expected(files: readonly Partial<Rows>[]): Profile[] {
  const places = newest(
    files.flatMap(({ profiles = [] }) => profiles),
    ({ id }) => id,
    isNewer,
  );
  const months = newest(
    files.flatMap(({ months: all = [] }) => all),
    (one) => `${one.persona} ${one.month}`,
    isNewer,
  );
  const rootOf = (persona: string) => {
    const root = places.get(places.get(persona)?.root ?? '');
    return root?.tier !== undefined && root.root === root.id ? root.id : undefined;
  };
  const said = files
    .flatMap(({ marks = [] }) => marks)
    .flatMap((one) => {
      const root = rootOf(one.persona);
      return root === undefined ? [] : [{ ...one, root }];
    });
  const marks = newest(
    said,
    ({ root, name }) => `${root} ${name}`,
    (a, b) => (a.saidAt === b.saidAt ? !a.given : a.saidAt > b.saidAt),
  );
  return [...places.values()]
    .filter(({ id }) => rootOf(id) === id)
    .map(({ id, revision }) => ({
      id,
      revision,
      tags: [...marks.values()].flatMap((one) => (one.root === id && one.given ? [one.name] : [])).sort(),
      days: [...months.values()]
        .filter(({ persona }) => rootOf(persona) === id)
        .flatMap((one) => DAY_KINDS.flatMap((kind) => one[kind].map((line) => dayText(kind, line))))
        .sort(),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

const isNewer = (a: { revision: number }, b: { revision: number }) => a.revision > b.revision;

function newest<T>(all: readonly T[], keyOf: (one: T) => string, isAhead: (a: T, b: T) => boolean): Map<string, T> {
  const byKey = new Map<string, T>();
  for (const one of all) {
    const known = byKey.get(keyOf(one));
    if (!known || isAhead(one, known)) byKey.set(keyOf(one), one);
  }
  return byKey;
}

const PERSONAS = ['shopify/shop/a', 'shopify/shop/b', 'square/tills/c', 'douyin/live/d'] as const;
const persona = fc.constantFrom(...PERSONAS);
const revision = fc.integer({ min: 1, max: 4 });

/** What a row of a key and revision says is always the same, as in the table. */
const rootAt = (id: (typeof PERSONAS)[number], number: number, seed: number): string =>
  PERSONAS[(PERSONAS.indexOf(id) * 7 + number * seed) % (PERSONAS.length + 2)] ?? id;

const batch: fc.Arbitrary<(seed: number) => Partial<Rows>> = fc
  .record({
    profiles: fc.array(fc.tuple(persona, revision), { maxLength: 4 }),
    months: fc.array(fc.tuple(persona, fc.constantFrom('2026-10', '2026-11'), revision), { maxLength: 4 }),
    marks: fc.array(fc.tuple(persona, fc.constantFrom('vip', '老客'), fc.integer({ min: 0, max: 3 }), fc.boolean()), {
      maxLength: 3,
    }),
  })
  .map(({ profiles, months, marks }) => (seed) => ({
    profiles: profiles.map(([id, number]) => place(id, number, rootAt(id, number, seed))),
    // Of some revisions the month has come to be empty.
    months: months.map(([id, name, number]) => month(id, name, number, number === 3 ? [] : [number, seed])),
    marks: marks.map(([id, name, hours, given]) => mark(id, name, hours, given)),
  }));

const togetherOf = (files: readonly Partial<Rows>[]): Rows => ({
  profiles: files.flatMap(({ profiles = [] }) => profiles),
  months: files.flatMap(({ months = [] }) => months),
  marks: files.flatMap(({ marks = [] }) => marks),
});

test('for random rows in random portions, in any order, some of them several times', async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 50 }),
    fc.array(fc.array(batch, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
    async (seed, runs) => {
      const portions = runs.map((files) => files.map((of) => of(seed)));
      let folder = '';
      for (const files of portions) folder = await lab.snapshot(files, folder === '' ? undefined : folder);
      expect(await readSnapshot(lab.db, folder)).toEqual(expected(portions.flat()));
      const fromScratch = await lab.snapshot(portions.flat());
      expect(await readSnapshot(lab.db, fromScratch)).toEqual(expected(portions.flat()));
      expect(await readWhole(lab.db, folder)).toEqual(await readWhole(lab.db, fromScratch));
      let again: string | undefined;
      for (const portion of inPortions(togetherOf(portions.flat()), seed)) again = await lab.snapshot([portion], again);
      expect(await readWhole(lab.db, again ?? '')).toEqual(await readWhole(lab.db, fromScratch));
    },
  );
  await fc.assert(property, { numRuns: Number(process.env.RUNS ?? 8), ...SHRINKING });
});

describe('what becomes of profiles', () => {
  const [a, b] = PERSONAS;
  const two: Partial<Rows> = {
    profiles: [place(a, 1), place(b, 1)],
    months: [month(a, '2026-10', 1), month(b, '2026-10', 1)],
    marks: [mark(b, 'vip', 1, true)],
  };
  const merged: Partial<Rows> = { profiles: [place(a, 2, a, { members: [a, b] }), place(b, 2, a)] };

  test('an absorbed one is no more, and its days and tags are those of the other', async () => {
    const folder = await lab.snapshot([merged], await lab.snapshot([two]));
    const [only, ...others] = await readSnapshot(lab.db, folder);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ id: a, revision: 2, tags: ['vip'] });
    expect(only?.days.filter((day) => day.startsWith('categories'))).toEqual([
      `categories 茶/${a} 2026-10-05 1`,
      `categories 茶/${b} 2026-10-05 1`,
    ]);
  });

  test('split again, each has its own', async () => {
    const split: Partial<Rows> = { profiles: [place(a, 3), place(b, 3)] };
    let folder = await lab.snapshot([merged], await lab.snapshot([two]));
    folder = await lab.snapshot([split], folder);
    const [ofA, ofB] = await readSnapshot(lab.db, folder);
    expect([ofA?.days.length, ofB?.days.length]).toEqual([3, 3]);
    expect([ofA?.tags, ofB?.tags]).toEqual([[], ['vip']]);
  });

  test('months that come before their place wait for it', async () => {
    const before = await lab.snapshot([{ months: [month(a, '2026-10', 1)] }]);
    expect(await readSnapshot(lab.db, before)).toEqual([]);
    expect(await readSnapshot(lab.db, await lab.snapshot([{ profiles: [place(a, 1)] }], before))).toMatchObject([
      { id: a, days: [{}, {}, {}] },
    ]);
  });

  test('rows of before are of no account', async () => {
    const folder = await lab.snapshot([{ profiles: [place(a, 5)], months: [month(a, '2026-10', 5)] }]);
    const late = { profiles: [place(a, 4, b)], months: [month(a, '2026-10', 4, [])] };
    expect(await readSnapshot(lab.db, await lab.snapshot([late], folder))).toEqual(await readSnapshot(lab.db, folder));
  });

  test('a name that no JSON can hold is put right; any other stays as it is', async () => {
    const odd = ['half \ud800 a character', 'it\'s "quoted"\n', '\u0000'];
    const folder = await lab.snapshot([{ profiles: [place(a, 1, a, { categories: odd })] }]);
    await openTables(lab.db, folder, []);
    const [row] = await ask(lab.db, sql`SELECT CAST(to_json(categories) AS VARCHAR) AS categories FROM profiles`);
    expect(JSON.parse(String(row?.categories))).toEqual(['half \ufffd a character', 'it\'s "quoted"\n', '\u0000']);
  });
});

describe('long rows', () => {
  const MiB = 1024 * 1024;
  /** In a field that no snapshot has, so that only reading it takes time. */
  const long = (id: string, bytes: number) => ({ ...place(id, 1), writtenAt: 'x'.repeat(bytes) });

  test('are read, longer ones than DuckDB takes unless it is told', async () => {
    const profiles = [long(PERSONAS[0], 10 * MiB), long(PERSONAS[1], LONGEST_ROW_BYTES - MiB)];
    expect(await readSnapshot(lab.db, await lab.snapshot([{ profiles }]))).toHaveLength(2);
  });

  test('that nobody would read are not written', () => {
    expect(() => ndjson([long(PERSONAS[0], LONGEST_ROW_BYTES)])).toThrow(/would keep every snapshot/);
  });
});

test('nothing at all makes an empty snapshot', async () => {
  expect(await readSnapshot(lab.db, await lab.snapshot([]))).toEqual([]);
});

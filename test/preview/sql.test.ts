/** Asking a snapshot by SQL finds those whom the compiled conditions find, looking at each customer at the same instant. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { membersQuery } from '../../shared/preview/sql.ts';
import { ask, openTables } from '../../shared/preview/tables.ts';
import { severalOrdersAtAnEdge } from '../../shared/profiles/derive.ts';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import type { Condition } from '../../shared/segments/condition.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import { DAY_KINDS } from '../../shared/snapshots/layout.ts';
import { instant } from '../../shared/time/instant.ts';
import {
  conditionOf,
  customer,
  customerWith,
  everyLeaf,
  ordersOnDaysOfTheirOwn,
  segments,
} from '../segments/arbitraries.ts';
import {
  CHANNEL_CATEGORIES,
  customerOf,
  DAY,
  historyOf,
  NOON,
  segmentOf,
  type TestCustomer,
  type TestOrder,
} from '../segments/people.ts';
import { type Lab, openLab, SHRINKING } from '../snapshots/row-files.ts';
import { decided, type Placed, placed, rowsOf, together } from './population.ts';

const runs = Number(process.env.RUNS ?? 10);

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

async function openSnapshotOf(people: readonly Placed[]): Promise<void> {
  await openTables(lab.db, await lab.snapshot([together(people.map((one) => rowsOf(one)))]), DAY_KINDS);
}

/** Ids of the members of each segment that stands. */
async function bySql(versions: readonly SegmentVersion[], atMs: number): Promise<Record<string, string[]>> {
  const standing = versions.filter(({ isArchived }) => !isArchived);
  const found: Record<string, string[]> = {};
  for (const { id, when } of standing) {
    const query = membersQuery(when, ['id'], {
      at: instant(atMs),
      segments: standing,
      channelCategories: CHANNEL_CATEGORIES,
    });
    found[id] = (await ask(lab.db, query)).map((row) => String(row.id)).sort();
  }
  return found;
}

const population = (of: fc.Arbitrary<TestCustomer>) => fc.array(of, { minLength: 1, maxLength: 40 }).map(placed);
const instants = fc.oneof(fc.constant(NOON), fc.integer({ min: NOON - 3 * DAY, max: NOON + 30 * DAY }));

describe('by SQL and by closures the same are found', () => {
  test('where each order is alone on its day, at any instant', async () => {
    const property = fc.asyncProperty(
      population(customerWith(ordersOnDaysOfTheirOwn)),
      fc.array(fc.tuple(segments, instants), { minLength: 6, maxLength: 6 }),
      async (people, questions) => {
        await openSnapshotOf(people);
        for (const [versions, atMs] of questions)
          expect(await bySql(versions, atMs)).toEqual(decided(versions, people, atMs));
      },
    );
    await fc.assert(property, { numRuns: runs, ...SHRINKING });
  });

  test('where days have several, as long as none of them lies at the edge of a window', async () => {
    const property = fc.asyncProperty(
      population(customer),
      fc.array(fc.tuple(segments, instants), { minLength: 6, maxLength: 6 }),
      async (people, questions) => {
        await openSnapshotOf(people);
        for (const [versions, atMs] of questions) {
          const { windows } = compileCatalogue(versions, 1, { channelCategories: CHANNEL_CATEGORIES });
          const at = instant(atMs);
          const isCut = ({ customer: { orders } }: Placed) =>
            severalOrdersAtAnEdge(historyOf(orders, at, []).days, at, windows).length > 0;
          const cut = new Set(people.filter(isCut).map(({ id }) => id));
          const uncut = people.filter(({ id }) => !cut.has(id));
          const found = Object.entries(await bySql(versions, atMs));
          const expected = decided(versions, uncut, atMs);
          for (const [segment, ids] of found) expect(ids.filter((id) => !cut.has(id))).toEqual(expected[segment]);
        }
      },
    );
    await fc.assert(property, { numRuns: runs, ...SHRINKING });
  });

  test('each kind of leaf, of each part, over each kind of window', async () => {
    let splits = 0;
    const property = fc.asyncProperty(
      fc.array(customerWith(ordersOnDaysOfTheirOwn), { minLength: 40, maxLength: 60 }).map(placed),
      fc.tuple(...everyLeaf),
      async (people, leaves) => {
        await openSnapshotOf(people);
        const versions = leaves.map((when, index) => segmentOf(`s${index}`, when));
        const found = await bySql(versions, NOON);
        expect(found).toEqual(decided(versions, people, NOON));
        splits += Object.values(found).filter((ids) => ids.length > 0 && ids.length < people.length).length;
      },
    );
    const numRuns = Math.ceil(runs / 10);
    await fc.assert(property, { numRuns, ...SHRINKING });
    // Else little was shown: what all satisfy, or nobody, any SQL finds.
    expect(splits).toBeGreaterThan((numRuns * everyLeaf.length) / 3);
  });

  test('a single condition at a time', async () => {
    const property = fc.asyncProperty(
      population(customerWith(ordersOnDaysOfTheirOwn)),
      fc.array(conditionOf(), { minLength: 20, maxLength: 20 }),
      async (people, conditions) => {
        await openSnapshotOf(people);
        const versions = conditions.map((when, index) => segmentOf(`s${index}`, when));
        expect(await bySql(versions, NOON)).toEqual(decided(versions, people, NOON));
      },
    );
    await fc.assert(property, { numRuns: runs, ...SHRINKING });
  });
});

describe('to the millisecond', () => {
  const tea = { categories: { tea: 100 } };
  const buyer = (name: string, orders: readonly TestOrder[]): Placed => ({
    id: `shopify/shop/${name}`,
    customer: customerOf(orders, { personas: [`shopify/shop/${name}`] }),
  });
  const people = [
    buyer('leaving', [{ paidAtMs: NOON - 30 * DAY }]),
    buyer('just-in', [{ paidAtMs: NOON - 30 * DAY + 1 }]),
    buyer('now', [{ paidAtMs: NOON }]),
    buyer('ahead', [{ paidAtMs: NOON + 1 }]),
    buyer('long-ago', [{ paidAtMs: NOON - 80 * DAY }]),
    // Two orders on one day, of which a window that ends between them has the one of the part that is asked for.
    buyer('straddling', [{ paidAtMs: NOON - 60 * DAY - 1000 }, { paidAtMs: NOON - 60 * DAY + 1000, ...tea }]),
  ];

  // biome-ignore format: a table
  test.each<[string, Condition, string[]]>([
    ['a window begins just after', { field: 'orders', withinDays: 30, atLeast: 1 }, ['just-in', 'now']],
    ['windows of several lengths', { any: [{ field: 'orders', withinDays: 30, atLeast: 1 }, { field: 'orders', withinDays: 90, atLeast: 1 }] },
      ['just-in', 'leaving', 'long-ago', 'now', 'straddling']],
    ['before is earlier', { field: 'lastPaidAt', before: instant(NOON - 30 * DAY) }, ['long-ago', 'straddling']],
    ['after is then or later', { field: 'firstPaidAt', after: instant(NOON) }, ['ahead', 'now']],
    ['so many days ago', { field: 'lastPaidAt', atLeastDaysAgo: 30 }, ['leaving', 'long-ago', 'straddling']],
    ['within the last days', { field: 'lastPaidAt', withinLastDays: 30 }, ['just-in', 'now']],
    ['within the next days', { field: 'lastPaidAt', withinNextDays: 1 }, ['ahead']],
    ['whole days', { field: 'daysSinceLastOrder', atLeast: 30 }, ['leaving', 'long-ago', 'straddling']],
    ['of a part, an order that is alone in it is known', { field: 'orders', of: { category: 'tea' }, withinDays: 60, atLeast: 1 }, ['straddling']],
    ['of all, the day counts as of its first order', { field: 'orders', withinDays: 60, atLeast: 2 }, []],
  ])('%s', async (_, when, expected) => {
    await openSnapshotOf(people);
    const query = membersQuery(when, ['id'], { at: instant(NOON), segments: [], channelCategories: CHANNEL_CATEGORIES });
    const found = (await ask(lab.db, query)).map(({ id }) => String(id).replace('shopify/shop/', ''));
    expect(found.sort()).toEqual(expected);
  });
});

test('what people wrote is bound, never text', () => {
  const name = "'; DROP TABLE profiles; --";
  const when: Condition = {
    all: [
      { field: 'categories', includes: name, anyStartsWith: name, anyContains: name, includesNone: [name] },
      {
        field: 'netSpend',
        of: { category: name },
        withinDays: 7,
        atLeast: { field: 'orders', of: { host: name }, times: 2.5 },
      },
      { field: 'lastPaidAt', of: { store: [name, 'other'] }, exists: true },
      { segment: 'another' },
    ],
  };
  const segments = [{ id: 'another', when: { field: 'tags', includes: name } satisfies Condition }];
  const { text, values, kinds } = membersQuery(when, ['id'], {
    at: instant(NOON),
    segments,
    channelCategories: CHANNEL_CATEGORIES,
  });
  expect(text).not.toContain('DROP');
  expect(values.filter((value) => value === name).length).toBeGreaterThan(6);
  expect(text.split('?').length - 1).toBe(values.length);
  expect(kinds).toEqual(['categories', 'hosts', 'stores']);
});

test('a circle of segments ends, and nobody is in it by itself', async () => {
  const segments = [
    { id: 'a', when: { segment: 'b' } },
    { id: 'b', when: { any: [{ segment: 'a' }, { field: 'orders', atLeast: 1 }] } satisfies Condition },
  ];
  await openSnapshotOf(placed([customerOf([{ paidAtMs: NOON }]), customerOf([])]));
  const query = membersQuery({ segment: 'a' }, ['id'], {
    at: instant(NOON),
    segments,
    channelCategories: CHANNEL_CATEGORIES,
  });
  expect(await ask(lab.db, query)).toHaveLength(1);
});

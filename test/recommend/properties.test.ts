/** What must hold of any shop. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ATHENA } from '../../shared/recommend/dialect.ts';
import { withDefaults } from '../../shared/recommend/options.ts';
import { planBuild } from '../../shared/recommend/plan.ts';
import { readReason, sentence } from '../../shared/recommend/reasons.ts';
import {
  AS_OF,
  buildIn,
  customer,
  line,
  load,
  openShop,
  product,
  readRecommendations,
  recommend,
  view,
  type World,
} from './world.ts';

const CUSTOMERS = ['a', 'b', 'c', 'd', 'e', 'f'];
const PRODUCTS = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8'];

const someProduct = fc.record({
  in_stock: fc.boolean(),
  excluded: fc.option(fc.constant(true), { freq: 3 }),
  regions: fc.option(fc.subarray(['CN', 'US']), { freq: 2 }),
  currency: fc.option(fc.constantFrom('CNY', 'USD')),
  consumable: fc.boolean(),
  category_path: fc.option(fc.constantFrom('Tea', 'Food/Rice')),
  accessory_of: fc.option(fc.subarray(PRODUCTS, { maxLength: 2 })),
  upgrade_of: fc.option(fc.subarray(PRODUCTS, { maxLength: 1 })),
});
const someCustomer = fc.record({
  region: fc.constantFrom('CN', 'US', null),
  currency: fc.constantFrom('CNY', 'USD', null),
  tier: fc.constantFrom('growth', 'base', null),
  channel: fc.constantFrom('shopify', null),
});
const someLine = fc
  .tuple(
    fc.constantFrom(...CUSTOMERS),
    fc.constantFrom(...PRODUCTS),
    fc.integer({ min: 0, max: 120 }),
    fc.constantFrom(1, 1, 1, 2, -1),
    fc.constantFrom('shopify', 'square'),
  )
  .map(([who, what, days, quantity, channel]) => line(who, what, days, { quantity, channel }));
const someView = fc
  .tuple(
    fc.constantFrom(...CUSTOMERS),
    fc.constantFrom(...PRODUCTS),
    fc.integer({ min: 0, max: 40 }),
    fc.constantFrom('view', 'cart'),
  )
  .map((of) => view(...of));

const someWorld = fc
  .record({
    lines: fc.array(someLine, { maxLength: 60 }),
    events: fc.array(someView, { maxLength: 10 }),
    products: fc.tuple(...PRODUCTS.map((id) => someProduct.map((rest) => product(id, rest)))),
    customers: fc.tuple(...CUSTOMERS.map((id) => someCustomer.map((rest) => customer(id, rest)))),
  })
  .map((world): Required<World> => world);

/** Each run is several builds, of a hundred statements or so. */
const RUNS = { numRuns: 6 };
const shuffled = <T>(list: readonly T[]): readonly T[] =>
  [...list].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? 1 : -1));

test('never what is filtered, each once, ranks without gaps, scores falling, reasons that can be said', async () => {
  await fc.assert(
    fc.asyncProperty(someWorld, async (world) => {
      const found = await recommend(world, { tuning: { perCategory: 2, perCustomer: 5 } });
      const catalogue = new Map(world.products.map((one) => [one.product, one]));
      for (const id of CUSTOMERS) {
        const own = found.filter((one) => one.customer === id);
        const who = world.customers.find((one) => one.customer === id);
        expect(own.map(({ rank }) => rank)).toEqual(own.map((_, index) => index + 1));
        expect(own.length).toBeLessThanOrEqual(5);
        expect(new Set(own.map((one) => one.product)).size).toBe(own.length);
        const scores = own.map(({ score }) => score);
        expect(scores).toEqual([...scores].sort((one, other) => other - one));
        for (const category of ['Tea', 'Food/Rice']) {
          expect(
            own.filter((one) => catalogue.get(one.product)?.category_path === category).length,
          ).toBeLessThanOrEqual(2);
        }
        for (const { product: what, reason, values, score } of own) {
          const item = catalogue.get(what);
          expect(item?.in_stock).toBe(true);
          expect(item?.excluded).not.toBe(true);
          if (Array.isArray(item?.regions)) expect(item.regions).toContain(who?.region);
          if (item?.currency && who?.currency) expect(item.currency).toBe(who.currency);
          if (!item?.consumable) expect(reason).not.toMatch(/^(repurchase_due|bought_before)$/);
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThan(1);
          for (const language of ['zh', 'en'] as const) {
            expect(sentence(readReason(reason, JSON.stringify(values)), language)).not.toMatch(/undefined|null|NaN/);
          }
        }
      }
    }),
    RUNS,
  );
});

test('the order of rows, a second build, the number of parts change nothing', async () => {
  await fc.assert(
    fc.asyncProperty(someWorld, async (world) => {
      const { db, close } = await openShop(world);
      try {
        const first = await buildIn(db);
        expect(await buildIn(db, { parts: 3 })).toEqual(first);
        await load(db, {
          ...{ lines: shuffled(world.lines), events: shuffled(world.events) },
          ...{ products: shuffled(world.products), customers: shuffled(world.customers) },
        });
        await db.run('SET threads = 2');
        expect(await buildIn(db)).toEqual(first);
      } finally {
        close();
      }
    }),
    RUNS,
  );
});

test('an incremental build is the full one for whom it rebuilds, and the last one for the others', async () => {
  await fc.assert(
    fc.asyncProperty(
      someWorld,
      fc.array(someLine, { maxLength: 20 }),
      fc.subarray(CUSTOMERS),
      async (world, more, gone) => {
        const { db, close } = await openShop(world);
        try {
          const before = await buildIn(db);
          await db.run('CREATE TABLE last AS SELECT * FROM recommendations');
          const customers = world.customers.filter((one) => !gone.slice(0, 1).includes(String(one.customer)));
          await load(db, { ...world, customers, lines: [...world.lines, ...more] });
          const changed = new Set(more.map((one) => String(one.customer)));
          await db.run('CREATE TABLE changed (customer VARCHAR)');
          for (const id of changed) await db.run(`INSERT INTO changed VALUES ('${id}'), ('${id}')`);
          const full = await buildIn(db);
          const incremental = await buildIn(db, { incremental: { changed: 'changed', previous: 'last' } });
          const kept = customers.map((one) => String(one.customer));
          const expected = kept.flatMap((id) => (changed.has(id) ? full : before).filter((one) => one.customer === id));
          expect(incremental).toEqual(
            expected.sort((one, other) =>
              one.customer < other.customer ? -1 : one.customer > other.customer ? 1 : one.rank - other.rank,
            ),
          );
        } finally {
          close();
        }
      },
    ),
    RUNS,
  );
});

test('working tables are gone after a build, and those of one that died are no obstacle', async () => {
  const { db, close } = await openShop({
    lines: [line('a', 'p1', 1)],
    products: [product('p1')],
    customers: [customer('a')],
  });
  try {
    await db.run('CREATE TABLE rec_purchase (left_behind INTEGER)');
    await buildIn(db);
    const tables = await db.runAndReadAll(
      `SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'rec_%' AND table_name <> 'recommendations'`,
    );
    expect(tables.getRows()).toEqual([]);
    expect(await readRecommendations(db)).toHaveLength(0);
  } finally {
    close();
  }
});

test('the plan for Athena has no word that only DuckDB knows', () => {
  const { prepare, score, finish } = planBuild(withDefaults({ asOf: AS_OF, dialect: ATHENA }));
  const sql = [...prepare, ...score, ...finish].map((one) => one.sql).join('\n');
  expect(sql).not.toMatch(
    /epoch_ms|list_contains|QUALIFY|\bEXCLUDE\b|GROUP BY ALL|::|OR REPLACE|arg_max|unnest\(range|HUGEINT/i,
  );
  expect(sql).toMatch(/to_unixtime/);
  expect(sql).toMatch(/json_object\('lastDays' VALUE/);
});

/** What must not be recommended, one rule each. `good` is there to show that something else is. */
import { expect, test } from 'vitest';
import { customer, line, product, productsOf, recommend, view, type World } from './world.ts';

/** Everybody buys both products, and `a` looked at both. */
const world = (rest: Parameters<typeof product>[1], who: Parameters<typeof customer>[1] = {}): World => ({
  lines: ['x', 'y', 'z'].flatMap((id) => [line(id, 'bad', 2), line(id, 'good', 1)]),
  events: [view('a', 'bad', 1), view('a', 'good', 2)],
  products: [product('bad', rest), product('good')],
  customers: [customer('a', who)],
});

const shown = async (one: World) => [...productsOf(await recommend(one), 'a')].sort();

test('without a filter, both', async () => {
  expect(await shown(world({}))).toEqual(['bad', 'good']);
});

test('out of stock', async () => {
  expect(await shown(world({ in_stock: false }))).toEqual(['good']);
  expect(await shown(world({ in_stock: null }))).toEqual(['good']);
});

test('excluded', async () => {
  expect(await shown(world({ excluded: true }))).toEqual(['good']);
});

test('not in the catalogue', async () => {
  expect(await shown({ ...world({}), products: [product('good')] })).toEqual(['good']);
});

test('not sold in the region', async () => {
  expect(await shown(world({ regions: ['US', 'SG'] }))).toEqual(['good']);
  expect(await shown(world({ regions: ['US', 'CN'] }))).toEqual(['bad', 'good']);
});

test('of unknown region: only what is sold everywhere', async () => {
  expect(await shown(world({ regions: ['CN'] }, { region: null }))).toEqual(['good']);
});

test('in another currency', async () => {
  expect(await shown(world({ currency: 'USD' }))).toEqual(['good']);
  expect(await shown(world({ currency: 'CNY' }))).toEqual(['bad', 'good']);
  expect(await shown(world({ currency: 'USD' }, { currency: null }))).toEqual(['bad', 'good']);
});

test('bought lately, unless it runs out', async () => {
  const bought = (rest: Parameters<typeof product>[1], days: number): World => {
    const { lines = [], ...others } = world(rest);
    return { ...others, lines: [...lines, line('a', 'bad', days)] };
  };
  expect(await shown(bought({}, 100))).toEqual(['good']);
  expect(await shown(bought({}, 200))).toEqual(['bad', 'good']);
  expect(await shown(bought({ consumable: true }, 100))).toEqual(['bad', 'good']);
});

test('what was returned was not bought', async () => {
  const { lines = [], ...others } = world({});
  const returned = [line('a', 'bad', 20), line('a', 'bad', 20, { quantity: -1 })];
  expect(await shown({ ...others, lines: [...lines, ...returned] })).toEqual(['bad', 'good']);
});

test('what comes after the time of the build is not seen', async () => {
  const { lines = [], ...others } = world({});
  expect(await shown({ ...others, lines: [...lines, line('a', 'bad', -1)] })).toEqual(['bad', 'good']);
});

test('of one category no more than the limit; others take the places', async () => {
  const ids = ['tea1', 'tea2', 'tea3'];
  const found = await recommend(
    {
      lines: [
        ...ids.flatMap((id) => ['x', 'y'].map((who) => line(who, id, 1))),
        ...['cup', 'jar'].map((id) => line('x', id, 1)),
      ],
      products: [
        ...ids.map((id) => product(id, { category_path: 'Tea' })),
        product('cup', { category_path: 'Ware' }),
        product('jar'),
      ],
      customers: [customer('a')],
    },
    { tuning: { perCategory: 2, perCustomer: 4 } },
  );
  expect(found.map(({ rank, product: id }) => [rank, id])).toEqual([
    [1, 'tea1'],
    [2, 'tea2'],
    [3, 'cup'],
    [4, 'jar'],
  ]);
});

test('no more per customer than asked for', async () => {
  expect(await recommend(world({}), { tuning: { perCustomer: 1 } })).toHaveLength(1);
});

test('who is not a customer gets nothing, but teaches', async () => {
  expect((await recommend(world({}))).map(({ customer: id }) => id)).toEqual(['a', 'a']);
});

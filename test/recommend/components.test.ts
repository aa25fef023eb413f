/** Each part of the blend and each reason, in a shop small enough to count by hand. */
import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_TUNING } from '../../shared/recommend/options.ts';
import {
  POPULAR_COLUMNS,
  PRODUCT_AUDIENCE_COLUMNS,
  RECOMMENDATION_COLUMNS,
  SIMILAR_COLUMNS,
} from '../../shared/recommend/outputs.ts';
import {
  buildIn,
  customer,
  find,
  line,
  openShop,
  product,
  productsOf,
  recommend,
  type Shop,
  view,
  type World,
} from './world.ts';

async function open(world: World): Promise<Shop> {
  const shop = await openShop(world);
  onTestFinished(shop.close);
  return shop;
}

const rows = async ({ db }: Shop, sql: string) => (await db.runAndReadAll(sql)).getRowsJson();

/** Three bought a kettle a month before tea; one bought the kettle yesterday. */
const KETTLES = ['a', 'b', 'c'].flatMap((id) => [line(id, 'kettle', 31), line(id, 'tea', 1)]);
const KETTLE_SHOP: World = {
  lines: [...KETTLES, line('d', 'kettle', 1)],
  products: [product('kettle'), product('tea', { consumable: true }), product('lamp')],
  customers: [customer('d')],
};

test('what followed upon a product is similar to it, by a directed cosine with shrinkage', async () => {
  const shop = await open(KETTLE_SHOP);
  await buildIn(shop.db);
  // Three orders of a day ago weigh 2^(-1/30) each, in thousandths. Shrinkage adds 5 to either side. The kettle of d led to nothing.
  const together = 3 * 0.977;
  expect(await rows(shop, 'SELECT * FROM similar_products')).toEqual([
    ['kettle', 1, 'tea', expect.closeTo(together / (together + 5), 5)],
  ]);
});

test('bought_together names the product that leads there', async () => {
  const found = find(await recommend(KETTLE_SHOP), 'd', 'tea');
  expect(found).toMatchObject({ rank: 1, reason: 'bought_together', values: { with: 'kettle' } });
});

test('a pair that coincided too seldom is not one', async () => {
  const shop = await open(KETTLE_SHOP);
  await buildIn(shop.db, { tuning: { affinitySupport: 4 } });
  expect(await rows(shop, 'SELECT * FROM similar_products')).toEqual([]);
});

test('newer sequences count more', async () => {
  const sequence = (id: string, then: string, days: number) => [line(id, 'phone', days + 1), line(id, then, days)];
  const shop = await open({
    lines: [...sequence('a', 'case', 80), ...sequence('b', 'glass', 2)],
    products: ['phone', 'case', 'glass'].map((id) => product(id)),
  });
  await buildIn(shop.db);
  expect(await rows(shop, 'SELECT other FROM similar_products ORDER BY product, rank')).toEqual([['glass'], ['case']]);
});

const RICE = [100, 70, 40].map((days) => line('a', 'rice', days));

test('a repurchase is due after the usual interval', async () => {
  const found = await recommend({
    lines: RICE,
    products: [product('rice', { consumable: true })],
    customers: [customer('a')],
  });
  // Own intervals of 30 days, pulled to those of the product, which are the same.
  expect(found).toMatchObject([{ product: 'rice', reason: 'repurchase_due', values: { lastDays: 40, cycleDays: 30 } }]);
});

test('before it is due, it was only bought before', async () => {
  const found = await recommend({
    lines: [...RICE, line('a', 'rice', 10)],
    products: [product('rice', { consumable: true })],
    customers: [customer('a')],
  });
  expect(found).toMatchObject([{ reason: 'bought_before', values: { lastDays: 10, times: 4 } }]);
});

test('who bought once has the rhythm of others, from five intervals on', async () => {
  const others = (count: number) =>
    Array.from({ length: count }, (_, nth) => [
      line(`other${nth}`, 'rice', 200),
      line(`other${nth}`, 'rice', 180),
    ]).flat();
  const world = (count: number): World => ({
    lines: [...others(count), line('a', 'rice', 25)],
    products: [product('rice', { consumable: true })],
    customers: [customer('a')],
  });
  expect(await recommend(world(5))).toMatchObject([
    { reason: 'repurchase_due', values: { lastDays: 25, cycleDays: 20 } },
  ]);
  expect(await recommend(world(4))).toMatchObject([{ reason: 'bought_before', values: { lastDays: 25, times: 1 } }]);
});

test('own rhythm is pulled to that of the category where the product has none', async () => {
  const tea = (id: string) => product(id, { consumable: true, category_path: 'Food/Tea' });
  const found = await recommend({
    // Five intervals of 20 days of another tea; two own ones of 40.
    lines: [
      ...Array.from({ length: 5 }, (_, nth) => [line(`o${nth}`, 'green', 300), line(`o${nth}`, 'green', 280)]).flat(),
      ...[120, 80, 40].map((days) => line('a', 'black', days)),
    ],
    products: [tea('green'), tea('black')],
    customers: [customer('a')],
  });
  // All: 180 days in 7 intervals, so the category too. The product: (80 + 5 × 25.71) / 7 = 29.8. Own: (80 + 29.8) / 3 = 36.6.
  expect(find(found, 'a', 'black')).toMatchObject({
    reason: 'repurchase_due',
    values: { lastDays: 40, cycleDays: 37 },
  });
});

test('who buys more often is shown it first', async () => {
  const found = await recommend({
    lines: [
      ...[100, 70, 40, 10].map((days) => line('a', 'milk', days)),
      ...[100, 10].map((days) => line('a', 'salt', days)),
      line('a', 'oil', 10),
    ],
    products: ['milk', 'salt', 'oil'].map((id) => product(id, { consumable: true })),
    customers: [customer('a')],
  });
  expect(productsOf(found, 'a')).toEqual(['milk', 'salt', 'oil']);
});

test('an accessory and an upgrade of what was bought', async () => {
  const found = await recommend({
    lines: [line('a', 'camera', 20)],
    products: [
      product('camera'),
      product('strap', { accessory_of: ['camera', 'bag'] }),
      product('camera2', { upgrade_of: ['camera'] }),
      product('lens', { accessory_of: ['camera2'] }),
    ],
    customers: [customer('a')],
  });
  expect(found).toMatchObject([
    { product: 'strap', reason: 'accessory_of', values: { of: 'camera' } },
    { product: 'camera2', reason: 'upgrade_of', values: { of: 'camera' } },
  ]);
});

test('of two products that it goes with, the one bought last is named', async () => {
  const found = await recommend({
    lines: [line('a', 'camera', 20), line('a', 'phone', 5)],
    products: [product('camera'), product('phone'), product('tripod', { accessory_of: ['camera', 'phone'] })],
    customers: [customer('a')],
  });
  expect(find(found, 'a', 'tripod')).toMatchObject({ values: { of: 'phone' } });
});

test('what was looked at, unless it was bought since', async () => {
  const found = await recommend({
    lines: [line('a', 'soap', 2)],
    events: [view('a', 'lamp', 3), view('a', 'lamp', 4), view('a', 'soap', 3), view('a', 'sofa', 40)],
    products: [product('lamp'), product('sofa'), product('soap', { consumable: true })],
    customers: [customer('a')],
  });
  expect(found).toMatchObject([
    { product: 'soap', reason: 'bought_before' },
    { product: 'lamp', reason: 'viewed', values: { lastDays: 3 } },
  ]);
});

test('one put into the cart counts more than one looked at', async () => {
  const found = await recommend({
    events: [view('a', 'lamp', 3), view('a', 'sofa', 3, 'cart')],
    products: [product('lamp'), product('sofa')],
    customers: [customer('a')],
  });
  expect(productsOf(found, 'a')).toEqual(['sofa', 'lamp']);
});

/** Overall tea sells most; in the US, coffee. */
const SEGMENTED: World = {
  lines: [
    ...Array.from({ length: 9 }, (_, nth) => line(`cn${nth}`, 'tea', 1)),
    ...Array.from({ length: 6 }, (_, nth) => line(`us${nth}`, 'coffee', 1, { region: 'US', channel: 'square' })),
  ],
  products: [product('tea'), product('coffee'), product('water')],
  customers: [customer('new'), customer('new-us', { region: 'US', channel: 'square' })],
};

test('a newcomer gets what is popular, and what is popular in their segments first', async () => {
  const found = await recommend(SEGMENTED, { tuning: { scopeShrinkage: 1 } });
  expect(productsOf(found, 'new')).toEqual(['tea', 'coffee']);
  expect(productsOf(found, 'new-us')).toEqual(['coffee', 'tea']);
  expect(find(found, 'new-us', 'coffee')).toMatchObject({
    reason: 'popular_in',
    values: { segment: 'channel:square' },
  });
});

test('popular has a row for each scope and rank', async () => {
  const shop = await open({ ...SEGMENTED, customers: [customer('cn0', { tier: 'growth' })] });
  await buildIn(shop.db);
  expect(await rows(shop, 'SELECT scope, rank, product FROM popular ORDER BY scope, rank')).toEqual([
    ['all', 1, 'tea'],
    ['all', 2, 'coffee'],
    ['channel:shopify', 1, 'tea'],
    ['channel:square', 1, 'coffee'],
    ['region:CN', 1, 'tea'],
    ['region:US', 1, 'coffee'],
    ['tier:growth', 1, 'tea'],
  ]);
});

test('what was popular long ago is less so', async () => {
  const found = await recommend({
    lines: [
      ...Array.from({ length: 4 }, (_, nth) => line(`old${nth}`, 'fan', 100)),
      ...Array.from({ length: 2 }, (_, nth) => line(`new${nth}`, 'heater', 1)),
    ],
    products: [product('fan'), product('heater')],
    customers: [customer('a')],
  });
  expect(productsOf(found, 'a')).toEqual(['heater', 'fan']);
});

test('the audience of a product is whom it is recommended to, the surest first', async () => {
  const shop = await open({
    lines: [...[61, 31, 1].map((days) => line('often', 'milk', days)), line('once', 'milk', 1)],
    products: [product('milk', { consumable: true })],
    customers: [customer('once'), customer('often'), customer('never')],
  });
  await buildIn(shop.db);
  expect(await rows(shop, 'SELECT product, rank, customer FROM product_audience ORDER BY rank')).toEqual([
    ['milk', 1, 'often'],
    ['milk', 2, 'once'],
    ['milk', 3, 'never'],
  ]);
  await buildIn(shop.db, { tuning: { audiencePerProduct: 1 } });
  expect(await rows(shop, 'SELECT customer FROM product_audience')).toEqual([['often']]);
});

test('equal candidates go by the id of the product', async () => {
  const found = await recommend({
    lines: ['c', 'a', 'b'].map((id) => line('x', id, 1)),
    products: ['b', 'c', 'a'].map((id) => product(id)),
    customers: [customer('new')],
  });
  expect(productsOf(found, 'new')).toEqual(['a', 'b', 'c']);
});

test('nothing bought, nothing there: no rows, no failure', async () => {
  expect(await recommend({})).toEqual([]);
  expect(await recommend({ customers: [customer('a')], products: [product('x')] })).toEqual([]);
});

test('the tables have the columns that are documented', async () => {
  const shop = await open(KETTLE_SHOP);
  await buildIn(shop.db);
  const documented = {
    recommendations: RECOMMENDATION_COLUMNS,
    similar_products: SIMILAR_COLUMNS,
    popular: POPULAR_COLUMNS,
    product_audience: PRODUCT_AUDIENCE_COLUMNS,
  };
  for (const [table, columns] of Object.entries(documented)) {
    const found = await rows(
      shop,
      `SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = '${table}' ORDER BY column_index`,
    );
    expect(found).toEqual(Object.entries(columns));
  }
});

test('twenty each, unless told', async () => {
  const ids = Array.from({ length: 30 }, (_, nth) => `p${nth}`);
  const found = await recommend({
    lines: ids.map((id) => line('x', id, 1)),
    products: ids.map((id) => product(id)),
    customers: [customer('new')],
  });
  expect(found).toHaveLength(DEFAULT_TUNING.perCustomer);
});

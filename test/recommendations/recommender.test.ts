/** What is read: the row of the last build, and what a customer gets whom no build knows. */
import { beforeEach, expect, test } from 'vitest';
import type { RecentBehaviour } from '../../shared/behaviour/recent.ts';
import { productDirectory } from '../../shared/catalogue/directory.ts';
import { putProduct, putStocks } from '../../shared/catalogue/manage.ts';
import { ProductDraft } from '../../shared/catalogue/product.ts';
import { type Mark, refusesPersonalisation } from '../../shared/profiles/marks.ts';
import { audienceReader, createRecommender } from '../../shared/recommendations/recommender.ts';
import { swap } from '../../shared/recommendations/versions.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { profileOf, rootOf, type StoredPlace } from '../publish/samples.ts';
import { memoryProducts } from '../simulation/models/products.ts';
import { memoryRecommendations } from '../simulation/models/recommendations.ts';
import { customer, daysAgo, START } from './world.ts';

const HOUR = 60 * 60_000;
let nowMs: number;
let stored: ReturnType<typeof memoryRecommendations>;
let products: ReturnType<typeof memoryProducts>;
let behaviour: RecentBehaviour | undefined;
const clock = () => new Date(nowMs);
const its = () => ({ products, restocks: { send: async () => undefined }, clock });

beforeEach(async () => {
  nowMs = START + HOUR;
  stored = memoryRecommendations();
  products = memoryProducts();
  behaviour = undefined;
  for (const id of ['rice', 'tea', 'pot', 'cups']) await product(id);
});

async function product(id: string, more: Partial<ProductDraft> = {}) {
  const draft = ProductDraft.parse({ title: { zh: id }, variants: [{ skuId: id }], ...more });
  await putProduct({ id, draft, by: 'a marketer' }, its());
}

const version = (id: string, full = id) => ({ id, full, builtAt: instant(START), customers: 1, written: 1 });
async function build(id: string, rows: Parameters<typeof stored.putRows>[1], full = id) {
  await stored.putRows(version(id, full), rows);
  const before = (await stored.getVersions()) ?? { revision: 0, previous: [] };
  await stored.putVersions(swap(before, version(id, full)));
}
const row = (name: string, bought: readonly string[]) => ({
  kind: 'customer' as const,
  of: customer(name),
  content: JSON.stringify({
    day: '2026-11-25',
    items: bought.map((one) => [one, 'bought_before', '{"lastDays":3,"times":2}']),
  }),
});
const list = (kind: 'similar' | 'popular', of: string, all: readonly string[]) => ({
  ...{ kind, of, content: JSON.stringify(all) },
});

function root(name: string, aliases: readonly string[] = [], region = 'CN/广东省'): StoredPlace {
  const part = { orders: 1, netSpend: 1, lastPaidAt: instant(START) };
  const profile = profileOf({ regions: { [region]: part }, channels: { shopify: part } }, { value: 'growth' });
  const persona = customer(name);
  return rootOf(persona, { members: [persona, ...aliases.map(customer)].sort(), profile });
}
const recommend = async (of: StoredPlace, limit = 10) => {
  const directory = productDirectory(products, clock);
  const reader = createRecommender({
    ...{ versions: stored, rows: stored, products: directory, clock },
    behaviourOf: async () => behaviour,
  });
  const { items } = await reader.recommend(of, limit);
  return items.map(({ product: id, reason }) => `${id} ${reason.code}`);
};
const seen = (views: readonly (readonly [string, Instant])[], cart: readonly string[] = []): RecentBehaviour => ({
  views: views.map(([id, at], index) => ({ at, id: String(index), product: { productId: id, quantity: 1 } })),
  cart: { items: cart.map((productId) => ({ productId, quantity: 1 })) },
  lastSeenAt: instant(nowMs),
});

test('the row of the last build, as many as are asked for', async () => {
  await build('1', [row('ann', ['rice', 'tea', 'pot'])]);
  expect(await recommend(root('ann'), 2)).toEqual(['rice bought_before', 'tea bought_before']);
});

test('of a version that rests on another, the newer row', async () => {
  await build('1', [row('ann', ['rice']), row('ben', ['rice'])]);
  await build('2', [row('ann', ['tea'])], '1');
  expect(await recommend(root('ann'), 1)).toEqual(['tea bought_before']);
  expect(await recommend(root('ben'), 1)).toEqual(['rice bought_before']);
  // Of a full one, none that is older.
  await build('3', [row('ann', ['pot'])]);
  expect(await recommend(root('ben'), 1)).toEqual([]);
});

test('what sold out a moment ago, is excluded, not sold there or gone is left out', async () => {
  await build('1', [row('ann', ['rice', 'tea', 'pot', 'cups', 'unknown', 'shopify/shop/7'])]);
  await putStocks([{ productId: 'rice', skuId: 'rice', stock: { count: 0, at: instant(nowMs) } }], its());
  await product('tea', { excluded: true });
  await product('pot', { regions: ['US'] });
  await product('cups', { availableUntil: daysAgo(1) });
  // What only orders name is in no catalogue.
  expect(await recommend(root('ann'))).toEqual(['shopify/shop/7 bought_before']);
});

test('whom no build knows gets what they look at, what goes with it, then what is popular among their like', async () => {
  await build('1', [
    list('similar', 'tea', ['pot']),
    list('popular', 'region:CN/广东省', ['rice']),
    list('popular', 'tier:growth', ['rice', 'tea']),
    list('popular', 'all', ['cups']),
  ]);
  expect(await recommend(root('new'))).toEqual(['rice popular_in', 'tea popular_in', 'cups popular_in']);
  behaviour = seen([['tea', instant(nowMs)]]);
  expect(await recommend(root('new'))).toEqual([
    'tea viewed',
    'pot bought_together',
    'rice popular_in',
    'cups popular_in',
  ]);
  behaviour = seen([['tea', daysAgo(1)]], ['cups']);
  expect(await recommend(root('new'), 2)).toEqual(['cups viewed', 'tea viewed']);
});

test('before any build there is what they look at, and nothing else', async () => {
  expect(await recommend(root('new'))).toEqual([]);
  behaviour = seen([['tea', instant(nowMs)]]);
  expect(await recommend(root('new'))).toEqual(['tea viewed']);
});

test('a row of a name that the profile had is its own', async () => {
  await build('1', [row('old', ['rice'])]);
  expect(await recommend(root('new', ['old']))).toEqual(['rice bought_before']);
});

test('whoever has refused personalisation gets what is popular with all, and nothing by what they did', async () => {
  await build('1', [row('ann', ['rice']), list('popular', 'tier:growth', ['tea']), list('popular', 'all', ['cups'])]);
  behaviour = seen([['pot', instant(nowMs)]]);
  const directory = productDirectory(products, clock);
  const asked: unknown[] = [];
  const reader = createRecommender({
    ...{ versions: stored, rows: stored, products: directory, clock, behaviourOf: async () => behaviour },
    async hasRefused(personas) {
      asked.push(personas);
      return true;
    },
  });
  const { items } = await reader.recommend(root('ann', ['old']), 10);
  expect(items).toEqual([{ product: 'cups', reason: { code: 'popular_in', segment: 'all' } }]);
  expect(asked).toEqual([[customer('ann'), customer('old')]]);
});

test.each<[string, Partial<Mark>[], boolean]>([
  ['said nothing', [], false],
  ['gave it', [{ name: 'personalisation/push' }], false],
  ['refused it', [{ name: 'personalisation/push', on: false }], true],
  ['refused all', [{ name: '*', on: false }], true],
  [
    'refused it and gave it later',
    [
      { name: 'personalisation/push', on: false },
      { name: 'personalisation/push', at: daysAgo(0) },
    ],
    false,
  ],
  ['refused marketing alone', [{ name: 'push', on: false }], false],
])('who %s', (_, said, refuses) => {
  const marks = said.map((one): Mark => ({ kind: 'consent', name: '', on: true, at: daysAgo(1), by: 'ann', ...one }));
  expect(refusesPersonalisation(marks)).toBe(refuses);
});

test('what was looked at yesterday evening was looked at a day ago, as a build would say', async () => {
  nowMs = START + HOUR;
  behaviour = seen([['tea', instant(START - HOUR)]]);
  const reader = createRecommender({
    ...{ versions: stored, rows: stored, products: productDirectory(products, clock), clock },
    behaviourOf: async () => behaviour,
  });
  expect((await reader.recommend(root('new'), 1)).items[0]?.reason).toEqual({ code: 'viewed', lastDays: 1 });
});

test('an audience is read in pages, and that of a product that sold out lasts', async () => {
  const content = JSON.stringify([
    [customer('ann'), 0.4],
    [customer('ben'), 0.2],
    [customer('cai'), 0.1],
  ]);
  await build('1', [{ kind: 'audience', of: 'rice', content }]);
  await build('2', []);
  const audience = audienceReader({ versions: stored, rows: stored, clock });
  const first = await audience.listAudience('rice', 2);
  expect(first).toEqual({
    items: [
      { customer: customer('ann'), score: 0.4 },
      { customer: customer('ben'), score: 0.2 },
    ],
    next: '2',
  });
  expect(await audience.listAudience('rice', 2, first.next)).toEqual({
    items: [{ customer: customer('cai'), score: 0.1 }],
  });
  expect(await audience.listAudience('unknown', 2)).toEqual({ items: [] });
});

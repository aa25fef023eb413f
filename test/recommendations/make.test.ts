/** The lake → versions of recommendations: what changes is made anew, and a version that came to nothing never shows. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAudience, readCustomer, readProducts } from '../../shared/recommendations/rows.ts';
import { resume, rollBack } from '../../shared/recommendations/versions.ts';
import { instant } from '../../shared/time/instant.ts';
import { recorded } from '../lines/lab.ts';
import { customer, daysAgo, openWorld, START, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = openWorld();
  for (const id of ['rice', 'tea', 'pot', 'cups'])
    await world.product(id, { consumable: id === 'rice' || id === 'tea' });
});
afterEach(() => world.close());

/** Three customers who buy rice each month, then tea; of whom `ann` bought rice 32 days ago. */
async function aShop() {
  for (const name of ['ann', 'ben', 'cai']) {
    await world.profile(name, { regions: ['CN/广东省'] });
    for (const [nth, days] of [122, 92, 62, 32].entries())
      await world.order(`${name}-${nth}`, name, daysAgo(days), nth === 3 ? ['rice', 'tea'] : ['rice']);
  }
  await world.snapshot();
}
const version = async () => {
  const { current } = (await world.stored.getVersions()) ?? {};
  if (!current) throw new Error('There is no version.');
  return current;
};
const of = async (name: string) => {
  const content = await world.stored.getContent('customer', customer(name), await version());
  return content === undefined ? undefined : readCustomer(content, world.now());
};
const productsOf = async (name: string) => (await of(name))?.map(({ product }) => product);

test('a shop without anything has no version', async () => {
  expect(await world.make()).toEqual({ kind: 'current' });
  expect(await world.stored.getVersions()).toBeUndefined();
});

test('customers get what runs out, with the days as of the moment they are read', async () => {
  await aShop();
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 3, version: { customers: 3 } });
  expect((await of('ann'))?.[0]).toEqual({
    product: 'rice',
    reason: { code: 'repurchase_due', lastDays: 32, cycleDays: 30 },
  });
  world.pass(48);
  expect((await of('ann'))?.[0]?.reason).toMatchObject({ lastDays: 34 });
  expect(readProducts((await world.stored.getContent('popular', 'all', await version())) ?? '')).toEqual([
    'rice',
    'tea',
  ]);
});

test('what sold out, is not sold there, or was taken out of the catalogue is not recommended', async () => {
  await world.product('tea', { consumable: true, stock: 0 });
  await world.product('rice', { consumable: true, regions: ['CN/北京市'] });
  await aShop();
  await world.make();
  expect(await productsOf('ann')).toBeUndefined();
  await world.product('rice', { consumable: true, regions: ['CN'] });
  expect(await world.make(true)).toMatchObject({ kind: 'made' });
  expect(await productsOf('ann')).toEqual(['rice']);
});

test('nothing new, nothing made; who has changed is made anew, and only they are written', async () => {
  await aShop();
  await world.make();
  const full = (await version()).id;
  world.pass(1);
  expect(await world.make()).toEqual({ kind: 'current' });
  await world.order('ben-5', 'ben', world.now(), ['rice']);
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 1, version: { full, customers: 3 } });
  const written = [...world.stored.rows.keys()].filter((key) => !key.endsWith(` ${full}`));
  expect(written.filter((key) => key.startsWith('customer'))).toEqual([expect.stringContaining('ben')]);
  expect((await of('ben'))?.find(({ product }) => product === 'rice')?.reason.code).not.toBe('repurchase_due');
  expect((await of('ann'))?.[0]?.reason.code).toBe('repurchase_due');
});

test('a day after a full build comes the next', async () => {
  await aShop();
  await world.make();
  world.pass(24);
  const { id } = await version();
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 3 });
  expect((await version()).full).not.toBe(id);
  expect((await of('cai'))?.[0]?.reason).toMatchObject({ lastDays: 33 });
});

test('an incremental build equals a full one, for customers who have changed', async () => {
  await aShop();
  await world.make();
  await world.order('ann-9', 'ann', world.now(), ['pot']);
  world.view('cai', 'cups', world.now());
  await world.make();
  const incremental = [await of('ann'), await of('cai')];
  expect(incremental[1]).toContainEqual({ product: 'cups', reason: { code: 'viewed', lastDays: 0 } });
  await world.make(true);
  expect([await of('ann'), await of('cai')]).toEqual(incremental);
});

test('a customer who is gone, or was joined with another, has nothing any more', async () => {
  await aShop();
  await world.make();
  await world.alias('ben', 'ann');
  await world.profile('ann', { members: [customer('ann'), customer('ben')], regions: ['CN/广东省'] });
  await world.snapshot();
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 1, version: { customers: 2 } });
  expect(await of('ben')).toEqual([]);
  // What both have bought is theirs.
  expect((await of('ann'))?.[0]?.product).toBe('rice');
});

test('whoever has refused to be profiled has no row', async () => {
  await aShop();
  const refusal = { kind: 'consent', name: 'personalisation/push', given: false } as const;
  await world.mark({ persona: customer('ann'), ...refusal, saidAt: instant(START) });
  await world.snapshot();
  await world.make();
  expect(await of('ann')).toBeUndefined();
  expect(await of('ben')).toBeDefined();
});

test('returns are not bought, and what was returned in whole teaches nothing', async () => {
  await aShop();
  await world.order('ann-8', 'ann', daysAgo(2), ['pot'], 0);
  await world.make();
  expect(await productsOf('ann')).not.toContain('pot');
});

test('a roll back shows the version before, holds, and the next build is full', async () => {
  await aShop();
  await world.make();
  const before = await of('ann');
  await world.order('ann-7', 'ann', world.now(), ['rice', 'tea']);
  await world.make();
  expect(await of('ann')).not.toEqual(before);
  const seen = await world.stored.getVersions();
  const back = seen && rollBack(seen, 'an operator', world.now());
  if (!back) throw new Error('There is a version before.');
  await world.stored.putVersions(back);
  expect(await of('ann')).toEqual(before);
  expect(await world.make()).toEqual({ kind: 'held' });
  await world.stored.putVersions(resume(back));
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 3 });
  expect(await of('ann')).not.toEqual(before);
});

test('a build that died shows nothing, and the next one is full', async () => {
  await aShop();
  await world.make();
  const before = await of('ann');
  await world.order('ann-7', 'ann', world.now(), ['rice', 'tea']);
  const { putRows } = world.stored;
  world.stored.putRows = async () => {
    throw new Error('out of time');
  };
  await expect(world.make()).rejects.toThrow('out of time');
  world.stored.putRows = putRows;
  expect(await of('ann')).toEqual(before);
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 3 });
});

test('products that run out are told of, once as news', async () => {
  await aShop();
  await world.make();
  const rice = { customer: customer('ann'), product: 'rice', lastDay: '2026-10-24', dueDay: '2026-11-23' };
  expect(world.told[0]).toMatchObject({ day: '2026-11-25' });
  expect(world.told[0]?.rows).toContainEqual({ ...rice, wasKnown: false });
  await world.order('ben-5', 'ben', world.now(), ['rice']);
  await world.make();
  expect(world.told[1]).toMatchObject({ day: '2026-11-25', dayBefore: '2026-11-25' });
  expect(world.told[1]?.rows).toContainEqual({ ...rice, wasKnown: true });
  expect(world.told[1]?.rows.map((row) => row.customer)).not.toContain(customer('ben'));
});

test('files of versions that nothing rests on go', async () => {
  await aShop();
  for (let round = 0; round < 9; round++) {
    await world.make(true);
    world.pass(2);
  }
  expect(new Set([...world.stored.files.keys()].map((key) => key.split('/')[0])).size).toBe(6);
});

test('customers likely to want a product are tagged, while a segment asks for it', async () => {
  await aShop();
  const asks = (includes: string, isArchived = false) => ({
    ...{ id: 'rice-lovers', name: 'rice', when: { not: { field: 'tags', includes } }, isArchived },
    ...{ version: 1, revision: 1, by: 'a marketer', at: world.now() },
  });
  world.segments.push(asks('likely:rice') as (typeof world.segments)[number]);
  await world.make();
  expect([...world.tagged].sort()).toEqual(['ann', 'ben', 'cai'].map((name) => `+ likely:rice ${customer(name)}`));
  // As the snapshot has them, of whom one has bought since.
  for (const name of ['ann', 'ben'])
    await world.mark({ persona: customer(name), kind: 'tag', name: 'likely:rice', given: true, saidAt: world.now() });
  await world.snapshot();
  world.tagged.splice(0);
  await world.make(true);
  expect(world.tagged).toEqual([`+ likely:rice ${customer('cai')}`]);
  world.tagged.splice(0);
  world.segments.splice(0, 1, asks('likely:rice', true) as (typeof world.segments)[number]);
  await world.make(true);
  expect(world.tagged).toEqual(['ann', 'ben'].map((name) => `- likely:rice ${customer(name)}`));
});

test('a product that sold out keeps the audience it had, whoever has changed since, and its tags', async () => {
  await aShop();
  const asks = { not: { field: 'tags', includes: 'likely:rice' } } as const;
  world.segments.push({
    ...{ id: 'rice-lovers', name: 'rice', when: asks, isArchived: false },
    ...{ version: 1, revision: 1, by: 'a marketer', at: world.now() },
  });
  await world.make();
  const audience = async () =>
    readAudience((await world.stored.getContent('audience', 'rice', await version())) ?? '[]').map(
      (one) => one.customer,
    );
  const names = ['ann', 'ben', 'cai'].map(customer);
  expect((await audience()).sort()).toEqual(names);
  for (const persona of names)
    await world.mark({ persona, kind: 'tag', name: 'likely:rice', given: true, saidAt: world.now() });
  await world.snapshot();
  world.tagged.splice(0);
  await world.product('rice', { consumable: true, stock: 0 });
  await world.order('ben-5', 'ben', world.now(), ['pot']);
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 1 });
  expect((await audience()).sort()).toEqual(names);
  expect(world.tagged).toEqual([]);
});

test('the day of a purchase is the same at whatever hour a version is made', async () => {
  await world.profile('ann');
  // In the evening, UTC.
  for (const [nth, days] of [122.25, 92.25, 62.25, 32.25].entries())
    await world.order(`ann-${nth}`, 'ann', daysAgo(days), ['rice']);
  await world.snapshot();
  await world.make();
  world.pass(20);
  await world.make(true);
  expect(world.told.map(({ rows }) => rows.map(({ lastDay, wasKnown }) => ({ lastDay, wasKnown })))).toEqual([
    [{ lastDay: '2026-10-23', wasKnown: false }],
    [{ lastDay: '2026-10-23', wasKnown: true }],
  ]);
  expect((await of('ann'))?.[0]?.reason).toMatchObject({ lastDays: 33 });
});

test('while a join is being written a persona is in two profiles: what it bought counts once', async () => {
  await world.profile('ann', { members: [customer('ann')] });
  await world.profile('ben', { members: [customer('ann'), customer('ben')] });
  for (const [nth, days] of [122, 92, 62, 32].entries())
    await world.order(`ann-${nth}`, 'ann', daysAgo(days), ['rice']);
  await world.snapshot();
  await world.make();
  expect(world.told[0]?.rows.map((row) => row.customer)).toEqual([customer('ann')]);
});

test('whoever has refused to be profiled has no row under any name that they are being joined as', async () => {
  await world.profile('ann', { members: [customer('ann')] });
  await world.profile('ben', { members: [customer('ann'), customer('ben')] });
  for (const name of ['ann', 'ben']) await world.order(`${name}-1`, name, daysAgo(3), ['rice']);
  const refusal = { kind: 'consent', name: '*', given: false } as const;
  await world.mark({ persona: customer('ann'), ...refusal, saidAt: instant(START) });
  await world.snapshot();
  await world.make();
  expect([await of('ann'), await of('ben')]).toEqual([undefined, undefined]);
});

test('what is sold in several currencies is recommended to customers of each', async () => {
  const price = (amount: number, currency: string) => ({ skuId: currency, price: { amount, currency } });
  await world.product('tea', { consumable: true, variants: [price(12_800, 'CNY'), price(1_800, 'USD')] });
  await aShop();
  await world.make();
  expect(await productsOf('ann')).toContain('tea');
});

test('what was looked at by the number of a shop is what was bought there, though no catalogue has it', async () => {
  await aShop();
  await world.order('ben-lamp', 'ben', daysAgo(5), ['lamp']);
  await world.order('cai-lamp', 'cai', daysAgo(5), ['lamp']);
  world.view('ann', 'lamp', world.now());
  await world.make();
  expect(await of('ann')).toContainEqual({ product: 'shopify/shop/lamp', reason: { code: 'viewed', lastDays: 0 } });
});

test('where files of the version before are lost, as after a table was restored, the next is made of all', async () => {
  await aShop();
  await world.make();
  await world.stored.deleteVersion((await version()).id);
  await world.order('ann-7', 'ann', world.now(), ['tea']);
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 3 });
  expect(world.told[1]?.dayBefore).toBeUndefined();
});

test('a shop with one customer, and one whose only customer is gone', async () => {
  await world.profile('ann');
  await world.order('ann-1', 'ann', daysAgo(3), ['rice']);
  await world.snapshot();
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 1, version: { customers: 1 } });
  expect(await productsOf('ann')).toEqual(['rice']);
  const refusal = { kind: 'consent', name: '*', given: false } as const;
  await world.mark({ persona: customer('ann'), ...refusal, saidAt: world.now() });
  await world.snapshot();
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 0, version: { customers: 0 } });
  expect(await of('ann')).toEqual([]);
  world.pass(24);
  expect(await world.make()).toMatchObject({ kind: 'made', version: { customers: 0 } });
});

test('a shop that has customers, and neither orders nor products', async () => {
  const empty = openWorld();
  try {
    await empty.profile('ann');
    await empty.snapshot();
    expect(await empty.make()).toMatchObject({ kind: 'made', version: { customers: 0, written: 0 } });
    expect(await empty.make()).toEqual({ kind: 'current' });
  } finally {
    empty.close();
  }
});

test('of two builds at once one is overtaken, and what is read is whole', async () => {
  await aShop();
  await world.make();
  await world.order('ann-7', 'ann', world.now(), ['tea']);
  const [one, other] = await Promise.all([world.make(), world.make(false, 'beside')]);
  expect([one.kind, other.kind].sort()).toEqual(['made', 'overtaken']);
  const kept = [await of('ann'), await of('ben')];
  await world.make(true);
  expect([await of('ann'), await of('ben')]).toEqual(kept);
});

test('an order of more pieces than any shop has stops no version', async () => {
  await aShop();
  const lines = [{ product_id: 'rice', title: 'rice', quantity: 1e12, total: 1e12 }];
  await world.lines.putRows(recorded('odd', 1, { at: daysAgo(1), persona: customer('ben'), lines }), world.now());
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 3 });
  expect(await productsOf('ben')).toContain('rice');
});

test('a version is never made under a name before that of another, as by a clock that is behind', async () => {
  await aShop();
  await world.make();
  await world.order('ann-7', 'ann', world.now(), ['tea']);
  world.pass(-1);
  expect(await world.make(true)).toEqual({ kind: 'overtaken' });
  world.pass(1);
  expect(await world.make()).toMatchObject({ kind: 'made', scored: 1 });
});

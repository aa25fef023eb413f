/** What a customer is recommended, who would want a product, and which version of that is read. */
import { expect, test } from 'vitest';
import * as z from 'zod';
import { swap } from '../../shared/recommendations/versions.ts';
import { instant } from '../../shared/time/instant.ts';
import { ANNE_PATH, NOW_MS, openApi, withAnne } from './open-api.ts';

const Page = z.object({ nextCursor: z.string() });
const version = (id: string) => ({ id, full: id, builtAt: instant(NOW_MS), customers: 2, written: 2 });

async function withVersions() {
  const api = openApi();
  const first = swap({ revision: 0, previous: [] }, version('1'));
  await api.stores.versions.putVersions(first);
  await api.stores.versions.putVersions(swap(first, version('2')));
  return api;
}

test('a customer is recommended products with their titles, and a reason in both languages', async () => {
  const { ask, world } = await withAnne();
  await ask('PUT', '/v1/products/tea', {
    body: { title: { zh: '冻顶乌龙', en: 'Dongding' }, url: 'https://shop.example/tea', variants: [{ skuId: 'tea' }] },
  });
  world.recommended = [
    { product: 'tea', reason: { code: 'repurchase_due', lastDays: 32, cycleDays: 30 } },
    { product: 'shopify/shop/7', reason: { code: 'bought_together', with: 'tea' } },
    { product: 'tea', reason: { code: 'popular_in', segment: 'tier:growth' } },
  ];
  const { status, body } = await ask('GET', `${ANNE_PATH}/recommendations?limit=3`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    profile: 'shopify/shop/anne',
    builtAt: null,
    items: [
      {
        product: 'tea',
        title: { zh: '冻顶乌龙', en: 'Dongding' },
        url: 'https://shop.example/tea',
        reason: { code: 'repurchase_due', lastDays: 32, cycleDays: 30 },
        why: { zh: '你上次购买已 32 天,通常 30 天回购', en: 'You last bought it 32 days ago, usually after 30' },
      },
      { product: 'shopify/shop/7', why: { zh: '买过 冻顶乌龙 的顾客也买' } },
      { why: { zh: '在 成长型 顾客中热销' } },
    ],
  });
  expect(body).not.toHaveProperty('items.1.title');
});

test('an unknown customer, and a limit out of bounds', async () => {
  const { ask } = await withAnne();
  expect(await ask('GET', '/v1/profiles/shopify%2Fshop%2Fnobody/recommendations')).toMatchObject({ status: 404 });
  expect(await ask('GET', `${ANNE_PATH}/recommendations?limit=21`)).toMatchObject({ status: 400 });
});

test('an audience in pages', async () => {
  const { ask, stores } = await withVersions();
  const content = JSON.stringify([
    ['shopify/shop/a', 0.5],
    ['shopify/shop/b', 0.25],
  ]);
  await stores.versions.putRows(version('2'), [{ kind: 'audience', of: 'tea', content }]);
  const first = await ask('GET', '/v1/products/tea/audience?limit=1');
  expect(first.body).toMatchObject({ items: [{ profile: 'shopify/shop/a', score: 0.5 }] });
  const second = await ask(
    'GET',
    `/v1/products/tea/audience?limit=1&cursor=${encodeURIComponent(Page.parse(first.body).nextCursor)}`,
  );
  expect(second.body).toEqual({ items: [{ profile: 'shopify/shop/b', score: 0.25 }], nextCursor: null });
});

test('an operator goes back, and nothing is made until they go on', async () => {
  const { ask, sent } = await withVersions();
  expect((await ask('GET', '/v1/recommendations')).body).toMatchObject({ current: { id: '2' }, held: null });
  const back = await ask('POST', '/v1/recommendations/roll-back');
  expect(back.body).toMatchObject({ current: { id: '1' }, previous: [], held: { by: 'the operator' } });
  expect(await ask('POST', '/v1/recommendations/roll-back')).toMatchObject({
    status: 409,
    body: { code: 'no_version_before' },
  });
  expect(await ask('POST', '/v1/recommendations/make')).toMatchObject({
    status: 409,
    body: { code: 'recommendations_held' },
  });
  expect(sent.makes).toEqual([]);
  expect((await ask('POST', '/v1/recommendations/resume')).body).toMatchObject({ held: null, current: { id: '1' } });
  expect(await ask('POST', '/v1/recommendations/make', { body: { full: true } })).toMatchObject({ status: 202 });
  expect(sent.makes).toEqual([true]);
});

test('there is nothing before the first version', async () => {
  const { ask } = openApi();
  expect((await ask('GET', '/v1/recommendations')).body).toEqual({ current: null, previous: [], held: null });
});

test('people do not say what recommendations say', async () => {
  const { ask } = await withAnne();
  expect(await ask('POST', `${ANNE_PATH}/tags`, { body: { add: ['likely:tea'] } })).toMatchObject({ status: 400 });
});

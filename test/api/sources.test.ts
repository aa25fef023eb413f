import { expect, test } from 'vitest';
import { openApi } from './open-api.ts';

const SHOP = { name: 'Web shop', kind: 'web', zone: 'Asia/Shanghai', currency: 'CNY', region: 'CN' };

async function withShop() {
  const api = openApi();
  const { body } = await api.ask('POST', '/v1/sources', { body: { id: 'web-shop', ...SHOP } });
  // The cast: hold() has seen that it is one.
  return { ...api, added: body as { readonly writeKey: string; readonly serverKey: string } };
}

test('one that is added is shown with its server key, and from then on without', async () => {
  const { ask, added } = await withShop();
  expect(added).toMatchObject({ ...SHOP, id: 'web-shop', by: 'the operator', revision: 1 });
  expect(added.writeKey).toMatch(/^wk_/);
  expect(added.serverKey).toMatch(/^sk_/);
  const shown = await ask('GET', '/v1/sources/web-shop', { role: 'marketer' });
  expect(shown.body).toMatchObject({ id: 'web-shop', writeKey: added.writeKey });
  expect(JSON.stringify([shown.body, (await ask('GET', '/v1/sources')).body])).not.toContain(added.serverKey);
});

test('one is added once, and without an id gets one', async () => {
  const { ask } = await withShop();
  expect(await ask('POST', '/v1/sources', { body: { id: 'web-shop', ...SHOP } })).toMatchObject({
    status: 409,
    body: { code: 'source_exists' },
  });
  expect((await ask('POST', '/v1/sources', { body: SHOP })).body).toMatchObject({ id: expect.stringMatching(/^src_/) });
});

test.each([{ kind: 'tv' }, { name: '' }, { zone: 'Mars' }, { currency: 'yuan' }, { writeKey: 'wk_mine' }])(
  'it is not asked for with %j',
  async (wrong) => {
    const { ask } = openApi();
    expect((await ask('POST', '/v1/sources', { body: { ...SHOP, ...wrong } })).status).toBe(400);
  },
);

test('it is disabled and enabled by who has seen it last, and keeps its keys', async () => {
  const { ask, added } = await withShop();
  const put = (body: object, revision: number) =>
    ask('PUT', '/v1/sources/web-shop', { body: { ...SHOP, ...body }, headers: { 'if-match': `"${revision}"` } });
  const disabled = await put({ disabled: true, name: '网店' }, 1);
  expect(disabled.body).toMatchObject({ name: '网店', writeKey: added.writeKey, disabledAt: expect.any(String) });
  expect((await put({}, 1)).status).toBe(412);
  expect((await put({}, 2)).body).not.toHaveProperty('disabledAt');
});

test('its keys are replaced one by one', async () => {
  const { ask, added } = await withShop();
  const rotate = (body: object) => ask('POST', '/v1/sources/web-shop/rotate', { body });
  expect((await rotate({ key: 'write' })).body).toMatchObject({
    key: expect.stringMatching(/^wk_/),
    previousValidUntil: '2026-12-02T09:00:00.000Z',
  });
  const { body } = await rotate({ key: 'server', overlapMs: 0 });
  expect(body).toEqual({ key: expect.stringMatching(/^sk_/) });
  const { body: shown } = await ask('GET', '/v1/sources/web-shop');
  expect(shown).toMatchObject({ revision: 3, previousWriteKey: { key: added.writeKey } });
  expect((await rotate({ key: 'both' })).status).toBe(400);
});

test('it is removed with its keys', async () => {
  const { ask, stores } = await withShop();
  expect((await ask('DELETE', '/v1/sources/web-shop', { headers: { 'if-match': '"7"' } })).status).toBe(412);
  expect((await ask('DELETE', '/v1/sources/web-shop')).status).toBe(204);
  expect(await stores.serverKeys.getServerKeys('web-shop')).toBeUndefined();
  expect((await ask('DELETE', '/v1/sources/web-shop')).status).toBe(404);
  expect((await ask('POST', '/v1/sources/web-shop/rotate', { body: { key: 'write' } })).status).toBe(404);
});

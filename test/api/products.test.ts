import { describe, expect, test } from 'vitest';
import { type OpenedApi, openApi } from './open-api.ts';

const TEA = {
  title: { zh: '冻顶乌龙' },
  categoryPath: '茶/乌龙茶',
  variants: [
    { skuId: 'DD-100', price: { amount: 12_800, currency: 'CNY' }, stock: 40 },
    { skuId: 'DD-250', stock: 0, stockAt: '2026-11-20T00:00:00.000Z' },
  ],
  listings: [{ channel: 'shopify', connection: 'my-shop', productId: '7001' }],
};
const put = ({ ask }: OpenedApi, id: string, body: unknown = TEA, etag?: string) =>
  ask('PUT', `/v1/products/${encodeURIComponent(id)}`, {
    body,
    role: 'marketer',
    ...(etag !== undefined && { headers: { 'if-match': etag } }),
  });
const get = ({ ask }: OpenedApi, id: string) =>
  ask('GET', `/v1/products/${encodeURIComponent(id)}`, { role: 'reader' });
const batch = ({ ask }: OpenedApi, products: readonly object[], headers = {}) =>
  ask('POST', '/v1/products:batch', { body: { products }, role: 'marketer', headers });
const stock = ({ ask }: OpenedApi, updates: readonly object[]) =>
  ask('POST', '/v1/products:stock', { body: { updates }, role: 'marketer' });

interface Page {
  readonly items: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
}

describe('a product', () => {
  test('is put, and got with its stock', async () => {
    const api = openApi();
    const made = await put(api, 'dongding');
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: 'dongding',
        ...TEA,
        variants: [{ skuId: 'DD-100', stock: 40, stockAt: '2026-11-25T09:00:00.000Z' }, TEA.variants[1]],
        revision: 1,
        updatedAt: '2026-11-25T09:00:00.000Z',
        by: 'the marketer',
      },
    });
    expect(made.headers.get('etag')).toBe('"1"');
    expect((await get(api, 'dongding')).body).toEqual(made.body);
    expect(await get(api, 'pot')).toMatchObject({ status: 404, body: { code: 'product_not_found' } });
  });

  test('is changed by who has seen it, and by nobody else', async () => {
    const api = openApi();
    expect((await put(api, 'dongding', TEA, '"1"')).status).toBe(412);
    await put(api, 'dongding');
    expect(await put(api, 'dongding')).toMatchObject({ status: 428, body: { code: 'if_match_missing' } });
    expect((await put(api, 'dongding', TEA, '"7"')).status).toBe(412);
    const changed = await put(api, 'dongding', { ...TEA, excluded: true }, '"1"');
    expect(changed).toMatchObject({ status: 200, body: { revision: 2, excluded: true } });
    // Nothing new: the same revision.
    expect((await put(api, 'dongding', { ...TEA, excluded: true }, '"2"')).headers.get('etag')).toBe('"2"');
  });

  test('put back as it was got overwrites no stock that came meanwhile', async () => {
    const api = openApi();
    const { body } = await put(api, 'dongding');
    const { id: _, revision: __, updatedAt: ___, by: ____, ...got } = body as Record<string, unknown>;
    api.later(60_000);
    const at = '2026-11-25T09:00:30.000Z';
    await stock(api, [{ productId: 'dongding', skuId: 'DD-100', stock: 12, at }]);
    const edited = await put(api, 'dongding', { ...got, title: { zh: '冻顶' } }, '"1"');
    expect(edited).toMatchObject({
      status: 200,
      body: { title: { zh: '冻顶' }, variants: [{ stock: 12, stockAt: at }, { stock: 0 }] },
    });
  });

  test('has an id of any script, slashes too', async () => {
    const api = openApi();
    for (const id of ['商品/1 号', 'a.b', '🍵']) {
      const { status } = await put(api, id, { ...TEA, listings: [] });
      expect(status).toBe(201);
      expect((await get(api, id)).body).toMatchObject({ id });
    }
  });

  test('is removed, with what is in stock and its listings', async () => {
    const api = openApi();
    await put(api, 'dongding');
    const remove = (headers = {}) => api.ask('DELETE', '/v1/products/dongding', { role: 'marketer', headers });
    expect((await remove({ 'if-match': '"2"' })).status).toBe(412);
    expect((await remove({ 'if-match': '"1"' })).status).toBe(204);
    expect((await remove()).status).toBe(404);
    const { body } = await put(api, 'other', { ...TEA, variants: [{ skuId: 'DD-100' }] });
    expect(body).not.toHaveProperty('variants.0.stock');
  });

  test('has no listing of another', async () => {
    const api = openApi();
    await put(api, 'dongding');
    expect(await put(api, 'other')).toMatchObject({ status: 409, body: { code: 'listing_taken' } });
  });

  test.each([
    [{ title: {} }, '/title'],
    [{ categoryPath: '茶//绿' }, '/categoryPath'],
    [{ variants: [] }, '/variants'],
    [{ variants: [{ skuId: 'a' }, { skuId: 'a' }] }, '/variants'],
    [{ variants: [{ skuId: 'a', price: { amount: 1.5, currency: 'CNY' } }] }, '/variants/0/price/amount'],
    [{ variants: [{ skuId: 'a', stock: -1 }] }, '/variants/0/stock'],
    [{ variants: [{ skuId: 'a', stockAt: '2026-11-25T09:00:00Z' }] }, '/variants/0/stockAt'],
    [{ url: 'javascript:alert(1)' }, '/url'],
    [{ regions: ['China'] }, '/regions/0'],
    [{ availableFrom: '2026-11-25T09:00:00Z', availableUntil: '2026-11-25T08:00:00Z' }, '/availableUntil'],
    [{ prize: 1 }, ''],
  ])('with %j is told what is wrong at %s', async (change, at) => {
    const answer = await put(openApi(), 'dongding', { ...TEA, ...change });
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ in: 'body', at }] } });
  });

  test('whose stock is of the future is refused', async () => {
    const variants = [{ skuId: 'a', stock: 1, stockAt: '2026-11-26T00:00:00Z' }];
    expect(await put(openApi(), 'dongding', { ...TEA, variants })).toMatchObject({
      status: 422,
      body: { code: 'in_future' },
    });
  });
});

describe('a list', () => {
  test('has each once, page by page; all, or those of a category', async () => {
    const api = openApi();
    const ids = Array.from({ length: 12 }, (_, index) => `p${index}`);
    for (const [index, id] of ids.entries())
      await put(api, id, { ...TEA, listings: [], categoryPath: index % 3 === 0 ? '茶具' : '茶/乌龙茶' });
    const list = async (query: string) => {
      const found: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const { body } = await api.ask('GET', `/v1/products?${query}&limit=5${cursor && `&cursor=${cursor}`}`);
        const { items, nextCursor } = body as Page;
        found.push(...items.map(({ id }) => id));
        cursor = nextCursor;
      }
      return found.sort();
    };
    expect(await list('')).toEqual(ids.toSorted());
    expect(await list(`category=${encodeURIComponent('茶')}`)).toHaveLength(8);
    expect(await list(`category=${encodeURIComponent('茶具')}`)).toEqual(['p0', 'p3', 'p6', 'p9']);
    expect((await api.ask('GET', '/v1/products?cursor=AAAA')).status).toBe(400);
    expect((await api.ask('GET', '/v1/products?category=/')).status).toBe(400);
  });
});

describe('many at once', () => {
  test('are put each by itself, and answered in order', async () => {
    const api = openApi();
    await put(api, 'dongding');
    const { body, status } = await batch(api, [
      { id: 'dongding', ...TEA, consumable: true },
      { id: 'thief', ...TEA },
      { id: 'pot', title: { en: 'Pot' }, variants: [{ skuId: 'p' }] },
      { id: 'future', title: { en: 'F' }, variants: [{ skuId: 'p', stock: 1, stockAt: '2027-01-01T00:00:00Z' }] },
    ]);
    expect(status).toBe(200);
    expect(body).toEqual({
      results: [
        { index: 0, id: 'dongding', outcome: 'changed', revision: 2 },
        {
          index: 1,
          id: 'thief',
          outcome: 'refused',
          code: 'listing_taken',
          message: expect.stringContaining('dongding'),
        },
        { index: 2, id: 'pot', outcome: 'created', revision: 1 },
        { index: 3, id: 'future', outcome: 'refused', code: 'in_future', message: expect.any(String) },
      ],
    });
    const again = await batch(api, [{ id: 'pot', title: { en: 'Pot' }, variants: [{ skuId: 'p' }] }]);
    expect(again.body).toEqual({ results: [{ index: 0, id: 'pot', outcome: 'unchanged', revision: 1 }] });
  });

  test('are done once under a key', async () => {
    const api = openApi();
    const products = [{ id: 'pot', title: { en: 'Pot' }, variants: [{ skuId: 'p' }] }];
    const first = await batch(api, products, { 'idempotency-key': 'k' });
    const second = await batch(api, products, { 'idempotency-key': 'k' });
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  test.each([
    [[], '/products'],
    [Array.from({ length: 101 }, (_, index) => ({ id: `p${index}`, ...TEA, listings: [] })), '/products'],
    [
      [
        { id: 'a', ...TEA },
        { id: 'a', ...TEA },
      ],
      '/products',
    ],
    [
      [
        { id: 'a', ...TEA },
        { id: ' ', ...TEA },
      ],
      '/products/1/id',
    ],
    [[{ ...TEA }], '/products/0/id'],
  ])('are refused as a whole where one has no form', async (products, at) => {
    expect(await batch(openApi(), products)).toMatchObject({ status: 400, body: { problems: [{ at }] } });
  });
});

describe('stock', () => {
  test('is taken where it is later, by id or by listing, and tells what is back', async () => {
    const api = openApi();
    await put(api, 'dongding');
    const at = '2026-11-25T08:30:00.000Z';
    const listing = { channel: 'shopify', connection: 'my-shop', productId: '7001', skuId: '1' };
    const { body } = await stock(api, [
      { productId: 'dongding', skuId: 'DD-100', stock: 3, at },
      { listing, skuId: 'DD-250', stock: 8, at },
      { productId: 'dongding', skuId: 'none', stock: 1, at },
      { productId: 'none', skuId: 'a', stock: null, at },
      { productId: 'dongding', skuId: 'DD-100', stock: 1, at: '2026-12-25T08:30:00.000Z' },
    ]);
    expect(body).toEqual({
      results: [
        { index: 0, outcome: 'known', productId: 'dongding' },
        { index: 1, outcome: 'put', productId: 'dongding', back: true },
        { index: 2, outcome: 'refused', code: 'sku_not_found', message: expect.any(String) },
        { index: 3, outcome: 'refused', code: 'product_not_found', message: expect.any(String) },
        { index: 4, outcome: 'refused', code: 'in_future', message: expect.any(String) },
      ],
    });
    expect((await get(api, 'dongding')).body).toMatchObject({ revision: 1, variants: [{ stock: 40 }, { stock: 8 }] });
    expect(api.sent.restocks).toEqual([{ restocked: { product: 'dongding', at } }]);
  });

  test.each([
    [{ skuId: 'a', stock: 1, at: '2026-11-25T08:30:00Z' }, '/updates/0'],
    [{ productId: 'p', skuId: 'a', stock: 1.5, at: '2026-11-25T08:30:00Z' }, '/updates/0/stock'],
    [{ productId: 'p', skuId: 'a', stock: 1, at: 'now' }, '/updates/0/at'],
    [{ productId: 'p', skuId: 'a', at: '2026-11-25T08:30:00Z' }, '/updates/0/stock'],
  ])('of no form is refused: %j', async (update, at) => {
    expect(await stock(openApi(), [update])).toMatchObject({ status: 400, body: { problems: [{ at }] } });
  });
});

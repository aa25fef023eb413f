/** Edits of the catalogue and words about stock, in any order, with others between. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CatalogueRow, writeCatalogue } from '../../shared/catalogue/catalogue-file.ts';
import { productDirectory } from '../../shared/catalogue/directory.ts';
import * as manage from '../../shared/catalogue/manage.ts';
import { isSoldIn, ProductDraft, ProductId } from '../../shared/catalogue/product.ts';
import { asInstant, backInStock, isLater, type Stock } from '../../shared/catalogue/stock.ts';
import type { RestockMessage } from '../../shared/queues/messages.ts';
import { Conflict } from '../../shared/runtime/errors.ts';
import { instant } from '../../shared/time/instant.ts';
import { memoryCatalogueFiles, memoryProducts } from '../simulation/models/products.ts';

const NOW = Date.parse('2026-11-25T09:00:00.000Z');
const draft = (more: object = {}) =>
  ProductDraft.parse({ title: { zh: '茶' }, variants: [{ skuId: 'a' }, { skuId: 'b' }], ...more });
const listing = (productId: string) => ({ channel: 'shopify', connection: 'shop', productId });

function open() {
  const products = memoryProducts();
  let nowMs = NOW;
  const told: RestockMessage[] = [];
  const restocks = { send: async (message: RestockMessage) => void told.push(message) };
  const its = { products, restocks, clock: () => new Date(nowMs++) };
  const put = (id: string, more: object = {}) => manage.putProduct({ id, draft: draft(more), by: 'a marketer' }, its);
  const say = (id: string, skuId: string, count: number | null, at: string) =>
    manage.putStocks([{ productId: id, skuId, stock: { count, at: asInstant(at) } }], its);
  const stockOf = async (id: string) =>
    (await manage.getProduct(id, its))?.variants.map(({ skuId, stock }) => `${skuId} ${stock ?? '-'}`);
  return { its, products, put, say, stockOf, told: () => told.map(({ restocked }) => restocked) };
}

describe('a product that is put', () => {
  test('is made, changed, or left as it is where nothing is new', async () => {
    const { put, its } = open();
    expect(await put('tea')).toMatchObject({ kind: 'created', product: { id: 'tea', revision: 1, by: 'a marketer' } });
    expect(await put('tea')).toMatchObject({ kind: 'unchanged', product: { revision: 1 } });
    expect(await put('tea', { excluded: true })).toMatchObject({ kind: 'changed', product: { revision: 2 } });
    expect(await manage.getProduct('tea', its)).toMatchObject({ excluded: true, revision: 2 });
  });

  test('keeps the stock that is known, unless it says one of a later time', async () => {
    const { put, say, stockOf } = open();
    await put('tea', {
      variants: [
        { skuId: 'a', stock: 5 },
        { skuId: 'b', stock: 1, stockAt: '2026-11-20T00:00:00Z' },
      ],
    });
    await say('tea', 'b', 7, '2026-11-21T00:00:00Z');
    expect(await stockOf('tea')).toEqual(['a 5', 'b 7']);
    // As it was got before the stock moved, and put again for its title.
    await put('tea', {
      title: { zh: '好茶' },
      variants: [{ skuId: 'a' }, { skuId: 'b', stock: 1, stockAt: '2026-11-20T00:00:00Z' }],
    });
    expect(await stockOf('tea')).toEqual(['a 5', 'b 7']);
    await put('tea', {
      variants: [
        { skuId: 'a', stock: null },
        { skuId: 'b', stock: 0 },
      ],
    });
    expect(await stockOf('tea')).toEqual(['a -', 'b 0']);
  });

  test('forgets the stock of a variant that it has no more', async () => {
    const { put, stockOf } = open();
    await put('tea', { variants: [{ skuId: 'a', stock: 5 }] });
    await put('tea', { variants: [{ skuId: 'b' }] });
    await put('tea', { variants: [{ skuId: 'a' }] });
    expect(await stockOf('tea')).toEqual(['a -']);
  });

  test('comes through though others change it, and looks each time whether it may', async () => {
    const { its, products, put } = open();
    await put('tea');
    const { putProduct } = products;
    let others = 0;
    products.putProduct = async (product, seen) => {
      if (others++ < 3 && seen) await putProduct({ ...seen, revision: seen.revision + 1 }, seen);
      return putProduct(product, seen);
    };
    const seen: (number | undefined)[] = [];
    const check = (known?: { readonly revision: number }) => void seen.push(known?.revision);
    expect(await manage.putProduct({ id: 'tea', draft: draft({ excluded: true }), by: 'x', check }, its)).toMatchObject(
      { kind: 'changed', product: { revision: 5 } },
    );
    expect(seen).toEqual([1, 2, 3, 4]);
    others = Number.NEGATIVE_INFINITY;
    await expect(put('tea', { consumable: true })).rejects.toThrow(Conflict);
  });

  test('dies between product and stock, and put again has both', async () => {
    const { products, put, stockOf } = open();
    const { putStock } = products;
    products.putStock = async () => {
      throw new Error('gone');
    };
    await expect(put('tea', { variants: [{ skuId: 'a', stock: 5 }] })).rejects.toThrow('gone');
    products.putStock = putStock;
    expect(await put('tea', { variants: [{ skuId: 'a', stock: 5 }] })).toMatchObject({ kind: 'unchanged' });
    expect(await stockOf('tea')).toEqual(['a 5']);
  });

  test('takes no listing of another; of one request, both may change places', async () => {
    const { its, put } = open();
    await put('one', { listings: [listing('1')] });
    await put('two', { listings: [listing('2')] });
    expect(await put('three', { listings: [listing('1')] })).toMatchObject({
      kind: 'refused',
      code: 'listing_taken',
      message: 'Listing shopify/shop/1 is that of product one. Take it from there first.',
    });
    const by = 'x';
    const puts = [
      { id: 'three', draft: draft({ listings: [listing('1')] }), by },
      { id: 'one', draft: draft({ listings: [listing('3')] }), by },
    ];
    expect((await manage.putProducts(puts, its)).map(({ kind }) => kind)).toEqual(['created', 'changed']);
    expect(await its.products.findListing(listing('1'))).toBe('three');
  });
});

describe('words about stock', () => {
  const word = fc.record({
    sku: fc.constantFrom('a', 'b'),
    count: fc.option(fc.integer({ min: 0, max: 3 }), { nil: null }),
    minute: fc.integer({ min: 0, max: 3 }),
  });
  test('come to the same in any order, however often, alone or many at once', async () => {
    const property = fc.asyncProperty(
      fc
        .array(word, { maxLength: 8 })
        .chain((words) =>
          fc.tuple(
            fc.constant(words),
            fc.shuffledSubarray([...words, ...words], { minLength: words.length * 2, maxLength: words.length * 2 }),
          ),
        ),
      async ([words, mixed]) => {
        const [first, second] = [open(), open()];
        for (const { its } of [first, second]) await manage.putProduct({ id: 'tea', draft: draft(), by: 'x' }, its);
        const updates = (all: typeof words) =>
          all.map(({ sku, count, minute }) => ({
            productId: 'tea',
            skuId: sku,
            stock: { count, at: instant(NOW - minute * 60_000) },
          }));
        for (const update of updates(words)) await manage.putStocks([update], first.its);
        await manage.putStocks(updates(mixed), second.its);
        expect(await second.stockOf('tea')).toEqual(await first.stockOf('tea'));
      },
    );
    await fc.assert(property);
  });

  test('there is always one that is later, or they are the same', () => {
    const stock = word.map(({ count, minute }): Stock => ({ count, at: instant(NOW + minute) }));
    const property = fc.property(stock, stock, (a, b) => {
      const isSame = a.at === b.at && a.count === b.count;
      expect([isLater(a, b), isLater(b, a)].filter(Boolean)).toHaveLength(isSame ? 0 : 1);
      expect(isLater(a, undefined)).toBe(true);
    });
    fc.assert(property);
  });

  test('are refused of what there is not, and of the future; by listing they find the product', async () => {
    const { its, put } = open();
    await put('tea', { listings: [listing('1')] });
    const stock = { count: 1, at: instant(NOW) };
    const outcomes = await manage.putStocks(
      [
        { productId: 'pot', skuId: 'a', stock },
        { productId: 'tea', skuId: 'z', stock },
        { productId: 'tea', skuId: 'a', stock: { count: 1, at: instant(NOW + 3_600_000) } },
        { listing: listing('2'), skuId: 'a', stock },
        { listing: { ...listing('1'), skuId: 'any' }, skuId: 'a', stock },
      ],
      its,
    );
    expect(outcomes).toMatchObject([
      { kind: 'refused', code: 'product_not_found' },
      { kind: 'refused', code: 'sku_not_found' },
      { kind: 'refused', code: 'in_future' },
      { kind: 'refused', code: 'product_not_found' },
      { kind: 'put', productId: 'tea', isBack: false },
    ]);
    const late = { productId: 'tea', skuId: 'a', stock: { count: 1, at: instant(NOW - 1) } };
    expect(await manage.putStocks([late], its)).toEqual([{ kind: 'known', productId: 'tea' }]);
  });

  test('tell that a variant is back', async () => {
    const { put, say } = open();
    await put('tea');
    await say('tea', 'a', 0, '2026-11-24T00:00:00Z');
    expect(await say('tea', 'a', 3, '2026-11-24T01:00:00Z')).toMatchObject([{ kind: 'put', isBack: true }]);
    expect(await say('tea', 'a', 4, '2026-11-24T02:00:00Z')).toMatchObject([{ kind: 'put', isBack: false }]);
  });
});

describe('that a product is back is told', () => {
  const at = (minute: number) => instant(NOW - 3_600_000 + minute * 60_000);
  const word = (skuId: string, stock: number | null, minute: number) => ({
    productId: 'tea',
    skuId,
    stock: { count: stock, at: at(minute) },
  });

  test('once for all variants of a request, by the latest; and not for a word that is late or comes again', async () => {
    const { its, put, told } = open();
    await put('tea');
    await manage.putStocks([word('a', 0, 0), word('b', 0, 0)], its);
    const back = [word('a', 3, 5), word('b', null, 7)];
    await manage.putStocks(back, its);
    await manage.putStocks(back, its);
    await manage.putStocks([word('a', 9, 2), word('b', 1, 9)], its);
    expect(told()).toEqual([{ product: 'tea', at: at(7) }]);
  });

  test('where a product is put with its stock, too', async () => {
    const { put, told } = open();
    const withStock = (stock: number, minute: number, more: object = {}) =>
      put('tea', { variants: [{ skuId: 'a', stock, stockAt: at(minute) }], ...more });
    await withStock(0, 0);
    await withStock(5, 1);
    await withStock(5, 1);
    await withStock(0, 2);
    await withStock(5, 3, { excluded: true });
    expect(told()).toEqual([{ product: 'tea', at: at(1) }]);
  });

  test('whatever comes in whatever order, with no time twice', async () => {
    const words = fc.array(fc.tuple(fc.constantFrom(0, 0, 2), fc.nat(9)), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(words, async (all) => {
        const { its, put, told } = open();
        await put('tea');
        for (const [count, minute] of [...all, ...all]) await manage.putStocks([word('a', count, minute)], its);
        const times = told().map((one) => one.at);
        expect(times).toEqual([...new Set(times)].sort());
      }),
    );
  });
});

test('functions look products up once a minute, by id or by line', async () => {
  const { products, put, say } = open();
  await put('tea', { listings: [listing('1')] });
  let reads = 0;
  const { getProduct } = products;
  products.getProduct = (id) => {
    reads++;
    return getProduct(id);
  };
  let nowMs = NOW;
  const directory = productDirectory(products, () => new Date(nowMs));
  expect(await directory.findByLine({ ...listing('1'), skuId: '9' })).toMatchObject({ id: 'tea' });
  expect(await directory.find('tea')).toMatchObject({ id: 'tea' });
  expect(await directory.findByLine(listing('2'))).toBeUndefined();
  expect(reads).toBe(1);
  await say('tea', 'a', 3, '2026-11-24T00:00:00Z');
  nowMs += 60_000;
  expect((await directory.find('tea'))?.variants[0]).toMatchObject({ skuId: 'a', stock: 3 });
});

test('what is back in stock: what could not be bought, and now can', () => {
  const of = (...stocks: readonly (readonly [string, number | undefined])[]) => ({
    variants: stocks.map(([skuId, stock]) => ({ skuId, ...(stock !== undefined && { stock }) })),
  });
  const before = of(['back', 0], ['gone', 3], ['still', 0], ['free', 0], ['dropped', 0], ['there', 1]);
  const after = of(['back', 2], ['gone', 0], ['still', 0], ['free', undefined], ['there', 9], ['new', 5]);
  expect(backInStock(before, after)).toEqual(['back', 'free']);
  expect(backInStock(before, { ...after, excluded: true })).toEqual([]);
});

test.each([
  [undefined, 'CN/广东省', true],
  [['US'], undefined, true],
  [['CN'], 'CN/广东省', true],
  [['CN/广东省'], 'CN/广东', true],
  [['CN/广东省'], 'CN', false],
  [['CN/广西壮族自治区'], 'CN/广西', true],
  [['CN/北京市', 'US'], 'CN/上海市', false],
  [['CN/北京市', 'US'], 'US/Washington', true],
])('sold in %j: in %s %s', (regions, region, expected) => {
  expect(isSoldIn(regions ? { regions } : {}, region)).toBe(expected);
});

test.each([['商品 1'], ['a/b'], ['x'.repeat(128)], ['🍵']])('%j is an id', (id) => {
  expect(ProductId.safeParse(id).success).toBe(true);
});
test.each([[''], [' a'], ['a\n'], ['a?b'], ['a%2F'], ['..'], ['__proto__'], ['x'.repeat(129)], ['\ud83c']])(
  '%j is none',
  (id) => {
    expect(ProductId.safeParse(id).success).toBe(false);
  },
);

test('the file has a line for each product, and none of who changed it', async () => {
  const { products, put } = open();
  for (let index = 0; index < 30; index++)
    await put(
      `p${index}`,
      index === 7
        ? { listings: [listing('1')], variants: [{ skuId: 'a', stock: 2, price: { amount: 5, currency: 'CNY' } }] }
        : {},
    );
  const files = memoryCatalogueFiles();
  expect(await writeCatalogue(products, files)).toEqual({ products: 30 });
  const rows: CatalogueRow[] = files
    .read()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows.map(({ id }) => id).sort()).toEqual(Array.from({ length: 30 }, (_, index) => `p${index}`).sort());
  expect(rows.find(({ id }) => id === 'p7')).toEqual({
    id: 'p7',
    revision: 1,
    title_zh: '茶',
    variants: [{ sku_id: 'a', price: 5, currency: 'CNY', stock: 2 }],
    listings: [{ channel: 'shopify', connection: 'shop', product_id: '1' }],
    accessory_of: [],
    upgrade_of: [],
    consumable: false,
    excluded: false,
  });
  expect(files.read()).not.toContain('a marketer');
});

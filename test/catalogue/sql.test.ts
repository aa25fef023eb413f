/** The catalogue and what orders name, as one table of products. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeCatalogue } from '../../shared/catalogue/catalogue-file.ts';
import { putProduct } from '../../shared/catalogue/manage.ts';
import { ProductDraft } from '../../shared/catalogue/product.ts';
import { CATALOGUE_VIEWS, catalogueView } from '../../shared/catalogue/sql.ts';
import { compactLines } from '../../shared/lines/compact.ts';
import { monthFile } from '../../shared/lines/layout.ts';
import type { LineRow } from '../../shared/lines/rows.ts';
import { quoted } from '../../shared/snapshots/duckdb.ts';
import { type Lab, openLab, recorded } from '../lines/lab.ts';
import { memoryCatalogueFiles, memoryProducts } from '../simulation/models/products.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

async function open(drafts: Readonly<Record<string, unknown>>, rows: readonly LineRow[]): Promise<void> {
  const products = memoryProducts();
  const its = {
    products,
    restocks: { send: async () => undefined },
    clock: () => new Date('2026-11-25T00:00:00.000Z'),
  };
  for (const [id, draft] of Object.entries(drafts))
    await putProduct({ id, draft: ProductDraft.parse(draft), by: 'a marketer' }, its);
  const files = memoryCatalogueFiles();
  expect(await writeCatalogue(products, files)).toEqual({ products: Object.keys(drafts).length });
  const [folder, next] = [await lab.folder(), await lab.folder()];
  const file = path.join(folder, 'products.ndjson.gz');
  await writeFile(file, gzipSync(files.read()));
  await lab.db.run(catalogueView(Object.keys(drafts).length > 0 ? file : undefined));
  await compactLines(lab.db, { monthBefore: async () => undefined, rows: await lab.rowFiles([rows]), next });
  await lab.db.run(
    `CREATE OR REPLACE TEMP VIEW lines AS SELECT * FROM read_parquet(${quoted(path.join(next, monthFile(202611)))})`,
  );
  for (const view of CATALOGUE_VIEWS) await lab.db.run(view);
}
const ask = async (sql: string) => (await lab.db.runAndReadAll(sql)).getRowObjectsJson();

const TEA = {
  title: { zh: '冻顶乌龙', en: 'Dongding' },
  categoryPath: '茶/乌龙茶',
  variants: [
    { skuId: 'small', price: { amount: 100, currency: 'CNY' }, stock: 0 },
    { skuId: 'large', price: { amount: 250, currency: 'CNY' }, stock: 3 },
    { skuId: 'huge', price: { amount: 900, currency: 'CNY' } },
  ],
  listings: [
    { channel: 'shopify', connection: 'shop', productId: '7001' },
    { channel: 'square', connection: 'tills', productId: 'CAT1' },
  ],
  accessoryOf: ['teapot'],
};

test('products of the catalogue, and those that only orders name', async () => {
  await open(
    { dongding: TEA, 'sold-out': { title: { en: 'Pot' }, variants: [{ skuId: 'p', stock: 0 }], excluded: true } },
    [
      ...recorded('1', 1, {
        lines: [
          { product_id: '7001', sku_id: 'x' },
          { product_id: '7002', title: 'old', unit_price: 5 },
        ],
      }),
      ...recorded('2', 1, {
        at: '2026-11-06T00:00:00.000Z',
        lines: [{ product_id: '7002', sku_id: 's9', title: 'new', unit_price: 7, category_path: '茶具' }],
      }),
      ...recorded('3', 1, { lines: [{ sku_id: 'CAT1' }], channel: 'square', connection: 'tills' }),
      ...recorded('4', 1, { lines: [{ sku_id: 'CAT2', title: 'mug' }], channel: 'square', connection: 'tills' }),
      // None of these is a product: a gift card, what counts nowhere, what has no name.
      ...recorded('5', 1, { lines: [{ product_id: 'card', gift_card: true }, { title: 'nameless' }] }),
      ...recorded('6', 1, { lines: [{ product_id: 'tested' }], counts: false }),
    ],
  );
  expect(
    await ask(
      'SELECT id, title, category_path, price, currency, skus, in_stock, excluded, sold_by, derived FROM products ORDER BY id',
    ),
  ).toEqual([
    {
      id: 'dongding',
      title: '冻顶乌龙',
      category_path: '茶/乌龙茶',
      // The cheapest that there is.
      price: '250',
      currency: 'CNY',
      skus: ['large', 'huge'],
      in_stock: true,
      excluded: false,
      sold_by: ['shopify/shop', 'square/tills'],
      derived: false,
    },
    {
      id: 'shopify/shop/7002',
      title: 'new',
      category_path: '茶具',
      price: '7',
      currency: 'CNY',
      skus: ['s9'],
      in_stock: true,
      excluded: false,
      sold_by: ['shopify/shop'],
      derived: true,
    },
    {
      id: 'sold-out',
      title: 'Pot',
      category_path: null,
      price: null,
      currency: null,
      skus: [],
      in_stock: false,
      excluded: true,
      sold_by: [],
      derived: false,
    },
    expect.objectContaining({ id: 'square/tills/CAT2', title: 'mug', derived: true }),
  ]);
  expect(await ask("SELECT count(*) AS lines FROM listed_lines WHERE product = 'dongding'")).toEqual([{ lines: '2' }]);
});

test('a listing of a SKU comes before that of its product', async () => {
  const one = (productId: string, skuId?: string) => ({
    channel: 'shopify',
    connection: 'shop',
    productId,
    ...(skuId && { skuId }),
  });
  const variants = [{ skuId: 'v' }];
  await open(
    {
      green: { title: { en: 'green' }, variants, listings: [one('7001', 'g')] },
      any: { title: { en: 'any' }, variants, listings: [one('7001')] },
    },
    recorded('1', 1, {
      lines: [{ product_id: '7001', sku_id: 'g' }, { product_id: '7001', sku_id: 'b' }, { product_id: '7001' }],
    }),
  );
  expect(await ask('SELECT line_no, product FROM listed_lines ORDER BY 1')).toEqual([
    { line_no: 0, product: 'green' },
    { line_no: 1, product: 'any' },
    { line_no: 2, product: 'any' },
  ]);
});

test('without a catalogue all are derived, and the same each time', async () => {
  const rows = recorded('1', 1, {
    lines: [
      { product_id: '1', title: 'a' },
      { product_id: '1', title: 'b' },
    ],
  });
  await open({}, rows);
  expect(await ask('SELECT id, title FROM products')).toEqual([{ id: 'shopify/shop/1', title: 'b' }]);
});

/** CSV files → products, exactly, and what is said of those that are wrong. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMoney } from '../../cli/catalogue-csv/cells.ts';
import { COLUMNS, type Problem } from '../../cli/catalogue-csv/columns.ts';
import { type Found, type ReadOptions, readProducts } from '../../cli/catalogue-csv/read-products.ts';
import { openSource } from '../../cli/catalogue-csv/source.ts';
import { readTable } from '../../cli/catalogue-csv/table.ts';
import { formatMoney } from '../../cli/output.ts';
import { ProductDraft, ProductId } from '../../shared/catalogue/product.ts';
import { minorDigits } from '../../shared/money/currency.ts';

async function* inChunks(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function read(text: string | Uint8Array, options?: ReadOptions, size?: number) {
  const found: Found[] = [];
  for await (const one of readProducts(readTable(inChunks(text, size), 'f.csv'), options)) found.push(one);
  const problems = found.flatMap((one) => (one.kind === 'problem' ? [one.problem] : []));
  const products = found.flatMap((one) => (one.kind === 'product' ? [{ id: one.id, ...one.draft }] : []));
  return { problems, products };
}

const TEA = {
  id: 'dongding',
  title: { zh: '冻顶乌龙' },
  categoryPath: '茶/乌龙茶',
  variants: [
    { skuId: 'DD-100', title: '100g', price: { amount: 12_800, currency: 'CNY' }, stock: 40 },
    { skuId: 'DD-250', title: '250g', price: { amount: 29_990, currency: 'CNY' }, stock: 0 },
  ],
  listings: [{ channel: 'douyin', connection: 'live', productId: '37001' }],
};

describe('a file', () => {
  test('has a row for each variant, under Chinese names or ours, in any order', async () => {
    const chinese = `商品编号,标题,类目,规格编号,规格,价格,币种,库存,渠道商品：douyin/live
dongding,冻顶乌龙,茶/乌龙茶,DD-100,100g,128,CNY,40,37001
dongding,,,DD-250,250g,299.90,cny,0,37001
`;
    expect(await read(chinese)).toEqual({ problems: [], products: [TEA] });
    const ours = `price,sku,id,listing:douyin/live,Title-ZH,stock,sku_title,Category\n128.00,DD-100,dongding,37001,冻顶乌龙,40,100g,茶/乌龙茶\n299.9,DD-250,dongding,,,0,250g,\n`;
    expect(await read(ours, { currency: 'CNY' })).toEqual({ problems: [], products: [TEA] });
  });

  test.each([
    ['a BOM and Windows’ line ends', (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`],
    ['semicolons', (text: string) => text.replaceAll(',', ';')],
    ['tabs', (text: string) => text.replaceAll(',', '\t')],
    ['empty lines and spaces', (text: string) => `${text.replaceAll('\n', ' \n\n').replaceAll(',', ' , ')}\n,,,\n`],
    ['quotes', (text: string) => text.replace(/[^,\n]+/g, '"$&"')],
  ])('may have %s', async (_, change) => {
    const text = 'id,title,sku,stock\ntea,Tea,a,1\ntea,,b,-\n';
    const expected = {
      id: 'tea',
      title: { en: 'Tea' },
      variants: [
        { skuId: 'a', stock: 1 },
        { skuId: 'b', stock: null },
      ],
      listings: [],
    };
    expect(await read(change(text))).toEqual({ problems: [], products: [expected] });
  });

  test('says all that a product has', async () => {
    const text = stringify([
      ['id', 'titleZh', 'titleEn', 'category', 'url', 'imageUrl', '地区', 'accessoryOf', 'upgradeOf', '消耗品', '不推荐', '上架时间', '下架时间', 'sku', 'price', 'compareAt', 'currency', 'stock', 'stockAt', 'listing:shopify/my-shop', 'listingSku:shopify/my-shop'],
      ['壶/1', '壶 "大", 新', 'Pot', '茶具', 'https://shop.example/pot', 'https://shop.example/pot.jpg', 'CN/广东省；US', 'a|b', 'c', '是', 'no', '2026-11-25', '2026-12-01T00:00:00+08:00', 's', '1280', '1500', 'JPY', '3', '2026-11-24T08:00:00Z', '7', '8'],
    ]); // biome-ignore format: a table
    expect(await read(text)).toEqual({
      problems: [],
      products: [
        {
          id: '壶/1',
          title: { zh: '壶 "大", 新', en: 'Pot' },
          categoryPath: '茶具',
          url: 'https://shop.example/pot',
          imageUrl: 'https://shop.example/pot.jpg',
          regions: ['CN/广东省', 'US'],
          accessoryOf: ['a', 'b'],
          upgradeOf: ['c'],
          consumable: true,
          excluded: false,
          availableFrom: '2026-11-25T00:00:00.000Z',
          availableUntil: '2026-11-30T16:00:00.000Z',
          variants: [
            {
              skuId: 's',
              price: { amount: 1280, currency: 'JPY' },
              compareAt: { amount: 1500, currency: 'JPY' },
              stock: 3,
              stockAt: '2026-11-24T08:00:00.000Z',
            },
          ],
          listings: [{ channel: 'shopify', connection: 'my-shop', productId: '7', skuId: '8' }],
        },
      ],
    });
  });

  test('whose ids are those of a shop’s products is listed there', async () => {
    const listing = { channel: 'shopify', connection: 'my-shop' };
    const { products } = await read('id,title,sku\n7001,Tea,a\n', { listing });
    expect(products[0]?.listings).toEqual([{ ...listing, productId: '7001' }]);
  });
});

describe('money', () => {
  test('is exact to the minor unit, in every currency', () => {
    const property = fc.property(
      fc.integer({ min: 0, max: 9_999_999_999_999 }),
      fc.constantFrom('CNY', 'USD', 'JPY', 'KWD', 'CLF'),
      (minor, currency) => {
        const [text = ''] = formatMoney(minor, currency).split(' ');
        expect(readMoney(text, currency)).toEqual({ value: minor });
      },
    );
    fc.assert(property);
  });

  test.each([
    ['0.1', 'CNY', 10],
    ['1', 'KWD', 1000],
    ['12.500', 'CNY', 1250],
    ['100.00', 'JPY', 100],
  ])('%s %s is %i', (text, currency, minor) => {
    expect(readMoney(text, currency)).toEqual({ value: minor });
    expect(minorDigits(currency)).toBeLessThanOrEqual(3);
  });

  test.each(['12.505', '-1', '+1', '1,280.00', '¥128', '128元', '1e3', '.5', '5.', '１２８', '99999999999999999', ''])(
    '%j is none, and not rounded to any',
    (text) => {
      expect(readMoney(text, 'CNY')).toEqual({ wrong: expect.any(String) });
    },
  );
});

const say = ({ line, column, message }: Problem) => [line, column, message];

describe('what is wrong', () => {
  test('is said by line and column, with what may stand there; the rest is read', async () => {
    const { problems, products } = await read(
      `商品编号,标题,规格编号,价格,币种,库存,消耗品,类目
good,好,g,1.00,CNY,1,否,茶
tea,茶,a,12.505,CNY,1.5,maybe,茶//绿
"te
a",茶,b,5,人民币,-3,,
6.9012E+12,茶,c,1,CNY,1,,
,茶,d,1,CNY,1,,
pot,,e,1,,1,,
short,x
`,
      {},
    );
    expect(products.map(({ id }) => id)).toEqual(['good']);
    const told = problems.toSorted((one, other) => one.line - other.line).map(say);
    expect(told).toEqual([
      [3, '价格', '12.505 has more places than CNY has (2).'],
      [3, '库存', '1.5 is no count.'],
      [3, '消耗品', 'maybe is neither yes nor no.'],
      [4, '币种', '人民币 is no currency. Write CNY.'],
      [4, '库存', '-3 is less than nothing.'],
      [4, '商品编号', 'te\na is no id.'],
      [6, '商品编号', expect.stringContaining('a spreadsheet rounded it')],
      [7, '商品编号', 'It is empty.'],
      [8, '价格', 'Nothing says in which currency.'],
      [9, undefined, 'The row has 2 cells, and the first line 8.'],
    ]);
    for (const { column, valid } of problems) if (column !== undefined) expect(valid).toMatch(/\S{2}/);
  });

  test.each<[string, string, (string | number | undefined)[]]>([
    ['a column that nobody knows', 'id,title,sku,prize\n', [1, 'prize', 'There is no column prize. Did you mean price?']],
    ['a column twice', '商品编号,id,标题,sku\n', [1, 'id', 'There is another column for the same.']],
    ['no column for the sku', 'id,title\n', [1, undefined, 'The first line has no column for the sku.']],
    ['a category', 'id,title,sku,category\na,A,s,a//b\n', [2, 'category', 'Names parted by slashes, at most 8 of them: 茶/乌龙茶.']],
    ['no title', 'id,title,sku\na,,s\n', [2, undefined, 'Product a has no title.']],
    ['a SKU twice', 'id,title,sku\na,A,s\na,,s\n', [2, 'sku', 'Product a has a SKU twice.']],
    ['rows that contradict each other', 'id,title,sku\na,A,s\na,B,t\n', [3, 'title', 'It says B, and line 2 of the same product says A.']],
    ['rows of a product that lie apart', 'id,title,sku\na,A,s\nb,B,s\na,A,t\n', [4, 'id', 'Rows of product a came before, and others between: put them one after the other.']],
    ['a day that there is not', 'id,title,sku,availableFrom\na,A,s,2026-02-30\n', [2, 'availableFrom', '2026-02-30 is no time.']],
    ['an end before its beginning', 'id,title,sku,availableFrom,availableUntil\na,A,s,2026-02-03,2026-02-02\n', [2, 'availableUntil', 'After availableFrom.']],
    ['an address', 'id,title,sku,url\na,A,s,javascript:x\n', [2, 'url', 'Invalid URL.']],
    ['a region', 'id,title,sku,regions\na,A,s,China\n', [2, 'regions', 'An ISO country, or CN/ and a province.']],
    ['a title with a line’s end', 'id,标题,sku\na,"A\nB",s\n', [2, '标题', 'No control characters.']],
    ['time without stock', 'id,title,sku,stockAt\na,A,s,2026-02-03\n', [2, 'stockAt', 'Only with stock.']],
    ['a SKU of a listing without its product', 'id,title,sku,listing:a/b,listingSku:a/b\na,A,s,,7\n', [2, 'listingSku:a/b', 'The row does not say of which product of the platform.']],
  ])('%s', async (_, text, expected) => {
    const { problems, products } = await read(text, {}, 1000);
    expect(problems.map(say)).toEqual([expected]);
    expect(products.map(({ id }) => id).filter((id) => id === 'a' && text.split('\na,').length < 3)).toEqual([]);
  }); // biome-ignore format: a table

  test.each([
    [
      'GBK',
      Buffer.from([0xc9, 0xcc, 0xc6, 0xb7, 0xb1, 0xe0, 0xba, 0xc5, 0x0a]),
      /not UTF-8 \(line 1\): it looks like GBK.*另存为/,
    ],
    ['UTF-16', Buffer.from('\uFEFFid,sku', 'utf16le'), /UTF-16/],
    ['Latin 1, on a later line', Buffer.from('id,title,sku\na,th\xe9 ,s\n', 'latin1'), /line 2/],
    ['an open quote', Buffer.from('id,title,sku\na,"A,s\n'), /line \d+: a quote \("\) is not closed/],
    ['a quote within a cell', Buffer.from('id,title,sku\na,5" pot,s\n'), /line 2: a quote \("\) stands within a cell/],
  ])('%s is refused, and how to do it better is said', async (_, bytes, message) => {
    await expect(read(bytes, {}, 1000)).rejects.toThrow(message);
  });
});

const id = fc
  .stringMatching(/^[A-Za-z0-9商品 "',;_./-]{1,20}$/)
  .filter((text) => text.trim() === text && ProductId.safeParse(text).success);
const text = fc
  .stringMatching(/^[A-Za-z0-9茶壶"',;\n #=-]{1,40}$/)
  .filter((it) => it.trim() === it && it !== '' && !it.includes('\n'));
const plainId = id.filter((it) => !/[;|]/.test(it));
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const product = fc.record({
  id,
  zh: text,
  en: maybe(text),
  category: maybe(fc.constantFrom('茶', '茶/乌龙茶', 'a/b/c')),
  accessoryOf: maybe(fc.uniqueArray(plainId, { minLength: 1, maxLength: 3 })),
  consumable: maybe(fc.boolean()),
  variants: fc.uniqueArray(
    fc.record({
      skuId: id,
      title: maybe(text),
      price: maybe(
        fc.record({ amount: fc.integer({ min: 0, max: 1e12 }), currency: fc.constantFrom('CNY', 'JPY', 'KWD') }),
      ),
      stock: maybe(fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: null })),
    }),
    { minLength: 1, maxLength: 4, selector: ({ skuId }) => skuId },
  ),
});

test('products written as CSV are read as they were', async () => {
  const names = [
    'id',
    'titleZh',
    'titleEn',
    'category',
    'accessoryOf',
    'consumable',
    'sku',
    'skuTitle',
    'price',
    'currency',
    'stock',
  ] as const;
  const property = fc.asyncProperty(
    fc.uniqueArray(product, { minLength: 1, maxLength: 5, selector: (one) => one.id }),
    fc.boolean(),
    fc.integer({ min: 1, max: 50 }),
    async (products, isChinese, size) => {
      const rows = products.flatMap((one) =>
        one.variants.map(({ skuId, title, price, stock }) => [
          one.id,
          one.zh,
          one.en,
          one.category,
          one.accessoryOf?.join('|'),
          one.consumable === undefined ? '' : one.consumable ? '是' : 'no',
          skuId,
          title,
          price && formatMoney(price.amount, price.currency).split(' ')[0],
          price?.currency,
          stock === undefined ? '' : (stock ?? '-'),
        ]),
      );
      const header = names.map((name) => COLUMNS[name].names[isChinese ? COLUMNS[name].names.length - 1 : 0]);
      const csv = stringify([header, ...rows], { bom: isChinese, record_delimiter: isChinese ? '\r\n' : '\n' });
      const expected = products.map(
        ({ id: its, zh, en, category: categoryPath, accessoryOf, consumable, variants }) => ({
          id: its,
          ...ProductDraft.parse(
            JSON.parse(JSON.stringify({ title: { zh, en }, categoryPath, accessoryOf, consumable, variants })),
          ),
        }),
      );
      expect(await read(csv, {}, size)).toEqual({ problems: [], products: expected });
    },
  );
  await fc.assert(property, { numRuns: Number(process.env.RUNS ?? 100) });
});

test('a file that is changed while it is read is not sent', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-csv-'));
  const file = path.join(folder, 'products.csv');
  await writeFile(file, 'id,title,sku\na,A,s\n');
  const source = await openSource(file, { cwd: '/', readStdin: async () => '' });
  for await (const row of source.rows()) expect(row.cells).toHaveLength(3);
  await source.requireSame();
  await writeFile(file, 'id,title,sku\na,A,s\nb,B,s\n');
  await expect(source.requireSame()).rejects.toThrow('was changed while it was read');
  await rm(folder, { recursive: true });
});

test('fifty thousand variants are read in seconds, and not all at once', async () => {
  async function* file() {
    yield Buffer.from('id,title,sku,price,currency,stock\n');
    for (let index = 0; index < 50_000; index++)
      yield Buffer.from(
        `p${Math.floor(index / 5)},Tea of ${index},s${index},12.50,CNY,${index}\n`.replace(
          /Tea of \d+/,
          `Tea ${Math.floor(index / 5)}`,
        ),
      );
  }
  const before = process.memoryUsage().heapUsed;
  let [products, most] = [0, 0];
  const startedMs = performance.now();
  for await (const found of readProducts(readTable(file(), 'f.csv'))) {
    expect(found.kind).toBe('product');
    if (++products % 1000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before);
  }
  expect(products).toBe(10_000);
  expect(performance.now() - startedMs).toBeLessThan(45_000);
  expect(most).toBeLessThan(300 * 1024 * 1024);
});

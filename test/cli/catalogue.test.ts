import { describe, expect, test } from 'vitest';
import { caseFolder } from './run.ts';
import { type ApiDeployment, createApiDeployment } from './run-api.ts';

const CSV = `商品编号,标题,类目,规格编号,规格,价格,币种,库存,listing:shopify/my-shop
dongding,冻顶乌龙,茶/乌龙茶,DD-100,100g,128.00,CNY,40,7001
dongding,,,DD-250,250g,299.90,CNY,0,7001
pot,茶壶,茶具,P,,99,CNY,,7002
`;
const piped = (text: string) => ({ readStdin: async () => text });

async function withCatalogue(): Promise<ApiDeployment> {
  const made = createApiDeployment();
  await made.ask('catalogue import -', piped(CSV));
  return made;
}

describe('catalogue import', () => {
  test('puts products from a file, and again only what changed', async () => {
    const { ask, run, sent } = createApiDeployment();
    const folder = await caseFolder({ 'products.csv': `\uFEFF${CSV}` });
    const ran = await run(['catalogue', 'import', 'products.csv', '--json'], { cwd: folder });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const none = { refused: [], problems: [] };
    const counts = { products: 2, variants: 3 };
    expect(JSON.parse(ran.stdout)).toEqual({ ...counts, created: 2, changed: 0, unchanged: 0, ...none });
    expect(sent.map(({ path: at }) => at)).toEqual(['/v1/products:batch']);
    expect(sent[0]?.headers.get('idempotency-key')).toMatch(/^[\w-]{20,}$/);
    const changed = CSV.replace('茶壶', '紫砂壶');
    expect(await ask('catalogue import -', piped(changed))).toEqual({
      ...counts,
      created: 0,
      changed: 1,
      unchanged: 1,
      ...none,
    });
    expect((await ask('catalogue show pot')).title).toEqual({ zh: '紫砂壶' });
  });

  test('only looks, if told to', async () => {
    const { ask, type, sent } = createApiDeployment();
    expect(await ask('catalogue import - --dry-run', piped(CSV))).toEqual({
      dryRun: true,
      products: 2,
      variants: 3,
      problems: [],
    });
    expect((await type('catalogue import - --dry-run', piped(CSV))).stdout).toContain(
      'stdin holds 2 products with 3 variants that can be put; nothing was.',
    );
    expect(sent).toEqual([]);
  });

  test('puts nothing where a line is wrong, and says where and what may stand there', async () => {
    const { type, sent } = createApiDeployment();
    const ran = await type('catalogue import -', piped(CSV.replace('99,CNY', '¥99,CNY')));
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(
      /stdin:\n {2}line 4, column 价格: ¥99 is no amount\.\n {4}valid: digits.*\nNothing was imported\. 1 product with 2 variants would be right/,
    );
    expect(sent).toEqual([]);
  });

  test('goes on with the rest, if told to, and says what it left out', async () => {
    const { type, ask } = createApiDeployment();
    const ran = await type('catalogue import - --keep-going', piped(CSV.replace('99,CNY', '¥99,CNY')));
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(
      /^1 new, 0 changed, 0 as they were\.\nNot put, as lines are wrong:\n {2}line 4, column 价格/,
    );
    expect((await ask('catalogue')).items.map(({ id }: { id: string }) => id)).toEqual(['dongding']);
  });

  test('names what the API refuses by its line', async () => {
    const { type } = await withCatalogue();
    const ran = await type('catalogue import -', piped('id,title,sku,listing:shopify/my-shop\nthief,T,t,7002\n'));
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('line 2: Listing shopify/my-shop/7002 is that of product pot.');
  });

  test('of many sends batches that the API takes, and tells how far it is', async () => {
    const { run, api, later, sent } = createApiDeployment();
    const title = '很长的标题'.repeat(50);
    const rows = Array.from({ length: 450 }, (_, index) => `p${index},${index < 150 ? title : 'T'},s\n`);
    const { putProduct } = api.stores.products;
    api.stores.products.putProduct = (...of) => {
      later(200);
      return putProduct(...of);
    };
    const ran = await run(['catalogue', 'import', '-'], piped(`id,title,sku\n${rows.join('')}`));
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(/note: 100 of 450 products so far/);
    expect(ran.stdout).toContain('450 new');
    expect(sent).toHaveLength(5);
  });

  test('lists ids of a shop as such, and knows the currency of a file that says none', async () => {
    const { ask } = createApiDeployment();
    await ask(
      'catalogue import - --currency cny --listing shopify/my-shop',
      piped('id,title,sku,price\n7009,Cup,c,5\n'),
    );
    expect(await ask('catalogue show 7009')).toMatchObject({
      listings: [{ channel: 'shopify', connection: 'my-shop', productId: '7009' }],
      variants: [{ price: { amount: 500, currency: 'CNY' } }],
    });
  });

  test.each([
    ['catalogue import nowhere.csv', '', 'could not be read'],
    ['catalogue import -', '', 'holds no rows'],
    ['catalogue import -', 'id,title,sku\n', 'holds no rows'],
    ['catalogue import -', 'id,title,prize\n', 'There is no column prize. Did you mean price?'],
    ['catalogue import - --currency RMB1', CSV, 'is no currency'],
    ['catalogue import - --listing shop', CSV, 'names no shop'],
    ['catalogue imprt x', '', 'Did you mean import?'],
  ])('%s is refused: %j', async (line, stdin, told) => {
    const { type } = createApiDeployment();
    const ran = await type(line, piped(stdin));
    expect(ran.code).toBeGreaterThan(0);
    expect(ran.stderr).toContain(told);
  });
});

describe('catalogue', () => {
  test('lists products as a table', async () => {
    const { type, ask } = await withCatalogue();
    const { stdout } = await type('catalogue --lang zh');
    expect(stdout).toMatch(/^ID +TITLE +CATEGORY +FROM +STOCK/);
    expect(stdout).toMatch(/dongding +冻顶乌龙 +茶\/乌龙茶 +128\.00 CNY +40/);
    expect(stdout).toMatch(/pot +茶壶 +茶具 +99\.00 CNY +-/);
    expect((await ask('catalogue list --category 茶')).items).toHaveLength(1);
    expect((await createApiDeployment().type('catalogue')).stdout).toContain('`tributary catalogue import FILE`');
  });

  test('shows one, and removes it', async () => {
    const { type } = await withCatalogue();
    const { stdout } = await type('catalogue show dongding');
    expect(stdout).toMatch(/title +冻顶乌龙/);
    expect(stdout).toMatch(/listings +shopify\/my-shop\/7001/);
    expect(stdout).toMatch(/DD-250 +250g +299\.90 CNY +- +0 +2026-11-25 09:00/);
    expect((await type('catalogue remove dongding')).stdout).toContain('Product dongding is removed.');
    const gone = await type('catalogue show dongding');
    expect(gone.code).toBe(1);
    expect(gone.stderr).toContain('There is no product dongding.');
    expect((await type('catalogue show a?b')).code).toBe(2);
  });

  test.each(['catalogue', 'catalogue import', 'catalogue stock', 'catalogue list'])('%s has help', async (line) => {
    const { code, stdout } = await createApiDeployment().type(`${line} --help`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples?:\n {2}\$ tributary catalogue/);
  });
});

describe('catalogue stock', () => {
  test('of one variant is said, and what is back is told', async () => {
    const { type, ask } = await withCatalogue();
    const ran = await type('catalogue stock --product dongding --sku DD-250 --count 7 --at 2026-11-25T17:00:01+08:00');
    expect(ran).toMatchObject({ code: 0, stdout: '1 count taken, 0 known or outdated.\nBack in stock: DD-250.\n' });
    expect(await ask('catalogue stock --product dongding --sku DD-250 --count 9 --at 2026-11-25T08:00:00Z')).toEqual({
      put: 0,
      known: 1,
      back: [],
      refused: [],
    });
    expect((await ask('catalogue show dongding')).variants[1]).toMatchObject({ stock: 7 });
  });

  test('of many comes from a file, in any number', async () => {
    const { type, ask, sent } = await withCatalogue();
    const rows = Array.from(
      { length: 600 },
      (_, index) => `pot,P,${index},2026-11-25T08:00:00.${String(index).padStart(3, '0')}Z\n`,
    );
    const file = `商品编号,规格编号,库存,库存时间\n${rows.reverse().join('')}nobody,x,1,\n`;
    const ran = await type('catalogue stock - --json', piped(file));
    expect(ran.code).toBe(1);
    const { put, known, refused } = JSON.parse(ran.stdout);
    expect(put + known).toBe(600);
    expect(refused).toMatchObject([{ line: 602, code: 'product_not_found' }]);
    expect((await ask('catalogue show pot')).variants[0].stock).toBe(599);
    expect(sent.filter(({ path: at }) => at === '/v1/products:stock')).toHaveLength(2);
  });

  test.each([
    ['catalogue stock', '', 'Name a file, or all of'],
    ['catalogue stock - --sku x', 'id,sku,stock\n', 'not both'],
    ['catalogue stock --product p --sku s --count many', '', 'is no count'],
    ['catalogue stock --product p --sku s --count 1 --at noon', '', 'is no time'],
    ['catalogue stock -', 'id,sku,stock\na,b,1.5\na,,2\n', 'line 2, column stock: 1.5 is no count.'],
    ['catalogue stock -', 'id,sku\na,b\n', 'has no column for the stock'],
  ])('%s is refused: %j', async (line, stdin, told) => {
    const { api, type } = createApiDeployment();
    const ran = await type(line, piped(stdin));
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(told);
    expect(await api.stores.products.getStocks('a')).toEqual(new Map());
  });
});

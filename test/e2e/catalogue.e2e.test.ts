/** A catalogue from a file, what is in stock of it, and the lines of an order in the lake, on the deployed stack. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { inCurrency, OOLONG } from '../../demo/goods.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyCustomerId, shopifyScene } from '../../demo/shopify.ts';
import { createClient } from '../../shared/api/client.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { CATALOGUE_FILE, writeCatalogue } from '../../shared/catalogue/catalogue-file.ts';
import { CATALOGUE_VIEWS, catalogueView } from '../../shared/catalogue/sql.ts';
import { dynamoProducts, s3Catalogue } from '../../shared/catalogue/store.ts';
import { LINE_ROWS_PREFIX } from '../../shared/lines/layout.ts';
import type { LineRow } from '../../shared/lines/rows.ts';
import { s3Lines } from '../../shared/lines/store.ts';
import { openLines, takeLines } from '../../shared/lines/take-lines.ts';
import { dynamoClient } from '../../shared/runtime/clients.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { openDuckDB } from '../../shared/snapshots/duckdb.ts';
import { instant } from '../../shared/time/instant.ts';
import { caseFolder } from '../cli/run.ts';
import { endpoints, openShop, outputs, post, settle, withKind } from './deployment.ts';

const PATIENCE_MS = 180_000;
const PROGRAM = path.join(import.meta.dirname, '..', '..', 'cli', 'tributary.mjs');
const RUN = Date.now() % 1_000_000_000;
const api = createClient({ baseUrl: endpoints.apiUrl ?? '', token: endpoints.token ?? '' });
const s3 = s3Client();

/** From another folder than the repository, as users do. */
async function tributary(...args: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...args, '--json'], { cwd: tmpdir() });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** Those of a shop, of all that was ever recorded here. */
async function linesOf(connection: string): Promise<LineRow[]> {
  const rows: LineRow[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: outputs.LakeBucket, Prefix: LINE_ROWS_PREFIX, ContinuationToken: token }),
    );
    for (const { Key } of page.Contents ?? []) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: outputs.LakeBucket, Key }));
      const text = gunzipSync((await Body?.transformToByteArray()) ?? '').toString();
      for (const line of text.trimEnd().split('\n')) rows.push(JSON.parse(line));
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return rows.filter(({ connection: its }) => its === connection);
}

describe('the catalogue on the deployed stack', () => {
  const tea = `茶/${RUN}`;
  const connection = `catalogue-${RUN}`;

  it('is imported from a file, and again without a change', async () => {
    const folder = await caseFolder({
      'products.csv': [
        `\uFEFF商品编号,标题,类目,规格编号,价格,币种,库存,listing:shopify/${connection}`,
        `${tea},冻顶乌龙,茶/乌龙茶${RUN},DD-100,128.00,CNY,0,7001`,
        `${tea},,,DD-250,299.9,CNY,3,7001`,
        '',
      ].join('\r\n'),
    });
    const file = path.join(folder, 'products.csv');
    expect(await tributary('catalogue', 'import', file)).toMatchObject({ products: 1, variants: 2, created: 1 });
    expect(await tributary('catalogue', 'import', file)).toMatchObject({ created: 0, unchanged: 1, refused: [] });
    const listed = await tributary('catalogue', 'list', '--category', `茶/乌龙茶${RUN}`, '--all');
    expect(listed.items).toMatchObject([{ id: tea, variants: [{ stock: 0 }, { stock: 3 }], revision: 1 }]);
  });

  it('follows words about stock, whenever they come', async () => {
    const soon = new Date(Date.now() + 1_000).toISOString();
    const stock = ['catalogue', 'stock', '--product', tea, '--sku', 'DD-100'];
    expect(await tributary(...stock, '--count', '12', '--at', soon)).toMatchObject({
      put: 1,
      back: [{ productId: tea, skuId: 'DD-100' }],
    });
    expect(await tributary(...stock, '--count', '5', '--at', '2026-01-01T00:00:00Z')).toMatchObject({
      put: 0,
      known: 1,
    });
    const shown = await api.call(ROUTES.getProduct, { params: { id: tea } });
    expect(shown).toMatchObject({
      title: { zh: '冻顶乌龙' },
      variants: [{ skuId: 'DD-100', stock: 12 }, { stock: 3 }],
    });
  });

  it('has beside it the lines of every order, in the lake', async () => {
    const shop = await openShop(connection);
    const buyer = {
      id: 8_400_000_000_000 + RUN,
      firstName: 'Sigrid',
      lastName: 'Haugland',
      email: `catalogue${RUN}@example.com`,
      phone: `+1206${2_000_000 + (RUN % 7_000_000)}`,
      city: 'Seattle',
      province: 'Washington',
      country: 'US',
      zip: '98101',
    };
    const lines = [{ product: inCurrency(OOLONG, 'USD'), quantity: 2 }];
    const paidAtMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
    const scene = { number: RUN, paidAtMs, buyer, lines, guest: false, recipientShown: false };
    const { deliveries } = shopifyScene(createRandom(RUN), shop, { ...scene, handedOver: 'parcel' });
    for (const delivery of deliveries) expect(await post(withKind('order')(delivery))).toBe(200);
    await settle(connection);
    const deadline = Date.now() + PATIENCE_MS;
    let rows: LineRow[] = [];
    // Lambda waits a minute for others.
    while (rows.length === 0 && Date.now() < deadline) {
      rows = await linesOf(connection);
      if (rows.length === 0) await sleep(2_000);
    }
    const newest = rows.toSorted((a, b) => b.revision - a.revision)[0];
    expect(newest).toMatchObject({
      persona: `shopify/${connection}/${shopifyCustomerId(buyer)}`,
      quantity: 2,
      currency: 'USD',
      ordered_at: new Date(paidAtMs).toISOString(),
      counts: true,
      gift_card: false,
      product_id: expect.stringMatching(/^\d+$/),
    });
    expect(JSON.stringify(rows)).not.toMatch(/Haugland|example\.com|\+1206/);
  });

  it('and both are one table of products to whoever has DuckDB, build by build', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tributary-catalogue-'));
    const lake = { client: s3, bucket: outputs.LakeBucket };
    const store = s3Lines(lake);
    const instance = await openDuckDB({ memoryMiB: 300, threads: 1, folder });
    const db = await instance.connect();
    try {
      const its = { store, db, folder: path.join(folder, 'build'), now: () => instant(Date.now()) };
      expect((await takeLines(its)).kind).toBe('taken');
      expect(await takeLines(its)).toMatchObject({ kind: 'current' });
      await openLines((await store.getLatest())?.lines, { store, db, folder: path.join(folder, 'lines') });
      const products = dynamoProducts({ client: dynamoClient(), table: outputs.EngagementTable });
      const written = await writeCatalogue(products, s3Catalogue(lake));
      expect(written.products).toBeGreaterThanOrEqual(1);
      const file = path.join(folder, 'products.ndjson.gz');
      await store.fetch(CATALOGUE_FILE, file);
      for (const view of [catalogueView(file), ...CATALOGUE_VIEWS]) await db.run(view);
      const found = await db.runAndReadAll(
        `SELECT id, derived, in_stock FROM products WHERE id = $1 OR starts_with(id, $2) ORDER BY derived`,
        [tea, `shopify/${connection}/`],
      );
      expect(found.getRowObjectsJson()).toEqual([
        { id: tea, derived: false, in_stock: true },
        { id: expect.stringContaining(`shopify/${connection}/`), derived: true, in_stock: true },
      ]);
    } finally {
      db.disconnectSync();
      instance.closeSync();
      await rm(folder, { recursive: true });
    }
  });

  it('removes a product for good', async () => {
    expect(await tributary('catalogue', 'remove', tea)).toEqual({ removed: tea });
    await expect(api.call(ROUTES.getProduct, { params: { id: tea } })).rejects.toThrow('There is no product');
  });
});

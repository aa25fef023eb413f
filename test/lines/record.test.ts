/** Changes of the orders table, and all that is in it → rows of order lines. */
import type { DynamoDBRecord } from 'aws-lambda';
import { beforeEach, describe, expect, test } from 'vitest';
import { createRecordOrders } from '../../functions/record-orders/handler.ts';
import { createRecordOrdersAll } from '../../functions/record-orders-all/handler.ts';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import type { OrderScan } from '../../shared/orders/apply.ts';
import { orderImages } from '../../shared/orders/store.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { KEYS } from '../profiles/people.ts';
import { type MemoryLines, memoryLines, memoryOrdersRecordings } from '../simulation/models/lines.ts';
import { memoryOrders } from '../simulation/models/orders.ts';
import { PERSONAL, SHOP, type Sold, sold, streamRecord, TEA } from './orders.ts';

const NOW = '2026-11-24T12:00:00.000Z';
const SILENT: Telemetry = { measure() {}, info() {}, warn() {}, error() {}, flush() {} };

let lake: MemoryLines;
beforeEach(() => {
  lake = memoryLines();
});

let keysAsked = 0;
const reading = {
  adapters: ADAPTERS,
  connections: { find: async (id: string) => (id === SHOP.id ? SHOP : undefined) },
  keys: async () => {
    keysAsked++;
    return KEYS;
  },
};
const record = () =>
  createRecordOrders({
    ...reading,
    // None of these orders is too large for its item.
    images: orderImages({ client: s3Client(), bucket: 'none' }),
    rows: lake,
    clock: () => new Date(NOW),
    telemetry: SILENT,
  });
const recordOf = async (...of: readonly (readonly [now: Sold, before?: Sold])[]) => {
  const Records = of.map(([now, before]) => streamRecord(sold(now), before && sold(before)));
  expect(await record()({ Records })).toEqual({ batchItemFailures: [] });
};

describe('a change of an order', () => {
  test('is a row for each of its lines, with all that recommendations need', async () => {
    const pot = { lineId: 'l2', title: '茶壶', quantity: 1, unitPrice: 9_900, discount: 0, giftCard: true as const };
    const source = { storeId: 's1', hostId: 'h1' };
    await recordOf([{ id: '1', buyerId: 'anne', lines: [TEA, pot], refunded: 12_500, source }]);
    const ofOrder = {
      order_key: 'shopify/shop/1',
      revision: 1,
      recorded_at: NOW,
      persona: 'shopify/shop/anne',
      channel: 'shopify',
      connection: 'shop',
      currency: 'CNY',
      ordered_at: '2026-11-24T09:00:00.000Z',
      region: 'CN/广东省',
      store_id: 'shopify/shop/s1',
      host_id: 'shopify/shop/h1',
      counts: true,
    };
    expect(lake.rows()).toEqual([
      {
        ...ofOrder,
        line_no: 0,
        line_id: 'l1',
        product_id: '7001',
        sku_id: '8001',
        category_path: '茶/乌龙茶',
        title: '冻顶乌龙',
        quantity: 2,
        refunded_quantity: 1,
        unit_price: 12_800,
        total: 25_000,
        gift_card: false,
      },
      {
        ...ofOrder,
        line_no: 1,
        line_id: 'l2',
        title: '茶壶',
        quantity: 1,
        refunded_quantity: 0,
        unit_price: 9_900,
        total: 9_900,
        gift_card: true,
      },
    ]);
  });

  test('holds nothing personal: a guest is a keyed hash', async () => {
    await recordOf([{ id: '1' }]);
    expect(lake.rows()[0]?.persona).toMatch(/^shopify\/shop\/guest:phone:[A-Za-z0-9_-]{22}$/);
    expect(JSON.stringify(lake.rows())).not.toMatch(PERSONAL);
  });

  test.each<[string, Partial<Sold>]>([
    ['a test', { isTest: true }],
    ['deleted', { isDeleted: true }],
    ['refunded in full', { refunded: 25_000 }],
  ])('of one that is %s is there, and counts not', async (_, more) => {
    await recordOf([{ id: '1', ...more }]);
    expect(lake.rows()).toMatchObject([{ line_id: 'l1', counts: false }]);
  });

  test('that is not paid yet is none; one that is paid no more says so', async () => {
    await recordOf(
      [{ id: '1', isPaid: false }],
      [
        { id: '2', revision: 2, isPaid: false },
        { id: '2', isPaid: false },
      ],
    );
    expect(lake.objects.size).toBe(0);
    await recordOf([{ id: '3', revision: 2, isPaid: false, buyerId: 'anne' }, { id: '3' }]);
    expect(lake.rows()).toEqual([
      { order_key: 'shopify/shop/3', revision: 2, recorded_at: NOW, persona: 'shopify/shop/anne' },
    ]);
  });

  test('that lost its lines says so', async () => {
    await recordOf([{ id: '1', revision: 2, lines: [], buyerId: 'anne' }, { id: '1' }]);
    expect(lake.rows()).toMatchObject([{ order_key: 'shopify/shop/1', revision: 2 }]);
    expect(lake.rows()[0]).not.toHaveProperty('line_no');
  });

  test('that cannot be read is named, and the others are there, as one object', async () => {
    const stranger = sold({ id: '9' });
    const odd = streamRecord({ ...stranger, key: 'shopify/closed/9' as typeof stranger.key });
    const removed: DynamoDBRecord = { eventName: 'REMOVE', dynamodb: { SequenceNumber: '0' } };
    const Records = [streamRecord(sold({ id: '1' })), odd, removed, streamRecord(sold({ id: '2' }))];
    const number = odd.dynamodb?.SequenceNumber;
    expect(await record()({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: number }] });
    expect(lake.rows().map(({ order_key }) => order_key)).toEqual(['shopify/shop/1', 'shopify/shop/2']);
    expect([...lake.objects.keys()]).toEqual([
      expect.stringMatching(/^rows\/lines\/date=2026-11-24\/hour=12\/120000\.000-[0-9a-f]{16}\.ndjson\.gz$/),
    ]);
  });
});

describe('all that is there', () => {
  function recorder(orders: OrderScan, recordings = memoryOrdersRecordings()) {
    let nowMs = Date.parse(NOW);
    const run = createRecordOrdersAll({
      ...reading,
      orders,
      rows: lake,
      recordings,
      clock: () => new Date(nowMs++),
      telemetry: SILENT,
    });
    return (event: unknown, minutes = 14) => run(event, { getRemainingTimeInMillis: () => minutes * 60_000 });
  }
  async function shop() {
    const orders = memoryOrders();
    for (let id = 1; id <= 40; id++) await orders.putOrder(sold({ id: String(id), isPaid: id % 4 !== 0 }));
    return orders;
  }

  test('is recorded once, and again when asked: what is not paid says so, as it may have been', async () => {
    const run = recorder(await shop());
    expect(await run({})).toMatchObject({ orders: 40, finishedAt: expect.any(String) });
    const rows = lake.rows();
    expect(new Set(rows.map(({ order_key }) => order_key)).size).toBe(40);
    expect(rows.filter(({ line_no }) => line_no === undefined)).toHaveLength(10);
    const before = lake.objects.size;
    await run({});
    expect(lake.objects.size).toBe(before);
    await run({ again: true });
    expect(lake.objects.size).toBe(before * 2);
  });

  test('goes on where time ended, and where it died', async () => {
    const orders = await shop();
    const recordings = memoryOrdersRecordings();
    expect(await recorder(orders, recordings)({}, 1)).toMatchObject({ part: 0, orders: 0 });
    let pages = 0;
    const dying: OrderScan['listOrders'] = (page) => {
      if (++pages > 9) throw new Error('gone');
      return orders.listOrders(page);
    };
    await expect(recorder({ listOrders: dying }, recordings)({})).rejects.toThrow('gone');
    expect((await recordings.getRecording())?.recording).toMatchObject({ part: 9 });
    expect(await recorder(orders, recordings)({})).toMatchObject({ part: 16, orders: 40 });
    expect(new Set(lake.rows().map(({ order_key }) => order_key)).size).toBe(40);
  });

  test('of two runs at once one ends', async () => {
    const orders = await shop();
    const recordings = memoryOrdersRecordings();
    const overtaking: OrderScan['listOrders'] = async (page) => {
      await recorder(orders, recordings)({ again: true });
      return orders.listOrders(page);
    };
    expect(await recorder({ listOrders: overtaking }, recordings)({})).toBeUndefined();
    expect((await recordings.getRecording())?.recording).toMatchObject({ orders: 40 });
  });

  test('of an empty table is nothing, and asks for no keys: nobody has made them', async () => {
    keysAsked = 0;
    expect(await recorder(memoryOrders())({})).toMatchObject({ orders: 0, finishedAt: expect.any(String) });
    expect([lake.objects.size, keysAsked]).toEqual([0, 0]);
  });
});

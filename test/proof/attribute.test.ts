/** What campaigns brought, out of the lake and the records: whatever happens to orders, profiles and runs. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_PUSH_POLICY } from '../../shared/campaigns/push-policy.ts';
import { recorded } from '../lines/lab.ts';
import { memorySendRecords } from '../simulation/models/push.ts';
import { day, openShop, type Shop } from './shop.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
});
afterEach(() => shop.close());

describe('where there is nothing to prove', () => {
  test('no campaign was started: nothing is opened', async () => {
    await shop.start('spring', { wanted: 'draft' });
    expect(await shop.run(1)).toEqual({ kind: 'nothing' });
    expect(shop.opened).toBe(0);
  });

  test('one was started, and has sent nothing: its result says so', async () => {
    await shop.start('spring');
    await shop.buy('1', { at: 0.5, by: 'anne' });
    expect(await shop.run(1)).toMatchObject({ kind: 'attributed', campaigns: 1, messages: 0 });
    expect(await shop.result('spring')).toEqual({
      campaign: 'spring',
      asOf: day(1),
      attributed: { orders: 0, assisted: 0, net: {}, variants: {} },
      holdout: {
        against: 'global',
        ...{ sentTo: 0, heldOut: 0, open: { sentTo: 0, heldOut: 0 }, balance: { kind: 'not_enough_data' } },
      },
      lift: { kind: 'not_enough_data', why: 'no_holdout' },
      digest: '0',
    });
  });
});

describe('an order', () => {
  test('counts for the last message before it, whichever campaign it is of; the other assisted', async () => {
    await shop.start('spring');
    await shop.start('summer');
    await shop.send('spring', 'anne', 1);
    await shop.send('summer', 'anne', 2);
    await shop.buy('1', { at: 3, by: 'anne' });
    await shop.buy('2', { at: 1.5, by: 'anne' });
    await shop.buy('3', { at: 3, by: 'bob' });
    await shop.buy('4', { at: 3 });
    await shop.run(4);
    expect(await shop.counted('spring')).toEqual(['2 2000 attributed']);
    expect(await shop.counted('summer')).toEqual(['1 2000 attributed']);
    expect((await shop.result('spring'))?.attributed).toEqual({
      ...{ orders: 1, assisted: 1, net: { CNY: { orders: 1, net: 2000 } } },
      variants: { a: { CNY: { orders: 1, net: 2000 } } },
    });
    expect(shop.events.map(({ subject, campaign, state, net }) => [subject, campaign, state, net])).toEqual([
      ['shopify/shop/2', 'spring', 'attributed', 2000],
      ['shopify/shop/1', 'summer', 'attributed', 2000],
    ]);
    expect([...shop.stores.files.files.keys()]).toEqual(['spring', 'summer']);
  });

  test('of which part is returned counts for less; of which all is, for nothing', async () => {
    await shop.start('spring');
    await shop.send('spring', 'anne', 1);
    await shop.buy('1', { at: 2, by: 'anne' });
    await shop.run(3);
    await shop.buy('1', { at: 2, by: 'anne', refunded: 1 });
    await shop.run(4);
    expect(await shop.counted('spring')).toEqual(['1 1000 attributed']);
    expect((await shop.result('spring'))?.attributed.net).toEqual({ CNY: { orders: 1, net: 1000 } });
    await shop.buy('1', { at: 2, by: 'anne', refunded: 2, counts: false });
    await shop.run(5);
    expect(await shop.counted('spring')).toEqual(['1 0 taken_back']);
    expect((await shop.result('spring'))?.attributed).toMatchObject({ orders: 0, net: {} });
    expect(shop.events.map(({ revision, state, net }) => [revision, state, net])).toEqual([
      [1, 'attributed', 2000],
      [2, 'attributed', 1000],
      [3, 'taken_back', 0],
    ]);
    expect(new Set(shop.events.map(({ id }) => id)).size).toBe(3);
    // What was said in error comes back.
    await shop.buy('1', { at: 2, by: 'anne' });
    await shop.run(6);
    expect(await shop.counted('spring')).toEqual(['1 2000 attributed']);
    expect(shop.events.at(-1)).toMatchObject({ revision: 4, state: 'attributed' });
  });

  test('is worth what is kept of its goods, line by line, in its currency; gift cards count when they are spent', async () => {
    await shop.start('spring');
    await shop.send('spring', 'anne', 1);
    const line = { quantity: 3, refunded_quantity: 1, total: 1_000, currency: 'CNY', counts: true };
    const lines = [
      line, // 666.67
      { ...line, quantity: 0.75, refunded_quantity: 0.25, total: 300 },
      { ...line, gift_card: true, total: 50_000 },
      { ...line, quantity: 0, refunded_quantity: 0, total: 7 },
    ];
    await shop.stores.lines.putRows(recorded('1', 1, { lines, at: day(2), persona: 'shopify/shop/anne' }), day(2));
    await shop.buy('2', { at: 3, by: 'anne', currency: 'USD', total: 90 });
    await shop.run(4);
    expect(await shop.counted('spring')).toEqual(['1 874 attributed', '2 90 attributed']);
    expect((await shop.result('spring'))?.attributed.net).toEqual({
      ...{ CNY: { orders: 1, net: 667 + 200 + 7 }, USD: { orders: 1, net: 90 } },
    });
  });

  test('for what was not sent, or not known to be, does not count', async () => {
    await shop.start('spring');
    await shop.send('spring', 'anne', 1, { state: 'failed' });
    await shop.send('spring', 'bob', 1, { state: 'unknown' });
    await shop.send('spring', 'cleo', 1, { state: 'held_out', heldOut: 'campaign' });
    await shop.send('spring', 'dora', 1, { state: 'suppressed', reasons: ['cap_of_day'] });
    for (const by of ['anne', 'bob', 'cleo', 'dora']) await shop.buy(by, { at: 2, by });
    await shop.run(3);
    expect(await shop.counted('spring')).toEqual([]);
  });
});

describe('customers', () => {
  test('who turn out to be one have one history; parted again, each has its own', async () => {
    await shop.start('spring');
    await shop.join(['anne'], ['anne-live']);
    await shop.send('spring', 'anne', 1);
    await shop.buy('1', { at: 2, by: 'anne-live' });
    await shop.run(3);
    expect(await shop.counted('spring')).toEqual([]);
    await shop.join(['anne-live', 'anne']);
    await shop.run(4);
    expect((await shop.stores.orders.listOrders('spring', 9)).items).toMatchObject([
      { order: 'shopify/shop/1', profile: 'shopify/shop/anne-live', send: 'spring-anne-1', state: 'attributed' },
    ]);
    await shop.join(['anne'], ['anne-live']);
    await shop.run(5);
    expect(await shop.counted('spring')).toEqual(['1 0 taken_back']);
  });
});

describe('a run', () => {
  test('over the same lake changes nothing and tells nothing', async () => {
    await shop.start('spring');
    await shop.send('spring', 'anne', 1);
    await shop.buy('1', { at: 2, by: 'anne' });
    await shop.run(3);
    const [result, told] = [await shop.result('spring'), shop.events.length];
    expect(await shop.run(3)).toMatchObject({ changed: { attributed: 0, taken_back: 0 } });
    expect(await shop.result('spring')).toEqual(result);
    expect(shop.events).toHaveLength(told);
    expect(shop.measured).toContainEqual(['attributed', 1, 'attributed']);
  });

  test.each(['bus', 'deliveries', 'orders', 'files', 'results'] as const)(
    'that dies at %s is made good by the next',
    async (which) => {
      await shop.start('spring');
      for (const by of ['anne', 'bob']) {
        await shop.send('spring', by, 1);
        await shop.buy(by, { at: 2, by });
      }
      const dies = async () => {
        throw new Error('died');
      };
      const { stores } = shop;
      const broken = {
        bus: { bus: { put: dies } },
        deliveries: { deliveries: { tell: dies } },
        orders: { orders: { ...stores.orders, putOrder: dies } },
        files: { files: { ...stores.files, putOrders: dies } },
        results: { results: { ...stores.results, putResult: dies } },
      }[which];
      await expect(shop.run(3, broken)).rejects.toThrow('died');
      await shop.run(3);
      expect(await shop.counted('spring')).toEqual(['anne 2000 attributed', 'bob 2000 attributed']);
      expect((await shop.result('spring'))?.attributed.orders).toBe(2);
      expect([...stores.files.files.keys()]).toEqual(['spring']);
      // Told again under the same ids, to both.
      for (const told of [shop.events, shop.delivered]) expect(new Set(told.map(({ id }) => id)).size).toBe(2);
    },
  );

  test('beside another gives way', async () => {
    await shop.start('spring');
    await shop.send('spring', 'anne', 1);
    await shop.buy('1', { at: 2, by: 'anne' });
    const { orders } = shop.stores;
    const racing = {
      ...orders,
      async putOrder(order: Parameters<typeof orders.putOrder>[0]) {
        await orders.putOrder(order);
        return orders.putOrder(order);
      },
    };
    expect(await shop.run(3, { orders: racing })).toEqual({ kind: 'overtaken' });
    expect(await shop.run(3)).toMatchObject({ kind: 'attributed' });
    expect(await shop.counted('spring')).toEqual(['1 2000 attributed']);
  });
});

describe('the lift', () => {
  /** Of those sent to `bought` of a hundred buy, of those held out `boughtOut`. */
  async function sell(
    { sentTo, heldOut, bought, boughtOut }: Record<'sentTo' | 'heldOut' | 'bought' | 'boughtOut', number>,
    by: 'campaign' | 'global' = 'campaign',
  ) {
    for (let index = 0; index < sentTo + heldOut; index++) {
      const isHeld = index >= sentTo;
      const place = isHeld ? index - sentTo : index;
      await shop.send('spring', `c${index}`, 1, isHeld ? { state: 'held_out', heldOut: by } : {});
      if (place % 100 < (isHeld ? boughtOut : bought)) await shop.buy(`o${index}`, { at: 3, by: `c${index}` });
    }
  }

  test('is of those sent to against those whom the campaign held out, once their windows have ended', async () => {
    await shop.start('spring', { limits: { holdout: 0.2 } });
    await sell({ sentTo: 800, heldOut: 200, bought: 20, boughtOut: 10 });
    await shop.run(5);
    expect(await shop.result('spring')).toMatchObject({
      attributed: { orders: 160 },
      holdout: { against: 'campaign', sentTo: 800, heldOut: 200, open: { sentTo: 800, heldOut: 200 } },
      lift: { kind: 'not_enough_data', why: 'few_customers' },
    });
    await shop.run(9);
    const result = await shop.result('spring');
    expect(result?.holdout).toEqual({
      ...{ against: 'campaign', sentTo: 800, heldOut: 200, open: { sentTo: 0, heldOut: 0 } },
      balance: { kind: 'balanced', expected: 0.2, found: 0.2 },
    });
    expect(result?.lift).toMatchObject({
      ...{ kind: 'lift', customers: { sentTo: 800, heldOut: 200 }, sentTo: 0.2, heldOut: 0.1, currency: 'CNY' },
      isClear: true,
    });
    if (result?.lift.kind !== 'lift') throw new Error('It is told.');
    const { difference, revenue } = result.lift;
    expect(difference.value).toBeCloseTo(0.1);
    expect([difference.low > 0.03, difference.high < 0.16]).toEqual([true, true]);
    // A tenth more of them buys, for 2,000 each.
    expect(revenue.value).toBeCloseTo(200);
  });

  test('is against those held out of everything where the campaign holds out none', async () => {
    await shop.start('spring');
    await shop.stores.campaigns.putPushPolicy({
      ...{ version: 1, by: 'a marketer', at: day(0) },
      policy: { ...DEFAULT_PUSH_POLICY, holdout: 0.2 },
    });
    await sell({ sentTo: 400, heldOut: 100, bought: 20, boughtOut: 20 }, 'global');
    await shop.run(9);
    expect(await shop.result('spring')).toMatchObject({
      holdout: { against: 'global', balance: { kind: 'balanced', expected: 0.2 } },
      lift: { kind: 'lift', isClear: false },
    });
  });

  test('is not told where one group is not of the size that was meant', async () => {
    await shop.start('spring', { limits: { holdout: 0.5 } });
    await sell({ sentTo: 300, heldOut: 100, bought: 20, boughtOut: 20 });
    await shop.run(9);
    expect(await shop.result('spring')).toMatchObject({
      holdout: { balance: { kind: 'not_balanced', expected: 0.5, found: 0.25 } },
      lift: { kind: 'not_comparable', why: 'not_balanced' },
    });
  });
});

describe('opened messages', () => {
  /** As an app gets it: 40 hex digits. */
  const keyOf = (number: number) => String(number).padStart(40, '0');

  test('count once each, of those that were sent, by variant; of what nobody sent nothing counts', async () => {
    for (const id of ['spring', 'summer', 'autumn']) await shop.start(id);
    await shop.send('spring', 'anne', 1, { key: keyOf(1) });
    await shop.send('spring', 'bob', 1, { key: keyOf(2), variant: 'b' });
    await shop.send('spring', 'cleo', 1, { key: keyOf(3) });
    await shop.send('spring', 'dora', 1, { key: keyOf(4), state: 'held_out', heldOut: 'campaign' });
    await shop.send('summer', 'anne', 1, { key: keyOf(5) });
    await shop.run(2);
    expect((await shop.result('spring'))?.opened).toBeUndefined();
    // Twice, on two devices; of who was not sent to; of no message; of a crawler, and of a developer's phone.
    for (const number of [1, 1, 2, 4, 99]) await shop.tellOpened(keyOf(number));
    await shop.tellOpened(keyOf(3), { bot: true });
    await shop.tellOpened(keyOf(5), { test: true });
    await shop.run(3);
    expect((await shop.result('spring'))?.opened).toEqual({ messages: 2, variants: { a: 1, b: 1 } });
    expect((await shop.result('summer'))?.opened).toBeUndefined();
    expect((await shop.result('autumn'))?.opened).toBeUndefined();
    const result = await shop.result('spring');
    await shop.run(3);
    expect(await shop.result('spring')).toEqual(result);
  });

  test('are counted as long as the messages are, though what was looked at is long forgotten', async () => {
    await shop.start('spring');
    await shop.send('spring', 'anne', 1, { key: keyOf(1) });
    await shop.tellOpened(keyOf(1));
    await shop.tellOpened(keyOf(2), { kind: 'page' });
    const later = day(200);
    await shop.tellOpened(keyOf(3), { at: later, receivedAt: later }, later);
    await shop.run(201);
    expect((await shop.result('spring'))?.opened).toEqual({ messages: 1, variants: { a: 1 } });
  });
});

test('what is far back stays as it was said, though its records go', async () => {
  await shop.start('spring');
  await shop.send('spring', 'anne', 1);
  await shop.buy('1', { at: 2, by: 'anne' });
  await shop.run(3);
  const told = shop.events.length;
  await shop.run(1 + 410, { records: memorySendRecords() });
  expect(await shop.counted('spring')).toEqual(['1 2000 attributed']);
  expect(shop.events).toHaveLength(told);
});

/** What every store of orders does. */
import { beforeAll, describe, expect, it } from 'vitest';
import { applyUpdates, type OrderStore } from '../../../shared/orders/apply.ts';
import { LARGEST_ITEM_BYTES } from '../../../shared/orders/store.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { newOrder, newOrderKey, orderUpdates, partsOf, withLines } from './samples.ts';

export function orderStoreContract(name: string, make: () => Promise<OrderStore>): void {
  describe(`orders: ${name}`, () => {
    let store: OrderStore;
    beforeAll(async () => {
      store = await make();
    });

    it('knows nothing of an order never heard of', async () => {
      expect(await store.getOrder(newOrderKey())).toBeUndefined();
    });

    it('gives back what was put, parts, versions and all', async () => {
      const order = newOrder({
        parts: partsOf(orderUpdates((parts) => Object.keys(parts.refunds).length > 0)),
        cause: 'replay',
      });
      await store.putOrder(order);
      expect(await store.getOrder(order.key)).toEqual(order);
      const next = { ...newOrder(), key: order.key, revision: 2 };
      await store.putOrder(next);
      expect(await store.getOrder(order.key)).toEqual(next);
    });

    it('gives back a value of its own', async () => {
      const order = newOrder();
      await store.putOrder(order);
      expect(await store.getOrder(order.key)).not.toBe(await store.getOrder(order.key));
    });

    it.each(['with/a/slash', '订单 №1', '#1001', '..', ' ', 'x'.repeat(500)])(
      'takes the order id %j',
      async (orderId) => {
        const order = newOrder({ key: newOrderKey(`${orderId}${Date.now()}`) });
        await store.putOrder(order);
        expect(await store.getOrder(order.key)).toEqual(order);
      },
    );

    it('refuses what is not the next revision', async () => {
      const order = newOrder();
      await expect(store.putOrder({ ...order, revision: 2 })).rejects.toThrow(Conflict);
      await store.putOrder(order);
      for (const revision of [1, 3]) await expect(store.putOrder({ ...order, revision })).rejects.toThrow(Conflict);
      expect(await store.getOrder(order.key)).toEqual(order);
    });

    it.each([1, 2])('lets one of two racing writers of revision %i win', async (revision) => {
      const order = newOrder();
      if (revision === 2) await store.putOrder(order);
      const rivals = [orderUpdates().slice(0, 1), orderUpdates()].map((updates) => ({
        ...order,
        revision,
        parts: partsOf(updates),
      }));
      const outcomes = await Promise.allSettled(rivals.map((rival) => store.putOrder(rival)));
      const won = rivals.filter((_, at) => outcomes[at]?.status === 'fulfilled');
      expect(won).toHaveLength(1);
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(Conflict) });
      expect(await store.getOrder(order.key)).toEqual(won[0]);
    });

    it('loses nothing of writers that merge at once', async () => {
      const key = newOrderKey();
      const updates = orderUpdates((parts) => Object.keys(parts.refunds).length > 0);
      const lots = [0, 1, 2, 3].map((lot) => updates.filter((_, at) => at % 4 === lot)).filter((lot) => lot.length > 0);
      await Promise.all(lots.map((lot) => applyUpdates(store, key, lot, 'live')));
      const wanted = partsOf(updates);
      const found = (await store.getOrder(key))?.parts;
      expect((await applyUpdates(store, key, updates, 'live')).changed).toBe(0);
      expect(found?.single.state?.value).toEqual(wanted.single.state?.value);
      expect(Object.keys(found?.refunds ?? {})).toEqual(Object.keys(wanted.refunds));
      expect(found?.sightings).toEqual(wanted.sightings);
    });

    it('takes orders too large for an item, and lets them shrink again', async () => {
      const order = newOrder();
      const large = { ...order, parts: withLines(order.parts, 6_000) };
      expect(JSON.stringify(large.parts).length).toBeGreaterThan(4 * LARGEST_ITEM_BYTES);
      await store.putOrder(large);
      expect(await store.getOrder(order.key)).toEqual(large);
      await expect(store.putOrder({ ...large, parts: withLines(order.parts, 7_000) })).rejects.toThrow(Conflict);
      expect(await store.getOrder(order.key)).toEqual(large);
      const small = { ...order, revision: 2 };
      await store.putOrder(small);
      expect(await store.getOrder(order.key)).toEqual(small);
    });
  });
}

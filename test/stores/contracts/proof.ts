/** What every store of campaigns' results, and of the orders that count for them, does. */
import { describe, expect, it } from 'vitest';
import type { AttributedOrderStore } from '../../../shared/proof/attributed-order.ts';
import type { ResultStore } from '../../../shared/proof/result.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { instant } from '../../../shared/time/instant.ts';
import { attributedOrder, campaignResult } from '../../proof/samples.ts';
import { unique } from './samples.ts';

export function resultStoreContract(name: string, make: () => Promise<ResultStore>): void {
  describe(`results of campaigns: ${name}`, () => {
    it('gives back what was put, and never what is older', async () => {
      const store = await make();
      const result = campaignResult({ campaign: `c${unique()}` });
      expect(await store.getResult(result.campaign)).toBeUndefined();
      await store.putResult(result);
      expect(await store.getResult(result.campaign)).toEqual(result);
      const { sent: _, ...unsent } = result;
      const same = { ...unsent, digest: '2-2' };
      await store.putResult(same);
      await store.putResult({ ...result, asOf: instant(Date.parse(result.asOf) - 1), digest: '3-3' });
      expect(await store.getResult(result.campaign)).toEqual(same);
      const listed = await store.listResults();
      expect(listed.filter(({ campaign }) => campaign === result.campaign)).toEqual([same]);
    });

    it('keeps each kind of lift and balance', async () => {
      const store = await make();
      const interval = { value: 0.1, low: 0.05, high: 0.15 };
      const result = campaignResult({
        campaign: `c${unique()}`,
        lift: {
          ...{ kind: 'lift', customers: { sentTo: 800, heldOut: 200 }, sentTo: 0.2, heldOut: 0.1 },
          ...{ difference: interval, revenue: { value: 200, low: -1.5, high: 401 }, currency: 'CNY', isClear: true },
        },
      });
      await store.putResult(result);
      expect(await store.getResult(result.campaign)).toEqual(result);
    });
  });
}

export function attributedOrderStoreContract(name: string, make: () => Promise<AttributedOrderStore>): void {
  describe(`attributed orders: ${name}`, () => {
    it('are listed by order, page by page, of one campaign', async () => {
      const store = await make();
      const campaign = `c${unique()}`;
      const { variant: _, ...plain } = attributedOrder({ campaign, order: 'shopify/shop/2' });
      const put = [attributedOrder({ campaign }), plain, attributedOrder({ campaign, order: 'shopify/shop/3' })];
      for (const order of [...put, attributedOrder({ campaign: `${campaign}x` })].reverse())
        await store.putOrder(order);
      const first = await store.listOrders(campaign, 2);
      expect(first.items).toEqual(put.slice(0, 2));
      expect(await store.listOrders(campaign, 2, first.next)).toEqual({ items: put.slice(2) });
      expect((await store.listOrders(`c${unique()}`, 2)).items).toEqual([]);
    });

    it('are put by whoever saw the last', async () => {
      const store = await make();
      const order = attributedOrder({ campaign: `c${unique()}` });
      await expect(store.putOrder({ ...order, revision: 2 })).rejects.toThrow(Conflict);
      await store.putOrder(order);
      await expect(store.putOrder(order)).rejects.toThrow(Conflict);
      const back = { ...order, revision: 2, state: 'taken_back' as const, net: 0 };
      await store.putOrder(back);
      expect((await store.listOrders(order.campaign, 9)).items).toEqual([back]);
    });
  });
}

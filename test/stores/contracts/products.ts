/** What every store of the catalogue does. */
import { describe, expect, it } from 'vitest';
import type { Listing, Product } from '../../../shared/catalogue/product.ts';
import type { ProductStore } from '../../../shared/catalogue/product-store.ts';
import type { Stock } from '../../../shared/catalogue/stock.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { instant } from '../../../shared/time/instant.ts';

const START = Date.UTC(2026, 10, 25);
const product = (id: string, of: Partial<Product> = {}): Product => ({
  id,
  title: { zh: '冻顶乌龙' },
  variants: [{ skuId: '100g', price: { amount: 12_800, currency: 'CNY' } }, { skuId: '250g' }],
  listings: [],
  revision: 1,
  updatedAt: instant(START),
  by: 'a marketer',
  ...of,
});
const listing = (productId: string, skuId?: string): Listing => ({
  channel: 'shopify',
  connection: 'shop',
  productId,
  ...(skuId !== undefined && { skuId }),
});
const stock = (count: number | null, minute: number): Stock => ({ count, at: instant(START + minute * 60_000) });

export function productStoreContract(name: string, make: () => Promise<ProductStore>): void {
  describe(`products: ${name}`, () => {
    it('gives back what was put, and lets only one of two put the next revision', async () => {
      const store = await make();
      expect(await store.getProduct('tea')).toBeUndefined();
      const first = product('tea', { categoryPath: '茶/乌龙茶', regions: ['CN/广东省'], excluded: true });
      expect(await store.putProduct(first, undefined)).toEqual({ kind: 'put' });
      expect(await store.getProduct('tea')).toEqual(first);
      await expect(store.putProduct(first, undefined)).rejects.toThrow(Conflict);
      const second = product('tea', { revision: 2, title: { en: 'Oolong' } });
      await store.putProduct(second, first);
      expect(await store.getProduct('tea')).toEqual(second);
      await expect(store.putProduct(product('tea', { revision: 2 }), first)).rejects.toThrow(Conflict);
      await expect(store.removeProduct(first)).rejects.toThrow(Conflict);
      await store.removeProduct(second);
      expect(await store.getProduct('tea')).toBeUndefined();
    });

    it('finds whose a line is, by its SKU before its product; each listing is one product’s', async () => {
      const store = await make();
      const whole = product('whole', { listings: [listing('p1'), listing('p2')] });
      const part = product('part', { listings: [listing('p1', 's1')] });
      for (const one of [whole, part]) await store.putProduct(one, undefined);
      expect(await store.findListing(listing('p1', 's1'))).toBe('part');
      expect(await store.findListing(listing('p1', 's2'))).toBe('whole');
      expect(await store.findListing(listing('p1'))).toBe('whole');
      expect(await store.findListing(listing('p3'))).toBeUndefined();
      expect(await store.findListing({ ...listing('p1'), connection: 'other' })).toBeUndefined();
      const thief = product('thief', { listings: [listing('p9'), listing('p2')] });
      expect(await store.putProduct(thief, undefined)).toEqual({
        kind: 'listing_taken',
        listing: listing('p2'),
        by: 'whole',
      });
      expect([await store.getProduct('thief'), await store.findListing(listing('p9'))]).toEqual([undefined, undefined]);
      const less = { ...whole, revision: 2, listings: [listing('p1')] };
      await store.putProduct(less, whole);
      await store.putProduct(thief, undefined);
      expect(await store.findListing(listing('p2'))).toBe('thief');
      // Of who had it before, and is removed late.
      await store.removeProduct(less);
      expect(await store.findListing(listing('p2'))).toBe('thief');
      expect(await store.findListing(listing('p1'))).toBeUndefined();
      expect(await store.findListing(listing('p1', 's1'))).toBe('part');
    });

    it('keeps the later of two counts, of one instant the smaller, and says what was there', async () => {
      const store = await make();
      expect(await store.putStock('tea', '100g', stock(5, 2))).toEqual({ kind: 'put', was: undefined });
      expect(await store.putStock('tea', '100g', stock(9, 1))).toEqual({ kind: 'known' });
      expect(await store.putStock('tea', '100g', stock(5, 2))).toEqual({ kind: 'known' });
      expect(await store.putStock('tea', '100g', stock(7, 2))).toEqual({ kind: 'known' });
      expect(await store.putStock('tea', '100g', stock(4, 2))).toEqual({ kind: 'put', was: stock(5, 2) });
      expect(await store.putStock('tea', '100g', stock(null, 2))).toEqual({ kind: 'known' });
      expect(await store.putStock('tea', '100g', stock(null, 3))).toEqual({ kind: 'put', was: stock(4, 2) });
      expect(await store.putStock('tea', '100g', stock(8, 3))).toEqual({ kind: 'put', was: stock(null, 3) });
      await store.putStock('tea', '250g', stock(0, 1));
      await store.putStock('tea 2', '250g', stock(1, 1));
      expect(await store.getStocks('tea')).toEqual(
        new Map([
          ['100g', stock(8, 3)],
          ['250g', stock(0, 1)],
        ]),
      );
      await store.removeStocks('tea', ['100g', 'nothing']);
      expect([...(await store.getStocks('tea')).keys()]).toEqual(['250g']);
    });

    it('forgets stock and listings with the product', async () => {
      const store = await make();
      const tea = product('tea', { listings: [listing('p1')] });
      await store.putProduct(tea, undefined);
      await store.putStock('tea', '100g', stock(5, 1));
      await store.removeProduct(tea);
      expect((await store.getStocks('tea')).size).toBe(0);
      expect(await store.findListing(listing('p1'))).toBeUndefined();
    });

    it('lists each once with its stock, page by page, whatever the size; all, or those of a category', async () => {
      const store = await make();
      const ids = Array.from({ length: 40 }, (_, index) => `商品 ${index}`);
      const categories = ['茶', '茶/乌龙茶', '茶/乌龙茶/冻顶', '茶具', undefined] as const;
      for (const [index, id] of ids.entries()) {
        const categoryPath = categories[index % categories.length];
        await store.putProduct(product(id, { ...(categoryPath && { categoryPath }) }), undefined);
        if (index % 2 === 0) await store.putStock(id, '250g', stock(index, 1));
      }
      for (const limit of [1, 7, 40, 1000]) {
        for (const category of [undefined, '茶', '茶/乌龙茶', '茶/乌', '没有']) {
          const found = await all(store, limit, category);
          const expected = ids.filter((_, index) => isUnder(categories[index % categories.length], category));
          expect(found.map(({ id }) => id).sort()).toEqual(expected.toSorted());
          for (const { id, variants } of found) {
            const index = ids.indexOf(id);
            expect(variants[0]).not.toHaveProperty('stock');
            expect(variants[1]?.stock).toBe(index % 2 === 0 ? index : undefined);
          }
        }
      }
    });
  });
}

const isUnder = (path: string | undefined, category: string | undefined): boolean =>
  category === undefined || path === category || (path?.startsWith(`${category}/`) ?? false);

async function all(store: ProductStore, limit: number, category: string | undefined) {
  const found = [];
  let after: string | undefined;
  do {
    const page = await store.listProducts({ limit, after, category });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    found.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return found;
}

/** The catalogue in memory, as `shared/catalogue/store.ts` keeps it. */

import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CatalogueFiles } from '../../../shared/catalogue/catalogue-file.ts';
import { listingName, type Product } from '../../../shared/catalogue/product.ts';
import type { ProductStore } from '../../../shared/catalogue/product-store.ts';
import { inStock, isLater, type Stock } from '../../../shared/catalogue/stock.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';

export function memoryProducts(): ProductStore {
  // As JSON, so that nobody holds on to what is stored. The casts: only this file writes what it reads.
  const products = new Map<string, string>();
  const listings = new Map<string, string>();
  const stocks = new Map<string, Map<string, Stock>>();
  const find = (id: string) => {
    const json = products.get(id);
    return json === undefined ? undefined : (JSON.parse(json) as Product);
  };
  const requireSeen = (id: string, seen: number) => {
    if ((find(id)?.revision ?? 0) !== seen)
      throw new Conflict('product_changed', 'The product was changed by another meanwhile.');
  };
  const stocksOf = (id: string) => stocks.get(id) ?? new Map<string, Stock>();

  return {
    getProduct: async (id) => find(id),
    getStocks: async (id) => new Map(stocksOf(id)),

    async putProduct(product, seen) {
      const { id } = product;
      requireSeen(id, seen?.revision ?? 0);
      for (const listing of product.listings) {
        const by = listings.get(listingName(listing));
        if (by !== undefined && by !== id) return { kind: 'listing_taken', listing, by };
      }
      for (const listing of seen?.listings ?? []) listings.delete(listingName(listing));
      for (const listing of product.listings) listings.set(listingName(listing), id);
      products.set(id, JSON.stringify(product));
      return { kind: 'put' };
    },

    async removeProduct({ id, revision, listings: its }) {
      requireSeen(id, revision);
      products.delete(id);
      stocks.delete(id);
      for (const listing of its) listings.delete(listingName(listing));
    },

    async putStock(id, skuId, stock) {
      const known = stocksOf(id);
      const was = known.get(skuId);
      if (!isLater(stock, was)) return { kind: 'known' };
      stocks.set(id, known.set(skuId, stock));
      return { kind: 'put', was };
    },

    async removeStocks(id, skuIds) {
      for (const sku of skuIds) stocks.get(id)?.delete(sku);
    },

    async findListing({ skuId, ...whole }) {
      const ofSku = skuId === undefined ? undefined : listings.get(listingName({ ...whole, skuId }));
      return ofSku ?? listings.get(listingName(whole));
    },

    async listProducts({ limit, after, category }) {
      const all = [...products.keys()].sort().filter((id) => after === undefined || id > after);
      const found = all.flatMap((id) => find(id) ?? []).filter(({ categoryPath = '' }) => isOf(categoryPath, category));
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((product) => inStock(product, stocksOf(product.id))),
        ...(found.length > limit && last && { next: last.id }),
      };
    },
  };
}

const isOf = (path: string, category: string | undefined): boolean =>
  category === undefined || path === category || path.startsWith(`${category}/`);

/** The last file that was written, as text. */
export function memoryCatalogueFiles(): CatalogueFiles & { read(): string } {
  let written = '';
  return {
    read: () => written,
    async write(lines) {
      written = await text(Readable.from(lines));
    },
  };
}

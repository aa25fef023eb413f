/** Products as functions look them up: cached, absences too, as each line of an order and each message to a customer asks. */
import { createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import { getProduct } from './manage.ts';
import { type Listing, listingName, listingOf } from './product.ts';
import type { ProductStore } from './product-store.ts';
import type { ProductInStock } from './stock.ts';

export interface ProductDirectory {
  /** As it was a minute ago at most, stock included. */
  find(id: string): Promise<ProductInStock | undefined>;
  /** The product that a line of an order is of. */
  findByLine(line: Listing): Promise<ProductInStock | undefined>;
}

export const DIRECTORY_MAX_AGE_MS = 60_000;
/** Some kilobytes each. */
const MAX_ENTRIES = 2_000;

export function productDirectory(
  products: Pick<ProductStore, 'getProduct' | 'getStocks' | 'findListing'>,
  clock: Clock,
): ProductDirectory {
  const byId = createCache({
    load: (id) => getProduct(id, { products }),
    clock,
    maxAgeMs: DIRECTORY_MAX_AGE_MS,
    maxEntries: MAX_ENTRIES,
  });
  const idByLine = createCache({
    load: (name) => products.findListing(listingOf(name)),
    clock,
    maxAgeMs: DIRECTORY_MAX_AGE_MS,
    maxEntries: MAX_ENTRIES,
  });
  return {
    find: (id) => byId.get(id),
    async findByLine(line) {
      const id = await idByLine.get(listingName(line));
      return id === undefined ? undefined : byId.get(id);
    },
  };
}

/**
 * What is in stock, by the word of whoever counted last: of two, the later stands, whenever they come. So repeated and late
 * messages change nothing, and in any order the same comes out.
 */
import type { Instant } from '../time/instant.ts';
import { isOnSale, type Listing, type Product, type Variant, type VariantDraft } from './product.ts';

export interface Stock {
  /** Null: it is not tracked any more. */
  readonly count: number | null;
  /** When that was so. */
  readonly at: Instant;
}
/** By SKU. */
export type Stocks = ReadonlyMap<string, Stock>;

/** Of one instant the smaller count stands: better to show too little than to sell what is not there. */
export function isLater(said: Stock, known: Stock | undefined): boolean {
  if (!known || said.at > known.at) return true;
  return said.at === known.at && countOf(said) < countOf(known);
}
const countOf = ({ count }: Stock): number => count ?? Number.POSITIVE_INFINITY;

/** What a product that is put says of stock, by SKU. */
export const stocksSaid = (variants: readonly VariantDraft[], now: Instant): (readonly [sku: string, stock: Stock])[] =>
  variants.flatMap(({ skuId, stock, stockAt }) =>
    stock === undefined
      ? []
      : [[skuId, { count: stock, at: stockAt === undefined ? now : asInstant(stockAt) }] as const],
  );

/** With milliseconds, so that it sorts by time. */
export const asInstant = (at: string): Instant =>
  // The cast: toISOString gives the form of an instant.
  new Date(at).toISOString() as Instant;

interface VariantInStock extends Variant {
  /** Absent: not tracked. */
  readonly stock?: number;
  readonly stockAt?: Instant;
}
export interface ProductInStock extends Omit<Product, 'variants'> {
  readonly variants: readonly VariantInStock[];
}

export const inStock = ({ variants, ...product }: Product, stocks: Stocks): ProductInStock => ({
  ...product,
  variants: variants.map((variant) => {
    const stock = stocks.get(variant.skuId);
    return !stock || stock.count === null ? variant : { ...variant, stock: stock.count, stockAt: stock.at };
  }),
});

/** Whether it can be bought: what is not tracked can. */
export const isThere = ({ stock }: VariantInStock): boolean => stock === undefined || stock > 0;

/** Whether it is there to be sold by then, and may be recommended. */
export const canBeBought = (product: ProductInStock, now: Instant): boolean =>
  !product.excluded && isOnSale(product, now) && product.variants.some(isThere);

/**
 * SKUs that could not be bought before and can be now. One that was not there before is new, and not back; nothing is of a product
 * that is not to be recommended.
 */
export function backInStock(
  before: Pick<ProductInStock, 'variants'>,
  after: Pick<ProductInStock, 'variants' | 'excluded'>,
): readonly string[] {
  if (after.excluded) return [];
  const gone = new Set(before.variants.filter((variant) => !isThere(variant)).map(({ skuId }) => skuId));
  return after.variants.filter((variant) => gone.has(variant.skuId) && isThere(variant)).map(({ skuId }) => skuId);
}

/** Which variant: of a product, by the brand's id or by how a channel calls it. */
type StockOf = { readonly productId: string } | { readonly listing: Listing };
export type StockUpdate = StockOf & { readonly skuId: string; readonly stock: Stock };

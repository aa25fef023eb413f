/** Products, their listings and what is in stock of them. */
import type { PageOf } from '../profiles/customer.ts';
import type { Listing, Product } from './product.ts';
import type { ProductInStock, Stock, Stocks } from './stock.ts';

type Put =
  | { readonly kind: 'put' }
  /** Another product has it: one line of an order is one product's. */
  | { readonly kind: 'listing_taken'; readonly listing: Listing; readonly by: string };

type StockPut =
  /** `was`: what was known before. */
  | { readonly kind: 'put'; readonly was: Stock | undefined }
  /** What is known is later, or the same. */
  | { readonly kind: 'known' };

interface ProductPage {
  readonly limit: number;
  readonly after?: string | undefined;
  /** This category, and all below it. */
  readonly category?: string | undefined;
}

export interface ProductStore {
  /** Consistent. */
  getProduct(id: string): Promise<Product | undefined>;
  getStocks(id: string): Promise<Stocks>;
  /** With its listings, as one. Throws Conflict unless what is stored is still what was `seen` (nothing, if undefined). */
  putProduct(product: Product, seen: Product | undefined): Promise<Put>;
  /** With its listings and stock. Throws Conflict where its revision has moved. */
  removeProduct(product: Product): Promise<void>;
  /** Unless what is known is later. Of whether there is such a product the store knows nothing. */
  putStock(id: string, skuId: string, stock: Stock): Promise<StockPut>;
  removeStocks(id: string, skuIds: readonly string[]): Promise<void>;
  /** Whose a line of an order is: the listing of its SKU, else that of its product. */
  findListing(line: Listing): Promise<string | undefined>;
  /** In a fixed order that says nothing; at most `limit`, with stock. A page may have fewer though there are more (`next`). */
  listProducts(page: ProductPage): Promise<PageOf<ProductInStock>>;
}

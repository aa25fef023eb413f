/** The catalogue as a file for whoever reads all of it at once, the build of recommendations above all: one product a line. */
import { ndjson } from '../snapshots/rows.ts';
import { everyProduct } from './manage.ts';
import type { ProductStore } from './product-store.ts';
import type { ProductInStock } from './stock.ts';

export const CATALOGUE_FILE = 'catalogue/products.ndjson.gz';

export interface CatalogueFiles {
  /** As one object, gzipped, in place of the one before; there as a whole, or not at all. */
  write(lines: AsyncIterable<string>): Promise<void>;
}

/** Names of fields are those of columns. Money in minor units. */
export interface CatalogueRow {
  readonly id: string;
  readonly revision: number;
  readonly title_zh?: string;
  readonly title_en?: string;
  readonly category_path?: string;
  readonly url?: string;
  readonly image_url?: string;
  readonly variants: readonly {
    readonly sku_id: string;
    readonly title?: string;
    readonly price?: number;
    readonly compare_at?: number;
    readonly currency?: string;
    /** Absent: not tracked. */
    readonly stock?: number;
  }[];
  readonly listings: readonly {
    readonly channel: string;
    readonly connection: string;
    readonly product_id: string;
    readonly sku_id?: string;
  }[];
  /** Absent: everywhere. */
  readonly regions?: readonly string[];
  readonly accessory_of: readonly string[];
  readonly upgrade_of: readonly string[];
  readonly consumable: boolean;
  readonly excluded: boolean;
  readonly available_from?: string;
  readonly available_until?: string;
}

/** Writes the catalogue as it is now; how many products there are. What is changed meanwhile may be in it or not. */
export async function writeCatalogue(
  products: Pick<ProductStore, 'listProducts'>,
  files: CatalogueFiles,
): Promise<{ readonly products: number }> {
  let count = 0;
  async function* lines() {
    for await (const product of everyProduct(products)) {
      count++;
      yield ndjson([catalogueRow(product)]);
    }
  }
  await files.write(lines());
  return { products: count };
}

function catalogueRow(product: ProductInStock): CatalogueRow {
  const { id, revision, title, categoryPath, url, imageUrl, regions, availableFrom, availableUntil } = product;
  const { variants, listings, accessoryOf = [], upgradeOf = [], consumable = false, excluded = false } = product;
  return {
    id,
    revision,
    ...(title.zh !== undefined && { title_zh: title.zh }),
    ...(title.en !== undefined && { title_en: title.en }),
    ...(categoryPath !== undefined && { category_path: categoryPath }),
    ...(url !== undefined && { url }),
    ...(imageUrl !== undefined && { image_url: imageUrl }),
    variants: variants.map(variantRow),
    listings: listings.map(({ channel, connection, productId, skuId }) => ({
      channel,
      connection,
      product_id: productId,
      ...(skuId !== undefined && { sku_id: skuId }),
    })),
    ...(regions && { regions }),
    accessory_of: accessoryOf,
    upgrade_of: upgradeOf,
    consumable,
    excluded,
    ...(availableFrom !== undefined && { available_from: availableFrom }),
    ...(availableUntil !== undefined && { available_until: availableUntil }),
  };
}

function variantRow({ skuId, title, price, compareAt, stock }: ProductInStock['variants'][number]) {
  const currency = price?.currency ?? compareAt?.currency;
  return {
    sku_id: skuId,
    ...(title !== undefined && { title }),
    ...(price && { price: price.amount }),
    ...(compareAt && { compare_at: compareAt.amount }),
    ...(currency !== undefined && { currency }),
    ...(stock !== undefined && { stock }),
  };
}

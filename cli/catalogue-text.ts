/** Products as a person reads them. */
import type { ProductAnswer } from '../shared/api/products.ts';
import { ProductId } from '../shared/catalogue/product.ts';
import type { Language } from '../shared/tiers/reasons.ts';
import { UsageError } from './errors.ts';
import { facts, formatMoney, minute, oneLine, table } from './output.ts';

type Variant = ProductAnswer['variants'][number];

/** For commander. */
export function readProductId(text: string): string {
  const read = ProductId.safeParse(text);
  if (read.success) return read.data;
  throw new UsageError(
    `${oneLine(text)} is no id of a product, which has ${read.error.issues[0]?.message}.`,
    'product_id_invalid',
  );
}

export function renderProducts(products: readonly ProductAnswer[], language: Language): string {
  if (products.length === 0) return 'No products. `tributary catalogue import FILE` brings them.';
  return table(
    ['id', 'title', 'category', { name: 'from', align: 'right' }, { name: 'stock', align: 'right' }, ''],
    products.map((product) => [
      product.id,
      titleIn(product, language),
      product.categoryPath ?? '-',
      cheapest(product),
      stockOf(product.variants),
      product.excluded ? 'excluded' : '',
    ]),
  );
}

const titleIn = ({ title }: ProductAnswer, language: Language): string =>
  title[language] ?? title.zh ?? title.en ?? '-';

function cheapest({ variants }: ProductAnswer): string {
  const [lowest] = variants.flatMap(({ price }) => price ?? []).sort((a, b) => a.amount - b.amount);
  return lowest ? formatMoney(lowest.amount, lowest.currency) : '-';
}

/** Of all variants together; one that is not tracked is as good as any number. */
function stockOf(variants: readonly Variant[]): string {
  if (variants.some(({ stock }) => stock === undefined)) return '-';
  return String(variants.reduce((sum, { stock = 0 }) => sum + stock, 0));
}

export function renderProduct(product: ProductAnswer): string {
  const { id, title, categoryPath, url, imageUrl, regions, accessoryOf, upgradeOf, revision, updatedAt, by } = product;
  const { consumable, excluded, availableFrom, availableUntil, listings, variants } = product;
  const ids = (all: readonly string[] | undefined) => (all && all.length > 0 ? all.join(', ') : undefined);
  const about = facts([
    ['id', id],
    ['title', title.zh],
    ['', title.zh === undefined ? undefined : title.en],
    ['title ', title.zh === undefined ? title.en : undefined],
    ['category', categoryPath],
    ['url', url],
    ['image', imageUrl],
    ['sold in', ids(regions)],
    ['accessory of', ids(accessoryOf)],
    ['upgrade of', ids(upgradeOf)],
    ['consumable', consumable ? 'yes' : undefined],
    ['excluded', excluded ? 'yes: it is never recommended' : undefined],
    ['from', availableFrom && minute(availableFrom)],
    ['until', availableUntil && minute(availableUntil)],
    ['listings', ids(listings.map(listingText))],
    ['revision', `${revision}, ${minute(updatedAt)} by ${by}`],
  ]);
  return `${about}\n\n${table(
    [
      'sku',
      'variant',
      { name: 'price', align: 'right' },
      { name: 'was', align: 'right' },
      { name: 'stock', align: 'right' },
      'as of',
    ],
    variants.map(({ skuId, title: name, price, compareAt, stock, stockAt }) => [
      skuId,
      name ?? '-',
      price ? formatMoney(price.amount, price.currency) : '-',
      compareAt ? formatMoney(compareAt.amount, compareAt.currency) : '-',
      stock === undefined ? 'not tracked' : String(stock),
      minute(stockAt),
    ]),
  )}`;
}

const listingText = ({ channel, connection, productId, skuId }: ProductAnswer['listings'][number]): string =>
  [channel, connection, productId, ...(skuId === undefined ? [] : [skuId])].join('/');

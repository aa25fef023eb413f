/** Edits of the catalogue: the same whether they come one by one, a hundred at a time, or from a file. */
import { isDeepStrictEqual } from 'node:util';
import pMap from 'p-map';
import type { RestockMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { Conflict } from '../runtime/errors.ts';
import { compact } from '../text/compact.ts';
import { type Instant, instant } from '../time/instant.ts';
import type { Listing, Product, ProductDraft } from './product.ts';
import type { ProductStore } from './product-store.ts';
import { backInStock, inStock, type ProductInStock, type Stock, type StockUpdate, stocksSaid } from './stock.ts';

export interface CatalogueManagement {
  readonly products: ProductStore;
  /** Where it is told that a product can be bought again, for campaigns that wait for that. */
  readonly restocks: Queue<RestockMessage>;
  readonly clock: Clock;
}

export interface ProductPut {
  readonly id: string;
  readonly draft: ProductDraft;
  readonly by: string;
  /** Looks at what is there, and refuses by throwing; asked again where another was first. */
  readonly check?: (known: Product | undefined) => void;
}

export type Outcome =
  | { readonly kind: 'created' | 'changed' | 'unchanged'; readonly product: Product }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly message: string };
type RefusalCode = 'listing_taken' | 'in_future';

/** Clocks of those who count may be ahead of ours; but what is said of tomorrow would outlast all that is said today. */
const AHEAD_AT_MOST_MS = 5 * 60_000;
const TRIES = 5;
const WRITES_AT_ONCE = 16;

/** As a whole, in place of what there was; what is known of its stock stays, unless the draft says it of a later time. */
export async function putProduct({ id, draft, by, check }: ProductPut, its: CatalogueManagement): Promise<Outcome> {
  const { products } = its;
  const now = nowOf(its);
  const said = stocksSaid(draft.variants, now);
  const ahead = said.find(([, stock]) => isAhead(stock, now));
  if (ahead)
    return { kind: 'refused', code: 'in_future', message: `The stock of ${ahead[0]} is said to be of the future.` };
  for (let attempt = 1; ; attempt++) {
    const known = await products.getProduct(id);
    check?.(known);
    const next = nextProduct(known, { id, draft, by, now });
    const isSame = known !== undefined && saysTheSame(known, next);
    try {
      const put = isSame ? { kind: 'put' as const } : await products.putProduct(next, known);
      if (put.kind === 'listing_taken') return taken(put.listing, put.by);
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === TRIES) throw error;
      continue;
    }
    // Repeated if it is not reached: who died in between is followed by somebody who sends the same again.
    const puts = await pMap(
      said,
      async ([sku, stock]) => ({ sku, stock, put: await products.putStock(id, sku, stock) }),
      {
        concurrency: WRITES_AT_ONCE,
      },
    );
    await tellRestock(next, puts, its);
    await products.removeStocks(id, skusGone(known, next));
    if (isSame) return { kind: 'unchanged', product: known };
    return { kind: known ? 'changed' : 'created', product: next };
  }
}

interface PutOfStock {
  readonly sku: string;
  readonly stock: Stock;
  readonly put: Awaited<ReturnType<ProductStore['putStock']>>;
}

/**
 * Once for the product, by the latest of what was said. Who dies before it is told has lost it: said again it is no news, as it would be if
 * it came twice. So it may fail to be told, and is never told twice.
 */
async function tellRestock(
  product: Product,
  said: readonly PutOfStock[],
  { restocks }: Pick<CatalogueManagement, 'restocks'>,
): Promise<void> {
  const back = said.filter((one) => isBack(product, one));
  const at = back.map(({ stock }) => stock.at).reduce<Instant | undefined>((a, b) => (a && a > b ? a : b), undefined);
  if (at !== undefined) await restocks.send({ restocked: { product: product.id, at } });
}

function isBack(product: Product, { sku, stock, put }: PutOfStock): boolean {
  if (put.kind === 'known' || !put.was) return false;
  const withStock = (one: Stock) => inStock(product, new Map([[sku, one]]));
  return backInStock(withStock(put.was), withStock(stock)).includes(sku);
}

const nowOf = ({ clock }: CatalogueManagement): Instant => instant(clock().getTime());
const isAhead = ({ at }: Stock, now: Instant): boolean => Date.parse(at) > Date.parse(now) + AHEAD_AT_MOST_MS;

function taken({ channel, connection, productId, skuId }: Listing, by: string): Outcome {
  const name = [channel, connection, productId, ...(skuId === undefined ? [] : [skuId])].join('/');
  const message = `Listing ${name} is that of product ${by}. Take it from there first.`;
  return { kind: 'refused', code: 'listing_taken', message };
}

function nextProduct(
  known: Product | undefined,
  {
    id,
    draft,
    by,
    now,
  }: { readonly id: string; readonly draft: ProductDraft; readonly by: string; readonly now: Instant },
): Product {
  const variants = draft.variants.map(({ skuId, title, price, compareAt }) =>
    compact({ skuId, title, price, compareAt }),
  );
  return { ...draft, id, variants, revision: (known?.revision ?? 0) + 1, updatedAt: now, by };
}

const saysTheSame = (a: Product, b: Product): boolean => isDeepStrictEqual(saidOf(a), saidOf(b));
const saidOf = ({ revision: _, updatedAt: __, by: ___, ...said }: Product) => said;

function skusGone(known: Product | undefined, next: Product): readonly string[] {
  const kept = new Set(next.variants.map(({ skuId }) => skuId));
  return known?.variants.map(({ skuId }) => skuId).filter((sku) => !kept.has(sku)) ?? [];
}

/** Each by itself, in order. Of those that want a listing of one another, as when it moves between them, all come through. */
export async function putProducts(puts: readonly ProductPut[], its: CatalogueManagement): Promise<readonly Outcome[]> {
  const first = await pMap(puts, (put) => putProduct(put, its), { concurrency: WRITES_AT_ONCE });
  const outcomes = [...first];
  for (const [index, put] of puts.entries()) {
    const outcome = outcomes[index];
    if (outcome?.kind === 'refused' && outcome.code === 'listing_taken') outcomes[index] = await putProduct(put, its);
  }
  return outcomes;
}

export async function getProduct(
  id: string,
  { products }: { readonly products: Pick<ProductStore, 'getProduct' | 'getStocks'> },
): Promise<ProductInStock | undefined> {
  const [product, stocks] = await Promise.all([products.getProduct(id), products.getStocks(id)]);
  return product && inStock(product, stocks);
}

/** False where there is none. */
export async function removeProduct(
  id: string,
  check: (known: Product) => void,
  { products }: Pick<CatalogueManagement, 'products'>,
): Promise<boolean> {
  const known = await products.getProduct(id);
  if (!known) return false;
  check(known);
  await products.removeProduct(known);
  return true;
}

export type StockOutcome =
  | { readonly kind: 'put'; readonly productId: string; readonly isBack: boolean }
  | { readonly kind: 'known'; readonly productId: string }
  | {
      readonly kind: 'refused';
      readonly code: 'product_not_found' | 'sku_not_found' | 'in_future';
      readonly message: string;
    };

/** Each by itself; the outcomes in the order of the updates. Of a product of which several variants are back it is told once. */
export async function putStocks(
  updates: readonly StockUpdate[],
  its: CatalogueManagement,
): Promise<readonly StockOutcome[]> {
  const now = nowOf(its);
  const found = new Map<string, Promise<Product | undefined>>();
  const productOf = (id: string): Promise<Product | undefined> => {
    const known = found.get(id) ?? its.products.getProduct(id);
    found.set(id, known);
    return known;
  };
  const put = await pMap(updates, (update) => putStock(update, { now, productOf, ...its }), {
    concurrency: WRITES_AT_ONCE,
  });
  const all = put.flatMap(({ of }) => of ?? []);
  const distinct = new Map(all.map(({ product }) => [product.id, product]));
  await pMap(
    [...distinct.values()],
    (product) =>
      tellRestock(
        product,
        all.filter((one) => one.product.id === product.id),
        its,
      ),
    { concurrency: WRITES_AT_ONCE },
  );
  return put.map(({ outcome }) => outcome);
}

interface Put {
  readonly outcome: StockOutcome;
  readonly of?: PutOfStock & { readonly product: Product };
}

interface StockPutting extends Pick<CatalogueManagement, 'products'> {
  readonly now: Instant;
  readonly productOf: (id: string) => Promise<Product | undefined>;
}

async function putStock(update: StockUpdate, { now, productOf, products }: StockPutting): Promise<Put> {
  const { skuId, stock } = update;
  const refused = (code: Extract<StockOutcome, { kind: 'refused' }>['code'], message: string) =>
    ({ outcome: { kind: 'refused', code, message } }) as const;
  if (isAhead(stock, now)) return refused('in_future', 'That is said to be of the future.');
  const id = 'listing' in update ? await products.findListing(update.listing) : update.productId;
  const product = id === undefined ? undefined : await productOf(id);
  if (!product)
    return refused(
      'product_not_found',
      'listing' in update ? 'No product has this listing.' : `There is no product ${id}.`,
    );
  if (!product.variants.some((variant) => variant.skuId === skuId))
    return refused('sku_not_found', `Product ${product.id} has no variant ${skuId}.`);
  const put = await products.putStock(product.id, skuId, stock);
  if (put.kind === 'known') return { outcome: { kind: 'known', productId: product.id } };
  const of = { product, sku: skuId, stock, put };
  return { outcome: { kind: 'put', productId: product.id, isBack: isBack(product, of) }, of };
}

/** All there are, page by page. */
export async function* everyProduct(products: Pick<ProductStore, 'listProducts'>): AsyncGenerator<ProductInStock> {
  let after: string | undefined;
  do {
    const page = await products.listProducts({ limit: PAGE, after });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}
const PAGE = 1_000;

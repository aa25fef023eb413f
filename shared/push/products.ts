/**
 * Products in messages: those that are recommended to a customer, and the one that an occurrence is about. Only what is in the catalogue
 * and can be bought now is shown. Products that only orders name are in no catalogue, so they are left out: nobody has given them a page
 * that a customer could be sent to.
 */
import { ABOUT_PRODUCTS, type Campaign } from '../campaigns/campaign.ts';
import type { RecommendedProduct } from '../campaigns/template.ts';
import type { ProductDirectory } from '../catalogue/directory.ts';
import { canBeBought, isThere, type ProductInStock } from '../catalogue/stock.ts';
import { showAmount } from '../money/show.ts';
import type { Place } from '../profiles/customer.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import { type Reason, sentence } from '../recommend/reasons.ts';
import type { Recommender } from '../recommendations/recommendation.ts';
import type { Language } from '../tiers/reasons.ts';
import type { Instant } from '../time/instant.ts';

export interface ProductSources {
  readonly recommender: Pick<Recommender, 'recommend'>;
  readonly products: Pick<ProductDirectory, 'find'>;
}

export interface MessageProduct {
  readonly product: ProductInStock;
  readonly reason?: Reason;
  /** What the reason names. */
  readonly named?: ProductInStock;
}

export interface MessageProducts {
  readonly items: readonly MessageProduct[];
  readonly about?: MessageProduct;
}

export interface Showing {
  readonly campaign: Pick<Campaign, 'content' | 'trigger'>;
  readonly root: Place<StoredProfile>;
  /** Ids of what the occurrence is about, the likeliest first. `any`: nothing has come about, so whatever is recommended stands in. */
  readonly about: readonly string[] | 'any';
  readonly now: Instant;
}

/** So many a build keeps of a customer. */
const RECOMMENDED_MOST = 20;
/** What orders alone name is recommended, too, and cannot be shown. */
const SPARE = 5;

export async function readProducts(
  { campaign, root, about: wanted, now }: Showing,
  { recommender, products }: ProductSources,
): Promise<MessageProducts | 'no_recommendation'> {
  const most = campaign.content.recommended?.items ?? 0;
  // Why it is due is known to recommendations alone, wherever among them it is.
  const isDue = wanted.length > 0 && campaign.trigger.on === 'replenishment_due';
  const isStandIn = wanted === 'any' && ABOUT_PRODUCTS.has(campaign.trigger.on);
  const asked = isDue || isStandIn ? RECOMMENDED_MOST : most > 0 ? Math.min(RECOMMENDED_MOST, most + SPARE) : 0;
  const recommended = asked > 0 ? (await recommender.recommend(root, asked)).items : [];
  const all = recommended.map(({ product }) => product);
  const ids = wanted === 'any' ? (isStandIn ? all : []) : wanted;
  const show = async (id: string): Promise<MessageProduct | undefined> => {
    const product = await products.find(id);
    if (!product || !canBeBought(product, now)) return undefined;
    const reason = recommended.find((one) => one.product === id)?.reason;
    const named = reason && (await namedBy(reason, products));
    // A reason that names what nobody has a title for is better not given.
    if (!reason || named === 'unknown') return { product };
    return { product, reason, ...(named && { named }) };
  };
  const [about] = await firstOf(ids, 1, show);
  const others = all.filter((id) => id !== about?.product.id);
  const items = await firstOf(others, most, show);
  if (most > 0 && items.length === 0) return 'no_recommendation';
  return { items, ...(about && { about }) };
}

/** One after the other: the first few mostly do, and are known for a minute. */
async function firstOf<Item>(
  ids: readonly string[],
  most: number,
  show: (id: string) => Promise<Item | undefined>,
): Promise<Item[]> {
  const found: Item[] = [];
  for (const id of ids) {
    if (found.length >= most) break;
    const item = await show(id);
    if (item !== undefined) found.push(item);
  }
  return found;
}

async function namedBy(
  reason: Reason,
  products: ProductSources['products'],
): Promise<ProductInStock | 'unknown' | undefined> {
  const id = 'of' in reason ? reason.of : 'with' in reason ? reason.with : undefined;
  return id === undefined ? undefined : ((await products.find(id)) ?? 'unknown');
}

/** `currency`: the customer's; where the product has no price in it, another is shown. */
export function showProduct(
  { product, reason, named }: MessageProduct,
  { language, currency }: { readonly language: Language; readonly currency: string },
): RecommendedProduct {
  const price = priceOf(product, currency, language);
  return {
    title: titleOf(product, language),
    ...(product.url !== undefined && { url: product.url }),
    ...(product.imageUrl !== undefined && { imageUrl: product.imageUrl }),
    ...(price !== undefined && { price }),
    ...(reason && { reason: inWords(reason, named, language) }),
  };
}

const titleOf = ({ title, id }: Pick<ProductInStock, 'title' | 'id'>, language: Language): string =>
  title[language] ?? title.zh ?? title.en ?? id;

/** The least of what can be bought; with a word for it where others cost more. */
function priceOf({ variants }: ProductInStock, currency: string, language: Language): string | undefined {
  const prices = variants.filter(isThere).flatMap(({ price }) => price ?? []);
  const own = prices.some((price) => price.currency === currency) ? currency : prices[0]?.currency;
  if (own === undefined) return undefined;
  const amounts = prices.filter((price) => price.currency === own).map(({ amount }) => amount);
  const least = Math.min(...amounts);
  const shown = showAmount(least, own, language);
  if (amounts.every((amount) => amount === least)) return shown;
  return language === 'zh' ? `${shown}起` : `from ${shown}`;
}

function inWords(reason: Reason, named: ProductInStock | undefined, language: Language): string {
  // In which tier or channel a product sells is for the brand; to a customer it is popular.
  const said: Reason =
    reason.code === 'popular_in' && !reason.segment.startsWith('region:') ? { ...reason, segment: 'all' } : reason;
  return sentence(said, language, { product: (id) => (named ? titleOf(named, language) : id) });
}

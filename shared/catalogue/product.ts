/** A product of the brand's catalogue: what it is, where it is sold, and what goes with it. */
import * as z from 'zod';
import type { Instant } from '../time/instant.ts';

export const VARIANTS_MOST = 100;
/** So that a product and all its listings, old and new, fit into one transaction. */
const LISTINGS_MOST = 40;
const RELATED_MOST = 50;
const REGIONS_MOST = 100;
const AMOUNT_MOST = 1e13;
export const STOCK_MOST = 1e9;

const hasOddCharacters = (text: string): boolean => /[\p{Cc}\p{Cs}]/u.test(text);
const inText = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => !hasOddCharacters(text), 'no control characters');

/** What it says of an id that is none. */
const ID_FORM = '1 to 128 characters of any script, without ?, %, control characters, or spaces at its ends';

const NOT_IN_IDS = '\\u0000-\\u001f\\u007f?%';

/** In any script, as the brand has it. It stands in paths, so it has none of the characters that gateways disagree on. */
const Id = z
  .string()
  .max(128, ID_FORM)
  .regex(new RegExp(`^[^${NOT_IN_IDS}]+$`), ID_FORM)
  .refine((id) => id === id.trim() && !hasOddCharacters(id) && !NO_IDS.has(id), ID_FORM);
/** A way up in a path, and what no field can be called. */
const NO_IDS: ReadonlySet<string> = new Set(['.', '..', '__proto__']);

export const ProductId = Id;
export const SkuId = Id;

export const CategoryPath = inText(300).regex(
  /^[^/\s](?:[^/]*[^/\s])?(?:\/[^/\s](?:[^/]*[^/\s])?){0,7}$/,
  'names parted by slashes, at most 8 of them: 茶/乌龙茶',
);

const Currency = z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code, such as CNY');
const Money = z.strictObject({
  /** Minor units of the currency. */
  amount: z.int().min(0).max(AMOUNT_MOST),
  currency: Currency,
});

const At = z.iso.datetime();
const Url = z.url({ protocol: /^https?$/ }).max(2048);

const described = {
  skuId: SkuId,
  title: inText(300).exactOptional(),
  price: Money.exactOptional(),
  /** What it cost before, to be shown struck through. */
  compareAt: Money.exactOptional(),
};
export const Variant = z.strictObject(described);
export type Variant = Readonly<z.infer<typeof Variant>>;

/** As it is put: with what is known of its stock. */
export const VariantDraft = z
  .strictObject({
    ...described,
    stock: z
      .int()
      .min(0)
      .max(STOCK_MOST)
      .nullable()
      .exactOptional()
      .describe('absent: as it is known; null: it is not tracked any more'),
    stockAt: At.exactOptional().describe('when that was so; absent: now. What is known of a later time stays'),
  })
  .refine(({ stock, stockAt }) => stock !== undefined || stockAt === undefined, {
    path: ['stockAt'],
    message: 'only with stock',
  })
  .refine(({ price, compareAt }) => !price || !compareAt || price.currency === compareAt.currency, {
    path: ['compareAt', 'currency'],
    message: 'that of the price',
  });
export type VariantDraft = Readonly<z.infer<typeof VariantDraft>>;

/** How a channel calls it: what order lines of that connection name. */
export const Listing = z.strictObject({
  channel: z.string().regex(/^[a-z0-9_]{1,32}$/, 'small letters, digits and _'),
  connection: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, - and _, at most 64'),
  /** The platform's. Where it names variations only (Square), that of the variation. */
  productId: Id,
  /** Where only one of the platform's variants is this product. */
  skuId: Id.exactOptional(),
});
export type Listing = Readonly<z.infer<typeof Listing>>;

/** `CN`, or a province of China as its orders name it: `CN/广东省`. */
const Region = z.string().regex(/^(?:[A-Z]{2}|CN\/[^/\s]{2,20})$/, 'an ISO country, or CN/ and a province');

const Ids = z.array(Id).max(RELATED_MOST);

/** What people write of a product, but for its id. */
export const ProductDraft = z
  .strictObject({
    title: z
      .strictObject({ zh: inText(300).exactOptional(), en: inText(300).exactOptional() })
      .refine(({ zh, en }) => zh !== undefined || en !== undefined, 'in zh, en or both'),
    categoryPath: CategoryPath.exactOptional(),
    url: Url.exactOptional(),
    imageUrl: Url.exactOptional(),
    variants: z
      .array(VariantDraft)
      .min(1)
      .max(VARIANTS_MOST)
      .refine((all) => new Set(all.map(({ skuId }) => skuId)).size === all.length, 'each skuId once'),
    listings: z
      .array(Listing)
      .max(LISTINGS_MOST)
      .refine((all) => new Set(all.map(listingName)).size === all.length, 'each listing once')
      .default([]),
    regions: z.array(Region).min(1).max(REGIONS_MOST).exactOptional().describe('absent: it is sold everywhere'),
    accessoryOf: Ids.exactOptional().describe('products that it goes with'),
    upgradeOf: Ids.exactOptional().describe('products that it may follow'),
    consumable: z.boolean().exactOptional().describe('it is used up, and bought again'),
    excluded: z.boolean().exactOptional().describe('it is never recommended'),
    availableFrom: At.exactOptional(),
    availableUntil: At.exactOptional(),
  })
  .refine(({ availableFrom: from, availableUntil: until }) => !from || !until || Date.parse(from) < Date.parse(until), {
    path: ['availableUntil'],
    message: 'after availableFrom',
  });
export type ProductDraft = Readonly<z.infer<typeof ProductDraft>>;

/** A name for it, unlike that of any other listing. */
export const listingName = ({ channel, connection, productId, skuId }: Listing): string =>
  JSON.stringify([channel, connection, productId, ...(skuId === undefined ? [] : [skuId])]);

export function listingOf(name: string): Listing {
  const [channel, connection, productId, skuId] = ListingName.parse(JSON.parse(name));
  return { channel, connection, productId, ...(skuId !== undefined && { skuId }) };
}
const ListingName = z.tuple([z.string(), z.string(), z.string(), z.string().optional()]);

/** As it is kept. What is in stock is kept apart: it comes from elsewhere, and far more often. */
export interface Product extends Omit<ProductDraft, 'variants'> {
  readonly id: string;
  readonly variants: readonly Variant[];
  /** Grows by one with each edit; changes of stock are none. */
  readonly revision: number;
  readonly updatedAt: Instant;
  readonly by: string;
}

/** Whether it is sold by then, of itself: stock is another matter. */
export function isOnSale(
  { availableFrom, availableUntil }: Pick<Product, 'availableFrom' | 'availableUntil'>,
  now: Instant,
): boolean {
  const nowMs = Date.parse(now);
  const isTooEarly = availableFrom !== undefined && nowMs < Date.parse(availableFrom);
  return !isTooEarly && (availableUntil === undefined || nowMs < Date.parse(availableUntil));
}

/** Whether it may be sold there. `region`: `country` or `country/province`, as facts name them; undefined is anywhere. */
export function isSoldIn({ regions }: Pick<Product, 'regions'>, region: string | undefined): boolean {
  if (!regions || region === undefined) return true;
  const [country = '', province] = region.split('/');
  return regions.some((one) => {
    const [itsCountry, itsProvince] = one.split('/');
    if (itsCountry !== country) return false;
    return itsProvince === undefined || (province !== undefined && shortName(itsProvince) === shortName(province));
  });
}

/** 广东省 and 广东, 广西壮族自治区 and 广西: channels differ. */
const shortName = (province: string): string =>
  province.replace(/(?:省|市|(?:壮族|回族|维吾尔)?自治区|特别行政区)$/, '');

/** What the regulars buy, with a price in each currency that a shop of the brand sells in. */
import { CATALOGUE, type Product } from './people.ts';

export type ShopCurrency = 'USD' | 'CNY' | 'SGD';

export interface Good extends Omit<Product, 'priceCents'> {
  /** Minor units. */
  readonly prices: Readonly<Record<ShopCurrency, number>>;
}

const [oolong, gaiwan, puer, whisk, cup, jasmine] = CATALOGUE;

// A default only for the compiler: the catalogue has six.
const good = (product: Product = oolong, CNY: number, SGD: number): Good => ({
  ...product,
  prices: { USD: product.priceCents, CNY, SGD },
});

export const OOLONG = good(oolong, 16_800, 3_200);
export const GAIWAN = good(gaiwan, 62_800, 11_900);
export const PUER = good(puer, 39_800, 7_500);
export const WHISK = good(whisk, 12_800, 2_500);
export const CUP = good(cup, 23_800, 4_600);
export const JASMINE = good(jasmine, 13_800, 2_600);
export const GIFT_BOX: Good = {
  productId: 8201,
  variantId: 44201,
  title: 'Spring Gift Box 明前礼盒',
  grams: 1200,
  prices: { USD: 14_000, CNY: 98_800, SGD: 18_800 },
};
export const TEAPOT: Good = {
  productId: 8202,
  variantId: 44202,
  title: 'Yixing Teapot 宜兴紫砂壶',
  grams: 650,
  prices: { USD: 24_000, CNY: 168_000, SGD: 32_000 },
};
/** For the tea house; sold in the live room. */
export const TEA_FOR_TWO: Good = {
  productId: 8203,
  variantId: 44203,
  title: 'Tea for Two 双人茶席券',
  grams: 0,
  prices: { USD: 2_900, CNY: 19_800, SGD: 3_800 },
};

export const inCurrency = ({ prices, ...product }: Good, currency: ShopCurrency): Product => ({
  ...product,
  priceCents: prices[currency],
});

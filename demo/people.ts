/** Invented people and goods. */
export interface Person {
  readonly id: number;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string;
  readonly city: string;
  readonly province: string;
  readonly country: string;
  readonly zip: string;
}

const NAMES: readonly (readonly [
  first: string,
  last: string,
  city: string,
  province: string,
  country: string,
  zip: string,
])[] = [
  ['小雨', '陈', '杭州', '浙江', 'CN', '310000'],
  ['Ada', 'Nilsson', 'Göteborg', 'Västra Götaland', 'SE', '411 01'],
  ['明轩', '林', '深圳', '广东', 'CN', '518000'],
  ['Tomás', 'Ferreira', 'Porto', 'Porto', 'PT', '4000-001'],
  ['子涵', '王', '成都', '四川', 'CN', '610000'],
  ['Grace', 'Okafor', 'Leeds', 'England', 'GB', 'LS1 1AA'],
  ['思远', '赵', '上海', '上海', 'CN', '200000'],
  ['Hana', 'Sato', 'Osaka', 'Osaka', 'JP', '530-0001'],
];

/** The n-th person of a town without end; the same n is the same person. */
export function person(n: number): Person {
  // The modulus keeps the index inside the list.
  const [firstName, lastName, city, province, country, zip] = NAMES[n % NAMES.length] as (typeof NAMES)[number];
  const phone =
    country === 'CN' ? `+86138${String(10_000_000 + n).slice(-8)}` : `+4477009${String(100_000 + n).slice(-5)}`;
  const id = 7_000_000_000_000 + n;
  return { id, firstName, lastName, city, province, country, zip, phone, email: `buyer${n}@example.com` };
}

export interface Product {
  readonly productId: number;
  readonly variantId: number;
  readonly title: string;
  readonly priceCents: number;
  readonly grams: number;
}

export const CATALOGUE: readonly [Product, ...Product[]] = [
  { productId: 8101, variantId: 44101, title: 'Oolong Tea 铁观音 250 g', priceCents: 2400, grams: 250 },
  { productId: 8102, variantId: 44102, title: 'Gaiwan Set', priceCents: 8900, grams: 900 },
  { productId: 8103, variantId: 44103, title: 'Pu’er Cake 2021', priceCents: 5650, grams: 357 },
  { productId: 8104, variantId: 44104, title: 'Bamboo Whisk', priceCents: 1890, grams: 60 },
  { productId: 8105, variantId: 44105, title: 'Travel Cup 旅行杯', priceCents: 3500, grams: 400 },
  { productId: 8106, variantId: 44106, title: 'Jasmine Pearls 100 g', priceCents: 1999, grams: 100 },
];

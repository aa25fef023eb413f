/** What can be chosen about a build, with what is meant by it. Weights of the blend are in `weights.ts`: they are fitted, not chosen. */
import type { Instant } from '../time/instant.ts';
import { type Dialect, DUCKDB } from './dialect.ts';
import { DEFAULT_INPUTS, type Inputs } from './inputs.ts';
import { DEFAULT_OUTPUTS, type Outputs } from './outputs.ts';
import { DEFAULT_WEIGHTS, type Weights } from './weights.ts';

export interface Tuning {
  /** Purchases older than this are not looked at, days. */
  readonly historyDays: number;
  /** Of a customer, the newest so many orders are looked at. */
  readonly ordersPerCustomer: number;
  /** Orders of more products than this teach no affinity: a reseller's basket says little of taste. */
  readonly productsPerOrder: number;
  /**
   * What an order counts, relative to the next newer one of the customer, in personal frequency. Counted in orders, not days, as
   * in TIFU-KNN (Hu et al., SIGIR 2020), so it means the same for who comes weekly and yearly.
   */
  readonly frequencyDecay: number;
  /** After so many days a purchase counts half in what is popular now. */
  readonly trendHalfLifeDays: number;
  /** After so many days what followed upon what counts half. What counts less than a tenth is left out. */
  readonly affinityHalfLifeDays: number;
  /** How many orders back an earlier purchase is still taken to lead to a later one. */
  readonly affinityOrders: number;
  /** What an earlier order counts relative to the next newer one. */
  readonly affinityDecay: number;
  /** Two products go together from so many times on. */
  readonly affinitySupport: number;
  /** Purchases added to both sides of a similarity: pulls rare pairs to nothing. */
  readonly affinityShrinkage: number;
  /** Others kept of each product. */
  readonly similarPerProduct: number;
  /** Newest products of a customer from which affinity starts. */
  readonly sourcesPerCustomer: number;
  /** Trending products, of the market and of a newcomer's segments, that are candidates for everybody. */
  readonly popularCandidates: number;
  /** Products kept of each scope of popularity. */
  readonly popularPerScope: number;
  /** Trending purchases that are added to a scope, spread as overall: pulls small segments to everybody's taste. */
  readonly scopeShrinkage: number;
  /** Opportunities to buy again that are added to a product, at the mean of all: pulls rare products to it. */
  readonly repeatShrinkage: number;
  /** Intervals of the mean that are added to a product's, and of the product's to a customer's. */
  readonly rhythmShrinkage: { readonly product: number; readonly customer: number };
  /** A repurchase is due from this part of the usual interval on, and told as due until the second. */
  readonly dueBetween: readonly [from: number, until: number];
  /** What does not run out is not recommended again for so many days after it was bought. */
  readonly notAgainDays: number;
  /** Views older than this are not looked at, days; and after how many they count half. */
  readonly viewDays: number;
  readonly viewHalfLifeDays: number;
  /** Accessories and upgrades of what was bought in so many days. */
  readonly relatedDays: number;
  /** Recommendations per customer, at most. */
  readonly perCustomer: number;
  /** Of one category among them, at most. What has no category is not limited. */
  readonly perCategory: number;
  /** Best candidates of a customer from which those are taken. More let the limit by category find others. */
  readonly depth: number;
  /** Customers kept of a product. */
  readonly audiencePerProduct: number;
}

export const DEFAULT_TUNING: Tuning = {
  historyDays: 730,
  ordersPerCustomer: 50,
  productsPerOrder: 100,
  frequencyDecay: 0.9,
  trendHalfLifeDays: 14,
  affinityHalfLifeDays: 30,
  affinityOrders: 20,
  affinityDecay: 0.9,
  affinitySupport: 3,
  affinityShrinkage: 5,
  similarPerProduct: 20,
  sourcesPerCustomer: 30,
  popularCandidates: 40,
  popularPerScope: 200,
  scopeShrinkage: 100,
  repeatShrinkage: 20,
  rhythmShrinkage: { product: 5, customer: 1 },
  dueBetween: [0.8, 3],
  notAgainDays: 180,
  viewDays: 30,
  viewHalfLifeDays: 7,
  relatedDays: 365,
  perCustomer: 20,
  perCategory: 5,
  depth: 40,
  audiencePerProduct: 1_000,
};

export interface RecommendOptions {
  /** Nothing later is looked at; ages count from here. */
  readonly asOf: Instant;
  readonly dialect: Dialect;
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  readonly tuning: Tuning;
  readonly weights: Weights;
  /** Customers are scored in so many parts, one after the other: more take less memory. */
  readonly parts: number;
  /** Before the names of all working tables. */
  readonly prefix: string;
  readonly incremental?: Incremental;
}

/** Only these customers are scored anew; tables of products are refreshed all the same. */
interface Incremental {
  /** A relation with the column `customer`: whose lines, events or own row changed since the build before. */
  readonly changed: string;
  /** That build's recommendations. Rows of customers who are gone are left out. */
  readonly previous: string;
}

export type RecommendSettings = Pick<RecommendOptions, 'asOf'> &
  Partial<Omit<RecommendOptions, 'asOf' | 'tuning'>> & { readonly tuning?: Partial<Tuning> };

export const withDefaults = (settings: RecommendSettings): RecommendOptions => ({
  dialect: DUCKDB,
  inputs: DEFAULT_INPUTS,
  outputs: DEFAULT_OUTPUTS,
  weights: DEFAULT_WEIGHTS,
  parts: 1,
  prefix: 'rec_',
  ...settings,
  tuning: { ...DEFAULT_TUNING, ...settings.tuning },
});

/**
 * What a retailer can start with; `docs/tiers.md` explains each number. Amounts are for CNY; with another reporting currency
 * `defaultPolicy` scales them, roughly, until percentiles of the shop's own customers take their place.
 */
import { minorDigits } from '../money/currency.ts';
import type { Policy } from './policy.ts';

/**
 * About what 1 CNY is worth, to two digits: a start, not a rate. Facts are converted by imported rates, and these numbers never
 * follow them: the built-in policy is version 1, and a version never means two things. So what is once in the table stays.
 */
const UNITS_PER_CNY: Readonly<Record<string, number>> = {
  CNY: 1, HKD: 1.1, MOP: 1.1, TWD: 4.4, JPY: 20, KRW: 190,
  SGD: 0.19, MYR: 0.62, THB: 4.8, PHP: 8, IDR: 2200, VND: 3500, INR: 12,
  USD: 0.14, CAD: 0.19, MXN: 2.7, BRL: 0.78, AUD: 0.21, NZD: 0.23,
  EUR: 0.13, GBP: 0.11, CHF: 0.12, SEK: 1.4, NOK: 1.4, DKK: 0.95, PLN: 0.54, TRY: 5, AED: 0.51, SAR: 0.53,
}; // biome-ignore format: a table

export function defaultPolicy({ currency, unitsPerCny = UNITS_PER_CNY[currency] ?? 1 }: DefaultPolicyOptions): Policy {
  const amount = (cny: number): number => Math.max(1, Math.round(cny * unitsPerCny)) * 10 ** minorDigits(currency);
  return {
    version: 1,
    name: 'default',
    currency,
    rules: [
      {
        tier: 'high_value',
        name: { zh: '近一年高消费', en: 'top spender of the last year' },
        all: [{ measure: 'netSpend365d', atLeast: amount(3000), percentile: 90 }],
      },
      {
        tier: 'high_value',
        name: { zh: '预测高价值', en: 'predicted top spender' },
        all: [
          { measure: 'clv12m', atLeast: amount(3000), percentile: 95 },
          { measure: 'aliveProbability', atLeast: 0.7 },
          { measure: 'orders365d', atLeast: 2 },
        ],
      },
      {
        tier: 'growth',
        name: { zh: '近期活跃且有潜力', en: 'active lately, with potential' },
        all: [{ measure: 'orders90d', atLeast: 2 }],
        any: [
          { measure: 'ordersGrowth90d', atLeast: 1 },
          { measure: 'spendTrend90d', atLeast: 1.3 },
          { measure: 'channels365d', atLeast: 2 },
          { measure: 'categories365d', atLeast: 3 },
          { measure: 'clv12m', atLeast: amount(1000), percentile: 80 },
        ],
      },
      {
        tier: 'stable',
        name: { zh: '按自己的节奏购买', en: 'buys in their own rhythm' },
        all: [
          { measure: 'purchaseDays', atLeast: 3 },
          { measure: 'rhythm', atMost: 2 },
          { measure: 'daysSincePaid', atMost: 365 },
        ],
      },
    ],
    hysteresis: { margin: 0.1, dwellDays: 30 },
    predictionReviewDays: 30,
    minimumPopulation: 500,
  };
}

export interface DefaultPolicyOptions {
  /** The reporting currency. */
  readonly currency: string;
  /** Units of it that buy about what 1 CNY buys: of the table above, where nothing else is given; 1 where it lacks the currency. */
  readonly unitsPerCny?: number;
}

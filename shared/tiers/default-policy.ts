/**
 * What a retailer can start with; `docs/tiers.md` explains each number. Amounts are for CNY; with another reporting currency
 * `defaultPolicy` scales them, roughly, until percentiles of the shop's own customers take their place.
 */
import { minorDigits } from '../money/currency.ts';
import type { Policy } from './policy.ts';

export function defaultPolicy({ currency, unitsPerCny = 1 }: DefaultPolicyOptions): Policy {
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
  /** Units of it that buy about what 1 CNY buys, such as 0.14 for USD. */
  readonly unitsPerCny?: number;
}

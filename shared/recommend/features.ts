/**
 * What is known of a candidate, as numbers that a logistic regression can add up. Logarithms, so that their weights multiply chances.
 * SQL over the columns of `candidates.ts`; what is absent is 0, and none is null.
 */

export const FEATURES = [
  'owned',
  'frequency',
  'share',
  'repeat',
  'trend',
  'affinity',
  'affinityStrong',
  'ownedTrend',
  'ownedAffinity',
  'due',
  'accessory',
  'upgrade',
  'viewed',
] as const;
export type Feature = (typeof FEATURES)[number];

const OWNED = 'CASE WHEN orders > 0 THEN 1E0 ELSE 0E0 END';
const ifOwned = (sql: string): string => `CASE WHEN orders > 0 THEN ${sql} ELSE 0E0 END`;
/** Of a product that nobody buys now: about one purchase in a million. */
const TREND = 'ln(trend * 1E4 + 0.1E0)';

export const featureSql = (): Readonly<Record<Feature, string>> => ({
  /** Bought before, or not. */
  owned: OWNED,
  /** How often, lately more than long ago (personal item frequency of TIFU-KNN, Hu et al. 2020). */
  frequency: 'ln(1E0 + 3E0 * frequency)',
  /** In which part of the customer's orders. */
  share: ifOwned('CAST(orders AS DOUBLE) / customer_orders'),
  /** How readily those who bought the product buy it again: toothpaste is, a toothbrush holder is not. */
  repeat: ifOwned('ln(repeat_rate * 10E0)'),
  /** How much it is bought now, by all; for newcomers, by their segments. */
  trend: TREND,
  /** How often it followed upon what the customer bought: item-to-item, directed (cosine of Sarwar et al., WWW 2001). */
  affinity: 'ln(1E0 + 30E0 * affinity)',
  affinityStrong: '5E0 * affinity',
  /** Own habits matter, popularity matters; not both at once as much. */
  ownedTrend: ifOwned(TREND),
  ownedAffinity: ifOwned('5E0 * affinity'),
  /** 1 at the usual interval after the last purchase, 0.38 at half and at double of it. */
  due: `CASE WHEN orders > 0 AND cycle_days > 0 THEN exp(-2E0 * power(ln((last_age + 0.01E0) / cycle_days), 2)) ELSE 0E0 END`,
  /** Goes with something bought. */
  accessory: 'CASE WHEN accessory_via IS NOT NULL AND orders = 0 THEN 1E0 ELSE 0E0 END',
  /** Better than something bought. */
  upgrade: 'CASE WHEN upgrade_via IS NOT NULL AND orders = 0 THEN 1E0 ELSE 0E0 END',
  /** Looked at lately. */
  viewed: 'ln(1E0 + views)',
});

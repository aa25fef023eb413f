/** The blend: a logistic regression over the features of a candidate. */
import { FEATURES, type Feature } from './features.ts';

export type Weights = { readonly intercept: number } & { readonly [name in Feature]: number };

/** In the order in which they are fitted. */
export const WEIGHT_NAMES: readonly (keyof Weights)[] = ['intercept', ...FEATURES];

/**
 * Fitted on Ta-Feng (`npm run evaluate`, means over its splits), but for the last four. Those have nothing to be fitted on
 * there (no dates, no views, no catalogue) and are priors: an accessory of something bought has e times the odds, a repurchase on its
 * day too, a fresh look at a product twice. `fitWeights` on a shop's own orders replaces all of them.
 */
export const DEFAULT_WEIGHTS: Weights = {
  intercept: -6.8,
  owned: 1.9,
  frequency: 1.4,
  share: 1.3,
  repeat: 0.8,
  trend: 0.7,
  affinity: 1.1,
  affinityStrong: 0,
  ownedTrend: -0.6,
  ownedAffinity: -1.5,
  due: 1,
  accessory: 1,
  upgrade: 0.7,
  viewed: 1,
};

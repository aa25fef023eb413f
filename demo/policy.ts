/** The rules that a retailer starts with, but without patience: in the demo a tier is lost in the moment its ground is. */
import { defaultPolicy } from '../shared/tiers/default-policy.ts';
import type { Policy } from '../shared/tiers/policy.ts';

/** The brand of the demo reports in it. */
export const REPORTING_CURRENCY = 'CNY';

export const demoPolicy = (version = 1): Policy => ({
  ...defaultPolicy({ currency: REPORTING_CURRENCY }),
  version,
  name: 'demo',
  hysteresis: { margin: 0.1, dwellDays: 0 },
});

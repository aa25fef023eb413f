/** What a decision is made by at an instant: the policy in force and the model that predicts. */
import { type Cache, createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Instant, instant } from '../time/instant.ts';
import { FALLBACK, forCurrency, type Model } from './clv/model.ts';
import type { ModelStore } from './clv/model-store.ts';
import { defaultPolicy } from './default-policy.ts';
import { type Policy, policyInForce } from './policy.ts';
import type { PolicyStore, StoredPolicy } from './policy-store.ts';

export interface DecisionBasis {
  readonly policy: Policy;
  readonly model: Model;
}

/** Before a version is in force, the built-in policy; before a model was fitted, the fall-back. `model`: the one fitted last. */
export function basisAt(
  policies: readonly StoredPolicy[],
  model: Model | undefined,
  at: Instant,
  reportingCurrency: string,
): DecisionBasis {
  const inForce = policyInForce(
    policies.map(({ policy }) => policy),
    Date.parse(at),
  );
  return {
    policy: inForce ?? defaultPolicy({ currency: reportingCurrency }),
    model: forCurrency(model ?? FALLBACK, reportingCurrency),
  };
}

export interface BasisSource {
  /** Of now. What it is made from was read at most `freshWithinMs` ago, a minute unless less is asked for; 0 reads anew. */
  load(options?: { readonly freshWithinMs?: number }): Promise<DecisionBasis>;
}

export interface BasisSourceOptions {
  readonly policies: Pick<PolicyStore, 'listPolicies'>;
  readonly models: Pick<ModelStore, 'latestModel'>;
  readonly clock: Clock;
  readonly reportingCurrency: string;
}

const MAX_AGE_MS = 60_000;
/** Versions are added for years, and the one in force is the newest but for those that wait. */
const NEWEST = 10;

interface Known {
  readonly policies: readonly StoredPolicy[];
  readonly model?: Model | undefined;
}
const NOTHING: Known = { policies: [] };

/** For functions: a version that waits is in force at its instant, however old the reading is. */
export function basisSource({ policies, models, clock, reportingCurrency }: BasisSourceOptions): BasisSource {
  const cache: Cache<Known> = createCache({
    load: async (): Promise<Known> => {
      const [newest, model] = await Promise.all([policies.listPolicies(NEWEST), models.latestModel()]);
      const decides = policyInForce(
        newest.map(({ policy }) => policy),
        clock().getTime(),
      );
      const isEnough = decides !== undefined || newest.length < NEWEST;
      return { policies: isEnough ? newest : await policies.listPolicies(), model };
    },
    clock,
    maxAgeMs: MAX_AGE_MS,
    maxEntries: 1,
  });
  return {
    async load(options) {
      const { policies: known, model } = (await cache.get('all', options)) ?? NOTHING;
      return basisAt(known, model, instant(clock().getTime()), reportingCurrency);
    },
  };
}

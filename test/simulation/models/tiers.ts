/** Tier policies and prediction models in memory, as `shared/tiers/store.ts` keeps them. */

import { Conflict } from '../../../shared/runtime/errors.ts';
import { Model } from '../../../shared/tiers/clv/model.ts';
import type { ModelStore } from '../../../shared/tiers/clv/model-store.ts';
import type { PolicyStore, StoredPolicy } from '../../../shared/tiers/policy-store.ts';

export function memoryPolicies(): PolicyStore {
  // As JSON, so that nobody holds on to what is stored. The cast: only this file writes what it reads.
  const byVersion = new Map<number, string>();
  return {
    async putPolicy(stored) {
      const { version } = stored.policy;
      if (byVersion.has(version))
        throw new Conflict(
          'policy_version_taken',
          `Version ${version} of the tier policy was put by another meanwhile.`,
        );
      byVersion.set(version, JSON.stringify(stored));
    },
    listPolicies: async (limit) =>
      [...byVersion]
        .sort(([a], [b]) => b - a)
        .slice(0, limit)
        .map(([, json]) => JSON.parse(json) as StoredPolicy),
  };
}

export function memoryModels(): ModelStore {
  const byKey = new Map<string, string>();
  const list = () =>
    [...byKey].sort(([a], [b]) => (a < b ? 1 : -1)).map(([, json]): Model => Model.parse(JSON.parse(json)));
  return {
    async putModel(model) {
      byKey.set(`${model.fittedAt}#${model.version}`, JSON.stringify(model));
    },
    latestModel: async () => list()[0],
    listModels: async () => list(),
  };
}

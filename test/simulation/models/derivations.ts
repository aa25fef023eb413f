/** By what profiles were derived, and how far runs have come, in memory, as `shared/derivations/store.ts` keeps them. */
import type { Derivation, DerivationStore, RunProgress } from '../../../shared/derivations/sweep.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';

export function memoryDerivations(): DerivationStore {
  let known: Derivation | undefined;
  const pending = new Map<string, Set<string>>();
  const progress = new Map<string, Map<number, RunProgress>>();
  return {
    getDerivation: async () => known && { ...known },
    async putDerivation(derivation) {
      if ((known?.revision ?? 0) !== derivation.revision - 1)
        throw new Conflict('derivation_changed', 'Another sweep was first.');
      known = { ...derivation };
    },
    async putProgress(run, one) {
      const parts = progress.get(run) ?? new Map<number, RunProgress>();
      progress.set(run, parts.set(one.part, { ...one }));
    },
    async putPending(run, group) {
      pending.set(run, (pending.get(run) ?? new Set()).add(group));
    },
    async removePending(run, group) {
      pending.get(run)?.delete(group);
    },
    hasPending: async (run) => (pending.get(run)?.size ?? 0) > 0,
    listProgress: async (run) => [...(progress.get(run)?.values() ?? [])].sort((a, b) => a.part - b.part),
  };
}

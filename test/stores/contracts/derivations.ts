/** What every store of derivations does. */
import { describe, expect, it } from 'vitest';
import type { Derivation, DerivationStore } from '../../../shared/derivations/sweep.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { instant } from '../../../shared/time/instant.ts';

const AT = instant(Date.parse('2026-11-24T12:00:00.000Z'));

export function derivationStoreContract(name: string, make: () => Promise<DerivationStore>): void {
  describe(`derivations: ${name}`, () => {
    const first: Derivation = { revision: 1, policy: 1, model: 'fallback-1', rates: 0 };

    it('gives back what was put last, exactly, and nothing before the first', async () => {
      const store = await make();
      expect(await store.getDerivation()).toBeUndefined();
      await store.putDerivation(first);
      expect(await store.getDerivation()).toEqual(first);
      const next: Derivation = {
        ...first,
        revision: 2,
        policy: 7,
        rates: 3,
        run: 'policy-7-model-m',
        startedAt: AT,
        beginsAt: AT,
        segments: 3,
      };
      await store.putDerivation(next);
      expect(await store.getDerivation()).toEqual(next);
      const finished = { run: 'policy-7-model-m', at: AT, segments: 3 };
      await store.putDerivation({ ...next, revision: 3, finished });
      expect(await store.getDerivation()).toEqual({ ...next, revision: 3, finished });
    });

    it('puts nothing over a revision that was not seen', async () => {
      const store = await make();
      await expect(store.putDerivation({ ...first, revision: 2 })).rejects.toThrow(Conflict);
      await store.putDerivation(first);
      await expect(store.putDerivation({ ...first, policy: 2 })).rejects.toMatchObject({ code: 'derivation_changed' });
      await expect(store.putDerivation({ ...first, revision: 3 })).rejects.toThrow(Conflict);
      expect(await store.getDerivation()).toEqual(first);
    });

    it('of several sweeps at once, lets one be the first', async () => {
      const store = await make();
      await store.putDerivation(first);
      const policies = [2, 3, 4, 5];
      const tries = await Promise.allSettled(
        policies.map((policy) => store.putDerivation({ ...first, revision: 2, policy })),
      );
      const done = policies.filter((_, index) => tries[index]?.status === 'fulfilled');
      expect(done).toHaveLength(1);
      expect((await store.getDerivation())?.policy).toBe(done[0]);
    });

    it('knows whether a run has anything on its way, however often it is told', async () => {
      const store = await make();
      expect(await store.hasPending('run')).toBe(false);
      for (const group of ['1-1-0', '1-1-1', '1-1-0']) await store.putPending('run', group);
      await store.putPending('another', '1-1-0');
      for (const group of ['1-1-0', '1-1-0', 'unknown']) await store.removePending('run', group);
      expect(await store.hasPending('run')).toBe(true);
      await store.removePending('run', '1-1-1');
      expect(await store.hasPending('run')).toBe(false);
      expect(await store.hasPending('another')).toBe(true);
    });

    it('keeps the progress of each part of each run, by part', async () => {
      const store = await make();
      expect(await store.listProgress('rates-1')).toEqual([]);
      for (const part of [15, 2, 0]) await store.putProgress('rates-1', { part, seen: 100 });
      await store.putProgress('rates-1', { part: 2, seen: 130, step: 2, finishedAt: AT });
      await store.putProgress('rates-2', { part: 2, seen: 1 });
      expect(await store.listProgress('rates-1')).toEqual([
        { part: 0, seen: 100 },
        { part: 2, seen: 130, step: 2, finishedAt: AT },
        { part: 15, seen: 100 },
      ]);
      expect(await store.listProgress('rates-2')).toEqual([{ part: 2, seen: 1 }]);
    });
  });
}

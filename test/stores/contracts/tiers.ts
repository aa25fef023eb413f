/** What every store of tier policies, and of prediction models, does. */
import { describe, expect, it } from 'vitest';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { FALLBACK, type Model } from '../../../shared/tiers/clv/model.ts';
import type { ModelStore } from '../../../shared/tiers/clv/model-store.ts';
import { defaultPolicy } from '../../../shared/tiers/default-policy.ts';
import type { PolicyStore, StoredPolicy } from '../../../shared/tiers/policy-store.ts';
import { instant } from '../../../shared/time/instant.ts';

const AT_MS = Date.parse('2026-11-24T12:00:00.000Z');

const storedPolicy = (version: number, more: Partial<StoredPolicy> = {}): StoredPolicy => ({
  policy: { ...defaultPolicy({ currency: 'CNY' }), version, name: `第 ${version} 版` },
  by: 'ye',
  at: instant(AT_MS + version),
  ...more,
});

export function policyStoreContract(name: string, make: () => Promise<PolicyStore>): void {
  describe(`tier policies: ${name}`, () => {
    it('gives back what was put, newest version first, exactly', async () => {
      const store = await make();
      expect(await store.listPolicies()).toEqual([]);
      const withAll = storedPolicy(10, { why: '双十一' });
      const waiting: StoredPolicy = {
        ...withAll,
        policy: {
          ...withAll.policy,
          effectiveFrom: '2026-12-01T00:00:00.000Z',
          population: { asOf: '2026-11-24T00:00:00.000Z', customers: 1234 },
        },
      };
      for (const stored of [storedPolicy(2), waiting, storedPolicy(9)]) await store.putPolicy(stored);
      expect(await store.listPolicies()).toEqual([waiting, storedPolicy(9), storedPolicy(2)]);
      expect(await store.listPolicies(2)).toEqual([waiting, storedPolicy(9)]);
    });

    it('lets nobody put a version twice, be it the same', async () => {
      const store = await make();
      await store.putPolicy(storedPolicy(2, { by: 'first' }));
      await expect(store.putPolicy(storedPolicy(2, { by: 'second' }))).rejects.toThrow(Conflict);
      await expect(store.putPolicy(storedPolicy(2, { by: 'first' }))).rejects.toMatchObject({
        code: 'policy_version_taken',
      });
      expect(await store.listPolicies()).toEqual([storedPolicy(2, { by: 'first' })]);
    });

    it('of several who put a version at once, one does', async () => {
      const store = await make();
      const names = ['a', 'b', 'c', 'd'];
      const tries = await Promise.allSettled(names.map((by) => store.putPolicy(storedPolicy(2, { by }))));
      const done = names.filter((_, index) => tries[index]?.status === 'fulfilled');
      expect(done).toHaveLength(1);
      expect((await store.listPolicies()).map(({ by }) => by)).toEqual(done);
    });
  });
}

const fitted = (version: string, dayOfMonth: number): Model => ({
  ...FALLBACK,
  version,
  kind: 'fitted',
  fittedAt: `2026-11-${String(dayOfMonth).padStart(2, '0')}T03:00:00.000Z`,
  currency: 'CNY',
  gammaGamma: { p: 6.25, q: 3.74, v: 15.447891234567, customers: 946 },
});

export function modelStoreContract(name: string, make: () => Promise<ModelStore>): void {
  describe(`prediction models: ${name}`, () => {
    it('the latest is the one fitted last, whichever was put last', async () => {
      const store = await make();
      expect(await store.latestModel()).toBeUndefined();
      for (const model of [fitted('m-2', 9), fitted('m-3', 16), fitted('m-1', 2)]) await store.putModel(model);
      expect(await store.latestModel()).toEqual(fitted('m-3', 16));
      expect(await store.listModels()).toEqual([fitted('m-3', 16), fitted('m-2', 9), fitted('m-1', 2)]);
    });

    it('takes one twice as once', async () => {
      const store = await make();
      const { gammaGamma: _, ...withoutValues } = fitted('m-1', 2);
      for (let time = 0; time < 2; time++) await store.putModel(withoutValues);
      expect(await store.listModels()).toEqual([withoutValues]);
    });
  });
}

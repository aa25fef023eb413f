/** What every store of linking rules does. */
import { describe, expect, it } from 'vitest';
import type { LinkingStore, StoredLinking } from '../../../shared/identity/linking-versions.ts';
import { DEFAULT_RULES } from '../../../shared/identity/policy.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { instant } from '../../../shared/time/instant.ts';

const put = { by: 'an operator', at: instant(Date.UTC(2026, 10, 24)), why: 'families' };
const stored = (version: number): StoredLinking => ({
  version,
  rules: { ...DEFAULT_RULES, unnamed: 'suggest', componentLimit: version },
  put,
});

export function linkingStoreContract(name: string, make: () => Promise<LinkingStore>): void {
  describe(`linking rules: ${name}`, () => {
    it('gives back what was put, newest first, and lets nobody put a version twice', async () => {
      const store = await make();
      expect(await store.listLinking()).toEqual([]);
      for (const version of [2, 10, 9]) await store.putLinking(stored(version));
      await expect(store.putLinking(stored(10))).rejects.toThrow(Conflict);
      expect(await store.listLinking()).toEqual([stored(10), stored(9), stored(2)]);
      expect(await store.listLinking(1)).toEqual([stored(10)]);
    });
  });
}

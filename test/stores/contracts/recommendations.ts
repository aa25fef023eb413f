/** What every store of versions of recommendations, and of their rows, does. */
import { describe, expect, it } from 'vitest';
import type { RowReader, RowWriter, VersionStore } from '../../../shared/recommendations/recommendation-store.ts';
import type { Row, RowKind } from '../../../shared/recommendations/rows.ts';
import {
  begin,
  NO_VERSIONS,
  resume,
  rollBack,
  swap,
  type Version,
  versionId,
} from '../../../shared/recommendations/versions.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { type Instant, instant } from '../../../shared/time/instant.ts';
import { unique } from './samples.ts';

const AT = Date.parse('2026-11-25T09:00:00.000Z');
const hour = (hours: number): Instant => instant(AT + hours * 3_600_000);
/** The second one rests on the first, and so on, unless it is said to be full. */
const versionAt = (hours: number, full = hours): Version => ({
  ...{ id: versionId(hour(hours)), full: versionId(hour(full)), builtAt: hour(hours), customers: 3, written: 7 },
});

/** `make`: of a shop of its own, as there is one item of them. */
export function versionStoreContract(name: string, make: () => Promise<VersionStore>): void {
  describe(`versions of recommendations: ${name}`, () => {
    it('are none at first, and then as they were put', async () => {
      const store = await make();
      expect(await store.getVersions()).toBeUndefined();
      const begun = begin(NO_VERSIONS, versionAt(0).id);
      await store.putVersions(begun);
      expect(await store.getVersions()).toEqual(begun);
      const second = swap(swap(begun, versionAt(0)), versionAt(1, 0));
      await store.putVersions({ ...second, revision: 2 });
      const held = rollBack({ ...second, revision: 2 }, 'an operator', hour(2));
      if (!held) throw new Error('There is a version before.');
      await store.putVersions(held);
      expect(await store.getVersions()).toEqual(held);
      await store.putVersions(resume(held));
      expect(await store.getVersions()).toEqual(resume(held));
    });

    it('are put by whoever saw the last', async () => {
      const store = await make();
      const first = begin(NO_VERSIONS, versionAt(0).id);
      await expect(store.putVersions({ ...first, revision: 2 })).rejects.toThrow(Conflict);
      const outcomes = await Promise.allSettled([
        store.putVersions(first),
        store.putVersions(begin(NO_VERSIONS, 'other')),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      await expect(store.putVersions(first)).rejects.toThrow(Conflict);
      const seen = await store.getVersions();
      expect(seen?.revision).toBe(1);
    });
  });
}

export function rowStoreContract(name: string, make: () => Promise<RowReader & RowWriter>): void {
  describe(`rows of recommendations: ${name}`, () => {
    const row = (kind: RowKind, of: string, content: string): Row => ({ kind, of, content });

    it('are read as of a version: its own, else of the last before it that it rests on', async () => {
      const store = await make();
      const [ann, ben] = [`shopify/shop/${unique()}`, `shopify/shop/${unique()}`];
      const [full, next, last] = [versionAt(0), versionAt(1, 0), versionAt(2, 0)];
      await store.putRows(full, [row('customer', ann, 'a0'), row('customer', ben, 'b0')]);
      await store.putRows(next, [row('customer', ann, 'a1')]);
      await store.putRows(last, [row('customer', ben, '冻顶乌龙')]);
      const read = async (version: Version) => [
        await store.getContent('customer', ann, version),
        await store.getContent('customer', ben, version),
      ];
      expect(await read(full)).toEqual(['a0', 'b0']);
      expect(await read(next)).toEqual(['a1', 'b0']);
      expect(await read(last)).toEqual(['a1', '冻顶乌龙']);
      // Another of all has none of them, nor has one that was before.
      expect(await read(versionAt(3))).toEqual([undefined, undefined]);
      expect(await read(versionAt(-1))).toEqual([undefined, undefined]);
    });

    it('of one kind are none of another; put again, they are replaced', async () => {
      const store = await make();
      const [version, of] = [versionAt(0), `p${unique()}`];
      await store.putRows(version, [row('similar', of, '["a"]'), row('audience', of, '[]')]);
      await store.putRows(version, [row('similar', of, '["b"]')]);
      expect(await store.getContent('similar', of, version)).toBe('["b"]');
      expect(await store.getContent('audience', of, version)).toBe('[]');
      expect(await store.getContent('popular', of, version)).toBeUndefined();
      expect(await store.getContent('customer', of, version)).toBeUndefined();
    });

    it('of an audience last beyond the next of all, as a product that sold out has none', async () => {
      const store = await make();
      const of = `p${unique()}`;
      await store.putRows(versionAt(0), [row('audience', of, 'before'), row('popular', of, 'before')]);
      expect(await store.getContent('audience', of, versionAt(3))).toBe('before');
      expect(await store.getContent('popular', of, versionAt(3))).toBeUndefined();
      expect(await store.getContent('audience', of, versionAt(-1))).toBeUndefined();
    });

    it('are put however many they are', async () => {
      const store = await make();
      const version = versionAt(0);
      const names = Array.from({ length: 460 }, () => `c${unique()}`);
      await store.putRows(
        version,
        names.map((of) => row('customer', of, `of ${of}`)),
      );
      await store.putRows(version, []);
      const found = await Promise.all(names.map((of) => store.getContent('customer', of, version)));
      expect(found).toEqual(names.map((of) => `of ${of}`));
    });
  });
}

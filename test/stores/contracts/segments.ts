/** What every store of segments and of their members does. */
import { describe, expect, it } from 'vitest';
import type { PersonaId } from '../../../shared/identity/persona.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import type { SegmentVersion } from '../../../shared/segments/definition.ts';
import type { MembershipRow } from '../../../shared/segments/membership.ts';
import type { MembershipStore, SegmentStore } from '../../../shared/segments/segment-store.ts';
import { instant } from '../../../shared/time/instant.ts';
import { personaId } from '../../publish/samples.ts';

const AT = instant(Date.UTC(2026, 10, 25));
const version = (id: string, of: Partial<SegmentVersion>): SegmentVersion => ({
  id,
  name: '高价值沉睡客户',
  when: {
    all: [
      { field: 'tier', is: 'high_value' },
      { not: { field: 'orders', of: { channel: ['douyin', 'shopee'] }, withinDays: 60, atLeast: 1 } },
    ],
  },
  version: 1,
  revision: 1,
  isArchived: false,
  by: 'a marketer',
  at: AT,
  ...of,
});

export function segmentStoreContract(name: string, make: () => Promise<SegmentStore>): void {
  describe(`segments: ${name}`, () => {
    it('gives back what was put, each version, and the newest of all with their revision', async () => {
      const store = await make();
      expect(await store.listSegments()).toEqual({ revision: 0, segments: [] });
      expect(await store.getSegment('sleeping')).toBeUndefined();
      const first = version('sleeping', { description: 'wake them', why: 'a campaign' });
      const other = version('new', { revision: 2, decidedBy: { version: 1, revision: 1 } });
      const second = version('sleeping', { version: 2, revision: 3, isArchived: true });
      for (const one of [first, other, second]) await store.putSegment(one);
      expect(await store.listSegments()).toEqual({ revision: 3, segments: [other, second] });
      expect(await store.getSegment('sleeping')).toEqual(second);
      expect(await store.listVersions('sleeping')).toEqual([second, first]);
      expect(await store.listVersions('nobody')).toEqual([]);
    });

    it('lets only one of two put the next version, or the next revision of all', async () => {
      const store = await make();
      await store.putSegment(version('a', {}));
      await expect(store.putSegment(version('a', { revision: 2 }))).rejects.toThrow(Conflict);
      await expect(store.putSegment(version('b', {}))).rejects.toThrow(Conflict);
      await expect(store.putSegment(version('a', { version: 3, revision: 2 }))).rejects.toThrow(Conflict);
      expect(await store.listSegments()).toEqual({ revision: 1, segments: [version('a', {})] });
    });
  });
}

const row = (profile: PersonaId, revision: number, more: Partial<MembershipRow> = {}): MembershipRow => ({
  segment: 'sleeping',
  profile,
  revision,
  version: 1,
  since: AT,
  because: [{ at: '/all/0', value: 'high_value' }, { at: '/all/1' }, { at: '/all/2', value: ['douyin'] }],
  ...more,
});

export function membershipStoreContract(name: string, make: () => Promise<MembershipStore>): void {
  describe(`members of segments: ${name}`, () => {
    const personas = Array.from({ length: 40 }, (_, index) => personaId(`shopify/shop/${index}`));

    it('yields only to a newer revision, and shows who left apart', async () => {
      const store = await make();
      const [one, other] = [personaId('shopify/shop/1'), personaId('shopify/shop/2')];
      await store.putMembership(row(one, 3));
      await store.putMembership(row(one, 2, { leftAt: AT }));
      await store.putMembership(row(one, 3, { version: 9 }));
      expect(await store.getMembership('sleeping', one)).toEqual(row(one, 3));
      await store.putMembership(row(other, 1));
      await store.putMembership(row(other, 2, { leftAt: AT }));
      expect((await store.listMembers('sleeping', 10)).items).toEqual([row(one, 3)]);
      expect((await store.listRows('sleeping', 10)).items).toHaveLength(2);
      expect(await store.countMembers('sleeping', 10)).toEqual({ count: 1, more: false });
      expect(await store.countMembers('sleep', 10)).toEqual({ count: 0, more: false });
      expect(await store.getMembership('sleeping', personaId('shopify/shop/3'))).toBeUndefined();
    });

    it('lists each once, page by page, whatever the size and whoever comes and goes between', async () => {
      const store = await make();
      for (const persona of personas) await store.putMembership(row(persona, 1));
      const gone = personas.filter((_, index) => index % 3 === 0);
      for (const persona of gone) await store.putMembership(row(persona, 2, { leftAt: AT }));
      const counted = await store.countMembers('sleeping', 1_000);
      expect(counted).toEqual({ count: personas.length - gone.length, more: false });
      for (const limit of [1, 7, 40, 1000]) {
        for (const list of [store.listMembers, store.listRows]) {
          const found: PersonaId[] = [];
          let after: string | undefined;
          do {
            const { items, next } = await list('sleeping', limit, after);
            expect(items.length).toBeLessThanOrEqual(limit);
            found.push(...items.map(({ profile }) => profile));
            after = next;
          } while (after !== undefined);
          const expected = list === store.listRows ? personas : personas.filter((one) => !gone.includes(one));
          expect(found.sort()).toEqual(expected.toSorted());
        }
      }
    });
  });
}

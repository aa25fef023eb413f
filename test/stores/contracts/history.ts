/** What every history of profiles does. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { PersonaId } from '../../../shared/identity/persona.ts';
import { eventsBetween, type ProfileEvent } from '../../../shared/publish/events.ts';
import { type HistoryEntry, type HistoryStore, rowsOf } from '../../../shared/publish/history.ts';
import { instant } from '../../../shared/time/instant.ts';
import { aliasOf, personaId, profileOf, rootOf } from '../../publish/samples.ts';
import { unique } from './samples.ts';

export function historyStoreContract(name: string, make: () => Promise<HistoryStore>): void {
  describe(`history of profiles: ${name}`, () => {
    let store: HistoryStore;
    beforeAll(async () => {
      store = await make();
    });
    const newPersona = () => personaId(`douyin/shop/${unique()}`);
    const put = async (events: readonly ProfileEvent[]) => {
      for (const { profile, entry } of events.flatMap(rowsOf)) await store.putHistory(profile, entry);
    };
    async function listAll(profile: PersonaId, limit: number): Promise<HistoryEntry[]> {
      const found: HistoryEntry[] = [];
      let after: string | undefined;
      do {
        const { items, next } = await store.listHistory(profile, limit, after);
        expect(items.length).toBeLessThanOrEqual(limit);
        found.push(...items);
        after = next;
      } while (after !== undefined);
      return found;
    }

    it('gives back what was told, once', async () => {
      const persona = newPersona();
      const reasons = [
        { code: 'orders_90d', tier: 'growth' as const, measure: 'orders90d' as const, value: 2, threshold: 2 },
      ];
      const events = eventsBetween(
        undefined,
        rootOf(persona, { profile: profileOf({}, { value: 'growth', reasons }) }),
      );
      await put([...events, ...events]);
      const { items } = await store.listHistory(persona, 10);
      expect(items).toHaveLength(2);
      expect(items).toEqual(expect.arrayContaining(events.flatMap(rowsOf).map(({ entry }) => entry)));
      expect(items.find(({ type }) => type === 'tier.changed')).toMatchObject({ to: 'growth', reasons });
      expect(JSON.stringify(items)).not.toContain('personas');
      expect(await store.listHistory(newPersona(), 10)).toEqual({ items: [] });
    });

    it('has what joined and parted under both', async () => {
      const [a, b] = [newPersona(), newPersona()];
      const alias = aliasOf(a, b, { profile: profileOf() });
      await put(eventsBetween(rootOf(a), alias));
      await put(eventsBetween(alias, rootOf(a, { revision: 3, writtenAt: instant(Date.UTC(2026, 11, 1)) })));
      for (const profile of [a, b]) {
        const known = await listAll(profile, 10);
        const moves = known.filter(({ type }) => type !== 'tier.changed');
        expect(moves).toMatchObject([
          { type: 'profile.split', profile: a, from: b },
          { type: 'profile.merged', profile: b, absorbed: a },
        ]);
      }
      expect((await listAll(b, 10)).map(({ type }) => type)).not.toContain('tier.changed');
    });

    it('lists newest first, page by page, each entry once', async () => {
      const persona = newPersona();
      const entries = Array.from({ length: 7 }, (_, index) => {
        const now = rootOf(persona, {
          revision: index + 2,
          derivedFrom: `${index}`,
          writtenAt: instant(Date.UTC(2026, 10, index + 1)),
        });
        return eventsBetween(rootOf(persona), now);
      });
      await put(entries.flat());
      const newestFirst = entries
        .flat()
        .flatMap(rowsOf)
        .map(({ entry }) => entry)
        .reverse();
      for (const limit of [1, 3, 7, 100]) expect(await listAll(persona, limit)).toEqual(newestFirst);
    });
  });
}

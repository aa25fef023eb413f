/** What every store of sources, and of their server keys, does. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { hashOfKey, newServerKey, newWriteKey } from '../../../shared/sources/keys.ts';
import type { ServerKeyStore, Source, SourceStore } from '../../../shared/sources/source.ts';
import { instant } from '../../../shared/time/instant.ts';
import { unique } from './samples.ts';

const AT = instant(Date.UTC(2026, 10, 24, 10));
const newSource = (change: Partial<Source> = {}): Source => ({
  id: `src_${unique()}`,
  name: 'Web shop 网店',
  kind: 'web',
  writeKey: newWriteKey(),
  serverKeyHash: hashOfKey(newServerKey()),
  revision: 1,
  createdAt: AT,
  by: 'operator',
  ...change,
});

export function sourceStoreContract(name: string, make: () => Promise<SourceStore>): void {
  describe(`sources: ${name}`, () => {
    let store: SourceStore;
    beforeAll(async () => {
      store = await make();
    });

    it('gives back what was put, exactly', async () => {
      const plain = newSource();
      const full = newSource({
        kind: 'mini_program',
        zone: 'Asia/Shanghai',
        currency: 'CNY',
        region: 'CN',
        previousWriteKey: { key: newWriteKey(), until: AT },
        previousServerKeyHash: { key: hashOfKey(newServerKey()), until: AT },
        disabledAt: AT,
      });
      for (const source of [plain, full]) {
        expect(await store.getSource(source.id)).toBeUndefined();
        await store.putSource(source);
        expect(await store.getSource(source.id)).toEqual(source);
      }
      const plainer = { ...plain, id: full.id, revision: 2 };
      await store.putSource(plainer);
      expect(await store.getSource(full.id)).toEqual(plainer);
    });

    it('puts and removes only what was seen', async () => {
      const source = newSource();
      await expect(store.putSource({ ...source, revision: 2 })).rejects.toThrow(Conflict);
      await store.putSource(source);
      await expect(store.putSource(source)).rejects.toMatchObject({ code: 'source_changed' });
      await store.putSource({ ...source, revision: 2 });
      await expect(store.removeSource(source.id, 1)).rejects.toThrow(Conflict);
      await store.removeSource(source.id, 2);
      expect(await store.getSource(source.id)).toBeUndefined();
      await expect(store.removeSource(source.id, 2)).rejects.toThrow(Conflict);
    });

    it('lists all of them, by id', async () => {
      const made = [newSource(), newSource(), newSource()];
      for (const source of made.toReversed()) await store.putSource(source);
      const all = await store.listSources();
      expect(all).toEqual(expect.arrayContaining(made));
      expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort());
    });
  });
}

export function serverKeyStoreContract(name: string, make: () => Promise<ServerKeyStore>): void {
  describe(`server keys: ${name}`, () => {
    it('gives back what was put last, until it is removed', async () => {
      const store = await make();
      const id = `src_${unique()}`;
      expect(await store.getServerKeys(id)).toBeUndefined();
      const first = { current: newServerKey() };
      await store.putServerKeys(id, first);
      expect(await store.getServerKeys(id)).toEqual(first);
      const next = { current: newServerKey(), previous: { key: first.current, until: AT } };
      await store.putServerKeys(id, next);
      expect(await store.getServerKeys(id)).toEqual(next);
      await store.removeServerKeys(id);
      await store.removeServerKeys(id);
      expect(await store.getServerKeys(id)).toBeUndefined();
    });
  });
}

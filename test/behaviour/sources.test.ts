/** Sources as people add, change and remove them. */
import { describe, expect, it } from 'vitest';
import { Conflict, NotFound } from '../../shared/runtime/errors.ts';
import { sourceDirectory } from '../../shared/sources/directory.ts';
import { addSource, changeSource, RANDOM_KEYS, removeSource, rotateKey } from '../../shared/sources/manage.ts';
import { SOURCES_MOST } from '../../shared/sources/source.ts';
import { NewSource, viewOf } from '../../shared/sources/views.ts';
import { memoryServerKeys, memorySources } from '../simulation/models/sources.ts';

function open() {
  let nowMs = Date.UTC(2026, 10, 25);
  const clock = () => new Date(nowMs);
  const its = { sources: memorySources(), serverKeys: memoryServerKeys(), clock, ...RANDOM_KEYS };
  const stores = { listSources: its.sources.listSources, getServerKeys: its.serverKeys.getServerKeys };
  return {
    its,
    directory: sourceDirectory(stores, clock),
    pass: (ms: number) => {
      nowMs += ms;
    },
    add: (id?: string) => addSource({ id, wishes: { name: 'Web shop', kind: 'web' }, by: 'an operator' }, its),
  };
}
const MINUTE = 60_000;

describe('a source', () => {
  it('is known by both its keys, of which only one proves anything', async () => {
    const { add, directory } = open();
    const { source, serverKey } = await add();
    expect(source.id).toMatch(/^src_[\w-]{12}$/);
    expect(await directory.findByKey(source.writeKey)).toEqual({ source, isServer: false });
    expect(await directory.findByKey(serverKey)).toEqual({ source, isServer: true });
    expect(await directory.signingKeys(source.id)).toEqual([serverKey]);
    expect(JSON.stringify(source)).not.toContain(serverKey);
    expect(viewOf(source)).not.toHaveProperty('serverKeyHash');
  });

  it('is added once, and so many in all', async () => {
    const { add } = open();
    await add('web-shop');
    await expect(add('web-shop')).rejects.toThrow(Conflict);
    for (let n = 1; n < SOURCES_MOST; n++) await add();
    await expect(add()).rejects.toMatchObject({ code: 'too_many' });
  });

  it('has its keys replaced, and the ones before are taken for as long as was said', async () => {
    const { add, its, directory, pass } = open();
    const { source, serverKey } = await add('web-shop');
    const server = await rotateKey({ id: 'web-shop', which: 'server', overlapMs: 5 * MINUTE, by: 'ann' }, its);
    const write = await rotateKey({ id: 'web-shop', which: 'write', overlapMs: 0, by: 'ann' }, its);
    pass(MINUTE);
    const knows = async (key: string) => (await directory.findByKey(key)) !== undefined;
    expect(await Promise.all([server.key, serverKey, write.key, source.writeKey].map(knows))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(await directory.signingKeys('web-shop')).toEqual([server.key, serverKey]);
    pass(5 * MINUTE);
    expect(await knows(serverKey)).toBe(false);
    expect(await directory.signingKeys('web-shop')).toEqual([server.key]);
  });

  it('is changed, disabled and enabled by who has seen it last, and keeps its keys', async () => {
    const { add, its } = open();
    const { source } = await add('web-shop');
    const wishes = { name: '网店', kind: 'web' as const, zone: 'Asia/Shanghai' };
    const asked = { id: 'web-shop', wishes, by: 'ann' };
    const disabled = await changeSource({ ...asked, revision: 1, disabled: true }, its);
    expect(disabled).toMatchObject({ ...wishes, writeKey: source.writeKey, disabledAt: source.createdAt, by: 'ann' });
    await expect(changeSource({ ...asked, revision: 1, disabled: false }, its)).rejects.toThrow(Conflict);
    const enabled = await changeSource({ ...asked, revision: 2, disabled: false }, its);
    expect(enabled).not.toHaveProperty('disabledAt');
  });

  it('is removed with its server key', async () => {
    const { add, its } = open();
    await add('web-shop');
    await removeSource({ id: 'web-shop', revision: 1 }, its);
    expect(await its.serverKeys.getServerKeys('web-shop')).toBeUndefined();
    await expect(removeSource({ id: 'web-shop', revision: 1 }, its)).rejects.toThrow(NotFound);
  });

  it.each([
    [{ id: 'a/b', name: 'x', kind: 'web' }],
    [{ name: ' ', kind: 'web' }],
    [{ name: 'x', kind: 'tv' }],
    [{ name: 'x', kind: 'web', zone: 'Mars/Base' }],
    [{ name: 'x', kind: 'web', currency: 'yuan' }],
    [{ name: 'x', kind: 'web', region: 'China' }],
    [{ name: 'x', kind: 'web', writeKey: 'wk_mine' }],
  ])('is not asked for as %j', (wishes) => {
    expect(NewSource.safeParse(wishes).success).toBe(false);
  });
});

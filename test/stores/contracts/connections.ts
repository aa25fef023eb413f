/** What every store of connections, and of their secrets, does. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ConnectionId } from '../../../shared/connections/connection.ts';
import type { ConnectionStore, SecretStore } from '../../../shared/connections/directory.ts';
import type { HealthStore } from '../../../shared/connections/health.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { newConnection, unique } from './samples.ts';

export function connectionStoreContract(name: string, make: () => Promise<ConnectionStore>): void {
  describe(`connections: ${name}`, () => {
    let store: ConnectionStore;
    beforeAll(async () => {
      store = await make();
    });

    it('gives back what was put; nothing for a stranger', async () => {
      const connection = newConnection();
      expect(await store.getConnection(connection.id)).toBeUndefined();
      await store.putConnection(connection, undefined);
      expect(await store.getConnection(connection.id)).toEqual(connection);
    });

    it('lists all, by id', async () => {
      const connections = Array.from({ length: 12 }, newConnection);
      for (const connection of connections.toReversed()) await store.putConnection(connection, undefined);
      const listed = await store.listConnections();
      expect(listed).toEqual(expect.arrayContaining(connections));
      const ids = listed.map((connection) => connection.id);
      expect(ids).toEqual(ids.toSorted());
    });

    it('writes only over what was seen', async () => {
      const connection = newConnection();
      const changed = { ...connection, status: 'disabled' as const, updatedAt: '2026-11-24T11:00:00.000Z' };
      await expect(store.putConnection(changed, connection)).rejects.toThrow(Conflict);
      await store.putConnection(connection, undefined);
      await expect(store.putConnection(connection, undefined)).rejects.toThrow(Conflict);
      await store.putConnection(changed, connection);
      await expect(store.putConnection(connection, connection)).rejects.toThrow(Conflict);
      expect(await store.getConnection(connection.id)).toEqual(changed);
    });
  });
}

export function secretStoreContract(name: string, make: () => Promise<SecretStore>): void {
  describe(`secrets: ${name}`, () => {
    let store: SecretStore;
    beforeAll(async () => {
      store = await make();
    });

    it('gives back the secrets put last; nothing for a stranger', async () => {
      const id = ConnectionId.parse(`shop_${unique()}`);
      expect(await store.getWebhookSecrets(id)).toBeUndefined();
      await store.putWebhookSecrets(id, { current: 'shpss_{{ssm:x}} "quoted" \\ 密钥' });
      expect(await store.getWebhookSecrets(id)).toEqual({ current: 'shpss_{{ssm:x}} "quoted" \\ 密钥' });
      const replaced = { current: 'b', previous: 'a', previousUntil: '2026-11-25T09:00:00.000Z' };
      await store.putWebhookSecrets(id, replaced);
      expect(await store.getWebhookSecrets(id)).toEqual(replaced);
    });

    it('keeps credentials and tokens apart, and counts the versions of credentials', async () => {
      const id = ConnectionId.parse(`shop_${unique()}`);
      expect(await store.getCredentials(id)).toBeUndefined();
      expect(await store.getTokens(id)).toBeUndefined();
      await store.putCredentials(id, { app_key: 'k', nested: { refresh_token: '刷新' } });
      const first = await store.getCredentials(id);
      expect(first?.given).toEqual({ app_key: 'k', nested: { refresh_token: '刷新' } });
      await store.putTokens(id, {
        of: first?.version ?? 0,
        since: 1_799_999_000_000,
        accessToken: 'a',
        expiresAt: 1_800_000_000_000,
      });
      await store.putCredentials(id, { app_key: 'other' });
      const second = await store.getCredentials(id);
      expect(second?.version).toBeGreaterThan(first?.version ?? 0);
      expect(await store.getTokens(id)).toEqual({
        of: first?.version,
        since: 1_799_999_000_000,
        accessToken: 'a',
        expiresAt: 1_800_000_000_000,
      });
      expect(await store.getWebhookSecrets(id)).toBeUndefined();
    });
  });
}

export function healthStoreContract(name: string, make: () => Promise<HealthStore>): void {
  describe(`health: ${name}`, () => {
    it('keeps the last webhook, and the last shop that is not connected', async () => {
      const store = await make();
      const id = `shop_${unique()}`;
      await store.putLastWebhook(id, '2026-11-24T10:00:00.000Z');
      await store.putLastWebhook(id, '2026-11-24T09:00:00.000Z');
      expect((await store.listHealth()).get(id)).toEqual({ lastWebhookAt: '2026-11-24T10:00:00.000Z' });
      await store.putUnconnectedShop(id, '4463799', '2026-11-24T11:00:00.000Z');
      expect((await store.listHealth()).get(id)).toEqual({
        lastWebhookAt: '2026-11-24T10:00:00.000Z',
        unconnectedShop: { shop: '4463799', at: '2026-11-24T11:00:00.000Z' },
      });
    });
  });
}

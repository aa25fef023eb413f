/** Connections and their secrets in memory, as `shared/connections/store.ts` keeps them. */
import { Connection, type ConnectionId, StoredTokens, WebhookSecrets } from '../../../shared/connections/connection.ts';
import type { ConnectionStore, SecretStore } from '../../../shared/connections/directory.ts';
import type { HealthStore, HeardOf } from '../../../shared/connections/health.ts';
import type { SecretKind } from '../../../shared/connections/store.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';

export function memoryConnections(): ConnectionStore {
  const items = new Map<ConnectionId, string>();
  const read = (json: string) => Connection.parse(JSON.parse(json));
  return {
    async getConnection(id) {
      const json = items.get(id);
      return json === undefined ? undefined : read(json);
    },

    async listConnections() {
      const byId = [...items].sort(([a], [b]) => (a < b ? -1 : 1));
      return byId.map(([, json]) => read(json));
    },

    async putConnection(connection, seen) {
      const json = items.get(connection.id);
      const stored = json === undefined ? undefined : read(json);
      if (stored?.updatedAt !== seen?.updatedAt) {
        throw new Conflict('connection_changed', `Connection ${connection.id} was changed meanwhile. Try again.`);
      }
      items.set(connection.id, JSON.stringify(connection));
    },
  };
}

export function memorySecrets(): SecretStore {
  const items = new Map<string, { readonly json: string; readonly version: number }>();
  const get = (id: ConnectionId, kind: SecretKind) => {
    const item = items.get(`${id}/${kind}`);
    return item && { value: JSON.parse(item.json), version: item.version };
  };
  const put = (id: ConnectionId, kind: SecretKind, value: unknown) => {
    const version = (items.get(`${id}/${kind}`)?.version ?? 0) + 1;
    items.set(`${id}/${kind}`, { json: JSON.stringify(value), version });
  };
  return {
    async getWebhookSecrets(id) {
      const found = get(id, 'webhook');
      return found && WebhookSecrets.parse(found.value);
    },
    putWebhookSecrets: async (id, secrets) => put(id, 'webhook', secrets),
    async getCredentials(id) {
      const found = get(id, 'credentials');
      return found && { given: found.value, version: found.version };
    },
    putCredentials: async (id, given) => put(id, 'credentials', given),
    async getTokens(id) {
      const found = get(id, 'tokens');
      return found && StoredTokens.parse(found.value);
    },
    putTokens: async (id, tokens) => put(id, 'tokens', tokens),
  };
}

export function memoryHealth(): HealthStore {
  const items = new Map<string, HeardOf>();
  return {
    async putLastWebhook(connection, receivedAt) {
      const known = items.get(connection);
      if (receivedAt > (known?.lastWebhookAt ?? '')) items.set(connection, { ...known, lastWebhookAt: receivedAt });
    },
    async putUnconnectedShop(connection, shop, receivedAt) {
      items.set(connection, { ...items.get(connection), unconnectedShop: { shop, at: receivedAt } });
    },
    listHealth: async () => items,
  };
}

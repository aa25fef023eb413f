/** Connections and their secrets in memory, as `shared/connections/store.ts` keeps them. */
import { Connection, type ConnectionId, WebhookSecrets } from '../../../shared/connections/connection.ts';
import type { ConnectionStore, SecretStore } from '../../../shared/connections/directory.ts';
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
  const items = new Map<ConnectionId, string>();
  return {
    async getWebhookSecrets(id) {
      const json = items.get(id);
      return json === undefined ? undefined : WebhookSecrets.parse(JSON.parse(json));
    },
    async putWebhookSecrets(id, secrets) {
      items.set(id, JSON.stringify(secrets));
    },
  };
}

/** Connections as the functions look them up: cached, since every webhook asks and they change once a month. */
import { createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import {
  type Connection,
  ConnectionId,
  type Credentials,
  type StoredTokens,
  type WebhookSecrets,
} from './connection.ts';

export interface ConnectionStore {
  /** Reads consistently. */
  getConnection(id: ConnectionId): Promise<Connection | undefined>;
  listConnections(): Promise<Connection[]>;
  /** Writes if what is stored is still what was `seen` (nothing, if undefined); throws Conflict otherwise. */
  putConnection(connection: Connection, seen: Connection | undefined): Promise<void>;
}

export interface SecretStore {
  getWebhookSecrets(id: ConnectionId): Promise<WebhookSecrets | undefined>;
  putWebhookSecrets(id: ConnectionId, secrets: WebhookSecrets): Promise<void>;
  /** What a person gave to call the platform's API with. Only people write it. */
  getCredentials(id: ConnectionId): Promise<Credentials | undefined>;
  putCredentials(id: ConnectionId, given: unknown): Promise<void>;
  /** What the platform gave in exchange. Only the holder of the connection's lane writes it, so nobody overwrites anybody. */
  getTokens(id: ConnectionId): Promise<StoredTokens | undefined>;
  putTokens(id: ConnectionId, tokens: StoredTokens): Promise<void>;
}

export interface ConnectionWithSecrets {
  readonly connection: Connection;
  readonly secrets: WebhookSecrets;
}

export interface Directory<Found> {
  /** `freshWithinMs`: do not answer from a cache older than this. */
  find(id: string, options?: { readonly freshWithinMs?: number }): Promise<Found | undefined>;
}

/** A change at the latest takes effect after this. */
const MAX_AGE_MS = 60_000;
const MAX_ENTRIES = 2_000;

export function connectionDirectory(
  store: Pick<ConnectionStore, 'getConnection'>,
  clock: Clock,
): Directory<Connection> {
  return directory((id) => store.getConnection(id), clock);
}

/** Active ones, by the shop's own id at the platform: one app may serve several shops, and tell of all of them at one address. */
export function shopDirectory(store: Pick<ConnectionStore, 'listConnections'>, clock: Clock): ShopDirectory {
  const cache = createCache({
    load: async (key) =>
      (await store.listConnections()).find(
        ({ channel, shop, status }) => status === 'active' && shop !== undefined && key === `${channel}/${shop}`,
      ),
    clock,
    maxAgeMs: MAX_AGE_MS,
    maxEntries: MAX_ENTRIES,
  });
  return { find: (channel, shop) => cache.get(`${channel}/${shop}`) };
}

export interface ShopDirectory {
  find(channel: string, shop: string): Promise<Connection | undefined>;
}

/** For the door of ingest. The secret is read only for a connection that exists: strangers' guesses cost one cheap read. */
export function doorDirectory(
  stores: {
    readonly connections: Pick<ConnectionStore, 'getConnection'>;
    readonly secrets: Pick<SecretStore, 'getWebhookSecrets'>;
  },
  clock: Clock,
): Directory<ConnectionWithSecrets> {
  return directory(async (id) => {
    const connection = await stores.connections.getConnection(id);
    const secrets = connection && (await stores.secrets.getWebhookSecrets(id));
    return connection && secrets && { connection, secrets };
  }, clock);
}

function directory<Found>(load: (id: ConnectionId) => Promise<Found | undefined>, clock: Clock): Directory<Found> {
  const cache = createCache({
    load: async (key) => {
      const id = ConnectionId.safeParse(key);
      return id.success ? load(id.data) : undefined;
    },
    clock,
    maxAgeMs: MAX_AGE_MS,
    maxEntries: MAX_ENTRIES,
  });
  return { find: (id, options) => cache.get(id, options) };
}

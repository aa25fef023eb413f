/** Creating or changing a connection, for the CLI, the demo and tests alike. */
import { NotFound } from '../runtime/errors.ts';
import { type Connection, type ConnectionId, type ConnectionSettings, replaceSecret } from './connection.ts';
import type { ConnectionStore, SecretStore } from './directory.ts';

export interface ConnectRequest {
  readonly id: ConnectionId;
  readonly channel: string;
  /** Base of all webhook addresses of the deployment. */
  readonly webhookBase: string;
  /** The secret the platform signs with; may be left out when an existing connection keeps its own. */
  readonly secret?: string;
  /** Only what is given changes. */
  readonly settings: Partial<Pick<ConnectionSettings, 'type' | 'currency' | 'timezone' | 'region'>>;
}

export interface Stores {
  readonly connections: ConnectionStore;
  readonly secrets: SecretStore;
}

export type ConnectOutcome =
  | {
      readonly kind: 'connected';
      readonly connection: Connection;
      readonly created: boolean;
      readonly secretReplaced: boolean;
    }
  | { readonly kind: 'other_channel'; readonly channel: string }
  | { readonly kind: 'secret_missing' };

/**
 * Puts the connection and its secret. The secret comes first, so that a connection that exists always has one. A
 * disabled connection works again. Settings that change how messages are read raise `settingsRevision`.
 */
export async function connect(request: ConnectRequest, stores: Stores, now: Date): Promise<ConnectOutcome> {
  const { id, channel, webhookBase, secret, settings } = request;
  const seen = await stores.connections.getConnection(id);
  if (seen && seen.channel !== channel) return { kind: 'other_channel', channel: seen.channel };
  const secrets = await stores.secrets.getWebhookSecrets(id);
  if (secret === undefined && !secrets) return { kind: 'secret_missing' };

  const nextSecrets = secret === undefined ? secrets : replaceSecret(secrets, secret, now);
  const secretReplaced = nextSecrets !== secrets;
  if (secretReplaced && nextSecrets) await stores.secrets.putWebhookSecrets(id, nextSecrets);

  const connection: Connection = {
    type: 'direct',
    createdAt: now.toISOString(),
    ...seen,
    ...settings,
    id,
    channel,
    status: 'active',
    webhookUrl: `${webhookBase.replace(/\/$/, '')}/webhooks/${channel}/${id}`,
    settingsRevision: nextRevision(seen, settings),
    updatedAt: laterThan(seen?.updatedAt, now),
  };
  await stores.connections.putConnection(connection, seen);
  return { kind: 'connected', connection, created: !seen, secretReplaced };
}

/** Disables; a disabled one stays as it is. */
export async function disconnect(id: ConnectionId, connections: ConnectionStore, now: Date): Promise<Connection> {
  const seen = await connections.getConnection(id);
  if (!seen) throw new NotFound('connection_unknown', `There is no connection ${id}.`);
  if (seen.status === 'disabled') return seen;
  const disabled: Connection = { ...seen, status: 'disabled', updatedAt: laterThan(seen.updatedAt, now) };
  await connections.putConnection(disabled, seen);
  return disabled;
}

const READ_BY_NORMALISERS = ['type', 'currency', 'timezone', 'region'] as const;

function nextRevision(seen: Connection | undefined, settings: ConnectRequest['settings']): number {
  if (!seen) return 0;
  const changed = READ_BY_NORMALISERS.some((name) => settings[name] !== undefined && settings[name] !== seen[name]);
  return seen.settingsRevision + (changed ? 1 : 0);
}

/** `updatedAt` is the condition of the next write, so it must move even within a millisecond. */
function laterThan(seen: string | undefined, now: Date): string {
  const text = now.toISOString();
  return seen !== undefined && text <= seen ? new Date(Date.parse(seen) + 1).toISOString() : text;
}

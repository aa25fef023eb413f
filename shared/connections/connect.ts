/** Creating, changing and disabling a connection, for the CLI, the demo and tests alike. */
import { hydrationParty, type LaneStore } from '../lanes/lane.ts';
import { Conflict } from '../runtime/errors.ts';
import {
  type Connection,
  type ConnectionId,
  type ConnectionSettings,
  replaceSecret,
  type WebhookSecrets,
  webhookAddress,
} from './connection.ts';
import type { ConnectionStore, SecretStore } from './directory.ts';

export interface ConnectRequest {
  readonly id: ConnectionId;
  readonly channel: string;
  /** Base of all webhook addresses of the deployment. */
  readonly webhookBase: string;
  /** The secret the platform signs with; may be left out where the connection has one. */
  readonly secret: string | undefined;
  /** Only what is given changes. */
  readonly settings: Partial<Pick<ConnectionSettings, (typeof SETTINGS)[number]>>;
  /** For platforms whose API is called. */
  readonly api?: ApiAccess;
}

export interface ApiAccess {
  /** What the platform's `api.open` has checked. */
  readonly credentials?: unknown;
  /** Undefined here: the platform's own host again. */
  readonly base?: { readonly url: string | undefined };
}

export interface ConnectionStores {
  readonly connections: ConnectionStore;
  readonly secrets: SecretStore;
  readonly lanes: Pick<LaneStore<unknown>, 'getLane' | 'putLane'>;
}

/** Those that a normaliser reads, so that a change makes a better reading of what came before. */
const SETTINGS = ['type', 'currency', 'timezone', 'region', 'shop', 'ownContacts', 'app'] as const;

export type Change = (typeof SETTINGS)[number] | 'status' | 'webhookUrl' | 'apiBase' | 'secret' | 'credentials';

export interface Connected {
  readonly kind: 'connected';
  readonly connection: Connection;
  readonly created: boolean;
  /** What changed; empty if all was so already. */
  readonly changed: readonly Change[];
  /** Where the secret was replaced: those before and after. */
  readonly replaced?: { readonly before: WebhookSecrets | undefined; readonly after: WebhookSecrets };
}

export type ConnectOutcome =
  | Connected
  | { readonly kind: 'other_channel'; readonly channel: string }
  | { readonly kind: 'secret_missing' };

/**
 * Puts the connection and its secret. The secret comes first, so that a connection that exists always has one. A
 * disabled connection works again.
 *
 * @throws Conflict if somebody else changed the connection meanwhile
 */
export async function connect(request: ConnectRequest, stores: ConnectionStores, now: Date): Promise<ConnectOutcome> {
  const { id, channel, secret } = request;
  const seen = await stores.connections.getConnection(id);
  if (seen && seen.channel !== channel) return { kind: 'other_channel', channel: seen.channel };
  // What an attempt that broke off left behind was never in use: a new connection begins with its own secret only.
  const before = seen && (await stores.secrets.getWebhookSecrets(id));
  if (secret === undefined && !before) return { kind: 'secret_missing' };

  const after = secret === undefined ? before : replaceSecret(before, secret, now);
  const replaced = after !== undefined && after !== before ? { before, after } : undefined;
  if (replaced) await stores.secrets.putWebhookSecrets(id, replaced.after);

  const hasNewCredentials = await putCredentials(request, stores);

  const connection = nextConnection(seen, request, now);
  const changed = changesBetween(seen, connection);
  if (!seen || changed.length > 0) await stores.connections.putConnection(connection, seen);
  if (hasNewCredentials) changed.push('credentials');
  const mayCallAgain = request.api?.credentials !== undefined || changed.includes('apiBase');
  if (seen && mayCallAgain) await callAgain(id, stores.lanes, now, hasNewCredentials);
  const created = seen === undefined;
  if (!replaced) return { kind: 'connected', connection, created, changed };
  return { kind: 'connected', connection, created, changed: [...changed, 'secret'], replaced };
}

/** The same again are no news: the tokens had with them stay good. */
async function putCredentials({ id, api }: ConnectRequest, { secrets }: ConnectionStores): Promise<boolean> {
  if (api?.credentials === undefined) return false;
  const known = await secrets.getCredentials(id);
  if (known && JSON.stringify(known.given) === JSON.stringify(api.credentials)) return false;
  await secrets.putCredentials(id, api.credentials);
  return true;
}

const ATTEMPTS = 5;

/** A lane that waits because the platform refused what it had before waits no longer: its holder begins anew, or the next sweep wakes it. */
async function callAgain(
  id: ConnectionId,
  lanes: ConnectionStores['lanes'],
  now: Date,
  hasNewCredentials: boolean,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const lane = await lanes.getLane(hydrationParty(id));
    if (!lane) return;
    const isHeld = lane.holder !== undefined && lane.holder.until > now.getTime();
    if (isHeld ? !hasNewCredentials : lane.notBefore <= now.getTime()) return;
    const reopened = isHeld ? { nudged: true, reopened: true } : { notBefore: 0, failures: 0 };
    try {
      return await lanes.putLane({ ...lane, ...reopened, revision: lane.revision + 1 }, lane.revision);
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Disables; false if it was so already. */
export async function disconnect(seen: Connection, connections: ConnectionStore, now: Date): Promise<boolean> {
  if (seen.status === 'disabled') return false;
  await connections.putConnection({ ...seen, status: 'disabled', updatedAt: laterThan(seen, now) }, seen);
  return true;
}

function nextConnection(seen: Connection | undefined, request: ConnectRequest, now: Date): Connection {
  const { id, channel, webhookBase, settings, api } = request;
  const apiBase = api?.base ? api.base.url : seen?.apiBase;
  const { apiBase: _, ...known } = seen ?? {};
  const next: Connection = {
    type: 'direct',
    settingsRevision: 0,
    createdAt: now.toISOString(),
    ...known,
    ...settings,
    ...(apiBase !== undefined && { apiBase }),
    id,
    channel,
    status: 'active',
    webhookUrl: webhookAddress(webhookBase, { channel, id }),
    updatedAt: laterThan(seen, now),
  };
  const reread = seen !== undefined && SETTINGS.some((name) => isOther(seen[name], next[name]));
  return reread ? { ...next, settingsRevision: seen.settingsRevision + 1 } : next;
}

const changesBetween = (seen: Connection | undefined, next: Connection): Change[] =>
  [...SETTINGS, 'status' as const, 'webhookUrl' as const, 'apiBase' as const].filter((name) =>
    seen ? isOther(seen[name], next[name]) : next[name] !== undefined,
  );

/** Some settings are lists. */
const isOther = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);

/** `updatedAt` is the condition of the next write, so it moves even within a millisecond. */
function laterThan(seen: Connection | undefined, now: Date): string {
  const text = now.toISOString();
  return seen && text <= seen.updatedAt ? new Date(Date.parse(seen.updatedAt) + 1).toISOString() : text;
}

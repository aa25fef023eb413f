/** A connection: one shop, account or store chain on a channel. It is the unit of isolation. */
// zod/mini, as ingest bundles this: a fifth of the size of zod.
import * as z from 'zod/mini';

export const ConnectionId = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, - and _, at most 64'))
  .brand<'ConnectionId'>();
export type ConnectionId = z.infer<typeof ConnectionId>;

export const ConnectionType = z.enum(['direct', 'distribution', 'agency']);
export type ConnectionType = z.infer<typeof ConnectionType>;

/** What a normaliser may need to read a message: facts of the shop that the message leaves unsaid. */
export const ConnectionSettings = z.object({
  id: ConnectionId,
  channel: z.string(),
  type: ConnectionType,
  /** ISO 4217; for platforms whose amounts name no currency. */
  currency: z.optional(z.string().check(z.length(3))),
  /** IANA name, `Asia/Shanghai`; for calendar windows. */
  timezone: z.optional(z.string()),
  /** ISO 3166-1 alpha-2; the country of phone numbers written without one. */
  region: z.optional(z.string().check(z.length(2))),
  /** The shop's own id at the platform, from its credentials: a message that names another shop is not ours. */
  shop: z.optional(z.string()),
  /** Phones and emails of the shop itself, of its staff, of its tills: typed for customers who give none, never a customer's. */
  ownContacts: z.optional(z.array(z.string().check(z.maxLength(200))).check(z.maxLength(50))),
  /** The platform app through which the shop is connected, where buyers' open ids are per app. */
  app: z.optional(z.string().check(z.maxLength(100))),
  /** Grows by one whenever a setting above changes, so that a replay under better settings wins over the old reading. */
  settingsRevision: z.int().check(z.nonnegative()),
});
export type ConnectionSettings = z.infer<typeof ConnectionSettings>;

export const Connection = z.extend(ConnectionSettings, {
  status: z.enum(['active', 'disabled']),
  /** The full address given to the platform; schemes that sign the URL use it as it stands here. */
  webhookUrl: z.string(),
  /** Where its API is called, if not at the platform's own host. */
  apiBase: z.optional(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Connection = z.infer<typeof Connection>;

/** The full address to give to the platform, under the base of the deployment. */
export const webhookAddress = (
  base: string,
  { channel, id }: { readonly channel: string; readonly id: string },
): string => `${base.replace(/\/+$/, '')}/webhooks/${channel}/${id}`;

/** The webhook secrets of a connection. A replaced one stays valid for a day, as platforms sign with it for a while. */
export const WebhookSecrets = z.object({
  current: z.string().check(z.minLength(1)),
  previous: z.optional(z.string().check(z.minLength(1))),
  /** UTC instant from which `previous` is no longer accepted. */
  previousUntil: z.optional(z.string()),
});
export type WebhookSecrets = z.infer<typeof WebhookSecrets>;

export const REPLACED_SECRET_VALID_MS = 24 * 60 * 60 * 1000;

/** The secrets that may sign at `now`, current one first. */
export function validSecrets(secrets: WebhookSecrets, now: Date): string[] {
  const { current, previous, previousUntil } = secrets;
  const stillValid = previous !== undefined && previousUntil !== undefined && now.toISOString() < previousUntil;
  return stillValid ? [current, previous] : [current];
}

/** The secrets after `next` becomes current at `now`. Putting the same secret again changes nothing. */
export function replaceSecret(secrets: WebhookSecrets | undefined, next: string, now: Date): WebhookSecrets {
  if (!secrets) return { current: next };
  if (secrets.current === next) return secrets;
  const previousUntil = new Date(now.getTime() + REPLACED_SECRET_VALID_MS).toISOString();
  return { current: next, previous: secrets.current, previousUntil };
}

export interface Credentials {
  /** As in the credentials file: the platform's `api.open` knows its fields. */
  readonly given: unknown;
  /** Grows each time they are put. */
  readonly version: number;
}

export const StoredTokens = z.object({
  /** Version of the credentials that they were had with: with others they are of no use. */
  of: z.int(),
  /** Epoch ms, as all times here: when they were had. */
  since: z.number(),
  accessToken: z.string().check(z.minLength(1)),
  expiresAt: z.optional(z.number()),
  refreshToken: z.optional(z.string()),
  refreshExpiresAt: z.optional(z.number()),
});
export type StoredTokens = z.infer<typeof StoredTokens>;

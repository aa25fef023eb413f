import * as z from 'zod';
import { readHosts } from '../../shared/subscribers/hosts.ts';

/** Set by infra/api-stage.ts. */
export const ApiConfig = z.object({
  ORDERS_TABLE: z.string().min(1),
  CUSTOMERS_TABLE: z.string().min(1),
  OPERATIONS_TABLE: z.string().min(1),
  ENGAGEMENT_TABLE: z.string().min(1),
  LAKE_BUCKET: z.string().min(1),
  PROFILES_QUEUE_URL: z.string().min(1),
  DELIVER_QUEUE_URL: z.string().min(1),
  EXPORTS_QUEUE_URL: z.string().min(1),
  PUSH_QUEUE_URL: z.string().min(1),
  RECOMMEND_FUNCTION: z.string().min(1),
  PREVIEW_FUNCTION: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
  SIGNING_SECRETS_PREFIX: z.string().startsWith('/'),
  SERVER_KEYS_PREFIX: z.string().startsWith('/'),
  PUSH_CREDENTIALS_PREFIX: z.string().startsWith('/'),
  /** What templates name as `{{ brand }}`; empty: they may not. */
  BRAND: z.string().default(''),
  REPORTING_CURRENCY: z.string().length(3),
  /** Name of the claim that holds roles. */
  ROLES_CLAIM: z.string().min(1),
  /** Hosts of our own that subscribers may be at. */
  WEBHOOK_HOSTS: z.string().transform(readHosts),
});

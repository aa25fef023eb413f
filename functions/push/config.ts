import * as z from 'zod';
import { readHosts } from '../../shared/subscribers/hosts.ts';

/** Set by infra/push-stage.ts. */
export const PushConfig = z.object({
  OPERATIONS_TABLE: z.string().min(1),
  ENGAGEMENT_TABLE: z.string().min(1),
  CUSTOMERS_TABLE: z.string().min(1),
  PUSH_QUEUE_URL: z.string().min(1),
  /** Where word of messages is told. */
  EVENT_BUS: z.string().min(1),
  DELIVER_QUEUE_URL: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
  PUSH_CREDENTIALS_PREFIX: z.string().startsWith('/'),
  /** Hosts of our own that browsers may be sent to at. */
  WEBHOOK_HOSTS: z.string().default('').transform(readHosts),
  /** What templates name as `{{ brand }}`; empty: they may not. */
  BRAND: z.string().default(''),
});

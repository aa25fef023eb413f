import * as z from 'zod';
import { readHosts } from '../../shared/subscribers/hosts.ts';

/** Set by infra/deliver-stage.ts. */
export const DeliverConfig = z.object({
  OPERATIONS_TABLE: z.string().min(1),
  ENGAGEMENT_TABLE: z.string().min(1),
  DELIVER_QUEUE_URL: z.string().min(1),
  SIGNING_SECRETS_PREFIX: z.string().startsWith('/'),
  /** Those that messages may go to although they are private, parted by commas; empty: none. */
  WEBHOOK_HOSTS: z.string().default('').transform(readHosts),
});

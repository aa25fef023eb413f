import * as z from 'zod';

/** Set by infra/hydrate-stage.ts. */
export const HydrateConfig = z.object({
  OPERATIONS_TABLE: z.string().min(1),
  LAKE_BUCKET: z.string().min(1),
  INBOX_QUEUE_URL: z.string().min(1),
  WAKE_QUEUE_URL: z.string().min(1),
  SECRETS_PREFIX: z.string().startsWith('/'),
  /** `true` lets connections call a host that is none of their platform's. */
  ANY_API_BASE: z.enum(['true', 'false']),
});

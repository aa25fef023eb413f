import * as z from 'zod';

/** Set by infra/publish-stage.ts. */
export const PublishConfig = z.object({
  CUSTOMERS_TABLE: z.string().min(1),
  ENGAGEMENT_TABLE: z.string().min(1),
  OPERATIONS_TABLE: z.string().min(1),
  DELIVER_QUEUE_URL: z.string().min(1),
  PUSH_QUEUE_URL: z.string().min(1),
  EVENT_BUS: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
});

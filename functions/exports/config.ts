import * as z from 'zod';

/** Set by infra/exports-stage.ts. */
export const ExportsConfig = z.object({
  CUSTOMERS_TABLE: z.string().min(1),
  ENGAGEMENT_TABLE: z.string().min(1),
  LAKE_BUCKET: z.string().min(1),
  EXPORTS_QUEUE_URL: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
});

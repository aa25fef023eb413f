import * as z from 'zod';

/** Set by infra/profiles-stage.ts. */
export const ProfilesConfig = z.object({
  OPERATIONS_TABLE: z.string().min(1),
  ENGAGEMENT_TABLE: z.string().min(1),
  ORDERS_TABLE: z.string().min(1),
  CUSTOMERS_TABLE: z.string().min(1),
  LAKE_BUCKET: z.string().min(1),
  PROFILES_QUEUE_URL: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
  REPORTING_CURRENCY: z.string().length(3),
});

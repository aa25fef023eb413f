import * as z from 'zod';

/** Set by infra/behaviour-stage.ts. */
export const BehaviourConfig = z.object({
  ENGAGEMENT_TABLE: z.string().min(1),
  OPERATIONS_TABLE: z.string().min(1),
  LAKE_BUCKET: z.string().min(1),
  PROFILES_QUEUE_URL: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
});

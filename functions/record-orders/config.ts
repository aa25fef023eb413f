import * as z from 'zod';

/** Set by infra/record-orders-stage.ts. */
export const RecordOrdersConfig = z.object({
  LAKE_BUCKET: z.string().min(1),
  OPERATIONS_TABLE: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
});

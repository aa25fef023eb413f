import * as z from 'zod';

/** Set by infra/record-stage.ts. */
export const RecordAllConfig = z.object({
  CUSTOMERS_TABLE: z.string().min(1),
  LAKE_BUCKET: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
});

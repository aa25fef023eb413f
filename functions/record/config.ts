import * as z from 'zod';

/** Set by infra/record-stage.ts. */
export const RecordConfig = z.object({
  LAKE_BUCKET: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
});

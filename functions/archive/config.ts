// zod/mini keeps the bundle small.
import * as z from 'zod/mini';

/** Set by infra/archive-stage.ts. */
export const ArchiveConfig = z.object({
  LAKE_BUCKET: z.string().check(z.minLength(1)),
  WORK_QUEUE_URL: z.string().check(z.minLength(1)),
});

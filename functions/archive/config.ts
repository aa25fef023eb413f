import * as z from 'zod';

/** Set by infra/archive-stage.ts. */
export const ArchiveConfig = z.object({
  LAKE_BUCKET: z.string().min(1),
  WORK_QUEUE_URL: z.string().min(1),
});

import * as z from 'zod';

/** Set by infra/ingest-stage.ts. */
export const IngestConfig = z.object({
  OPERATIONS_TABLE: z.string().min(1),
  INBOX_QUEUE_URL: z.string().min(1),
  LAKE_BUCKET: z.string().min(1),
  SECRETS_PREFIX: z.string().startsWith('/'),
});

// zod/mini, as ingest bundles this: a fifth of the size of zod.
import * as z from 'zod/mini';

/** Set by infra/ingest-stage.ts. */
export const IngestConfig = z.object({
  OPERATIONS_TABLE: z.string().check(z.minLength(1)),
  INBOX_QUEUE_URL: z.string().check(z.minLength(1)),
  LAKE_BUCKET: z.string().check(z.minLength(1)),
  SECRETS_PREFIX: z.string().check(z.startsWith('/')),
});

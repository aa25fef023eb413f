// zod/mini, as this is on the way of every event: a fifth of the size of zod.
import * as z from 'zod/mini';

/** Set by infra/collect-stage.ts. */
export const CollectConfig = z.object({
  OPERATIONS_TABLE: z.string().check(z.minLength(1)),
  BEHAVIOUR_QUEUE_URL: z.string().check(z.minLength(1)),
  SERVER_KEYS_PREFIX: z.string().check(z.startsWith('/')),
});

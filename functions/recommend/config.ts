import * as z from 'zod';

/** Set by infra/recommend-stage.ts. */
export const RecommendConfig = z.object({
  LAKE_BUCKET: z.string().min(1),
  ENGAGEMENT_TABLE: z.string().min(1),
  OPERATIONS_TABLE: z.string().min(1),
  CUSTOMERS_TABLE: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
  PROFILES_QUEUE_URL: z.string().min(1),
  PUSH_QUEUE_URL: z.string().min(1),
  /** What DuckDB may take of the function's memory. */
  DUCKDB_MEMORY_MIB: z.coerce.number().int().positive(),
});

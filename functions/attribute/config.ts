import * as z from 'zod';

/** Set by infra/attribute-stage.ts. */
export const AttributeConfig = z.object({
  LAKE_BUCKET: z.string().min(1),
  ENGAGEMENT_TABLE: z.string().min(1),
  EVENT_BUS: z.string().min(1),
  /** Lanes of subscribers. */
  OPERATIONS_TABLE: z.string().min(1),
  DELIVER_QUEUE_URL: z.string().min(1),
  /** What DuckDB may take of the function's memory. */
  DUCKDB_MEMORY_MIB: z.coerce.number().int().positive(),
});

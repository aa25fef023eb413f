import * as z from 'zod';

/** Set by infra/snapshot-stage.ts. */
export const SnapshotConfig = z.object({
  LAKE_BUCKET: z.string().min(1),
  /** What DuckDB may take of the function's memory. */
  DUCKDB_MEMORY_MIB: z.coerce.number().int().positive(),
});

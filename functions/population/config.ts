import * as z from 'zod';

/** Set by infra/population-stage.ts. */
export const PopulationConfig = z.object({
  OPERATIONS_TABLE: z.string().min(1),
  CUSTOMERS_TABLE: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
  REPORTING_CURRENCY: z.string().length(3),
});

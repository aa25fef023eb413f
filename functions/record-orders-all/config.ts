import * as z from 'zod';

/** Set by infra/record-orders-stage.ts. */
export const RecordOrdersAllConfig = z.object({
  LAKE_BUCKET: z.string().min(1),
  ORDERS_TABLE: z.string().min(1),
  OPERATIONS_TABLE: z.string().min(1),
  IDENTITY_KEYS: z.string().startsWith('/'),
});

import * as z from 'zod';

/** Set by infra/orders-stage.ts. */
export const OrdersConfig = z.object({
  OPERATIONS_TABLE: z.string().min(1),
  ORDERS_TABLE: z.string().min(1),
  LAKE_BUCKET: z.string().min(1),
  WAKE_QUEUE_URL: z.string().min(1),
});

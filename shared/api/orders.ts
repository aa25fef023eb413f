import * as z from 'zod';
import { CanonicalOrder } from '../orders/canonical-order.ts';
import { Channel, ConnectionName, OrderIdText } from './names.ts';
import { operation } from './route.ts';

export const OrderAnswer = CanonicalOrder.meta({
  id: 'Order',
  description: "Money is in minor units of the order's currency. Readers see the buyer masked.",
});

export const getOrder = operation({
  tag: 'orders',
  summary: 'The canonical order',
  params: z.object({ channel: Channel, connection: ConnectionName, orderId: OrderIdText }),
  answers: {
    200: { description: 'As it is computed from its parts now.', schema: OrderAnswer },
  },
  problems: { 404: 'There is no such order.' },
  example: { params: { channel: 'shopify', connection: 'my-shop', orderId: '450789469' } },
});

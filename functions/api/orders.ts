import { maskBuyer } from '../../shared/orders/mask.ts';
import { type OrderReads, readOrder } from '../../shared/profiles/order-reading.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

export const orderHandlers = (reads: OrderReads): Pick<Handlers, 'getOrder'> => ({
  async getOrder({ params, revealed }) {
    const order = await readOrder(params, reads);
    if (!order) throw new Refusal(404, 'order_not_found', 'There is no such order.');
    return { status: 200, body: revealed ? order : maskBuyer(order) };
  },
});

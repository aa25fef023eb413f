/** An order for who may not know the buyer. The buyer's id stays: it names the persona, and says nothing to who does not know it. */
import { compact } from '../text/compact.ts';
import { maskEmail, maskId, maskName, maskPhone } from '../text/mask.ts';
import type { CanonicalOrder } from './canonical-order.ts';

export function maskBuyer(order: CanonicalOrder): CanonicalOrder {
  const { buyerId, name, phone, email, unionId, openId, memberCard } = order.buyer;
  const masked = (text: string | undefined, mask: (text: string) => string) => (text === undefined ? text : mask(text));
  return {
    ...order,
    buyer: compact({
      buyerId,
      name: masked(name, maskName),
      phone: masked(phone, maskPhone),
      email: masked(email, maskEmail),
      unionId: masked(unionId, maskId),
      openId: masked(openId, maskId),
      memberCard: masked(memberCard, maskId),
    }),
  };
}

/** Whether that which an occurrence was about is still so when the message is due, and which products it is about by now. */

import { recentBehaviour } from '../behaviour/recent.ts';
import type { VisitorStore } from '../behaviour/visitor-store.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { PastSend } from '../campaigns/past-sends.ts';
import type { Suppression } from '../campaigns/suppression.ts';
import { canBeBought } from '../catalogue/stock.ts';
import { type Instant, instant } from '../time/instant.ts';
import { leftCart } from './left-cart.ts';
import type { ProductSources } from './products.ts';
import type { PushWork } from './push-work.ts';
import type { KnownRecipient } from './recipient.ts';

export interface MomentSources extends Pick<ProductSources, 'products'> {
  readonly visitors: Pick<VisitorStore, 'getVisitor' | 'listVisitorsOf'>;
}

export type Moment =
  | { readonly kind: 'so'; readonly products: readonly string[] }
  | { readonly kind: 'lapsed'; readonly why: Suppression }
  /** Ask again then, epoch ms. */
  | { readonly kind: 'not_yet'; readonly until: number };

interface Asked {
  readonly campaign: Pick<Campaign, 'id' | 'trigger'>;
  readonly work: PushWork;
  readonly known: Pick<KnownRecipient, 'root' | 'profile'>;
  /** What was sent before, this message aside. */
  readonly sent: readonly PastSend[];
  readonly now: Instant;
}

export async function readMoment(asked: Asked, { products, visitors }: MomentSources): Promise<Moment> {
  const { campaign, work, known, sent, now } = asked;
  const about = work.occurrence.products ?? [];
  switch (campaign.trigger.on) {
    case 'cart_left': {
      const { lastPaidAt } = known.profile.facts;
      const cart = leftCart({
        recent: await recentBehaviour(known.root.members, visitors),
        ...(lastPaidAt !== undefined && { lastPaidAt: instant(Date.parse(lastPaidAt)) }),
        sent: sent.filter((send) => send.campaign === campaign.id),
        afterMinutes: campaign.trigger.afterMinutes,
        now,
      });
      if (cart.kind === 'lapsed') return cart;
      return cart.kind === 'in_use' ? { kind: 'not_yet', until: cart.until } : { kind: 'so', products: cart.products };
    }
    case 'back_in_stock': {
      const [id = ''] = about;
      const product = await products.find(id);
      return product && canBeBought(product, now)
        ? { kind: 'so', products: about }
        : { kind: 'lapsed', why: 'sold_out' };
    }
    default:
      return { kind: 'so', products: about };
  }
}

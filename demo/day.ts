/** A day at a shop, as its webhooks reach us: in disorder, some twice, and among them what no shop would send. */
import { shopifyDoor } from '../shared/channels/shopify/door.ts';
import type { Delivery, ShopOptions, Story } from './delivery.ts';
import type { Random } from './random.ts';

export type DeliveryKind = 'order' | 'duplicate' | 'forged' | 'garbage';

export interface PlannedDelivery extends Delivery {
  readonly kind: DeliveryKind;
}

const MINUTE_MS = 60_000;

/** `count` deliveries in the order of their arrival: whole stories, then duplicates and strangers mixed in. */
export function planDay(
  stories: Iterable<Story>,
  { random, shop, count }: { readonly random: Random; readonly shop: ShopOptions; readonly count: number },
): PlannedDelivery[] {
  const planned: PlannedDelivery[] = [];
  const strangers = Math.ceil(count * 0.04);
  for (const story of stories) {
    for (const delivery of story.deliveries) {
      planned.push({ ...delivery, kind: 'order', atMs: delivery.atMs + lateness(random) });
      // A retry of what we had taken: the platform did not hear our answer.
      if (random.chance(0.08))
        planned.push({ ...delivery, kind: 'duplicate', atMs: delivery.atMs + random.int(1, 60) * MINUTE_MS });
    }
    if (planned.length >= count - strangers) break;
  }
  for (let index = 0; index < strangers; index++) {
    const like = random.pick([planned[0], ...planned.slice(1)] as [PlannedDelivery, ...PlannedDelivery[]]);
    planned.push(strange(random, shop, like));
  }
  return planned.sort((a, b) => a.atMs - b.atMs);
}

/** Most arrive at once, one in seven after what followed it. */
const lateness = (random: Random): number => (random.chance(0.15) ? random.int(1, 25) * MINUTE_MS : 0);

/** What reaches every public address sooner or later. Only the last three carry the shop's true signature. */
function strange(random: Random, shop: ShopOptions, like: PlannedDelivery): PlannedDelivery {
  const { request, atMs } = like;
  const sign = (body: string, topic: string) =>
    shopifyDoor.sign(
      {
        ...request,
        body: Buffer.from(body),
        headers: { ...request.headers, 'x-shopify-topic': topic, 'x-shopify-webhook-id': randomId(random) },
      },
      shop.secret,
      new Date(atMs),
    );
  const forged = (): PlannedDelivery => {
    const body = Buffer.from(request.body);
    const middle = Math.floor(body.length / 2);
    body[middle] = (body[middle] ?? 0) ^ 1;
    return { ...like, kind: 'forged', request: { ...request, body } };
  };
  return random.pick<() => PlannedDelivery>([
    forged,
    () => ({ ...like, kind: 'garbage', request: sign('<order>not json</order>', 'orders/updated') }),
    () => ({ ...like, kind: 'garbage', request: sign('{"id":null,"note":"half an order"}', 'orders/updated') }),
    () => ({ ...like, kind: 'garbage', request: sign('{"id":1,"title":"a product"}', 'products/update') }),
  ])();
}

const randomId = (random: Random): string => `stranger-${random.int(0, 2 ** 31)}`;

/** A day at a shop, as its webhooks reach us: in disorder, some twice, and among them what no shop would send. */
import type { Delivery, ShopOptions } from './delivery.ts';
import type { Random } from './random.ts';
import type { DemoChannel } from './shop.ts';

export type DeliveryKind = 'order' | 'duplicate' | 'forged' | 'garbage';

export interface PlannedDelivery extends Delivery {
  readonly kind: DeliveryKind;
}

const MINUTE_MS = 60_000;

/** `count` deliveries in the order of their arrival: whole stories, then duplicates and strangers mixed in. */
export function planDay(
  channel: DemoChannel,
  { random, shop, count }: { readonly random: Random; readonly shop: ShopOptions; readonly count: number },
): PlannedDelivery[] {
  const planned: PlannedDelivery[] = [];
  const strangers = Math.ceil(count * 0.04);
  for (const story of channel.stories(random, shop)) {
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
    planned.push(strange(random, channel, shop, like));
  }
  return planned.sort((a, b) => a.atMs - b.atMs);
}

/** Most arrive at once, one in seven after what followed it. */
const lateness = (random: Random): number => (random.chance(0.15) ? random.int(1, 25) * MINUTE_MS : 0);

/** A genuine webhook with a byte altered, or one with the shop's true signature that is of no use. */
function strange(
  random: Random,
  { door, oddities }: DemoChannel,
  { secret }: ShopOptions,
  like: PlannedDelivery,
): PlannedDelivery {
  const { request, atMs, channel, connection } = like;
  const oddity = oddities[random.int(0, oddities.length - 1)];
  if (!oddity || random.chance(0.25)) {
    const body = Buffer.from(request.body);
    const middle = Math.floor(body.length / 2);
    body[middle] = (body[middle] ?? 0) ^ 1;
    return { channel, connection, atMs, kind: 'forged', request: { ...request, body } };
  }
  const { headers, body } = oddity;
  const unsigned = { ...request, headers, body: Buffer.from(body) };
  return { channel, connection, atMs, kind: 'garbage', request: door.sign(unsigned, secret, new Date(atMs)) };
}

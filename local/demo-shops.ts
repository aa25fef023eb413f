/** The four shops of the demo, one of each kind of channel, and the platforms whose API is called. */
import { type PlannedDelivery, planDay } from '../demo/day.ts';
import type { ShopOptions } from '../demo/delivery.ts';
import { douyinOddities, douyinStories } from '../demo/douyin.ts';
import { createRandom } from '../demo/random.ts';
import type { DemoChannel } from '../demo/shop.ts';
import { shopeeOddities, shopeeStories } from '../demo/shopee.ts';
import { shopifyOddities, shopifyStories } from '../demo/shopify.ts';
import { squareOddities, squareStories } from '../demo/square.ts';
import { douyinDoor } from '../shared/channels/douyin/door.ts';
import { shopeeDoor } from '../shared/channels/shopee/door.ts';
import { shopifyDoor } from '../shared/channels/shopify/door.ts';
import { squareDoor } from '../shared/channels/square/door.ts';
import type { ConnectRequest } from '../shared/connections/connect.ts';
import { createDouyinPlatform } from '../test/platforms/douyin.ts';
import type { PlatformModel } from '../test/platforms/platform.ts';
import { createShopeePlatform } from '../test/platforms/shopee.ts';
import { createSquarePlatform } from '../test/platforms/square.ts';

export interface DemoShop {
  readonly channel: DemoChannel;
  readonly options: Omit<ShopOptions, 'webhookUrl'>;
  readonly settings: ConnectRequest['settings'];
  /** Of the day's webhooks. */
  readonly share: number;
  /** Where webhooks are thin: what answers when the orders are fetched. */
  readonly platform?: PlatformModel;
}

const DAY_STARTS = Date.parse('2026-11-11T01:00:00Z');
const MINUTE_MS = 60_000;

export function demoShops(): DemoShop[] {
  const open = (connection: string, shop: string, secret: string, everyMinutes: number) => ({
    connection,
    shop,
    secret,
    startMs: DAY_STARTS,
    everyMs: everyMinutes * MINUTE_MS,
  });
  const [douyin, square, shopee] = [
    createDouyinPlatform({ shop: '4463798' }),
    createSquarePlatform({ shop: 'MLTEAHOUSE01' }),
    createShopeePlatform({ shop: '727720655' }),
  ];
  return [
    {
      channel: { door: shopifyDoor, stories: shopifyStories, oddities: shopifyOddities },
      options: open('demo-shop', 'tributary-tea.myshopify.com', 'demo-secret-not-for-production', 6),
      settings: { currency: 'USD', region: 'US', timezone: 'America/New_York' },
      share: 0.4,
    },
    {
      channel: { door: douyinDoor, stories: douyinStories, oddities: douyinOddities },
      options: open('demo-live', '4463798', `${douyin.credentials.app_key}:${douyin.credentials.app_secret}`, 9),
      settings: { currency: 'CNY', region: 'CN', timezone: 'Asia/Shanghai', shop: '4463798' },
      share: 0.25,
      platform: douyin,
    },
    {
      channel: { door: squareDoor, stories: squareStories, oddities: squareOddities },
      options: open('demo-tills', 'MLTEAHOUSE01', 'demo-signature-key', 10),
      settings: { currency: 'USD', region: 'US', timezone: 'America/New_York', shop: 'MLTEAHOUSE01' },
      share: 0.2,
      platform: square,
    },
    {
      channel: { door: shopeeDoor, stories: shopeeStories, oddities: shopeeOddities },
      options: open('demo-crossborder', '727720655', 'demo-push-partner-key', 12),
      settings: { currency: 'SGD', region: 'SG', timezone: 'Asia/Singapore', shop: '727720655' },
      share: 0.15,
      platform: shopee,
    },
  ];
}

/** The days of all shops as one, in the order in which the webhooks arrive. */
export function planDays(
  shops: readonly DemoShop[],
  { seed, count, webhookUrlOf }: { readonly seed: number; readonly count: number; readonly webhookUrlOf: WebhookUrlOf },
): PlannedDelivery[] {
  return shops
    .flatMap(({ channel, options, share }, index) => {
      const shop = { ...options, webhookUrl: webhookUrlOf(channel.door.channel, options.connection) };
      return planDay(channel, { random: createRandom(seed + index), shop, count: Math.ceil(count * share) });
    })
    .sort((a, b) => a.atMs - b.atMs);
}

export type WebhookUrlOf = (channel: string, connection: string) => string;

/** What the platforms answer from now on, as a webhook is sent. */
export function publish(shops: readonly DemoShop[], { channel, records = [] }: PlannedDelivery): void {
  const platform = shops.find((shop) => shop.channel.door.channel === channel)?.platform;
  for (const record of records) platform?.put(record, Date.now());
}

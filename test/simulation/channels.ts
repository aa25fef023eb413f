/** The platforms that can be simulated. */
import { douyinStories } from '../../demo/douyin.ts';
import { shopeeStories } from '../../demo/shopee.ts';
import { shopifyStories } from '../../demo/shopify.ts';
import { squareStories } from '../../demo/square.ts';
import { douyin } from '../../shared/channels/douyin/adapter.ts';
import { shopee } from '../../shared/channels/shopee/adapter.ts';
import { shopify } from '../../shared/channels/shopify/adapter.ts';
import { square } from '../../shared/channels/square/adapter.ts';
import { createDouyinPlatform } from '../platforms/douyin.ts';
import { createShopeePlatform } from '../platforms/shopee.ts';
import { createSquarePlatform } from '../platforms/square.ts';
import type { SimulatedChannel } from './plan.ts';
import { toyAdapter, toyStories } from './toy-channel.ts';

export const CHANNELS = {
  toy: { adapter: toyAdapter, stories: toyStories },
  shopify: { adapter: shopify, stories: shopifyStories },
  douyin: {
    adapter: douyin,
    stories: douyinStories,
    secretOf: (name) => `7000000000000000001:${name.replaceAll(' ', '_')}`,
    thin: { shops: ['4463798', '4463799', '4463800'], platform: (shop) => createDouyinPlatform({ shop }) },
  },
  square: {
    adapter: square,
    stories: squareStories,
    thin: { shops: ['MLNORTH', 'MLSOUTH', 'MLOUTLET'], platform: (shop) => createSquarePlatform({ shop }) },
  },
  shopee: {
    adapter: shopee,
    stories: shopeeStories,
    thin: { shops: ['727720655', '727720656', '727720657'], platform: (shop) => createShopeePlatform({ shop }) },
  },
} satisfies Record<string, SimulatedChannel>;

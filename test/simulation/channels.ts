/** The platforms that can be simulated. */
import { shopifyStories } from '../../demo/shopify.ts';
import { shopify } from '../../shared/channels/shopify/adapter.ts';
import type { SimulatedChannel } from './plan.ts';
import { toyAdapter, toyStories } from './toy-channel.ts';

export const CHANNELS = {
  toy: { adapter: toyAdapter, stories: toyStories },
  shopify: { adapter: shopify, stories: shopifyStories },
} satisfies Record<string, SimulatedChannel>;

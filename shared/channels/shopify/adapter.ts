/** Shopify, online and Shopify POS. How to connect a shop: README.md. */
import type { ChannelAdapter } from '../adapter.ts';
import { shopifyDoor } from './door.ts';
import { shopifyIdentifiers } from './identifiers.ts';
import { normalizeShopify } from './normalize.ts';

export const shopify: ChannelAdapter = {
  door: shopifyDoor,
  revision: 1,
  normalize: normalizeShopify,
  identifiers: shopifyIdentifiers,
};

/** Shopee, all sites. How to connect a shop: README.md. */
import type { ChannelAdapter } from '../adapter.ts';
import { shopeeApi } from './api.ts';
import { shopeeDoor } from './door.ts';
import { shopeeIdentifiers } from './identifiers.ts';
import { normalizeShopee } from './normalize.ts';

export const shopee: ChannelAdapter = {
  door: shopeeDoor,
  revision: 1,
  normalize: normalizeShopee,
  identifiers: shopeeIdentifiers,
  api: shopeeApi,
};

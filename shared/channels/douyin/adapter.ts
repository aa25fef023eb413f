/** Douyin shop (抖店). How to connect a shop: README.md. */
import type { ChannelAdapter } from '../adapter.ts';
import { douyinApi } from './api.ts';
import { douyinDoor } from './door.ts';
import { douyinIdentifiers } from './identifiers.ts';
import { normalizeDouyin } from './normalize.ts';

export const douyin: ChannelAdapter = {
  door: douyinDoor,
  revision: 1,
  normalize: normalizeDouyin,
  identifiers: douyinIdentifiers,
  api: douyinApi,
};

/**
 * All platforms, a line each. Doors are here at once, adapters when they are first asked for: ingest, which asks for none,
 * is bundled without them (infra/defaults/bundle.ts), and a function loads only those of the platforms it meets.
 */
import type { ChannelAdapter, ChannelCategory, Door } from './adapter.ts';
import { douyinDoor } from './douyin/door.ts';
import { shopeeDoor } from './shopee/door.ts';
import { shopifyDoor } from './shopify/door.ts';
import { squareDoor } from './square/door.ts';

interface Channel {
  readonly door: Door;
  readonly load: () => Promise<ChannelAdapter>;
}

const CHANNELS: readonly Channel[] = [
  { door: douyinDoor, load: async () => (await import('./douyin/adapter.ts')).douyin },
  { door: shopeeDoor, load: async () => (await import('./shopee/adapter.ts')).shopee },
  { door: shopifyDoor, load: async () => (await import('./shopify/adapter.ts')).shopify },
  { door: squareDoor, load: async () => (await import('./square/adapter.ts')).square },
];

export const DOORS: ReadonlyMap<string, Door> = new Map(CHANNELS.map(({ door }) => [door.channel, door]));

/** By channel. */
export const CATEGORIES: ReadonlyMap<string, ChannelCategory> = new Map(
  CHANNELS.map(({ door }) => [door.channel, door.category]),
);

export interface Adapters {
  /** Undefined for a channel that this version does not know. */
  find(channel: string): Promise<ChannelAdapter | undefined>;
}

const loaders = new Map(CHANNELS.map(({ door, load }) => [door.channel, load]));

// No cache: importing a module again gives the one that is loaded.
export const ADAPTERS: Adapters = { find: async (channel) => loaders.get(channel)?.() };

/** Just these, for tests and the simulation. */
export function adaptersOf(adapters: readonly ChannelAdapter[]): Adapters {
  const byChannel = new Map(adapters.map((adapter) => [adapter.door.channel, adapter]));
  return { find: async (channel) => byChannel.get(channel) };
}

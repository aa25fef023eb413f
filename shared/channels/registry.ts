/** All platforms, a line each. Ingest bundles `doors.ts` instead, which knows no normaliser. */
import type { ChannelAdapter } from './adapter.ts';
import { shopify } from './shopify/adapter.ts';

const adapters: readonly ChannelAdapter[] = [shopify];

export const ADAPTERS: ReadonlyMap<string, ChannelAdapter> = new Map(
  adapters.map((adapter) => [adapter.door.channel, adapter]),
);

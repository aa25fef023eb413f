/** A shop of the demo: on which channel, with what is needed to connect it, and the day it has. */
import type { Door } from '../shared/channels/adapter.ts';
import type { ShopOptions, Story } from './delivery.ts';
import type { Random } from './random.ts';

/** What reaches every public address sooner or later: signed by the platform, and of no use. */
export interface Oddity {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What happens in the shops of a platform. */
export interface DemoChannel {
  readonly door: Door;
  readonly stories: (random: Random, options: ShopOptions) => Generator<Story>;
  readonly oddities: readonly Oddity[];
}

/** What senders need of the world around them, each of them the same. */
import type { Clock } from '../runtime/clock.ts';
import type { AllowedHosts } from '../subscribers/hosts.ts';
import type { Resolve } from '../subscribers/target.ts';
import type { TokenCache } from './token-cache.ts';

export interface SenderOptions {
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** Access tokens, and what JPush must be reminded of. */
  readonly tokens: TokenCache;
  readonly timeouts?: Timeouts;
  /** Only for Web Push, whose URLs come from strangers: hosts of our own, for tests and demos; else none. */
  readonly hosts?: AllowedHosts;
  /** Only for Web Push: else the machine's own resolver. */
  readonly resolve?: Resolve;
}

export interface Timeouts {
  /** Until the connection stands, TLS included. */
  readonly connectMs: number;
  /** Of a request: from its beginning to the end of its answer. */
  readonly totalMs: number;
}

/** Providers answer in well under a second; a Lambda that waits costs more than one that tries again. */
export const USUAL_TIMEOUTS: Timeouts = { connectMs: 5_000, totalMs: 15_000 };

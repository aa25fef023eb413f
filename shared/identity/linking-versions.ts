/** The versions of the linking rules, each with who put it and why. They are only ever added. */
import { createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Instant } from '../time/instant.ts';
import { DEFAULT_RULES, type LinkingRules } from './policy.ts';

export interface LinkingVersion {
  readonly version: number;
  readonly rules: LinkingRules;
  /** Absent of the built-in one, which nobody put. */
  readonly put?: { readonly by: string; readonly at: Instant; readonly why: string };
}

export type StoredLinking = Required<LinkingVersion>;

export interface LinkingStore {
  /** Throws Conflict where that version exists. */
  putLinking(version: StoredLinking): Promise<void>;
  /** Newest first, read consistently. */
  listLinking(limit?: number): Promise<StoredLinking[]>;
}

export interface LinkingSource {
  /** The newest version, as read at most `freshWithinMs` ago, a minute unless less is asked for. */
  load(options?: { readonly freshWithinMs?: number }): Promise<LinkingVersion>;
}

export const BUILT_IN: LinkingVersion = { version: 1, rules: DEFAULT_RULES };

/** Versions of people begin after the built-in one. */
export const newestOf = ([newest]: readonly StoredLinking[]): LinkingVersion => newest ?? BUILT_IN;

const MAX_AGE_MS = 60_000;

export function linkingSource(store: Pick<LinkingStore, 'listLinking'>, clock: Clock): LinkingSource {
  const cache = createCache({
    load: async () => newestOf(await store.listLinking(1)),
    clock,
    maxAgeMs: MAX_AGE_MS,
    maxEntries: 1,
  });
  return { load: async (options) => (await cache.get('newest', options)) ?? BUILT_IN };
}

/** A small cache of what rarely changes, absences included, that lives as long as its function instance. */
import type { Clock } from './clock.ts';

export interface Cache<Value> {
  /** The value as loaded at most `freshWithinMs` ago (the cache's own age limit, if less); undefined where there is none. */
  get(key: string, options?: { readonly freshWithinMs?: number }): Promise<Value | undefined>;
}

export interface CacheOptions<Value> {
  readonly load: (key: string) => Promise<Value | undefined>;
  readonly clock: Clock;
  readonly maxAgeMs: number;
  /** Strangers choose the keys: past this many entries the one loaded longest ago goes. */
  readonly maxEntries: number;
}

export function createCache<Value>({ load, clock, maxAgeMs, maxEntries }: CacheOptions<Value>): Cache<Value> {
  const entries = new Map<string, { readonly value: Value | undefined; readonly loadedAtMs: number }>();
  return {
    async get(key, { freshWithinMs = maxAgeMs } = {}) {
      const nowMs = clock().getTime();
      const known = entries.get(key);
      if (known && nowMs - known.loadedAtMs < Math.min(freshWithinMs, maxAgeMs)) return known.value;
      const value = await load(key);
      entries.delete(key); // so that the map's order is that of loading
      entries.set(key, { value, loadedAtMs: nowMs });
      const [oldest] = entries.keys();
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
      return value;
    },
  };
}

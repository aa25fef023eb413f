/** Sources as collect looks them up: by the key that a request brings, out of a cache of all, as every request asks. */
import { timingSafeEqual } from 'node:crypto';
import { type Cache, createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import { hashOfKey, isStillValid, SERVER_KEY_PREFIX, validServerKeys, WRITE_KEY_PREFIX } from './keys.ts';
import type { ServerKeyStore, Source, SourceStore } from './source.ts';

export interface KnownBy {
  readonly source: Source;
  /** Under its server key: the brand itself says so. */
  readonly isServer: boolean;
}

export interface SourceDirectory {
  /** Whose key it is; undefined: nobody's. A new source or key is known at once, a change within `MAX_AGE_MS`. */
  findByKey(key: string): Promise<KnownBy | undefined>;
  /** Those that sign for it as of now. */
  signingKeys(source: string): Promise<readonly string[]>;
}

const MAX_AGE_MS = 10_000;
/** Before a refusal all are read anew if the cache is older; strangers' guesses cost a read in so long, no more. */
const REFUSE_WITHIN_MS = 2_000;
const KEYS_AGE_MS = 60_000;
const ALL = 'all';

export function sourceDirectory(
  stores: Pick<SourceStore, 'listSources'> & Pick<ServerKeyStore, 'getServerKeys'>,
  clock: Clock,
): SourceDirectory {
  // Under one name, as all are read together.
  const sources: Cache<readonly Source[]> = createCache({
    load: () => stores.listSources(),
    clock,
    maxAgeMs: MAX_AGE_MS,
    maxEntries: 1,
  });
  const keys = createCache({
    load: (id) => stores.getServerKeys(id),
    clock,
    maxAgeMs: KEYS_AGE_MS,
    maxEntries: 200,
  });
  return {
    async findByKey(key) {
      const isServer = key.startsWith(SERVER_KEY_PREFIX);
      if (!isServer && !key.startsWith(WRITE_KEY_PREFIX)) return undefined;
      const look = (all: readonly Source[] = []) =>
        isServer ? ofServerKey(key, all, clock()) : ofWriteKey(key, all, clock());
      const source = look(await sources.get(ALL)) ?? look(await sources.get(ALL, { freshWithinMs: REFUSE_WITHIN_MS }));
      return source && { source, isServer };
    },

    async signingKeys(source) {
      const known = await keys.get(source);
      return known ? validServerKeys(known, clock()) : [];
    },
  };
}

const ofWriteKey = (key: string, all: readonly Source[], now: Date): Source | undefined =>
  all.find(({ writeKey, previousWriteKey: old }) => writeKey === key || (isStillValid(old, now) && old.key === key));

function ofServerKey(key: string, all: readonly Source[], now: Date): Source | undefined {
  const hash = hashOfKey(key);
  return all.find(
    ({ serverKeyHash, previousServerKeyHash: old }) =>
      isSame(serverKeyHash, hash) || (isStillValid(old, now) && isSame(old.key, hash)),
  );
}

/** In constant time, though what is compared are hashes. */
const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** For functions: the segments in force, compiled once for each change of who is in them: what only renames is none. */
import { createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Catalogue } from './catalogue.ts';
import { decidingRevision } from './definition.ts';
import type { SegmentStore, SegmentsNow } from './segment-store.ts';

export interface CatalogueSource {
  /** As read at most `freshWithinMs` ago, ten seconds unless less is asked for; 0 reads anew. */
  load(options?: { readonly freshWithinMs?: number }): Promise<Catalogue>;
}

export interface CatalogueSourceOptions {
  readonly store: Pick<SegmentStore, 'listSegments'>;
  readonly compile: (now: SegmentsNow) => Catalogue;
  readonly clock: Clock;
}

/** People wait for a new segment to fill, and a read each few seconds costs next to nothing. */
export const CATALOGUE_AGE_MS = 10_000;

export function catalogueSource({ store, compile, clock }: CatalogueSourceOptions): CatalogueSource {
  let compiled: Catalogue | undefined;
  const cache = createCache<Catalogue>({
    load: async () => {
      const { segments } = await store.listSegments();
      const revision = decidingRevision(segments);
      if (compiled?.revision !== revision) compiled = compile({ segments, revision });
      return compiled;
    },
    clock,
    maxAgeMs: CATALOGUE_AGE_MS,
    maxEntries: 1,
  });
  return {
    // The loader never gives nothing.
    load: async (options) => (await cache.get('all', options)) ?? compile({ revision: 0, segments: [] }),
  };
}

/** The statements of a build, in order. Pure: whoever has an engine runs them. */
import { affinity } from './affinity.ts';
import { dictionary } from './dictionary.ts';
import { items } from './item.ts';
import type { RecommendOptions } from './options.ts';
import { popularity } from './popularity.ts';
import { purchases } from './purchases.ts';
import { recommendations, results, stayedRecommendations } from './results.ts';
import { rhythm } from './rhythm.ts';
import { best } from './score.ts';
import { signals } from './signals.ts';
import { create, drop, type Statement } from './statement.ts';
import { type WorkingTables, workingTables } from './working-tables.ts';

export interface Plan {
  /** Tables of products, and what is known of customers. */
  readonly prepare: readonly Statement[];
  /** Scores every customer, part by part, and makes the table of recommendations; it must not be there yet. */
  readonly score: readonly Statement[];
  /** Makes the other tables that stay; they must not be there yet. */
  readonly finish: readonly Statement[];
  /** Drops the working tables. Also before a build, in case one died. */
  readonly clean: readonly Statement[];
  readonly work: WorkingTables;
}

export function planBuild(options: RecommendOptions): Plan {
  const work = workingTables(options.prefix);
  const stayed = stayedRecommendations(options);
  const steps = [dictionary, purchases, rhythm, affinity, popularity, signals, items];
  return {
    prepare: steps.flatMap((step) => step(options, work)),
    // Each part on its own up to its end: the best of all customers are twice what is kept, and to sort them takes as much again.
    score: [
      ...stayed,
      ...Array.from({ length: options.parts }, (_, part) => [
        drop(work.best),
        create(work.best, best(options, work, part)),
        recommendations(options, work, stayed.length === 0 && part === 0),
      ]).flat(),
    ],
    finish: results(options, work),
    clean: Object.values(work).map(drop),
    work,
  };
}

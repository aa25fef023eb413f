/** Every hour, or when it is asked to: the lake → the next version of recommendations. Where nothing has changed, nothing is made. */
import * as z from 'zod';
import { type MakeDependencies, type MakeOutcome, makeRecommendations } from '../../shared/recommendations/make.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { instant } from '../../shared/time/instant.ts';

export interface RecommendDependencies extends Omit<MakeDependencies, 'now' | 'isFull'> {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** `full`: everybody is scored anew, as once a day. */
export const RecommendEvent = z.object({ full: z.boolean().default(false) });

const MEASURED = { event: 'recommend' };

export function createRecommend({ clock, telemetry, ...stores }: RecommendDependencies) {
  return async (event: unknown): Promise<MakeOutcome> => {
    const { full } = RecommendEvent.parse(event);
    const startedMs = clock().getTime();
    const now = () => instant(clock().getTime());
    const outcome = await makeRecommendations({ ...stores, now, isFull: full });
    const tookMs = clock().getTime() - startedMs;
    if (outcome.kind !== 'made') {
      telemetry.info('No recommendations made', { why: outcome.kind, tookMs });
      return outcome;
    }
    const { version, scored } = outcome;
    telemetry.info('Recommendations made', { ...version, scored, tookMs });
    telemetry.measure('recommended', scored, MEASURED);
    telemetry.measure('recommendMillis', tookMs, MEASURED);
    return outcome;
  };
}

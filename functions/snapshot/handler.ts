/** Every some minutes: rows of the lake → the next snapshot of all profiles. Where there is nothing new, nothing is done. */
import type { Context } from 'aws-lambda';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { type Outcome, type TakeDependencies, takeSnapshot } from '../../shared/snapshots/take-snapshot.ts';
import { instant } from '../../shared/time/instant.ts';

export interface SnapshotDependencies extends Pick<TakeDependencies, 'rows' | 'snapshots' | 'openDuckDB' | 'folder'> {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export function createSnapshot({ clock, telemetry, ...stores }: SnapshotDependencies) {
  return async (
    _event: unknown,
    { getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>,
  ): Promise<Pick<Outcome, 'kind'>> => {
    const startedMs = clock().getTime();
    const outcome = await takeSnapshot({
      ...stores,
      now: () => instant(clock().getTime()),
      remainingMs: () => getRemainingTimeInMillis(),
    });
    if (outcome.kind === 'taken') {
      const { snapshot, objects, waiting } = outcome;
      const { id, profiles, personas, days, files } = snapshot;
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const tookMs = clock().getTime() - startedMs;
      telemetry.info('Snapshot taken', { id, profiles, personas, days, bytes, objects, waiting, tookMs });
    } else if (outcome.kind === 'overtaken') {
      telemetry.info('Another run took a snapshot meanwhile', {});
    }
    return { kind: outcome.kind };
  };
}

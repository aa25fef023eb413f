/** Every some minutes: rows of the lake → the next snapshot of all profiles. Where there is nothing new, nothing is done. */
import type { Context } from 'aws-lambda';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { type Outcome, type TakeDependencies, takeSnapshot } from '../../shared/snapshots/take-snapshot.ts';
import { instant } from '../../shared/time/instant.ts';

export interface SnapshotDependencies extends Omit<TakeDependencies, 'now' | 'remainingMs'> {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const MEASURED = { event: 'snapshot' };

export function createSnapshot({ clock, telemetry, ...stores }: SnapshotDependencies) {
  return async (
    _event: unknown,
    { getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>,
  ): Promise<Pick<Outcome, 'kind'>> => {
    const startedMs = clock().getTime();
    const measureAge = (snapshotAt: string) =>
      telemetry.measure('snapshotAgeMillis', clock().getTime() - Date.parse(snapshotAt), MEASURED);
    const outcome = await takeSnapshot({
      ...stores,
      now: () => instant(clock().getTime()),
      remainingMs: () => getRemainingTimeInMillis(),
    });
    const tookMs = clock().getTime() - startedMs;
    switch (outcome.kind) {
      case 'taken': {
        const { snapshot, objects, waiting } = outcome;
        const { id, snapshotAt, profiles, personas, days, files } = snapshot;
        const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
        telemetry.info('Snapshot taken', { id, snapshotAt, profiles, personas, days, bytes, objects, waiting, tookMs });
        telemetry.measure('snapshotted', profiles, MEASURED);
        telemetry.measure('snapshotMillis', tookMs, MEASURED);
        measureAge(snapshotAt);
        break;
      }
      case 'current':
        measureAge(outcome.snapshotAt);
        break;
      case 'overtaken':
        telemetry.info('Another run took a snapshot meanwhile', { tookMs });
    }
    return { kind: outcome.kind };
  };
}

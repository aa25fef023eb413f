/** Customers table → rows of all that is there, once by itself and again when a person asks for it; a part at each invocation. */
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import type { Clock } from '../../shared/runtime/clock.ts';
import { Conflict } from '../../shared/runtime/errors.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { type RecordAllDependencies, type Recording, recordAll } from '../../shared/snapshots/record-all.ts';
import { instant } from '../../shared/time/instant.ts';

/** `again`: for a person who knows that changes got lost. */
const RecordAllEvent = z.object({ again: z.boolean().default(false) });

/** A page takes seconds. */
const LEFT_MS = 60_000;

export interface Dependencies extends Pick<RecordAllDependencies, 'customers' | 'rows' | 'recordings'> {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** How far all is recorded; undefined where another run goes on instead. */
export function createRecordAll({ clock, telemetry, customers, rows, recordings }: Dependencies) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<Recording | undefined> => {
    const { again } = RecordAllEvent.parse(event ?? {});
    const deadlineMs = clock().getTime() + context.getRemainingTimeInMillis() - LEFT_MS;
    let isAsked = false;
    try {
      const recording = await recordAll(again, {
        customers,
        rows: {
          async putRows(kind, all, at) {
            await rows.putRows(kind, all, at);
            telemetry.measure('recorded', all.length, { event: kind });
          },
        },
        recordings,
        now: () => instant(clock().getTime()),
        isTimeUp() {
          isAsked = true;
          return clock().getTime() >= deadlineMs;
        },
      });
      // Where there was nothing to do there is nothing to tell.
      if (isAsked) telemetry.info('Customers recorded', { ...recording });
      return recording;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      telemetry.info('Another run records all customers', {});
      return undefined;
    }
  };
}

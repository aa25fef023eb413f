/** Orders table → rows of all lines that are there, once by itself and again when a person asks for it; a part at each invocation. */
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import {
  type OrdersRecording,
  type RecordAllOrdersDependencies,
  recordAllOrders,
} from '../../shared/lines/record-orders.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { Conflict } from '../../shared/runtime/errors.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { instant } from '../../shared/time/instant.ts';

/** `again`: for a person who knows that changes got lost. */
const RecordOrdersAllEvent = z.object({ again: z.boolean().default(false) });

/** A page takes seconds. */
const LEFT_MS = 60_000;

export interface Dependencies extends Omit<RecordAllOrdersDependencies, 'now' | 'isTimeUp'> {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** How far all is recorded; undefined where another run goes on instead. */
export function createRecordOrdersAll({ clock, telemetry, rows, ...stores }: Dependencies) {
  return async (
    event: unknown,
    context: Pick<Context, 'getRemainingTimeInMillis'>,
  ): Promise<OrdersRecording | undefined> => {
    const { again } = RecordOrdersAllEvent.parse(event ?? {});
    const deadlineMs = clock().getTime() + context.getRemainingTimeInMillis() - LEFT_MS;
    let isAsked = false;
    try {
      const recording = await recordAllOrders(again, {
        ...stores,
        rows: {
          async putRows(all, at) {
            await rows.putRows(all, at);
            telemetry.measure('recorded', all.length, { event: 'lines' });
          },
        },
        now: () => instant(clock().getTime()),
        isTimeUp() {
          isAsked = true;
          return clock().getTime() >= deadlineMs;
        },
      });
      // Where there was nothing to do there is nothing to tell.
      if (isAsked) telemetry.info('Orders recorded', { ...recording });
      return recording;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      telemetry.info('Another run records all orders', {});
      return undefined;
    }
  };
}

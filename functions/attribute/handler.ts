/** Every hour, or when it is asked to: orders and messages → what each campaign has brought. Where there is no campaign, nothing is done. */
import type { Context } from 'aws-lambda';
import {
  type AttributeDependencies,
  type AttributeOutcome,
  attributeOrders,
} from '../../shared/proof/attribute-orders.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { instant } from '../../shared/time/instant.ts';

export interface AttributeHandlerDependencies extends Omit<AttributeDependencies, 'now' | 'remainingMs'> {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export function createAttribute({ clock, telemetry, ...stores }: AttributeHandlerDependencies) {
  return async (
    _event: unknown,
    { getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>,
  ): Promise<AttributeOutcome> => {
    const startedMs = clock().getTime();
    const outcome = await attributeOrders({
      ...stores,
      now: () => instant(clock().getTime()),
      remainingMs: () => getRemainingTimeInMillis(),
    });
    const tookMs = clock().getTime() - startedMs;
    switch (outcome.kind) {
      case 'attributed': {
        const { campaigns, messages, asOf, changed } = outcome;
        telemetry.info('Orders attributed', { campaigns, messages, asOf, ...changed, tookMs });
        for (const [state, count] of Object.entries(changed)) telemetry.measure('attributed', count, { event: state });
        telemetry.measure('attributeMillis', tookMs, { event: 'attribute' });
        break;
      }
      case 'overtaken':
        telemetry.info('Another run attributed orders meanwhile', { tookMs });
        break;
      case 'nothing':
    }
    return outcome;
  };
}

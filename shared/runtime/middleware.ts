import type { MiddlewareObj } from '@middy/core';
import type { Telemetry } from './telemetry.ts';

/** Around every handler: what was measured is written out whether it succeeds or throws, and a throw is logged once. */
export function observed(telemetry: Telemetry): MiddlewareObj {
  return {
    after: () => telemetry.flush(),
    onError: ({ error }) => {
      telemetry.error('Invocation failed', error, {});
      telemetry.flush();
    },
  };
}

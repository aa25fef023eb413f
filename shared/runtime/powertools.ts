/** Telemetry by Powertools: JSON logs, and metrics in the embedded metric format, so that no call is made for either. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { type Dimensions, METRIC_NAMESPACE, METRICS, type Metric, type Telemetry } from './telemetry.ts';

export function createTelemetry(service: string): Telemetry {
  const logger = new Logger({ serviceName: service });
  // One Metrics a set of dimensions: each flushes as one line.
  const bySet = new Map<string, Metrics>();

  function metricsOf({ channel, reason, event }: Dimensions): Metrics {
    const key = `${channel ?? ''} ${reason ?? ''} ${event ?? ''}`;
    const known = bySet.get(key);
    if (known) return known;
    const defaultDimensions =
      event !== undefined ? { event } : reason === undefined ? { channel } : { channel, reason };
    const metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName: service, defaultDimensions });
    bySet.set(key, metrics);
    return metrics;
  }

  return {
    info: (message, fields) => logger.info(message, fields),
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, error, fields) => logger.error(message, { ...fields, ...describe(error) }),
    measure(metric: Metric, value, dimensions, about = undefined) {
      const metrics = metricsOf(dimensions);
      metrics.addMetric(metric, METRICS[metric], value);
      for (const [name, text] of Object.entries(about ?? {})) metrics.addMetadata(name, text);
    },
    flush() {
      for (const metrics of bySet.values()) if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}

/** Not the message: libraries put input into theirs. Ours are told apart by their code. */
function describe(error: unknown): Record<string, string | undefined> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const frames = error.stack
    ?.split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 4);
  return { error: error.name, code, at: frames?.map((frame) => frame.trim()).join(' < ') };
}

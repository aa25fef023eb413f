/** The metrics that the functions write, as CloudWatch knows them: by service and channel, and `rejected` by reason too. */
import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { DOORS } from '../../shared/channels/registry.ts';
import { METRIC_NAMESPACE, type Metric as MetricName } from '../../shared/runtime/telemetry.ts';

export type Service = 'ingest' | 'archive' | 'orders' | 'hydrate';

/** For alarms, which can't search: one metric a channel. */
export function countOfEachChannel(service: Service, metricName: MetricName): ReadonlyMap<string, IMetric> {
  return new Map(
    [...DOORS.keys()].map((channel) => [
      channel,
      new Metric({
        namespace: METRIC_NAMESPACE,
        metricName,
        dimensionsMap: { service, channel },
        statistic: 'Sum',
        period: Duration.minutes(5),
      }),
    ]),
  );
}

/** For the dashboard: a line for each channel there is, those of channels added later included. */
export function ofAllChannels(
  metricName: MetricName,
  statistic: 'Sum' | 'p50' | 'p99',
  dimensions: readonly string[] = ['service', 'channel'],
): IMetric {
  const schema = [METRIC_NAMESPACE, ...dimensions].join(',');
  return new MathExpression({
    expression: `SEARCH('{${schema}} MetricName="${metricName}"', '${statistic}', 60)`,
    label: statistic === 'Sum' ? metricName : `${metricName} ${statistic}`,
    period: Duration.minutes(1),
    usingMetrics: {},
  });
}

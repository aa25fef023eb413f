/** One page for operators: a row a stage, in the order that data flows. */
import { Duration } from 'aws-cdk-lib';
import { Dashboard as CloudWatchDashboard, GraphWidget, type IMetric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Metric } from '../shared/runtime/telemetry.ts';
import { ofAllChannels } from './defaults/metrics.ts';
import type { Queues } from './defaults/queue.ts';

export interface DashboardProps {
  readonly ingest: IFunction;
  readonly archive: IFunction;
  readonly orders: IFunction;
  readonly hydrate: IFunction;
  readonly profiles: IFunction;
  readonly publish: IFunction;
  readonly deliver: IFunction;
  readonly push: IFunction;
  readonly exports: IFunction;
  readonly record: IFunction;
  readonly recordAll: IFunction;
  readonly recordOrders: IFunction;
  readonly recordOrdersAll: IFunction;
  readonly snapshot: IFunction;
  readonly preview: IFunction;
  readonly population: IFunction;
  readonly attribute: IFunction;
  readonly recommend: IFunction;
  readonly inbox: Queues;
  readonly work: Queues;
  readonly wake: Queues;
  readonly profilesQueue: Queues;
  readonly publishDeadLetters: IQueue;
  readonly recordDeadLetters: IQueue;
  readonly recordOrdersDeadLetters: IQueue;
  readonly deliverQueue: Queues;
  readonly pushQueue: Queues;
  readonly exportsQueue: Queues;
  /** Where there is an HTTP API. */
  readonly collect?: IFunction | undefined;
  readonly behaviour?: IFunction | undefined;
  readonly behaviourQueue?: Queues | undefined;
}

const MINUTE = Duration.minutes(1);

export class Dashboard extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { ingest, archive, orders, hydrate, profiles, publish, deliver, push, exports, population } = props;
    const { record, recordAll, snapshot, preview, recordDeadLetters } = props;
    const { inbox, work, wake, profilesQueue, publishDeadLetters, deliverQueue, pushQueue, exportsQueue } = props;
    const { recordOrders, recordOrdersAll, recordOrdersDeadLetters } = props;
    const dashboard = new CloudWatchDashboard(this, 'Dashboard', { defaultInterval: Duration.hours(3) });
    this.name = dashboard.dashboardName;
    dashboard.addWidgets(title('Ingest: signed webhooks in, acknowledged once durable'));
    dashboard.addWidgets(
      graph('Webhooks', [ofAllChannels('received', 'Sum'), ofAllChannels('deferred', 'Sum')]),
      graph('Refused, by reason', [ofAllChannels('rejected', 'Sum', ['service', 'channel', 'reason'])]),
      graph('Time to acknowledge, ms', [ofAllChannels('ackedMillis', 'p50'), ofAllChannels('ackedMillis', 'p99')]),
      health(ingest),
    );
    dashboard.addWidgets(title('Archive: to the lake, before anything interprets them'));
    dashboard.addWidgets(
      graph('Envelopes written', [ofAllChannels('archived', 'Sum')]),
      ...queue(inbox),
      health(archive),
    );
    dashboard.addWidgets(title('Orders: merged into the current state, what is not understood set aside'));
    dashboard.addWidgets(
      graph('Updates', [ofAllChannels('merged', 'Sum'), ofAllChannels('noop', 'Sum'), ofAllChannels('ignored', 'Sum')]),
      graph('Quarantined', [ofAllChannels('quarantined', 'Sum')]),
      graph('Webhook to order, ms', [ofAllChannels('freshnessMillis', 'p50'), ofAllChannels('freshnessMillis', 'p99')]),
      health(orders),
    );
    dashboard.addWidgets(...queue(work));
    dashboard.addWidgets(title("Hydrate: what thin webhooks tell of, fetched from platforms' APIs"));
    dashboard.addWidgets(
      graph('Asked for, fetched', [ofAllChannels('asked', 'Sum'), ofAllChannels('fetched', 'Sum')]),
      graph('Not fetched, by reason', [ofAllChannels('fetchFailed', 'Sum', ['service', 'channel', 'reason'])]),
      graph('Webhook to answer, ms', [ofAllChannels('hydratedMillis', 'p50'), ofAllChannels('hydratedMillis', 'p99')]),
      health(hydrate),
    );
    dashboard.addWidgets(...queue(wake));
    dashboard.addWidgets(title('Profiles: one customer across channels, with facts and a tier'));
    dashboard.addWidgets(
      graph('Profiles written, by why', [byCause('derived'), byCause('unmoved')]),
      graph('Reviews due, postponed', [byCause('due'), byCause('postponed')]),
      graph('Linked with too many', [byCause('oversized')]),
      health(profiles),
    );
    dashboard.addWidgets(...queue(profilesQueue));
    dashboard.addWidgets(title('Publish: what became of profiles, told on the event bus'));
    dashboard.addWidgets(
      graph('Events, by type', [byCause('published')]),
      graph('Behind the stream, ms', [publish.metric('IteratorAge', { statistic: 'Maximum', period: MINUTE })]),
      graph('Dead letters', [
        publishDeadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: MINUTE }),
      ]),
      health(publish),
    );
    dashboard.addWidgets(title('Push: messages to customers, by way of providers'));
    dashboard.addWidgets(
      graph('Occurrences settled, by how', [byCause('pushSettled')]),
      graph('Handed to providers, by what came of it', [byCause('pushed')]),
      health(push),
    );
    dashboard.addWidgets(...queue(pushQueue));
    dashboard.addWidgets(title('Deliver: events to subscribers, signed'));
    dashboard.addWidgets(
      graph('Taken; not yet; given up', [
        byCause('delivered'),
        byCause('deliveryFailed'),
        byCause('deliveryDied'),
        byCause('subscriberGaveUp'),
      ]),
      graph('Change to delivery, ms', [
        ofAllChannels('deliveredMillis', 'p50', ['service', 'event']),
        ofAllChannels('deliveredMillis', 'p99', ['service', 'event']),
      ]),
      health(deliver),
    );
    dashboard.addWidgets(...queue(deliverQueue));
    dashboard.addWidgets(title('Exports: who is in a segment, as files'));
    dashboard.addWidgets(
      graph('Exported, failed', [byCause('exported'), byCause('exportFailed')]),
      ...queue(exportsQueue),
      health(exports),
    );
    addBehaviour(dashboard, props);
    dashboard.addWidgets(title('Snapshots: all profiles as columns in the lake, and previews over them'));
    dashboard.addWidgets(
      graph('Rows written, by kind; profiles in a snapshot', [byCause('recorded')], [byCause('snapshotted')]),
      graph('Behind the stream, ms; dead letters', [
        record.metric('IteratorAge', { statistic: 'Maximum', period: MINUTE }),
        recordDeadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: MINUTE }),
      ]),
      health(record),
      health(recordAll),
    );
    dashboard.addWidgets(
      graph('Snapshot: to take it, age, ms', [
        ofAllChannels('snapshotMillis', 'p99', ['service', 'event']),
        ofAllChannels('snapshotAgeMillis', 'p99', ['service', 'event']),
      ]),
      health(snapshot),
      graph(
        'Previews, ms; given up',
        [
          ofAllChannels('previewedMillis', 'p50', ['service', 'event']),
          ofAllChannels('previewedMillis', 'p99', ['service', 'event']),
        ],
        [byCause('previewGaveUp')],
      ),
      health(preview),
    );
    dashboard.addWidgets(title('Order lines: rows in the lake, of which recommendations are made'));
    dashboard.addWidgets(
      graph('Behind the stream, ms; dead letters', [
        recordOrders.metric('IteratorAge', { statistic: 'Maximum', period: MINUTE }),
        recordOrdersDeadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: MINUTE }),
      ]),
      health(recordOrders),
      health(recordOrdersAll),
    );
    dashboard.addWidgets(title('Recommendations'));
    dashboard.addWidgets(
      graph('Customers scored anew', [byCause('recommended')]),
      graph('To make a version, ms', [ofAllChannels('recommendMillis', 'p99', ['service', 'event'])]),
      health(props.recommend),
    );
    dashboard.addWidgets(title("Proof: which orders count for campaigns' messages"));
    dashboard.addWidgets(
      graph('Orders newly attributed or changed; taken back', [byCause('attributed')]),
      graph('To attribute all, ms', [ofAllChannels('attributeMillis', 'p99', ['service', 'event'])]),
      health(props.attribute),
    );
    dashboard.addWidgets(title('Population: what predictions and percentiles follow from, once a day'));
    dashboard.addWidgets(
      graph('Profiles read', [byCause('surveyed')]),
      graph('Models and policies put', [byCause('renewed')]),
      graph('Not put, though due', [byCause('notRenewed')]),
      health(population),
    );
  }
}

/** What is measured is named in any case; where there is no HTTP API, there is nothing of it. */
function addBehaviour(dashboard: CloudWatchDashboard, { collect, behaviour, behaviourQueue }: DashboardProps): void {
  dashboard.addWidgets(title('Behaviour: browse events in, by the keys of their sources'));
  dashboard.addWidgets(
    graph('Events taken, by call; not stored', [byCause('collected')], [byCause('collectDeferred')]),
    graph('Refused, by reason', [byCause('collectRefused')]),
    graph(
      'Read, by kind; machines and tests; users identified',
      [byCause('behaved')],
      [byCause('disregarded'), byCause('identified')],
    ),
    ...(collect ? [health(collect)] : []),
  );
  if (behaviour && behaviourQueue) dashboard.addWidgets(...queue(behaviourQueue), health(behaviour));
}

const byCause = (metric: Metric) => ofAllChannels(metric, 'Sum', ['service', 'event']);

const title = (markdown: string) => new TextWidget({ markdown: `## ${markdown}`, width: 24, height: 1 });

const graph = (name: string, left: IMetric[], right: IMetric[] = []) =>
  new GraphWidget({ title: name, left, right, width: 6, height: 6, leftYAxis: { min: 0 }, rightYAxis: { min: 0 } });

const queue = ({ queue, deadLetterQueue }: Queues) => [
  graph('Oldest message, s', [queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: MINUTE })]),
  graph('Waiting, dead letters', [
    queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: MINUTE, label: 'waiting' }),
    deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      statistic: 'Maximum',
      period: MINUTE,
      label: 'dead letters',
    }),
  ]),
];

const health = (fn: IFunction) =>
  graph(
    'Function: ms, errors',
    [fn.metricDuration({ statistic: 'p50', period: MINUTE }), fn.metricDuration({ statistic: 'p99', period: MINUTE })],
    [fn.metricErrors({ period: MINUTE }), fn.metricThrottles({ period: MINUTE })],
  );

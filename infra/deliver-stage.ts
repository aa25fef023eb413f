/**
 * Wake queue → messages to subscribers, over HTTP. What is to be sent are rows in the operations table, a lane a subscriber; the
 * queue only says which lane to look at, and a schedule looks at all.
 */
import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { DeliverConfig } from '../functions/deliver/config.ts';
import { DELIVERY_PREFIX } from '../shared/lanes/lane.ts';
import { DUE_INDEX, LANE_STATES, WORK_PREFIX } from '../shared/lanes/store.ts';
import type { WakeMessage } from '../shared/queues/messages.ts';
import { METRIC_NAMESPACE, type Metric as MetricName } from '../shared/runtime/telemetry.ts';
import { DEAD_LETTER_PREFIX, SUBSCRIBERS } from '../shared/subscribers/store.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow, consume, ofItems } from './defaults/permissions.ts';
import { createQueue, feed, type Queues } from './defaults/queue.ts';
import type { SecretParameters } from './secret-parameters.ts';
import type { Settings } from './settings.ts';

export interface DeliverStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly operations: TableV2;
  readonly engagement: TableV2;
  readonly signingSecrets: SecretParameters;
}

/** A lane each: one that is slow keeps no other waiting. */
const BATCH_SIZE = 1;
/** The lease of a lane outlives it: see shared/lanes/run.ts. */
const TIMEOUT = Duration.seconds(60);

export class DeliverStage extends Construct {
  readonly function: LambdaFunction;
  /** Who puts messages into lanes, or a person back into them, wakes by it. */
  readonly wake: Queues;

  constructor(scope: Construct, id: string, props: DeliverStageProps) {
    super(scope, id);
    const { settings, alarms, lake, operations, engagement, signingSecrets } = props;
    this.wake = createQueue(this, {
      name: 'deliver',
      consumerTimeout: TIMEOUT,
      batchingWindow: Duration.seconds(0),
      // Messages wait for up to a quarter of an hour on purpose; DynamoDB has the work, this is only about being woken.
      alarmAge: Duration.minutes(30),
      alarms,
    });
    const { queue } = this.wake;
    this.function = createFunction(this, settings, {
      name: 'deliver',
      timeout: TIMEOUT,
      memoryMiB: 1024, // for the share of a processor: a busy lane signs, encrypts and removes 140 messages a second
      environment: {
        OPERATIONS_TABLE: operations.tableName,
        ENGAGEMENT_TABLE: engagement.tableName,
        DELIVER_QUEUE_URL: queue.queueUrl,
        SIGNING_SECRETS_PREFIX: signingSecrets.prefix,
        WEBHOOK_HOSTS: settings.webhookHosts,
      } satisfies z.input<typeof DeliverConfig>,
      permissions: [
        consume(queue.queueArn),
        allow(['sqs:SendMessage'], queue.queueArn),
        ofItems([LANE_STATES, LANES], ['GetItem', 'PutItem', 'DeleteItem', 'Query'], operations.tableArn),
        ofItems([LANES], ['Query'], `${operations.tableArn}/index/${DUE_INDEX}`),
        ofItems([SUBSCRIBERS, DEAD_LETTERS], ['GetItem', 'PutItem', 'Query'], engagement.tableArn),
        ofItems([DEAD_LETTERS], ['DeleteItem'], engagement.tableArn),
        allow(['ssm:GetParameter'], signingSecrets.arn),
      ],
      keysOf: { bucket: lake, prefixes: {} },
      wildcards: signingSecrets.findings,
    });
    feed(this, queue, this.function, {
      batchSize: BATCH_SIZE,
      batchingWindow: Duration.seconds(0),
      maxConcurrency: settings.maxConcurrency,
    });
    new Schedule(this, 'Sweep', {
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new SqsSendMessage(queue, {
        input: ScheduleTargetInput.fromObject({ sweep: true } satisfies WakeMessage),
        // The next one comes in a minute.
        retryAttempts: 0,
        maxEventAge: Duration.minutes(1),
      }),
      description: 'Lanes of subscribers with messages that are due and that nobody was woken for',
    });
    ring(this, this.function, alarms);
  }
}

function ring(stage: DeliverStage, fn: LambdaFunction, alarms: Alarms): void {
  alarms.ring(stage, 'Errors', {
    metric: fn.metricErrors({ period: Duration.minutes(5) }),
    above: 0,
    description:
      'Deliver threw, timed out or did not start. See its log; the messages that it was to send are still there.',
  });
  alarms.ring(stage, 'GaveUp', {
    metric: countOf('subscriberGaveUp', 'subscriber'),
    above: 0,
    description:
      'A subscriber took nothing for a day, or said that it is gone: nothing more is sent, its messages are kept for 30 days. `tributary subscribers list` shows which; see to it, change it to paused: false, redrive.',
  });
  alarms.ring(stage, 'Died', {
    metric: countOf('deliveryDied', 'message'),
    above: 0,
    description:
      'Messages were not taken by a subscriber for a day and rest among its dead letters. `tributary subscribers list` shows whose and why; fix, redrive.',
  });
}

const countOf = (metricName: MetricName, event: string): Metric =>
  new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { service: 'deliver', event },
    statistic: 'Sum',
    period: Duration.minutes(5),
  });

const LANES = `${WORK_PREFIX}${DELIVERY_PREFIX}*`;
const DEAD_LETTERS = `${DEAD_LETTER_PREFIX}*`;

interface Stores {
  readonly operations: TableV2;
  readonly engagement: TableV2;
  /** `wake.queue` of the stage. */
  readonly queue: IQueue;
}

/** What createFanOut of shared/subscribers/fan-out.ts does. */
export const fanOutPermissions = ({ operations, engagement, queue }: Stores): PolicyStatement[] => [
  ofItems([LANES], ['PutItem'], operations.tableArn),
  ofItems([SUBSCRIBERS], ['Query'], engagement.tableArn),
  ofItems([DEAD_LETTERS], ['PutItem'], engagement.tableArn),
  allow(['sqs:SendMessage'], queue.queueArn),
];

/** What shared/subscribers/manage.ts does; whose role has them needs `signingSecrets.findings`, too. */
export const managePermissions = ({
  operations,
  engagement,
  queue,
  signingSecrets,
}: Stores & { readonly signingSecrets: SecretParameters }): PolicyStatement[] => [
  ofItems([LANE_STATES, LANES], ['GetItem', 'PutItem', 'DeleteItem', 'Query'], operations.tableArn),
  ofItems([LANES], ['Query'], `${operations.tableArn}/index/${DUE_INDEX}`),
  ofItems([SUBSCRIBERS, DEAD_LETTERS], ['GetItem', 'PutItem', 'DeleteItem', 'Query'], engagement.tableArn),
  allow(['sqs:SendMessage'], queue.queueArn),
  allow(['ssm:GetParameter', 'ssm:PutParameter', 'ssm:DeleteParameter'], signingSecrets.arn),
];

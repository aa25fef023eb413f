/**
 * Exports queue → files of who is in a segment, in the lake for some days. A message is one export; a schedule asks each quarter
 * of an hour which are due by themselves.
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
import type { ExportsConfig } from '../functions/exports/config.ts';
import type { ExportsMessage } from '../shared/exports/export.ts';
import { EXPORTS_PREFIX } from '../shared/exports/export-files.ts';
import { EXPORTS_PK_PREFIX, SCHEDULES_PK } from '../shared/exports/store.ts';
import { METRIC_NAMESPACE, type Metric as MetricName } from '../shared/runtime/telemetry.ts';
import { MEMBERS_PREFIX, SEGMENTS } from '../shared/segments/store.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow, consume, ofItems } from './defaults/permissions.ts';
import { createQueue, feed, type Queues } from './defaults/queue.ts';
import type { IdentityKeys } from './identity-keys.ts';
import type { Settings } from './settings.ts';

export interface ExportsStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly customers: TableV2;
  readonly engagement: TableV2;
  readonly identityKeys: IdentityKeys;
}

/** The longest there is. The lease of an export outlives it: see shared/exports/run-export.ts. */
const TIMEOUT = Duration.minutes(15);
/** One keeps no other waiting, and has all the time there is. */
const BATCH_SIZE = 1;
/** Each reads as fast as the tables give; the rest wait. */
const AT_ONCE = 5;
const LOOK_EVERY = Duration.minutes(15);

export const EXPORT_KEYS_REASON = 'Exports are named as they are asked for; only their files are under it.';

export class ExportsStage extends Construct {
  readonly function: LambdaFunction;
  /** Whoever asks for an export sends its name here. */
  readonly queue: Queues;

  constructor(scope: Construct, id: string, props: ExportsStageProps) {
    super(scope, id);
    const { settings, alarms, lake, customers, engagement, identityKeys } = props;
    this.queue = createQueue(this, {
      name: 'exports',
      consumerTimeout: TIMEOUT,
      batchingWindow: Duration.seconds(0),
      // One whose function died comes again after an hour and a half: that is what the timeout makes of it, and it may end well.
      alarmAge: Duration.hours(3),
      alarms,
    });
    const { queue } = this.queue;
    this.function = createFunction(this, settings, {
      name: 'exports',
      timeout: TIMEOUT,
      memoryMiB: 1769, // a whole processor, which opens what is sealed; of the memory it takes a quarter
      environment: {
        CUSTOMERS_TABLE: customers.tableName,
        ENGAGEMENT_TABLE: engagement.tableName,
        LAKE_BUCKET: lake.bucketName,
        EXPORTS_QUEUE_URL: queue.queueUrl,
        IDENTITY_KEYS: identityKeys.parameterName,
      } satisfies z.input<typeof ExportsConfig>,
      permissions: [
        consume(queue.queueArn),
        allow(['sqs:SendMessage'], queue.queueArn),
        allow(['dynamodb:BatchGetItem', 'dynamodb:Query'], customers.tableArn),
        ofItems([EXPORTS, SCHEDULES_PK, SEGMENTS, `${MEMBERS_PREFIX}*`], ['GetItem', 'Query'], engagement.tableArn),
        ofItems([EXPORTS, SCHEDULES_PK], ['PutItem'], engagement.tableArn),
        allow(['s3:PutObject', 's3:PutObjectTagging', 's3:AbortMultipartUpload'], filesIn(lake)),
        allow(['ssm:GetParameter'], identityKeys.arn),
      ],
      keysOf: { bucket: lake, prefixes: { [EXPORTS_PREFIX]: EXPORT_KEYS_REASON } },
    });
    feed(this, queue, this.function, {
      batchSize: BATCH_SIZE,
      batchingWindow: Duration.seconds(0),
      maxConcurrency: Math.min(AT_ONCE, settings.maxConcurrency),
    });
    new Schedule(this, 'Look', {
      schedule: ScheduleExpression.rate(LOOK_EVERY),
      target: new SqsSendMessage(queue, {
        input: ScheduleTargetInput.fromObject({ schedules: true } satisfies ExportsMessage),
        // The next one comes soon, and finds what this one would have.
        retryAttempts: 0,
        maxEventAge: LOOK_EVERY,
      }),
      description: 'Exports of segments that are due by themselves',
    });
    ring(this, this.function, alarms);
  }
}

function ring(stage: ExportsStage, fn: LambdaFunction, alarms: Alarms): void {
  alarms.ring(stage, 'Errors', {
    metric: fn.metricErrors({ period: Duration.minutes(5) }),
    above: 0,
    description: 'Exports threw, timed out or did not start. See its log; the export begins anew within two hours.',
  });
  alarms.ring(stage, 'Failed', {
    metric: new Metric({
      namespace: METRIC_NAMESPACE,
      metricName: 'exportFailed' satisfies MetricName,
      dimensionsMap: { service: 'exports', event: 'export' },
      statistic: 'Sum',
      period: Duration.minutes(5),
    }),
    above: 0,
    description: 'An export failed and does not come again by itself. The log names it and why; ask for it anew.',
  });
}

const EXPORTS = `${EXPORTS_PK_PREFIX}*`;
const filesIn = (lake: Bucket): string => lake.arnForObjects(`${EXPORTS_PREFIX}*`);

/**
 * What shared/exports/manage.ts does, besides reading segments. The links it makes are as good as the role that signs them, so it
 * needs to read the files; whose role has this needs `EXPORTS_PREFIX` with `EXPORT_KEYS_REASON` among its `keysOf`, too.
 */
export const exportPermissions = ({
  engagement,
  lake,
  queue,
}: {
  readonly engagement: TableV2;
  readonly lake: Bucket;
  /** `queue.queue` of the stage. */
  readonly queue: IQueue;
}): PolicyStatement[] => [
  ofItems([EXPORTS], ['GetItem', 'PutItem', 'Query'], engagement.tableArn),
  ofItems([SCHEDULES_PK], ['GetItem', 'PutItem', 'DeleteItem'], engagement.tableArn),
  allow(['s3:GetObject'], filesIn(lake)),
  allow(['sqs:SendMessage'], queue.queueArn),
];

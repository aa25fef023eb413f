/**
 * Orders table → rows of order lines in the lake: from its stream what changes, and from the table itself, once, what was there
 * before anybody recorded its changes. Recommendations are made of them.
 *
 * It is the second reader of that stream, after profiles, and there is no room for a third: DynamoDB slows down more than two.
 */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { RecordOrdersConfig } from '../functions/record-orders/config.ts';
import type { RecordOrdersAllConfig } from '../functions/record-orders-all/config.ts';
import { LINE_ROWS_PREFIX } from '../shared/lines/layout.ts';
import { ORDERS_RECORDING_KEY } from '../shared/lines/store.ts';
import { OVERFLOW_PREFIX } from '../shared/orders/store.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow } from './defaults/permissions.ts';
import { InvokeFunction } from './defaults/schedule.ts';
import { consumeStream, createStreamDeadLetters, followStream, ringForStream } from './defaults/stream.ts';
import type { IdentityKeys } from './identity-keys.ts';
import type { Settings } from './settings.ts';

export interface RecordOrdersStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly orders: TableV2;
  readonly operations: TableV2;
  readonly identityKeys: IdentityKeys;
}

/** Objects cost by their number, and recommendations are made once a day: so a minute may pass. */
const BATCHING_WINDOW = Duration.seconds(60);
/** An item is at most 100 KB, and a stream hands over six megabytes at once. */
const BATCH_SIZE = 1_000;
/** Shorter than the overlap in which a build looks for what came late. */
const TIMEOUT = Duration.seconds(60);
const KEYS_REASONS = {
  [LINE_ROWS_PREFIX]: 'Rows are named by hour and content as they are written; only rows are under it.',
  [OVERFLOW_PREFIX]: 'The names of these objects are made of what is in them.',
};

export class RecordOrdersStage extends Construct {
  readonly function: LambdaFunction;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, props: RecordOrdersStageProps) {
    super(scope, id);
    const { settings, alarms, lake, orders, operations, identityKeys } = props;
    this.deadLetterQueue = createStreamDeadLetters(this, 'record-orders');
    this.function = createFunction(this, settings, {
      name: 'record-orders',
      timeout: TIMEOUT,
      memoryMiB: 512,
      environment: {
        LAKE_BUCKET: lake.bucketName,
        OPERATIONS_TABLE: operations.tableName,
        IDENTITY_KEYS: identityKeys.parameterName,
      } satisfies z.input<typeof RecordOrdersConfig>,
      permissions: [
        consumeStream(orders),
        allow(['sqs:SendMessage'], this.deadLetterQueue.queueArn),
        allow(['s3:PutObject'], lake.arnForObjects(`${LINE_ROWS_PREFIX}*`)),
        allow(['s3:GetObject'], lake.arnForObjects(`${OVERFLOW_PREFIX}*`)),
        allow(['dynamodb:GetItem'], operations.tableArn),
        // Whoever needs the keys of identity first makes them, and profiles reads the same stream.
        allow(['ssm:GetParameter', 'ssm:PutParameter'], identityKeys.arn),
      ],
      keysOf: { bucket: lake, prefixes: KEYS_REASONS },
    });
    followStream(this, this.function, {
      table: orders,
      batchSize: BATCH_SIZE,
      batchingWindow: BATCHING_WINDOW,
      deadLetterQueue: this.deadLetterQueue,
      reportBatchItemFailures: true,
    });
    ringForStream(this, {
      alarms,
      target: this.function,
      gaveUp: {
        queue: this.deadLetterQueue,
        says: 'Lines of orders could not be recorded, and were given up: recommendations lack them until the order changes again. See the log of record-orders, then record all again (docs/catalogue.md).',
      },
      behind: 'Order lines are recorded an hour late: record-orders fails or falls behind. After a day they are lost.',
      fails: 'Record-orders threw, timed out or did not start; it comes again. See its log.',
    });
  }
}

/** How soon it goes on where its time had ended; once all is recorded it reads one small object, and ends. */
const LOOK_EVERY = Duration.minutes(15);

export class RecordOrdersAllStage extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: RecordOrdersStageProps) {
    super(scope, id);
    const { settings, alarms, lake, orders, operations, identityKeys } = props;
    this.function = createFunction(this, settings, {
      name: 'record-orders-all',
      timeout: Duration.minutes(14), // not into the next look
      memoryMiB: 1024, // for the share of a processor
      environment: {
        LAKE_BUCKET: lake.bucketName,
        ORDERS_TABLE: orders.tableName,
        OPERATIONS_TABLE: operations.tableName,
        IDENTITY_KEYS: identityKeys.parameterName,
      } satisfies z.input<typeof RecordOrdersAllConfig>,
      permissions: [
        allow(['dynamodb:Scan'], orders.tableArn),
        allow(['dynamodb:GetItem'], operations.tableArn),
        allow(['s3:PutObject'], lake.arnForObjects(`${LINE_ROWS_PREFIX}*`)),
        allow(['s3:GetObject'], lake.arnForObjects(`${OVERFLOW_PREFIX}*`)),
        allow(['s3:GetObject', 's3:PutObject'], lake.arnForObjects(ORDERS_RECORDING_KEY)),
        // Without it S3 does not say that an object is missing, but that it may not be read.
        allow(['s3:ListBucket'], lake.bucketArn),
        allow(['ssm:GetParameter'], identityKeys.arn),
      ],
      keysOf: { bucket: lake, prefixes: KEYS_REASONS },
    });
    new Schedule(this, 'Look', {
      schedule: ScheduleExpression.rate(LOOK_EVERY),
      target: new InvokeFunction(this, this.function, {
        input: ScheduleTargetInput.fromObject({ again: false }),
        // The next one comes soon.
        retryAttempts: 0,
        maxEventAge: LOOK_EVERY,
      }),
      description: 'Rows of all orders that were there before their changes were recorded; nothing once they are',
    });
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description:
        'Not all orders could be recorded, so recommendations lack some; it goes on by itself. See the log of record-orders-all.',
    });
  }
}

/**
 * Customers table → rows in the lake: from its stream what changes, and from the table itself, once, what was there before anybody
 * recorded its changes. Snapshots of all profiles are made of them.
 */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { FilterCriteria, FilterRule, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { RecordConfig } from '../functions/record/config.ts';
import type { RecordAllConfig } from '../functions/record-all/config.ts';
import { MARK_PREFIX, MONTH_PREFIX, PLACE, REVIEW_INDEX } from '../shared/profiles/store.ts';
import { ROWS_PREFIX } from '../shared/snapshots/row-object.ts';
import { RECORDING_KEY } from '../shared/snapshots/store.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow } from './defaults/permissions.ts';
import { InvokeFunction } from './defaults/schedule.ts';
import { consumeStream, createStreamDeadLetters, followStream, ringForStream } from './defaults/stream.ts';
import type { IdentityKeys } from './identity-keys.ts';
import type { Settings } from './settings.ts';

export interface RecordStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly customers: TableV2;
  readonly identityKeys: IdentityKeys;
}

/** Objects cost by their number, and a snapshot is taken each quarter of an hour: so a minute may pass. */
const BATCHING_WINDOW = Duration.seconds(60);
const BATCH_SIZE = 1_000;
/** Shorter than the overlap in which a snapshot looks for what came late. */
const TIMEOUT = Duration.seconds(60);
const ROWS_REASON = 'Rows are named by kind, hour and content as they are written; only rows are under it.';

export class RecordStage extends Construct {
  readonly function: LambdaFunction;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, { settings, alarms, lake, customers, identityKeys }: RecordStageProps) {
    super(scope, id);
    this.deadLetterQueue = createStreamDeadLetters(this, 'record');
    this.function = createFunction(this, settings, {
      name: 'record',
      timeout: TIMEOUT,
      memoryMiB: 512, // a thousand items at most, opened one by one
      environment: {
        LAKE_BUCKET: lake.bucketName,
        IDENTITY_KEYS: identityKeys.parameterName,
      } satisfies z.input<typeof RecordConfig>,
      permissions: [
        consumeStream(customers),
        allow(['sqs:SendMessage'], this.deadLetterQueue.queueArn),
        allow(['s3:PutObject'], lake.arnForObjects(`${ROWS_PREFIX}*`)),
        allow(['ssm:GetParameter'], identityKeys.arn),
      ],
      keysOf: { bucket: lake, prefixes: { [ROWS_PREFIX]: ROWS_REASON } },
    });
    const recorded = [
      ...FilterRule.isEqual(PLACE),
      ...FilterRule.beginsWith(MONTH_PREFIX),
      ...FilterRule.beginsWith(MARK_PREFIX),
    ];
    followStream(this, this.function, {
      table: customers,
      batchSize: BATCH_SIZE,
      batchingWindow: BATCHING_WINDOW,
      deadLetterQueue: this.deadLetterQueue,
      reportBatchItemFailures: true,
      only: FilterCriteria.filter({ dynamodb: { Keys: { sk: { S: recorded } } } }),
    });
    ringForStream(this, {
      alarms,
      target: this.function,
      gaveUp: {
        queue: this.deadLetterQueue,
        says: 'Changes of customers could not be recorded, and were given up: snapshots lack them until the customer changes again. See the log of record, then record all again (docs/preview.md).',
      },
      behind: 'Changes are recorded an hour late: record fails or falls behind. After a day they are lost.',
      fails: 'Record threw, timed out or did not start; it comes again. See its log.',
    });
  }
}

/** How soon it goes on where its time had ended; once all is recorded it reads one small object, and ends. */
const LOOK_EVERY = Duration.minutes(15);

export class RecordAllStage extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, alarms, lake, customers, identityKeys }: RecordStageProps) {
    super(scope, id);
    this.function = createFunction(this, settings, {
      name: 'record-all',
      timeout: Duration.minutes(14), // not into the next look
      memoryMiB: 1024, // for the share of a processor, which opens what is sealed
      environment: {
        CUSTOMERS_TABLE: customers.tableName,
        LAKE_BUCKET: lake.bucketName,
        IDENTITY_KEYS: identityKeys.parameterName,
      } satisfies z.input<typeof RecordAllConfig>,
      permissions: [
        allow(['dynamodb:Query'], `${customers.tableArn}/index/${REVIEW_INDEX}`),
        allow(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'], customers.tableArn),
        allow(['s3:PutObject'], lake.arnForObjects(`${ROWS_PREFIX}*`)),
        allow(['s3:GetObject', 's3:PutObject'], lake.arnForObjects(RECORDING_KEY)),
        // Without it S3 does not say that an object is missing, but that it may not be read.
        allow(['s3:ListBucket'], lake.bucketArn),
        allow(['ssm:GetParameter'], identityKeys.arn),
      ],
      keysOf: { bucket: lake, prefixes: { [ROWS_PREFIX]: ROWS_REASON } },
    });
    new Schedule(this, 'Look', {
      schedule: ScheduleExpression.rate(LOOK_EVERY),
      target: new InvokeFunction(this, this.function, {
        input: ScheduleTargetInput.fromObject({ again: false }),
        // The next one comes soon.
        retryAttempts: 0,
        maxEventAge: LOOK_EVERY,
      }),
      description: 'Rows of all customers that were there before their changes were recorded; nothing once they are',
    });
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description:
        'Not all customers could be recorded, so snapshots lack some; it goes on by itself. See the log of record-all.',
    });
  }
}

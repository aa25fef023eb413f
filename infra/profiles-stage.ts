/** Orders stream and profiles queue → customers table. A schedule sweeps for what time brings. */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { ProfilesConfig } from '../functions/profiles/config.ts';
import { OVERFLOW_PREFIX } from '../shared/orders/store.ts';
import { PERSONA_PREFIX, REVIEW_INDEX } from '../shared/profiles/store.ts';
import type { ProfilesMessage } from '../shared/queues/messages.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow, consume, ofItems } from './defaults/permissions.ts';
import { createQueue, feed, type Queues } from './defaults/queue.ts';
import { consumeStream, followStream, ringForStream } from './defaults/stream.ts';
import type { IdentityKeys } from './identity-keys.ts';
import type { Settings } from './settings.ts';

export interface ProfilesStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly orders: TableV2;
  readonly customers: TableV2;
  readonly engagement: TableV2;
  readonly operations: TableV2;
  readonly identityKeys: IdentityKeys;
}

/** Orders that change together are often one customer's, who is then derived once. */
const BATCH_SIZE = 100;
const QUEUE_BATCH_SIZE = 10;
const SWEEP_EVERY = Duration.minutes(5);

export class ProfilesStage extends Construct {
  readonly queue: Queues;
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: ProfilesStageProps) {
    super(scope, id);
    const { settings, alarms, lake, orders, customers, engagement, operations, identityKeys } = props;
    const timeout = Duration.seconds(60);
    this.queue = createQueue(this, {
      name: 'profiles',
      consumerTimeout: timeout,
      batchingWindow: Duration.seconds(0),
      // Every profile may be on its way through it, after a new policy.
      alarmAge: Duration.hours(6),
      alarms,
    });
    const { queue, deadLetterQueue } = this.queue;
    this.function = createFunction(this, settings, {
      name: 'profiles',
      timeout,
      memoryMiB: 1024, // for the share of a processor that comes with it: sealing and sums are its work
      environment: {
        OPERATIONS_TABLE: operations.tableName,
        ENGAGEMENT_TABLE: engagement.tableName,
        ORDERS_TABLE: orders.tableName,
        CUSTOMERS_TABLE: customers.tableName,
        LAKE_BUCKET: lake.bucketName,
        PROFILES_QUEUE_URL: queue.queueUrl,
        IDENTITY_KEYS: identityKeys.parameterName,
        REPORTING_CURRENCY: settings.reportingCurrency,
      } satisfies z.input<typeof ProfilesConfig>,
      permissions: [
        consumeStream(orders),
        consume(queue.queueArn),
        allow(['sqs:SendMessage'], queue.queueArn, deadLetterQueue.queueArn),
        allow(['s3:GetObject'], lake.arnForObjects(`${OVERFLOW_PREFIX}*`)),
        allow(['dynamodb:GetItem', 'dynamodb:Scan'], orders.tableArn),
        allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Query'], customers.tableArn),
        ofItems([`${PERSONA_PREFIX}*`], ['UpdateItem'], customers.tableArn),
        allow(['dynamodb:Query'], `${customers.tableArn}/index/${REVIEW_INDEX}`),
        allow(['dynamodb:GetItem', 'dynamodb:Query'], engagement.tableArn),
        allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Query'], operations.tableArn),
        allow(['ssm:GetParameter', 'ssm:PutParameter'], identityKeys.arn),
      ],
      keysOf: {
        bucket: lake,
        prefixes: { [OVERFLOW_PREFIX]: 'The names of these objects are made of what is in them.' },
      },
    });
    followStream(this, this.function, {
      table: orders,
      batchSize: BATCH_SIZE,
      batchingWindow: Duration.seconds(0),
      deadLetterQueue,
    });
    feed(this, queue, this.function, {
      batchSize: QUEUE_BATCH_SIZE,
      batchingWindow: Duration.seconds(0),
      maxConcurrency: settings.maxConcurrency,
    });
    new Schedule(this, 'Sweep', {
      schedule: ScheduleExpression.rate(SWEEP_EVERY),
      target: new SqsSendMessage(queue, {
        input: ScheduleTargetInput.fromObject({ sweep: true } satisfies ProfilesMessage),
        // The next one comes in minutes.
        retryAttempts: 0,
        maxEventAge: SWEEP_EVERY,
      }),
      description: 'Profiles whose review is due, and what a new policy, model or rates make of all',
    });
    ringForStream(this, {
      alarms,
      target: this.function,
      behind: 'Orders reach profiles an hour late: profiles fails or falls behind. After a day they are lost.',
      fails: 'Profiles threw, timed out or did not start: orders wait in the stream for at most a day. See its log.',
    });
  }
}

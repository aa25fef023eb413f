/** Work queue → orders table; what is to be fetched → lanes, what can't be understood → quarantine, in the operations table. */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { OrdersConfig } from '../functions/orders/config.ts';
import { RAW_PREFIX } from '../shared/lake/object-key.ts';
import { OVERFLOW_PREFIX } from '../shared/orders/store.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { countOfEachChannel } from './defaults/metrics.ts';
import { allow, consume } from './defaults/permissions.ts';
import { createQueue, feed, type Queues } from './defaults/queue.ts';
import type { Settings } from './settings.ts';

export interface OrdersStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly orders: TableV2;
  readonly operations: TableV2;
  readonly wake: IQueue;
}

/** Objects to an invocation. No window: work messages are made of batches already. */
const BATCH_SIZE = 10;
const BATCHING_WINDOW = Duration.seconds(0);

export class OrdersStage extends Construct {
  readonly work: Queues;
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, alarms, lake, orders, operations, wake }: OrdersStageProps) {
    super(scope, id);
    const timeout = Duration.seconds(60);
    this.work = createQueue(this, {
      name: 'work',
      consumerTimeout: timeout,
      batchingWindow: BATCHING_WINDOW,
      alarmAge: Duration.minutes(15),
      alarms,
    });
    const { queue } = this.work;
    this.function = createFunction(this, settings, {
      name: 'orders',
      timeout,
      memoryMiB: 1024, // four objects at once, of up to some megabytes each when unpacked
      environment: {
        OPERATIONS_TABLE: operations.tableName,
        ORDERS_TABLE: orders.tableName,
        LAKE_BUCKET: lake.bucketName,
        WAKE_QUEUE_URL: wake.queueUrl,
      } satisfies z.input<typeof OrdersConfig>,
      permissions: [
        consume(queue.queueArn),
        // No s3:ListBucket, without which S3 answers 403 for a key that is missing, not 404. Nobody would act
        // differently: either way the message is tried again and comes to rest in the dead-letter queue.
        allow(['s3:GetObject'], lake.arnForObjects(`${RAW_PREFIX}*`)),
        allow(['s3:GetObject', 's3:PutObject'], lake.arnForObjects(`${OVERFLOW_PREFIX}*`)),
        allow(['dynamodb:GetItem', 'dynamodb:PutItem'], orders.tableArn),
        allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'], operations.tableArn),
        allow(['sqs:SendMessage'], wake.queueArn),
      ],
      keysOf: {
        bucket: lake,
        prefixes: {
          [RAW_PREFIX]: 'The names of raw objects are made of what is in them.',
          [OVERFLOW_PREFIX]: 'The names of these objects are made of what is in them.',
        },
      },
    });
    feed(this, queue, this.function, {
      batchSize: BATCH_SIZE,
      batchingWindow: BATCHING_WINDOW,
      maxConcurrency: settings.maxConcurrency,
    });
    for (const [channel, quarantined] of countOfEachChannel('orders', 'quarantined')) {
      alarms.ring(this, `Quarantined-${channel}`, {
        metric: quarantined,
        above: 0,
        description: `Messages of ${channel} were not understood and wait in quarantine. Look at them, fix, replay or dismiss.`,
      });
    }
  }
}

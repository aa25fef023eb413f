/** Stream of the customers table → events on a bus of our own and to subscribers, history, and who is in which segment. */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { FilterCriteria, FilterRule, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { PublishConfig } from '../functions/publish/config.ts';
import { PLACE } from '../shared/profiles/store.ts';
import { HISTORY_PREFIX } from '../shared/publish/store.ts';
import { MEMBERS_PREFIX } from '../shared/segments/store.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow, ofItems } from './defaults/permissions.ts';
import { consumeStream, createStreamDeadLetters, followStream, ringForStream } from './defaults/stream.ts';
import { fanOutPermissions } from './deliver-stage.ts';
import type { IdentityKeys } from './identity-keys.ts';
import { triggerPermissions } from './push-stage.ts';
import type { Settings } from './settings.ts';

export interface PublishStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly customers: TableV2;
  readonly engagement: TableV2;
  readonly operations: TableV2;
  /** Of the stage that delivers. */
  readonly deliver: IQueue;
  /** Of the stage that sends to customers. */
  readonly push: IQueue;
  readonly identityKeys: IdentityKeys;
}

/** Ten events a call of the bus: one batch is some twenty calls. */
const BATCH_SIZE = 100;
/** Subscribers are told within seconds of the order: what is there goes at once. */
const BATCHING_WINDOW = Duration.seconds(0);

export class PublishStage extends Construct {
  readonly bus: EventBus;
  readonly function: LambdaFunction;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, props: PublishStageProps) {
    super(scope, id);
    const { settings, alarms, lake, customers, engagement, operations, deliver, push, identityKeys } = props;
    this.bus = new EventBus(this, 'Bus', { description: 'Tributary: what becomes of customer profiles' });
    this.deadLetterQueue = createStreamDeadLetters(this, 'publish');
    this.function = createFunction(this, settings, {
      name: 'publish',
      timeout: Duration.seconds(60),
      memoryMiB: 512, // two images of a hundred profiles, opened one by one
      environment: {
        CUSTOMERS_TABLE: customers.tableName,
        ENGAGEMENT_TABLE: engagement.tableName,
        OPERATIONS_TABLE: operations.tableName,
        DELIVER_QUEUE_URL: deliver.queueUrl,
        PUSH_QUEUE_URL: push.queueUrl,
        EVENT_BUS: this.bus.eventBusName,
        IDENTITY_KEYS: identityKeys.parameterName,
      } satisfies z.input<typeof PublishConfig>,
      permissions: [
        consumeStream(customers),
        allow(['sqs:SendMessage'], this.deadLetterQueue.queueArn),
        allow(['events:PutEvents'], this.bus.eventBusArn),
        ofItems([`${HISTORY_PREFIX}*`], ['PutItem'], customers.tableArn),
        ofItems([`${MEMBERS_PREFIX}*`], ['PutItem'], engagement.tableArn),
        ...fanOutPermissions({ operations, engagement, queue: deliver }),
        ...triggerPermissions({ operations, engagement, queue: push }),
        allow(['ssm:GetParameter'], identityKeys.arn),
      ],
      keysOf: { bucket: lake, prefixes: {} },
    });
    followStream(this, this.function, {
      table: customers,
      batchSize: BATCH_SIZE,
      batchingWindow: BATCHING_WINDOW,
      deadLetterQueue: this.deadLetterQueue,
      reportBatchItemFailures: true,
      only: FilterCriteria.filter({ dynamodb: { Keys: { sk: { S: FilterRule.isEqual(PLACE) } } } }),
    });
    ringForStream(this, {
      alarms,
      target: this.function,
      gaveUp: {
        queue: this.deadLetterQueue,
        says: 'Changes of profiles could not be told, and were given up. The log of publish names them; they stay in the stream for a day.',
      },
      behind: 'Events are told an hour late: publish fails or falls behind. After a day they are lost.',
      fails: 'Publish threw, timed out or did not start; it comes again. See its log.',
    });
  }
}

/** Behaviour queue → rows of events in the lake, visitors in the engagement table, and users linked to customers. */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { BehaviourConfig } from '../functions/behaviour/config.ts';
import { EVENTS_KEPT_DAYS, EVENTS_PREFIX } from '../shared/behaviour/event-rows.ts';
import { VISITOR_PREFIX, VISITORS_OF_PREFIX } from '../shared/behaviour/store.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow, consume, ofItems } from './defaults/permissions.ts';
import { createQueue, feed, type Queues } from './defaults/queue.ts';
import type { IdentityKeys } from './identity-keys.ts';
import { cartPermissions } from './push-stage.ts';
import type { Settings } from './settings.ts';

export interface BehaviourStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly engagement: TableV2;
  readonly operations: TableV2;
  readonly identityKeys: IdentityKeys;
  /** Of the stage that reads it. */
  readonly profiles: IQueue;
}

const TIMEOUT = Duration.seconds(60);
/** Messages have up to 200 KB, and an event of Lambda's 6 MB in all. */
const BATCH_SIZE = 25;
/** An object costs as much as many rows in it: so a few seconds may pass. */
const BATCHING_WINDOW = Duration.seconds(5);

export class BehaviourStage extends Construct {
  readonly function: LambdaFunction;
  readonly queue: Queues;

  constructor(scope: Construct, id: string, props: BehaviourStageProps) {
    super(scope, id);
    const { settings, alarms, lake, engagement, operations, identityKeys, profiles } = props;
    this.queue = createQueue(this, {
      name: 'behaviour',
      consumerTimeout: TIMEOUT,
      batchingWindow: BATCHING_WINDOW,
      alarmAge: Duration.minutes(30),
      alarms,
    });
    const { queue } = this.queue;
    this.function = createFunction(this, settings, {
      name: 'behaviour',
      timeout: TIMEOUT,
      memoryMiB: 1024, // for the share of a processor: it seals and packs
      environment: {
        ENGAGEMENT_TABLE: engagement.tableName,
        OPERATIONS_TABLE: operations.tableName,
        LAKE_BUCKET: lake.bucketName,
        PROFILES_QUEUE_URL: profiles.queueUrl,
        IDENTITY_KEYS: identityKeys.parameterName,
      } satisfies z.input<typeof BehaviourConfig>,
      permissions: [
        consume(queue.queueArn),
        ofItems([`${VISITOR_PREFIX}*`], ['GetItem', 'PutItem'], engagement.tableArn),
        ofItems([`${VISITORS_OF_PREFIX}*`], ['PutItem'], engagement.tableArn),
        ...cartPermissions({ operations, engagement }),
        allow(['s3:PutObject'], lake.arnForObjects(`${EVENTS_PREFIX}*`)),
        allow(['sqs:SendMessage'], profiles.queueArn),
        // Whoever needs the keys of identity first makes them.
        allow(['ssm:GetParameter', 'ssm:PutParameter'], identityKeys.arn),
      ],
      keysOf: {
        bucket: lake,
        prefixes: { [EVENTS_PREFIX]: 'The names of these objects are made of what is in them.' },
      },
    });
    feed(this, queue, this.function, {
      batchSize: BATCH_SIZE,
      batchingWindow: BATCHING_WINDOW,
      maxConcurrency: settings.maxConcurrency,
    });
    lake.addLifecycleRule({
      prefix: EVENTS_PREFIX,
      expiration: Duration.days(EVENTS_KEPT_DAYS),
      noncurrentVersionExpiration: Duration.days(1),
    });
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description: 'Behaviour threw, timed out or did not start: events wait on its queue. See its log.',
    });
  }
}

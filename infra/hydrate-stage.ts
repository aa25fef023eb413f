/**
 * Wake queue → calls of platforms' APIs → inbox queue. What is to be fetched are rows in the operations table, a lane a
 * connection; the queue only says which lane to look at, and a schedule looks at all.
 */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { HydrateConfig } from '../functions/hydrate/config.ts';
import type { SecretKind } from '../shared/connections/store.ts';
import { RAW_PREFIX } from '../shared/lake/object-key.ts';
import { DUE_INDEX } from '../shared/lanes/store.ts';
import type { WakeMessage } from '../shared/queues/messages.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { countOfEachChannel } from './defaults/metrics.ts';
import { allow, consume } from './defaults/permissions.ts';
import { createQueue, feed, type Queues } from './defaults/queue.ts';
import { FixedAddress } from './fixed-address.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';

export interface HydrateStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly operations: TableV2;
  readonly secrets: Secrets;
  readonly inbox: IQueue;
  readonly wake: Queues;
}

/** A lane each: one that is slow keeps no other waiting. */
const BATCH_SIZE = 1;

export class HydrateStage extends Construct {
  readonly function: LambdaFunction;
  /** The one address that platforms see, where there is one. */
  readonly address: string | undefined;

  constructor(scope: Construct, id: string, props: HydrateStageProps) {
    super(scope, id);
    const { settings, alarms, lake, operations, secrets, inbox, wake } = props;
    const fixed = settings.fixedAddress ? new FixedAddress(this, 'FixedAddress', settings) : undefined;
    this.address = fixed?.address;
    const read: SecretKind[] = ['credentials', 'tokens'];
    this.function = createFunction(this, settings, {
      name: 'hydrate',
      timeout: HYDRATE_TIMEOUT,
      memoryMiB: 512, // a few answers at once, of up to some hundred KB each
      environment: {
        OPERATIONS_TABLE: operations.tableName,
        LAKE_BUCKET: lake.bucketName,
        INBOX_QUEUE_URL: inbox.queueUrl,
        WAKE_QUEUE_URL: wake.queue.queueUrl,
        SECRETS_PREFIX: secrets.prefix,
        ANY_API_BASE: settings.anyApiBase ? 'true' : 'false',
      } satisfies z.input<typeof HydrateConfig>,
      permissions: [
        consume(wake.queue.queueArn),
        allow(['sqs:SendMessage'], wake.queue.queueArn, inbox.queueArn),
        allow(['s3:PutObject'], lake.arnForObjects(`${RAW_PREFIX}*`)),
        allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Query'], operations.tableArn),
        allow(['dynamodb:Query'], `${operations.tableArn}/index/${DUE_INDEX}`),
        allow(['ssm:GetParameter'], ...read.map(secrets.arnOf)),
        allow(['ssm:PutParameter'], secrets.arnOf('tokens')),
      ],
      keysOf: { bucket: lake, prefixes: { [RAW_PREFIX]: 'The names of raw objects are made of what is in them.' } },
      wildcards: Object.fromEntries(read.map((kind) => [secrets.findingOf(kind), secrets.reason])),
      ...(fixed && { network: fixed.network }),
    });
    feed(this, wake.queue, this.function, {
      batchSize: BATCH_SIZE,
      batchingWindow: Duration.seconds(0),
      maxConcurrency: settings.maxConcurrency,
    });
    new Schedule(this, 'Sweep', {
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new SqsSendMessage(wake.queue, {
        input: ScheduleTargetInput.fromObject({ sweep: true } satisfies WakeMessage),
        // The next one comes in a minute.
        retryAttempts: 0,
        maxEventAge: Duration.minutes(1),
      }),
      description: 'Lanes with work that is due and that nobody was woken for',
    });
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description: 'Hydrate threw, timed out or did not start. See its log; what it was to fetch is still there.',
    });
    for (const [channel, quarantined] of countOfEachChannel('hydrate', 'quarantined')) {
      alarms.ring(this, `Quarantined-${channel}`, {
        metric: quarantined,
        above: 0,
        description: `What webhooks of ${channel} told of could not be fetched, and they wait in quarantine. Look at them, fix, retry or dismiss.`,
      });
    }
  }
}

/** The lease of a lane outlives it: see shared/lanes/run.ts. */
const HYDRATE_TIMEOUT = Duration.seconds(60);

/** Apart from the stage, for the orders stage before it wakes lanes, too. */
export function createWakeQueue(scope: Construct, alarms: Alarms): Queues {
  return createQueue(new Construct(scope, 'Wake'), {
    name: 'wake',
    consumerTimeout: HYDRATE_TIMEOUT,
    batchingWindow: Duration.seconds(0),
    // Messages wait for up to a quarter of an hour on purpose; DynamoDB has the work, this is only about being woken.
    alarmAge: Duration.minutes(30),
    alarms,
  });
}

/**
 * Push queue → messages to customers by way of providers. What is to be decided on are rows in the operations table, a lane a campaign;
 * the queue only says which lane to look at, and a schedule looks at all, and at which campaigns' runs are due.
 */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { PushConfig } from '../functions/push/config.ts';
import { VISITOR_PREFIX, VISITORS_OF_PREFIX } from '../shared/behaviour/store.ts';
import { CAMPAIGN_VERSIONS_PREFIX, CAMPAIGNS, PUSH_POLICY } from '../shared/campaigns/store.ts';
import { PRODUCTS_PREFIX, STOCK_PREFIX } from '../shared/catalogue/store.ts';
import { DUE_INDEX, LANE_STATES, WORK_PREFIX } from '../shared/lanes/store.ts';
import { PROVIDER_NOTES, TOKEN_CLAIMS, TOKENS } from '../shared/push/accounts/store.ts';
import { PUSH_PREFIX } from '../shared/push/push-work.ts';
import {
  BUDGET_PREFIX,
  DEVICE_PREFIX,
  DEVICES_PREFIX,
  LOG_PREFIX,
  RUNS,
  SENDS_PREFIX,
  SUPPRESSED_PREFIX,
  TESTS_PREFIX,
  VISITOR_CONSENTS_PREFIX,
} from '../shared/push/store.ts';
import type { WakeMessage } from '../shared/queues/messages.ts';
import { RECOMMENDED_PREFIX, VERSIONS } from '../shared/recommendations/store.ts';
import { MEMBERS_PREFIX } from '../shared/segments/store.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow, consume, ofItems } from './defaults/permissions.ts';
import { createQueue, feed, type Queues } from './defaults/queue.ts';
import { fanOutPermissions } from './deliver-stage.ts';
import type { IdentityKeys } from './identity-keys.ts';
import type { SecretParameters } from './secret-parameters.ts';
import type { Settings } from './settings.ts';

export interface PushStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly operations: TableV2;
  readonly engagement: TableV2;
  readonly customers: TableV2;
  readonly identityKeys: IdentityKeys;
  readonly credentials: SecretParameters;
  /** Of the stage that reads it. */
  readonly deliver: IQueue;
}

/** A lane each: one that is slow keeps no other waiting. */
const BATCH_SIZE = 1;
/** The lease of a lane outlives it: see shared/lanes/run.ts. */
const TIMEOUT = Duration.seconds(60);

export class PushStage extends Construct {
  readonly function: LambdaFunction;
  /** Who puts occurrences into lanes wakes by it. */
  readonly wake: Queues;

  constructor(scope: Construct, id: string, props: PushStageProps) {
    super(scope, id);
    const { settings, alarms, lake, operations, engagement, customers, identityKeys, credentials, deliver } = props;
    this.wake = createQueue(this, {
      name: 'push',
      consumerTimeout: TIMEOUT,
      batchingWindow: Duration.seconds(0),
      // Messages wait for up to a quarter of an hour on purpose; DynamoDB has the work, this is only about being woken.
      alarmAge: Duration.minutes(30),
      alarms,
    });
    const { queue } = this.wake;
    this.function = createFunction(this, settings, {
      name: 'push',
      timeout: TIMEOUT,
      memoryMiB: 1024, // for the share of a processor: it opens what is sealed, and encrypts for browsers
      environment: {
        OPERATIONS_TABLE: operations.tableName,
        ENGAGEMENT_TABLE: engagement.tableName,
        CUSTOMERS_TABLE: customers.tableName,
        PUSH_QUEUE_URL: queue.queueUrl,
        DELIVER_QUEUE_URL: deliver.queueUrl,
        IDENTITY_KEYS: identityKeys.parameterName,
        PUSH_CREDENTIALS_PREFIX: credentials.prefix,
        WEBHOOK_HOSTS: settings.webhookHosts,
        BRAND: settings.brand,
      } satisfies Omit<z.input<typeof PushConfig>, 'EVENT_BUS'>,
      permissions: [
        consume(queue.queueArn),
        allow(['sqs:SendMessage'], queue.queueArn),
        ofItems([LANE_STATES], ['GetItem', 'PutItem', 'Query'], operations.tableArn),
        ofItems([LANES], ['GetItem', 'PutItem', 'DeleteItem'], operations.tableArn),
        ofItems([LANES], ['Query'], `${operations.tableArn}/index/${DUE_INDEX}`),
        ofItems([TOKENS, TOKEN_CLAIMS], ['GetItem', 'PutItem', 'DeleteItem'], operations.tableArn),
        ofItems([CAMPAIGNS, PUSH_POLICY, RUNS], ['GetItem', 'Query'], engagement.tableArn),
        ofItems([RUNS], ['PutItem'], engagement.tableArn),
        ofItems([`${MEMBERS_PREFIX}*`], ['Query'], engagement.tableArn),
        ofItems([`${LOG_PREFIX}*`, `${SENDS_PREFIX}*`], ['GetItem', 'PutItem'], engagement.tableArn),
        ofItems([`${BUDGET_PREFIX}*`], ['UpdateItem'], engagement.tableArn),
        ofItems(DEVICES, ['GetItem', 'Query', 'DeleteItem'], engagement.tableArn),
        ofItems([`${TESTS_PREFIX}*`], ['GetItem', 'PutItem'], engagement.tableArn),
        ...recipientPermissions(engagement),
        // What is recommended, to whom, and what can be bought.
        ofItems([VERSIONS, `${PRODUCTS_PREFIX}*`], ['GetItem'], engagement.tableArn),
        ofItems([`${RECOMMENDED_PREFIX}*`, `${STOCK_PREFIX}*`], ['Query'], engagement.tableArn),
        ...fanOutPermissions({ operations, engagement, queue: deliver }),
        allow(['dynamodb:GetItem', 'dynamodb:Query'], customers.tableArn),
        allow(['ssm:GetParameter'], credentials.arn),
        // Whoever needs the keys of identity first makes them.
        allow(['ssm:GetParameter', 'ssm:PutParameter'], identityKeys.arn),
      ],
      keysOf: { bucket: lake, prefixes: {} },
      wildcards: credentials.findings,
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
      description: 'Runs of campaigns that are due, and lanes with messages that are due and that nobody was woken for',
    });
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description:
        'Push threw, timed out or did not start. See its log; the messages that it was to send are still there.',
    });
  }

  /** Against the flow: the bus is of the stage that wakes this one. */
  tellOn(bus: EventBus): void {
    this.function.addEnvironment('EVENT_BUS', bus.eventBusName);
    this.function.addToRolePolicy(allow(['events:PutEvents'], bus.eventBusArn));
  }
}

const LANES = `${WORK_PREFIX}${PUSH_PREFIX}*`;
const DEVICES = [`${DEVICE_PREFIX}*`, `${DEVICES_PREFIX}*`];

/** What shared/push/recipient.ts reads besides customers, devices and logs. */
const recipientPermissions = ({ tableArn }: TableV2): PolicyStatement[] => [
  ofItems([`${VISITOR_PREFIX}*`, `${SUPPRESSED_PREFIX}*`], ['GetItem'], tableArn),
  ofItems([`${VISITORS_OF_PREFIX}*`, `${VISITOR_CONSENTS_PREFIX}*`], ['Query'], tableArn),
];

interface Stores {
  readonly operations: TableV2;
  readonly engagement: TableV2;
  /** `wake.queue` of the stage. */
  readonly queue: IQueue;
}

/** What createTriggers of shared/push/fan-out.ts, and createReplenishments of shared/push/replenishment.ts, do. */
export const triggerPermissions = ({ operations, engagement, queue }: Stores): PolicyStatement[] => [
  ofItems([LANES], ['PutItem'], operations.tableArn),
  ofItems([CAMPAIGNS], ['Query'], engagement.tableArn),
  allow(['sqs:SendMessage'], queue.queueArn),
];

/** What createCarts of shared/push/carts.ts does. */
export const cartPermissions = ({
  operations,
  engagement,
}: Pick<Stores, 'operations' | 'engagement'>): PolicyStatement[] => [
  ofItems([LANES], ['GetItem', 'PutItem'], operations.tableArn),
  ofItems([CAMPAIGNS], ['Query'], engagement.tableArn),
];

/** What people and their programs put. */
const MANAGED = [
  ...[CAMPAIGNS, `${CAMPAIGN_VERSIONS_PREFIX}*`, PUSH_POLICY, PROVIDER_NOTES],
  ...[...DEVICES, `${VISITOR_CONSENTS_PREFIX}*`, `${SUPPRESSED_PREFIX}*`, `${TESTS_PREFIX}*`],
];

/** What functions/api/{push,campaigns,campaign-tests,push-explanations,suppressions}.ts do. */
export const pushManagePermissions = ({
  engagement,
  credentials,
}: Pick<Stores, 'engagement'> & { readonly credentials: SecretParameters }): PolicyStatement[] => [
  // In as few statements as may be: the role of the API has so many that they would not fit into its policy.
  ofItems(
    [
      ...[...MANAGED, `${LOG_PREFIX}*`, `${SENDS_PREFIX}*`, `${VISITOR_PREFIX}*`, `${VISITORS_OF_PREFIX}*`],
      // Whom a dry run asks about.
      `${MEMBERS_PREFIX}*`,
    ],
    ['GetItem', 'Query'],
    engagement.tableArn,
  ),
  ofItems(MANAGED, ['PutItem'], engagement.tableArn),
  ofItems([PROVIDER_NOTES, ...DEVICES, `${SUPPRESSED_PREFIX}*`], ['DeleteItem'], engagement.tableArn),
  ofItems([`${BUDGET_PREFIX}*`], ['UpdateItem'], engagement.tableArn),
  allow(['ssm:PutParameter', 'ssm:DeleteParameter'], credentials.arn),
];

/** Every some minutes: order lines, profiles and opened messages in the lake, and records of messages → what each campaign has brought. */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Code, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { AttributeConfig } from '../functions/attribute/config.ts';
import { KNOWN_EVENTS_PREFIX } from '../shared/behaviour/known-events.ts';
import { CAMPAIGN_VERSIONS_PREFIX, CAMPAIGNS, PUSH_POLICY } from '../shared/campaigns/store.ts';
import { LINE_ROWS_PREFIX, LINES_PREFIX } from '../shared/lines/layout.ts';
import { ATTRIBUTIONS_PREFIX } from '../shared/proof/files/store.ts';
import { ATTRIBUTED_PREFIX, CAMPAIGN_RESULTS } from '../shared/proof/store.ts';
import { SENDS_PREFIX } from '../shared/push/store.ts';
import { SNAPSHOTS_PREFIX } from '../shared/snapshots/snapshot.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow, ofItems } from './defaults/permissions.ts';
import { InvokeFunction } from './defaults/schedule.ts';
import { fanOutPermissions } from './deliver-stage.ts';
import type { Settings } from './settings.ts';
import { SNAPSHOTS_REASON } from './snapshot-stage.ts';

export interface AttributeStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly engagement: TableV2;
  readonly operations: TableV2;
  /** Of the stage that delivers. */
  readonly deliver: IQueue;
  /** Of the stage that publishes. */
  readonly bus: EventBus;
  /** As of the stage that takes snapshots. */
  readonly code: Code;
}

/** Order lines of the last months, and what DuckDB sorts outside of its memory. */
const DISK_MIB = 10_240;
const MEMORY_MIB = 3_008;
/** The rest is for Node, for records on their way in, and for DuckDB beyond its buffers. */
const DUCKDB_MEMORY_MIB = 1_500;

export class AttributeStage extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: AttributeStageProps) {
    super(scope, id);
    const { settings, alarms, lake, engagement, operations, deliver, bus, code } = props;
    this.function = createFunction(this, settings, {
      name: 'attribute',
      code: { code, handler: 'attribute.handler' },
      timeout: Duration.minutes(15), // the longest there is
      memoryMiB: MEMORY_MIB,
      diskMiB: DISK_MIB,
      environment: {
        LAKE_BUCKET: lake.bucketName,
        ENGAGEMENT_TABLE: engagement.tableName,
        EVENT_BUS: bus.eventBusName,
        OPERATIONS_TABLE: operations.tableName,
        DELIVER_QUEUE_URL: deliver.queueUrl,
        DUCKDB_MEMORY_MIB: String(DUCKDB_MEMORY_MIB),
      } satisfies z.input<typeof AttributeConfig>,
      permissions: [
        allow(
          ['s3:GetObject'],
          ...[LINE_ROWS_PREFIX, KNOWN_EVENTS_PREFIX, SNAPSHOTS_PREFIX].map((prefix) =>
            lake.arnForObjects(`${prefix}*`),
          ),
        ),
        allow(
          ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
          lake.arnForObjects(`${LINES_PREFIX}*`),
        ),
        allow(['s3:PutObject', 's3:AbortMultipartUpload'], lake.arnForObjects(`${ATTRIBUTIONS_PREFIX}*`)),
        // Also, without it S3 does not say that an object is missing, but that it may not be read.
        allow(['s3:ListBucket'], lake.bucketArn),
        ofItems([CAMPAIGNS, `${CAMPAIGN_VERSIONS_PREFIX}*`, `${SENDS_PREFIX}*`], ['Query'], engagement.tableArn),
        ofItems([PUSH_POLICY], ['GetItem'], engagement.tableArn),
        ofItems([CAMPAIGN_RESULTS, `${ATTRIBUTED_PREFIX}*`], ['PutItem', 'Query'], engagement.tableArn),
        allow(['events:PutEvents'], bus.eventBusArn),
        ...fanOutPermissions({ operations, engagement, queue: deliver }),
      ],
      keysOf: {
        bucket: lake,
        prefixes: {
          [LINE_ROWS_PREFIX]: 'Rows are named by hour and content as they are written; only rows are under it.',
          [LINES_PREFIX]: 'Builds of lines are named by the time they were made; only their files are under it.',
          [KNOWN_EVENTS_PREFIX]:
            'Builds of events are named by the time they were made; only their files are under it.',
          [SNAPSHOTS_PREFIX]: SNAPSHOTS_REASON,
          [ATTRIBUTIONS_PREFIX]: 'A file a campaign, which is named when somebody makes it.',
        },
      },
    });
    new Schedule(this, 'Attribute', {
      schedule: ScheduleExpression.rate(Duration.minutes(settings.attributionMinutes)),
      target: new InvokeFunction(this, this.function, {
        input: ScheduleTargetInput.fromObject({}),
        // The next one comes soon, and begins from all there is.
        retryAttempts: 0,
        maxEventAge: Duration.minutes(settings.attributionMinutes),
      }),
      description: 'What each campaign has brought, from orders and messages as they are now',
    });
    // Superseded files are of no use: they are made anew from orders and messages.
    lake.addLifecycleRule({ prefix: ATTRIBUTIONS_PREFIX, noncurrentVersionExpiration: Duration.days(1) });
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description:
        'What campaigns brought could not be reckoned: reports show the last result. The next try comes by itself. See the log of attribute.',
    });
  }
}

/** What functions/api/campaigns.ts does. */
export const proofPermissions = ({ engagement }: Pick<AttributeStageProps, 'engagement'>): PolicyStatement[] => [
  ofItems([CAMPAIGN_RESULTS, `${ATTRIBUTED_PREFIX}*`], ['GetItem', 'Query'], engagement.tableArn),
];

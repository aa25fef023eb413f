/** Every hour: orders, browse events, the catalogue and profiles in the lake → recommendations, a row each in the engagement table. */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Code, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { RecommendConfig } from '../functions/recommend/config.ts';
import type { RecommendEvent } from '../functions/recommend/handler.ts';
import { EVENTS_PREFIX } from '../shared/behaviour/event-rows.ts';
import { KNOWN_EVENTS_PREFIX } from '../shared/behaviour/known-events.ts';
import { VISITOR_PREFIX, VISITORS_OF_PREFIX } from '../shared/behaviour/store.ts';
import { CATALOGUE_FILE } from '../shared/catalogue/catalogue-file.ts';
import { PRODUCTS_PREFIX, STOCK_PREFIX } from '../shared/catalogue/store.ts';
import { LINE_ROWS_PREFIX, LINES_PREFIX } from '../shared/lines/layout.ts';
import { PERSONA_PREFIX } from '../shared/profiles/store.ts';
import { RECOMMENDATIONS_PREFIX, RECOMMENDED_PREFIX, VERSIONS } from '../shared/recommendations/store.ts';
import { SEGMENTS } from '../shared/segments/store.ts';
import { SNAPSHOTS_PREFIX } from '../shared/snapshots/snapshot.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow, ofItems } from './defaults/permissions.ts';
import { InvokeFunction } from './defaults/schedule.ts';
import type { IdentityKeys } from './identity-keys.ts';
import { triggerPermissions } from './push-stage.ts';
import type { Settings } from './settings.ts';
import { SNAPSHOTS_REASON } from './snapshot-stage.ts';

export interface RecommendStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly engagement: TableV2;
  readonly operations: TableV2;
  readonly customers: TableV2;
  readonly identityKeys: IdentityKeys;
  /** Of the stages that read them. */
  readonly profiles: IQueue;
  readonly push: IQueue;
  /** As of the stage that takes snapshots. */
  readonly code: Code;
}

/** Order lines of two years, and what DuckDB sorts outside of its memory. */
const DISK_MIB = 10_240;
const MEMORY_MIB = 3_008;
/** The rest is for Node, for what is being sent and fetched, and for DuckDB beyond its buffers. */
const DUCKDB_MEMORY_MIB = 1_500;

export class RecommendStage extends Construct {
  readonly function: LambdaFunction;
  readonly #engagement: TableV2;

  constructor(scope: Construct, id: string, props: RecommendStageProps) {
    super(scope, id);
    const { settings, alarms, lake, engagement, operations, customers, identityKeys, profiles, push, code } = props;
    this.#engagement = engagement;
    const written = [LINES_PREFIX, KNOWN_EVENTS_PREFIX, RECOMMENDATIONS_PREFIX].map((prefix) =>
      lake.arnForObjects(`${prefix}*`),
    );
    this.function = createFunction(this, settings, {
      name: 'recommend',
      code: { code, handler: 'recommend.handler' },
      timeout: Duration.minutes(15), // the longest there is
      memoryMiB: MEMORY_MIB,
      diskMiB: DISK_MIB,
      environment: {
        LAKE_BUCKET: lake.bucketName,
        ENGAGEMENT_TABLE: engagement.tableName,
        OPERATIONS_TABLE: operations.tableName,
        CUSTOMERS_TABLE: customers.tableName,
        IDENTITY_KEYS: identityKeys.parameterName,
        PROFILES_QUEUE_URL: profiles.queueUrl,
        PUSH_QUEUE_URL: push.queueUrl,
        DUCKDB_MEMORY_MIB: String(DUCKDB_MEMORY_MIB),
      } satisfies z.input<typeof RecommendConfig>,
      permissions: [
        allow(
          ['s3:GetObject'],
          ...[LINE_ROWS_PREFIX, EVENTS_PREFIX, SNAPSHOTS_PREFIX].map((prefix) => lake.arnForObjects(`${prefix}*`)),
        ),
        allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], ...written),
        allow(['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'], lake.arnForObjects(CATALOGUE_FILE)),
        // Also, without it S3 does not say that an object is missing, but that it may not be read.
        allow(['s3:ListBucket'], lake.bucketArn),
        ofItems([`${PRODUCTS_PREFIX}*`, `${STOCK_PREFIX}*`], ['Query'], engagement.tableArn),
        ofItems([VERSIONS], ['GetItem', 'PutItem'], engagement.tableArn),
        ofItems([`${RECOMMENDED_PREFIX}*`], ['BatchWriteItem'], engagement.tableArn),
        ofItems([SEGMENTS], ['Query'], engagement.tableArn),
        // Tags of the customers who are likely to want what a segment asks about.
        allow(['dynamodb:GetItem', 'dynamodb:Query'], customers.tableArn),
        ofItems([`${PERSONA_PREFIX}*`], ['PutItem'], customers.tableArn),
        allow(['sqs:SendMessage'], profiles.queueArn),
        allow(['ssm:GetParameter'], identityKeys.arn),
        ...triggerPermissions({ operations, engagement, queue: push }),
      ],
      keysOf: {
        bucket: lake,
        prefixes: {
          [LINE_ROWS_PREFIX]: 'Rows are named by hour and content as they are written; only rows are under it.',
          [EVENTS_PREFIX]: 'Rows are named by hour and content as they are written; only rows are under it.',
          [LINES_PREFIX]: 'Builds of lines are named by the time they were made; only their files are under it.',
          [KNOWN_EVENTS_PREFIX]:
            'Builds of events are named by the time they were made; only their files are under it.',
          [RECOMMENDATIONS_PREFIX]: 'Versions are named by the time they were made; only their files are under it.',
          [SNAPSHOTS_PREFIX]: SNAPSHOTS_REASON,
        },
      },
    });
    new Schedule(this, 'Make', {
      schedule: ScheduleExpression.rate(Duration.minutes(settings.recommendMinutes)),
      target: new InvokeFunction(this, this.function, {
        input: ScheduleTargetInput.fromObject({ full: false } satisfies z.input<typeof RecommendEvent>),
        // The next one comes soon, and takes in what this one would have.
        retryAttempts: 0,
        maxEventAge: Duration.minutes(settings.recommendMinutes),
      }),
      description: 'Recommendations for customers who have changed, and once a day for all',
    });
    // Files that were superseded are deleted by the function, and then gone a day later.
    for (const prefix of [KNOWN_EVENTS_PREFIX, RECOMMENDATIONS_PREFIX, LINES_PREFIX, CATALOGUE_FILE])
      lake.addLifecycleRule({ prefix, noncurrentVersionExpiration: Duration.days(1) });
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description:
        'No recommendations could be made: those of the last version are read, for a fortnight. The next try comes by itself. See the log of recommend.',
    });
  }

  /** What shared/recommendations/manage.ts does. */
  get managePermissions(): PolicyStatement[] {
    return [
      ofItems([VERSIONS], ['PutItem'], this.#engagement.tableArn),
      allow(['lambda:InvokeFunction'], this.function.functionArn),
    ];
  }
}

/** What createRecommender of shared/recommendations does. */
export const recommenderPermissions = ({ engagement }: Pick<RecommendStageProps, 'engagement'>): PolicyStatement[] => [
  ofItems(
    [
      ...[VERSIONS, `${RECOMMENDED_PREFIX}*`, `${PRODUCTS_PREFIX}*`, `${STOCK_PREFIX}*`],
      ...[`${VISITOR_PREFIX}*`, `${VISITORS_OF_PREFIX}*`],
    ],
    ['GetItem', 'Query'],
    engagement.tableArn,
  ),
];

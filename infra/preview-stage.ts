/** Asked by the API: snapshot of all profiles → what a segment would be like. */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Code, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { PreviewConfig } from '../functions/preview/config.ts';
import { SEGMENTS } from '../shared/segments/store.ts';
import { SNAPSHOTS_PREFIX } from '../shared/snapshots/snapshot.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow, ofItems } from './defaults/permissions.ts';
import type { Settings } from './settings.ts';
import { SNAPSHOTS_REASON } from './snapshot-stage.ts';

export interface PreviewStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly engagement: TableV2;
  /** As of the stage that takes snapshots. */
  readonly code: Code;
}

/** Some 350 MB for a million profiles, and as much again while the next one comes. */
const DISK_MIB = 4_096;
/** For two processors, nearly; of the memory a third is used. */
const MEMORY_MIB = 3_008;
const DUCKDB_MEMORY_MIB = 1_500;

export class PreviewStage extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, alarms, lake, engagement, code }: PreviewStageProps) {
    super(scope, id);
    this.function = createFunction(this, settings, {
      name: 'preview',
      code: { code, handler: 'preview.handler' },
      // Longer than whoever asks waits: the snapshot has then come for the next question.
      timeout: Duration.seconds(60),
      memoryMiB: MEMORY_MIB,
      diskMiB: DISK_MIB,
      ...(settings.previewConcurrency > 0 && { reservedConcurrency: settings.previewConcurrency }),
      environment: {
        LAKE_BUCKET: lake.bucketName,
        ENGAGEMENT_TABLE: engagement.tableName,
        DUCKDB_MEMORY_MIB: String(DUCKDB_MEMORY_MIB),
      } satisfies z.input<typeof PreviewConfig>,
      permissions: [
        allow(['s3:GetObject'], lake.arnForObjects(`${SNAPSHOTS_PREFIX}*`)),
        // Without it S3 does not say that an object is missing, but that it may not be read.
        allow(['s3:ListBucket'], lake.bucketArn),
        ofItems([SEGMENTS], ['GetItem', 'Query'], engagement.tableArn),
      ],
      keysOf: { bucket: lake, prefixes: { [SNAPSHOTS_PREFIX]: SNAPSHOTS_REASON } },
    });
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description: 'Previews of segments fail or take more than a minute. See the log of preview.',
    });
  }

  /** For whoever asks. */
  get permissions(): PolicyStatement[] {
    return [allow(['lambda:InvokeFunction'], this.function.functionArn)];
  }
}

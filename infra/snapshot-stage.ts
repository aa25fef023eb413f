/** Every some minutes: rows in the lake → the next snapshot of all profiles. What is no longer needed of both goes by itself. */
import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Code, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { SnapshotConfig } from '../functions/snapshot/config.ts';
import { METRIC_NAMESPACE, type Metric as MetricName } from '../shared/runtime/telemetry.ts';
import { ROWS_PREFIX } from '../shared/snapshots/row-object.ts';
import { SNAPSHOTS_PREFIX } from '../shared/snapshots/snapshot.ts';
import type { Alarms } from './defaults/alarms.ts';
import { duckDBCode } from './defaults/duckdb.ts';
import { createFunction } from './defaults/function.ts';
import { allow } from './defaults/permissions.ts';
import { InvokeFunction } from './defaults/schedule.ts';
import type { Settings } from './settings.ts';

export interface SnapshotStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  /** `snapshotCode(settings)`, which the stage that previews has, too. */
  readonly code: Code;
}

/** One folder for all functions that need DuckDB. */
export const snapshotCode = ({ architecture }: Settings): Code =>
  duckDBCode(['snapshot', 'preview', 'attribute', 'recommend'], architecture);

export const SNAPSHOTS_REASON = 'Snapshots are named by the time they were taken; only their files are under it.';
const ROWS_REASON = 'Rows are named by kind, hour and content; only rows are under it.';

/** The snapshot before, the next one, and what DuckDB sorts outside of its memory: some 2 GB for a million profiles. */
const DISK_MIB = 10_240;
const MEMORY_MIB = 3_008;
/** The rest is for Node, for what is being sent and fetched, and for DuckDB beyond its buffers. */
const DUCKDB_MEMORY_MIB = 1_800;

/** Or thrice as long as from one to the next, if that is more. */
const LATE = Duration.hours(3);

/** Long enough to notice, and mend, a fortnight of failing snapshots. */
const ROWS_KEPT = Duration.days(14);

export class SnapshotStage extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, alarms, lake, code }: SnapshotStageProps) {
    super(scope, id);
    const snapshots = lake.arnForObjects(`${SNAPSHOTS_PREFIX}*`);
    this.function = createFunction(this, settings, {
      name: 'snapshot',
      code: { code, handler: 'snapshot.handler' },
      timeout: Duration.minutes(15), // the longest there is; what does not fit is left for the next
      memoryMiB: MEMORY_MIB,
      diskMiB: DISK_MIB,
      environment: {
        LAKE_BUCKET: lake.bucketName,
        DUCKDB_MEMORY_MIB: String(DUCKDB_MEMORY_MIB),
      } satisfies z.input<typeof SnapshotConfig>,
      permissions: [
        allow(['s3:GetObject'], lake.arnForObjects(`${ROWS_PREFIX}*`)),
        allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], snapshots),
        // Also, without it S3 does not say that an object is missing, but that it may not be read.
        allow(['s3:ListBucket'], lake.bucketArn),
      ],
      keysOf: { bucket: lake, prefixes: { [ROWS_PREFIX]: ROWS_REASON, [SNAPSHOTS_PREFIX]: SNAPSHOTS_REASON } },
    });
    new Schedule(this, 'Take', {
      schedule: ScheduleExpression.rate(Duration.minutes(settings.snapshotMinutes)),
      target: new InvokeFunction(this, this.function, {
        input: ScheduleTargetInput.fromObject({}),
        // The next one comes soon.
        retryAttempts: 0,
        maxEventAge: Duration.minutes(settings.snapshotMinutes),
      }),
      description: 'A snapshot of all profiles, where any of them has changed',
    });
    forget(lake);
    const lateMinutes = Math.max(LATE.toMinutes(), 3 * settings.snapshotMinutes);
    alarms.ring(this, 'Late', {
      metric: new Metric({
        namespace: METRIC_NAMESPACE,
        metricName: 'snapshotAgeMillis' satisfies MetricName,
        dimensionsMap: { service: 'snapshot', event: 'snapshot' },
        statistic: 'Minimum',
        period: Duration.hours(1),
      }),
      above: Duration.minutes(lateMinutes).toMilliseconds(),
      periods: Math.ceil(lateMinutes / 60),
      silenceRings: true,
      description:
        'Previews show a snapshot that is hours old: none was taken since, or rows come faster than they are taken. See the log of snapshot. For some minutes after the first deployment it is as it should be.',
    });
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description:
        'No snapshot could be taken: previews show the last one. The next try comes by itself; rows wait for a fortnight. See the log of snapshot.',
    });
  }
}

/** Snapshots that were superseded are deleted by the function, and then gone a day later. */
function forget(lake: Bucket): void {
  lake.addLifecycleRule({
    prefix: ROWS_PREFIX,
    expiration: ROWS_KEPT,
    noncurrentVersionExpiration: Duration.days(1),
  });
  lake.addLifecycleRule({ prefix: SNAPSHOTS_PREFIX, noncurrentVersionExpiration: Duration.days(1) });
}

/** A platform's signed request → inbox queue, or the lake if it is too large for a message. */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Alias, type IFunction, type IVersion } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { IngestConfig } from '../functions/ingest/config.ts';
import { RAW_PREFIX } from '../shared/lake/object-key.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { countOfEachChannel } from './defaults/metrics.ts';
import { allow } from './defaults/permissions.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';

export interface IngestStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly inbox: IQueue;
  readonly lake: Bucket;
  readonly operations: TableV2;
  readonly secrets: Secrets;
}

export class IngestStage extends Construct {
  readonly function: LambdaFunction;
  /** What the API calls: the function, or its alias where instances are kept warm. */
  readonly target: IFunction;
  constructor(scope: Construct, id: string, { settings, alarms, inbox, lake, operations, secrets }: IngestStageProps) {
    super(scope, id);
    this.function = createFunction(this, settings, {
      name: 'ingest',
      // Platforms give up after 0.5 to 10 s; what is answered later is sent again anyway.
      timeout: Duration.seconds(10),
      memoryMiB: 1024, // for its share of a processor: it uses a tenth, but a cold start is twice as long at 512
      environment: {
        OPERATIONS_TABLE: operations.tableName,
        INBOX_QUEUE_URL: inbox.queueUrl,
        LAKE_BUCKET: lake.bucketName,
        SECRETS_PREFIX: secrets.prefix,
      } satisfies z.input<typeof IngestConfig>,
      permissions: [
        allow(['dynamodb:GetItem'], operations.tableArn),
        allow(['ssm:GetParameter'], secrets.arnOf('webhook')),
        allow(['sqs:SendMessage'], inbox.queueArn),
        allow(['s3:PutObject'], lake.arnForObjects(`${RAW_PREFIX}*`)),
      ],
      keysOf: { bucket: lake, prefixes: { [RAW_PREFIX]: 'The names of raw objects are made of what is in them.' } },
      wildcards: { [secrets.findingOf('webhook')]: secrets.reason },
    });
    this.target = this.warmed(settings.provisionedConcurrency);

    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description: 'Ingest threw, timed out or did not start, and answered 500. See its log; platforms send again.',
    });
    alarms.ring(this, 'Throttles', {
      metric: this.function.metricThrottles({ period: Duration.minutes(5) }),
      above: 0,
      description:
        'Lambda refused to run ingest: the account is at its concurrency limit. Raise it or lower maxConcurrency.',
    });
    for (const [channel, deferred] of countOfEachChannel('ingest', 'deferred')) {
      alarms.ring(this, `Deferred-${channel}`, {
        metric: deferred,
        above: 0,
        description: `Webhooks of ${channel} could not be stored and were answered 503. See ingest's log; they are sent again.`,
      });
    }
  }

  private warmed(provisionedConcurrency: number): IFunction {
    if (provisionedConcurrency === 0) return this.function;
    const alias = new Alias(this, 'Live', {
      aliasName: 'live',
      // The casts: the classes of CDK miss their own interfaces under exactOptionalPropertyTypes.
      version: this.function.currentVersion as IVersion,
      provisionedConcurrentExecutions: provisionedConcurrency,
    });
    return alias as IFunction;
  }
}

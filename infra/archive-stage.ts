/** Inbox queue → raw objects of the lake → pointers on the work queue. */
import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { ArchiveConfig } from '../functions/archive/config.ts';
import { RAW_PREFIX } from '../shared/lake/object-key.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow, consume } from './defaults/permissions.ts';
import { createQueue, feed, type Queues } from './defaults/queue.ts';
import type { Settings } from './settings.ts';

export interface ArchiveStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly work: IQueue;
}

export class ArchiveStage extends Construct {
  readonly inbox: Queues;
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, alarms, lake, work }: ArchiveStageProps) {
    super(scope, id);
    const timeout = Duration.seconds(30);
    const batchingWindow = Duration.seconds(settings.archiveWindowSeconds);
    this.inbox = createQueue(this, {
      name: 'inbox',
      consumerTimeout: timeout,
      batchingWindow,
      alarmAge: Duration.minutes(5).plus(batchingWindow),
      alarms,
    });
    const { queue } = this.inbox;
    this.function = createFunction(this, settings, {
      name: 'archive',
      timeout,
      memoryMiB: 512, // an event is 6 MB at most, held as text, objects and gzip at once
      environment: {
        LAKE_BUCKET: lake.bucketName,
        WORK_QUEUE_URL: work.queueUrl,
      } satisfies z.input<typeof ArchiveConfig>,
      permissions: [
        consume(queue.queueArn),
        allow(['s3:PutObject'], lake.arnForObjects(`${RAW_PREFIX}*`)),
        allow(['sqs:SendMessage'], work.queueArn),
      ],
      keysOf: { bucket: lake, prefixes: { [RAW_PREFIX]: 'The names of raw objects are made of what is in them.' } },
    });
    feed(this, queue, this.function, {
      batchSize: settings.archiveBatchSize,
      batchingWindow,
      maxConcurrency: settings.maxConcurrency,
    });
  }
}

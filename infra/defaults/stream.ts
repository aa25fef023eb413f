/** A table's stream → function: what fails comes again, split in two until what ails it is alone, and that is set aside at last. */
import { Duration, Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type FilterCriteria, type IFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { type IQueue, Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Alarms } from './alarms.ts';
import { allow } from './permissions.ts';
import { RETENTION } from './queue.ts';

export interface FollowProps {
  readonly table: TableV2;
  readonly batchSize: number;
  /** How long records may wait for others. */
  readonly batchingWindow: Duration;
  /** Told where in the stream lies what was given up; the records stay there for a day. */
  readonly deadLetterQueue: IQueue;
  readonly reportBatchItemFailures?: boolean;
  /** Of records; the function must not rely on it. */
  readonly only?: Readonly<Record<string, unknown>>;
}

/** A failing DynamoDB is outlived for some minutes, a record that can never succeed holds up its shard no longer. */
const RETRIES = 20;

/** Its role needs `consumeStream(table)` and to send to the dead-letter queue. */
export function followStream(scope: Construct, target: IFunction, props: FollowProps): void {
  const { table, batchSize, batchingWindow, deadLetterQueue, reportBatchItemFailures = false, only } = props;
  const mapping = new EventSourceMapping(scope, 'Follow', {
    target,
    eventSourceArn: streamOf(table),
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize,
    maxBatchingWindow: batchingWindow,
    bisectBatchOnError: true,
    retryAttempts: RETRIES,
    maxRecordAge: Duration.hours(23),
    reportBatchItemFailures,
    // Not CDK's SqsDlq, which would let the function do more than send.
    onFailure: { bind: () => ({ destination: deadLetterQueue.queueArn }) },
    ...(only && { filters: [only as ReturnType<typeof FilterCriteria.filter>] }),
  });
  mapping.node.addDependency(target.role ?? target);
}

/** For Lambda's own messages, of where in the stream lies what it gave up. `name`: of the function. */
export function createStreamDeadLetters(scope: Construct, name: string): Queue {
  const queue = new Queue(scope, 'DeadLetterQueue', {
    queueName: `${Stack.of(scope).stackName}-${name}-dead-letters`,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: RETENTION,
    redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL },
  });
  acknowledge(queue, { 'AwsSolutions-SQS3': 'It is a dead-letter queue: of a stream, which names it in its mapping.' });
  return queue;
}

/** A new policy may change every profile at once; the rest of the day that records stay in the stream is left to act in. */
const BEHIND = Duration.hours(1);

export interface StreamAlarmProps {
  readonly alarms: Alarms;
  readonly target: IFunction;
  /** Where what is given up goes to the dead-letter queue of a queue, that rings by itself. */
  readonly gaveUp?: { readonly queue: IQueue; readonly says: string };
  /** What to say where records have waited for an hour, and where the function fails. */
  readonly behind: string;
  readonly fails: string;
}

export function ringForStream(scope: Construct, props: StreamAlarmProps): void {
  const { alarms, target, gaveUp, behind, fails } = props;
  if (gaveUp) {
    alarms.ring(scope, 'DeadLetters', {
      metric: gaveUp.queue.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      above: 0,
      description: gaveUp.says,
    });
  }
  alarms.ring(scope, 'Behind', {
    metric: target.metric('IteratorAge', { statistic: 'Maximum', period: Duration.minutes(5) }),
    above: BEHIND.toMilliseconds(),
    description: behind,
  });
  alarms.ring(scope, 'Errors', {
    metric: target.metricErrors({ period: Duration.minutes(5) }),
    above: 0,
    description: fails,
  });
}

/** What Lambda itself calls, with the function's role, to read a stream. */
export const consumeStream = (table: TableV2): PolicyStatement =>
  allow(
    ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
    streamOf(table),
  );

function streamOf({ tableStreamArn }: TableV2): string {
  if (tableStreamArn === undefined) throw new Error('This table has no stream.');
  return tableStreamArn;
}

/** A table's stream → function: what fails comes again, split in two until what ails it is alone, and that is set aside at last. */
import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type FilterCriteria, type IFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { allow } from './permissions.ts';

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

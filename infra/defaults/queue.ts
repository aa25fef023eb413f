/** A queue with its dead-letter queue and the two alarms that tell when a person is needed. */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Alarms } from './alarms.ts';

/** The longest SQS has: time for people to find out and redrive, over holidays too. */
export const RETENTION = Duration.days(14);

/**
 * Tries before a message is set aside. Each takes a visibility timeout, so inbox work outlives half an hour of a failing
 * S3, orders an hour of a failing DynamoDB, without anybody redriving. A message that can never succeed costs ten tries.
 */
const MAX_RECEIVE_COUNT = 10;

export interface QueueProps {
  readonly name: string;
  readonly consumerTimeout: Duration;
  readonly batchingWindow: Duration;
  /** A message older than this means that its consumer does not keep up, or fails. */
  readonly alarmAge: Duration;
  readonly alarms: Alarms;
}

export interface Queues {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
}

export function createQueue(scope: Construct, props: QueueProps): Queues {
  const { name, consumerTimeout, batchingWindow, alarmAge, alarms } = props;
  const stack = Stack.of(scope);
  // Named, not generated: queue and dead-letter queue name each other in their policies.
  const queueName = `${stack.stackName}-${name}`;
  const queueArn = stack.formatArn({ service: 'sqs', resource: queueName, arnFormat: ArnFormat.NO_RESOURCE_NAME });
  const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: RETENTION };

  const deadLetterQueue = new Queue(scope, 'DeadLetterQueue', {
    ...common,
    queueName: `${queueName}-dead-letters`,
    redriveAllowPolicy: {
      redrivePermission: RedrivePermission.BY_QUEUE,
      sourceQueues: [Queue.fromQueueArn(scope, 'SourceQueue', queueArn)],
    },
  });
  const queue = new Queue(scope, 'Queue', {
    ...common,
    queueName,
    // AWS's advice: six times the function's time and the window, so that no message comes back while it is worked on.
    visibilityTimeout: Duration.seconds(6 * consumerTimeout.toSeconds() + batchingWindow.toSeconds()),
    deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: MAX_RECEIVE_COUNT },
    redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL },
  });

  alarms.ring(scope, 'DeadLetters', {
    metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      statistic: 'Maximum',
      period: Duration.minutes(1),
    }),
    above: 0,
    description: `Messages failed ${MAX_RECEIVE_COUNT} times and wait in ${name}'s dead-letter queue. See the log, fix, redrive.`,
  });
  alarms.ring(scope, 'Backlog', {
    metric: queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: Duration.minutes(1) }),
    above: alarmAge.toSeconds(),
    periods: 3,
    description: `The oldest message of ${name} is older than ${alarmAge.toSeconds()} s: its consumer fails or falls behind.`,
  });
  return { queue, deadLetterQueue };
}

export interface FeedProps {
  readonly batchSize: number;
  readonly batchingWindow: Duration;
  readonly maxConcurrency: number;
}

/** Queue → function. What the function reports as failed comes back alone. Its role needs `consume(queue)`. */
export function feed(scope: Construct, queue: Queue, target: IFunction, props: FeedProps): void {
  new EventSourceMapping(scope, 'Feed', {
    target,
    eventSourceArn: queue.queueArn,
    batchSize: props.batchSize,
    maxBatchingWindow: props.batchingWindow,
    maxConcurrency: props.maxConcurrency,
    reportBatchItemFailures: true,
  });
}

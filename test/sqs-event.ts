/** Messages of a queue as Lambda hands them to a function. */
import type { SQSEvent, SQSRecord } from 'aws-lambda';

interface Delivered {
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle?: string;
  readonly receiveCount?: number;
  readonly sentAtMs?: number;
  readonly queue?: string;
}

export function sqsRecord({
  messageId,
  body,
  receiptHandle = messageId,
  receiveCount = 1,
  sentAtMs = 0,
  queue = 'queue',
}: Delivered): SQSRecord {
  return {
    messageId,
    receiptHandle,
    body,
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: String(sentAtMs),
      SenderId: 'tests',
      ApproximateFirstReceiveTimestamp: String(sentAtMs),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
    awsRegion: 'us-east-1',
  };
}

/** Each as JSON, named by its place: `0`, `1` … */
export const sqsEvent = (...messages: readonly unknown[]): SQSEvent => ({
  Records: messages.map((message, index) => sqsRecord({ messageId: String(index), body: JSON.stringify(message) })),
});

/** The two things every consumer of a queue does: parse what came, and name what is to come again. */
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import type { Telemetry } from '../runtime/telemetry.ts';

/**
 * The message, or undefined (and an error in the log) if it is none of ours: a defect of the sender. It then fails like
 * any other and ends in the dead-letter queue, where it is kept and rings.
 */
export function parseRecord<Schema extends z.core.$ZodType>(
  schema: Schema,
  record: SQSRecord,
  telemetry: Telemetry,
): z.infer<Schema> | undefined {
  try {
    return z.parse(schema, JSON.parse(record.body));
  } catch (error) {
    telemetry.error('Message on the queue is malformed', error, { message: record.messageId });
    return undefined;
  }
}

/** ReportBatchItemFailures: only these are redelivered. */
export const failedItems = (messageIds: readonly string[]): SQSBatchResponse => ({
  batchItemFailures: [...new Set(messageIds)].map((itemIdentifier) => ({ itemIdentifier })),
});

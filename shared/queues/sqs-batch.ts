/** What every consumer of a queue does: parse what came, do it, and name what is to come again. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import * as z from 'zod/mini';
import type { LogFields, Telemetry } from '../runtime/telemetry.ts';

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

export interface Consumer<Message> {
  readonly atOnce: number;
  /** Rejects where the message is to come again. */
  readonly handle: (message: Message) => Promise<void>;
  /** For the log of a failure: what went wrong, and with what. */
  readonly failure: string;
  readonly about?: (message: Message) => LogFields;
}

/** All messages of a batch; one that fails is no reason to leave others undone. */
export async function consumeBatch<Schema extends z.core.$ZodType>(
  event: SQSEvent,
  schema: Schema,
  telemetry: Telemetry,
  { atOnce, handle, failure, about }: Consumer<z.infer<Schema>>,
): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  await pMap(
    event.Records,
    async (record) => {
      const message = parseRecord(schema, record, telemetry);
      if (message === undefined) return failed.push(record.messageId);
      try {
        return await handle(message);
      } catch (error) {
        telemetry.error(failure, error, { message: record.messageId, ...about?.(message) });
        return failed.push(record.messageId);
      }
    },
    { concurrency: atOnce },
  );
  return failedItems(failed);
}

/**
 * Lambda's poller of a queue: batches by size and window, a number of batches at once, partial batch replies. A batch
 * whose function crashed, timed out or answered nonsense fails as a whole and comes again after its visibility timeout.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { sqsRecord } from '../../sqs-event.ts';
import type { MemoryQueue, ReceivedMessage } from './queue.ts';
import type { Time } from './time.ts';

export interface EventSourceOptions {
  readonly queue: MemoryQueue<unknown>;
  readonly time: Time;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly concurrency: number;
  /** Rejects, or answers undefined, when the function did not live to answer. */
  readonly invoke: (event: SQSEvent) => Promise<SQSBatchResponse | undefined>;
}

const LARGEST_EVENT_BYTES = 6 * 1024 * 1024;

/** Runs for as long as the queue does. */
export function pollQueue({ queue, time, batchSize, windowMs, concurrency, invoke }: EventSourceOptions): void {
  let running = 0;
  let windowOpen = false;

  function look(): void {
    const { visible } = queue.depth();
    if (visible === 0 || running >= concurrency) return;
    if (visible >= batchSize) {
      start();
      return;
    }
    if (windowOpen) return;
    windowOpen = true;
    time.after(windowMs, () => {
      windowOpen = false;
      if (running < concurrency) start();
    });
  }

  function start(): void {
    const batch = queue.receive(batchSize, LARGEST_EVENT_BYTES);
    if (batch.length === 0) return;
    running++;
    void run(batch).finally(() => {
      running--;
      look();
    });
    look();
  }

  async function run(batch: readonly ReceivedMessage[]): Promise<void> {
    const response = await invoke({
      Records: batch.map((message) => sqsRecord({ ...message, queue: queue.name })),
    }).catch(() => undefined);
    const failed = response && failedOf(response, batch);
    if (!failed) return;
    for (const { messageId, receiptHandle } of batch) if (!failed.has(messageId)) queue.delete(receiptHandle);
  }

  queue.onVisible(look);
}

/** Undefined if the reply names a message that was not in the batch: Lambda then fails the whole of it. */
function failedOf({ batchItemFailures }: SQSBatchResponse, batch: readonly ReceivedMessage[]): Set<string> | undefined {
  const failed = new Set(batchItemFailures.map((failure) => failure.itemIdentifier));
  const known = new Set(batch.map((message) => message.messageId));
  return [...failed].every((id) => known.has(id)) ? failed : undefined;
}

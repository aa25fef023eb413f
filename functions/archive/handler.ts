/**
 * Inbox queue → raw lake → a pointer on the work queue. It looks at no content, so it can't fail on any. What could not
 * be stored or announced is retried; the rest of the batch is done.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Envelope } from '../../shared/lake/envelope.ts';
import type { Lake } from '../../shared/lake/lake.ts';
import { rawObjectKey, rawPartition } from '../../shared/lake/object-key.ts';
import { InboxMessage, type WorkMessage } from '../../shared/queues/messages.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import { failedItems, parseRecord } from '../../shared/queues/sqs-batch.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';

export interface ArchiveDependencies {
  readonly lake: Pick<Lake, 'write'>;
  readonly work: Queue<WorkMessage>;
  readonly telemetry: Telemetry;
}

/** What becomes one pointer: an object to be written first, or one that ingest has written. */
interface Group {
  readonly messageIds: string[];
  readonly object?: string;
  readonly envelopes: Envelope[];
}

export function createArchive({ lake, work, telemetry }: ArchiveDependencies) {
  async function archive({ envelopes, object }: Group): Promise<void> {
    const [first, ...rest] = envelopes;
    const key = object ?? (first && rawObjectKey([first, ...rest]));
    if (key === undefined) return;
    if (first) {
      await lake.write(key, envelopes);
      telemetry.measure('archived', envelopes.length, { channel: first.channel });
    }
    await work.send({ object: key, cause: 'live' });
  }

  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failed: string[] = [];
    const groups = new Map<string, Group>();
    for (const record of event.Records) {
      const message = parseRecord(InboxMessage, record, telemetry);
      if (!message) failed.push(record.messageId);
      else addTo(groups, message, record.messageId);
    }
    await Promise.all(
      [...groups.values()].map(async (group) => {
        try {
          await archive(group);
        } catch (error) {
          telemetry.error('Batch could not be archived', error, { messages: group.messageIds.length });
          failed.push(...group.messageIds);
        }
      }),
    );
    return failedItems(failed);
  };
}

function addTo(groups: Map<string, Group>, message: InboxMessage, messageId: string): void {
  if ('archived' in message) {
    groups.set(message.archived.object, { messageIds: [messageId], envelopes: [], object: message.archived.object });
    return;
  }
  const partition = rawPartition(message.envelope);
  const group = groups.get(partition) ?? { messageIds: [], envelopes: [] };
  groups.set(partition, group);
  group.messageIds.push(messageId);
  // A queue may deliver a message twice in one batch.
  if (!group.envelopes.some((envelope) => envelope.id === message.envelope.id)) group.envelopes.push(message.envelope);
}

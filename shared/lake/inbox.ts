/** The way into the lake: onto the inbox queue, or first into the lake and a pointer on the queue, if too large for a message. */
import { type InboxMessage, LARGEST_INBOX_MESSAGE_BYTES } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { Envelope } from './envelope.ts';
import type { Lake } from './lake.ts';
import { rawObjectKey } from './object-key.ts';

export interface Inbox {
  /** The envelope is durable when this resolves. */
  keep(envelope: Envelope): Promise<void>;
}

export function createInbox(queue: Queue<InboxMessage>, lake: Pick<Lake, 'write'>): Inbox {
  return {
    async keep(envelope) {
      const message: InboxMessage = { envelope };
      if (Buffer.byteLength(JSON.stringify(message)) <= LARGEST_INBOX_MESSAGE_BYTES) return queue.send(message);
      const object = rawObjectKey([envelope]);
      await lake.write(object, [envelope]);
      return queue.send({ archived: { object } });
    },
  };
}

/** What every queue does. */
import { beforeAll, describe, expect, it } from 'vitest';
import { bodyBytes } from '../../../shared/lake/envelope.ts';
import { InboxMessage, LARGEST_INBOX_MESSAGE_BYTES } from '../../../shared/queues/messages.ts';
import type { Queue } from '../../../shared/queues/queue.ts';
import { DELICATE_BODIES } from './bytes.ts';
import { envelopeOf } from './samples.ts';

export interface ReadableQueue {
  readonly queue: Queue<InboxMessage>;
  /** The body of the next message, which is then gone. */
  receive(): Promise<string | undefined>;
}

export function queueContract(name: string, make: () => Promise<ReadableQueue>): void {
  describe(`queue: ${name}`, () => {
    let subject: ReadableQueue;
    beforeAll(async () => {
      subject = await make();
    });
    const sendable = DELICATE_BODIES.filter(([, bytes]) => bytes.byteLength < LARGEST_INBOX_MESSAGE_BYTES);

    it.each(sendable)('carries an envelope with %s', async (_, bytes) => {
      const envelope = envelopeOf(bytes);
      await subject.queue.send({ envelope });
      const message = InboxMessage.parse(JSON.parse((await subject.receive()) ?? ''));
      expect(message).toEqual({ envelope });
      if ('envelope' in message) expect(Buffer.compare(bodyBytes(message.envelope), bytes)).toBe(0);
    });

    it('carries the largest message that ingest sends', async () => {
      const envelope = envelopeOf(Buffer.from('x'.repeat(LARGEST_INBOX_MESSAGE_BYTES - 1_000)));
      await subject.queue.send({ envelope });
      expect(JSON.parse((await subject.receive()) ?? '')).toEqual({ envelope });
    });
  });
}

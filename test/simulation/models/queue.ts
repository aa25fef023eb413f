/**
 * A queue with the semantics of SQS: at least once and in no order (given a source of chance), a visibility timeout, a
 * receive count, and a dead-letter queue for what was received too often.
 */
import type { Random } from '../../../demo/random.ts';
import type { Queue, QueueDepth } from '../../../shared/queues/queue.ts';
import type { Time } from './time.ts';

export interface MemoryQueueOptions {
  readonly name: string;
  readonly time: Time;
  readonly visibilityTimeoutMs: number;
  /** Received this often and still there, a message goes to the dead letters. Infinity where there are none. */
  readonly maxReceiveCount: number;
  /** Where given, messages come in random order, and some of them twice. */
  readonly chaos?: { readonly random: Random; readonly duplicates: number };
}

export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** 1 the first time. */
  readonly receiveCount: number;
  readonly sentAtMs: number;
}

interface Stored {
  readonly messageId: string;
  readonly body: string;
  readonly sentAtMs: number;
  receiveCount: number;
}

export interface MemoryQueue<Message> extends Queue<Message> {
  readonly name: string;
  /** At most `count` messages that are visible now; each stays hidden for the visibility timeout unless deleted. */
  receive(count: number, maxBytes?: number): ReceivedMessage[];
  delete(receiptHandle: string): void;
  /** Called whenever messages become visible. */
  onVisible(listener: () => void): void;
  depth(): { readonly visible: number; readonly hidden: number; readonly dead: number };
  /** As SQS counts those that wait or are worked on: without those that are delayed on purpose. */
  waiting(): number;
  /** Bodies of the dead letters. */
  deadLetters(): string[];
  /** Dead letters back to the queue, as if new; how many there were. */
  redrive(): number;
}

/** What SQS refuses: code points outside of `#x9 #xA #xD #x20–#xD7FF #xE000–#xFFFD` (a message of ours is JSON, so without controls). */
const UNSENDABLE = /[\uFFFE\uFFFF]/;
const LARGEST_MESSAGE_BYTES = 1024 * 1024;

export function memoryQueue<Message>(options: MemoryQueueOptions): MemoryQueue<Message> {
  const { name, time, visibilityTimeoutMs, maxReceiveCount, chaos } = options;
  const listeners: (() => void)[] = [];
  const visible: Stored[] = [];
  /** By receipt. All are hidden for the same time, so the first to be hidden is the first to come back. */
  const hidden = new Map<string, { readonly message: Stored; readonly untilMs: number }>();
  const dead: Stored[] = [];
  let sent = 0;
  let received = 0;
  let delayed = 0;
  let wakesAtMs: number | undefined;

  function show(messages: readonly Stored[]): void {
    if (messages.length === 0) return;
    visible.push(...messages);
    for (const listener of listeners) listener();
  }

  function unhide(): void {
    const back: Stored[] = [];
    for (const [receipt, { message, untilMs }] of hidden) {
      if (untilMs > time.nowMs()) break;
      hidden.delete(receipt);
      back.push(message);
    }
    show(back);
  }

  /** One timer for the first that comes back, however many there are. */
  function wakeForHidden(): void {
    const [first] = hidden.values();
    if (!first || wakesAtMs !== undefined) return;
    wakesAtMs = first.untilMs;
    time.after(wakesAtMs - time.nowMs(), () => {
      wakesAtMs = undefined;
      unhide();
      wakeForHidden();
    });
  }

  function takeVisible(): Stored | undefined {
    if (!chaos) return visible.shift();
    const last = visible.pop();
    if (!last || visible.length === 0) return last;
    const index = chaos.random.int(0, visible.length);
    const taken = visible[index];
    if (!taken) return last;
    visible[index] = last;
    return taken;
  }

  return {
    name,

    async send(message, { delaySeconds = 0 } = {}) {
      const body = JSON.stringify(message);
      if (UNSENDABLE.test(body)) throw new Error('InvalidMessageContents: a code point that SQS does not carry');
      if (Buffer.byteLength(body) > LARGEST_MESSAGE_BYTES)
        throw new Error('InvalidParameterValue: message above 1 MiB');
      const copies = chaos?.random.chance(chaos.duplicates) ? 2 : 1;
      const messageId = `${name}-${++sent}`;
      const sentAtMs = time.nowMs();
      const messages = Array.from({ length: copies }, () => ({ messageId, body, sentAtMs, receiveCount: 0 }));
      if (delaySeconds === 0) return show(messages);
      delayed += messages.length;
      time.after(delaySeconds * 1000, () => {
        delayed -= messages.length;
        show(messages);
      });
    },

    receive(count, maxBytes = Number.POSITIVE_INFINITY) {
      unhide();
      const batch: ReceivedMessage[] = [];
      let bytes = 0;
      while (batch.length < count) {
        const message = takeVisible();
        if (!message) break;
        if (message.receiveCount >= maxReceiveCount) {
          dead.push(message);
          continue;
        }
        bytes += message.body.length;
        if (bytes > maxBytes && batch.length > 0) {
          visible.push(message);
          break;
        }
        message.receiveCount++;
        const receiptHandle = `${message.messageId}-${++received}`;
        hidden.set(receiptHandle, { message, untilMs: time.nowMs() + visibilityTimeoutMs });
        const { messageId, body, receiveCount, sentAtMs } = message;
        batch.push({ messageId, receiptHandle, body, receiveCount, sentAtMs });
      }
      wakeForHidden();
      return batch;
    },

    delete(receiptHandle) {
      hidden.delete(receiptHandle);
    },

    onVisible(listener) {
      listeners.push(listener);
    },

    depth: () => ({ visible: visible.length, hidden: hidden.size + delayed, dead: dead.length }),
    waiting: () => visible.length + hidden.size,
    deadLetters: () => dead.map(({ body }) => body),

    redrive() {
      const back = dead.splice(0).map((message) => ({ ...message, receiveCount: 0 }));
      show(back);
      return back.length;
    },
  };
}

/** As those see it who put work on it and look how much waits. */
export const withDepth = <Message>(queue: MemoryQueue<Message>): Queue<Message> & QueueDepth => ({
  send: (message, options) => queue.send(message, options),
  depth: async () => queue.waiting(),
});

/** The semantics of the models of queue and stream. Those of the stores are in `test/stores`, the same as for the real ones. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../demo/random.ts';
import { failedItems } from '../../../shared/queues/sqs-batch.ts';
import { Scheduler } from '../scheduler.ts';
import { type EventSourceOptions, pollQueue } from './event-source.ts';
import { type MemoryQueueOptions, memoryQueue } from './queue.ts';
import { type MemoryStreamOptions, memoryStream, type StreamRecord } from './stream.ts';

const createScheduler = (seed = 1) => new Scheduler(createRandom(seed), 0);

describe('scheduler', () => {
  it('runs by time; what is due together in an order that the seed chooses', async () => {
    const orderOf = async (seed: number) => {
      const scheduler = createScheduler(seed);
      const seen: string[] = [];
      scheduler.after(20, () => seen.push(`late ${scheduler.nowMs()}`));
      for (const name of 'abcdefgh') scheduler.after(10, () => seen.push(name));
      await scheduler.run();
      expect(seen.at(-1)).toBe('late 20');
      return seen.join('');
    };
    expect(await orderOf(1)).toBe(await orderOf(1));
    expect(new Set([await orderOf(1), await orderOf(2), await orderOf(3)]).size).toBeGreaterThan(1);
  });
});

function queueAt(scheduler: Scheduler, options: Partial<MemoryQueueOptions> = {}) {
  return memoryQueue<string>({
    name: 'q',
    time: scheduler,
    visibilityTimeoutMs: 1_000,
    maxReceiveCount: 3,
    ...options,
  });
}
const bodies = (messages: readonly { readonly body: string }[]) =>
  messages.map(({ body }): unknown => JSON.parse(body));

describe('queue', () => {
  it('hides what was received until its visibility timeout, and counts', async () => {
    const scheduler = createScheduler();
    const queue = queueAt(scheduler);
    await queue.send('a');
    expect(queue.receive(10)).toMatchObject([{ body: '"a"', receiveCount: 1 }]);
    expect(queue.receive(10)).toEqual([]);
    const seen: number[] = [];
    scheduler.after(999, () => seen.push(queue.depth().visible));
    scheduler.after(1_001, () => seen.push(queue.depth().visible));
    await scheduler.run();
    expect(seen).toEqual([0, 1]);
    expect(queue.receive(10)).toMatchObject([{ receiveCount: 2 }]);
  });

  it('forgets what was deleted', async () => {
    const scheduler = createScheduler();
    const queue = queueAt(scheduler);
    await queue.send('a');
    for (const { receiptHandle } of queue.receive(1)) queue.delete(receiptHandle);
    await scheduler.run();
    expect(queue.depth()).toEqual({ visible: 0, hidden: 0, dead: 0 });
  });

  it('moves what was received too often to the dead letters, from where it comes back as new', async () => {
    const scheduler = createScheduler();
    const queue = queueAt(scheduler);
    await queue.send('a');
    for (let round = 0; round < 3; round++) {
      expect(queue.receive(1)).toHaveLength(1);
      await scheduler.run();
    }
    expect(queue.receive(1)).toEqual([]);
    expect(queue.depth().dead).toBe(1);
    expect(queue.redrive()).toBe(1);
    expect(queue.receive(1)).toMatchObject([{ body: '"a"', receiveCount: 1 }]);
  });

  it('comes in order and once without chaos; in any order and some twice with it', async () => {
    const scheduler = createScheduler();
    const calm = queueAt(scheduler);
    const wild = queueAt(scheduler, { chaos: { random: createRandom(3), duplicates: 0.3 } });
    const sent = Array.from({ length: 50 }, (_, index) => `${index}`);
    for (const message of sent) {
      await calm.send(message);
      await wild.send(message);
    }
    expect(bodies(calm.receive(100))).toEqual(sent);
    const received = bodies(wild.receive(100));
    expect(new Set(received)).toEqual(new Set(sent));
    expect(received.length).toBeGreaterThan(50);
    expect(received.slice(0, 50)).not.toEqual(sent);
  });

  it('refuses what SQS refuses', async () => {
    const queue = queueAt(createScheduler());
    await expect(queue.send('\uFFFE')).rejects.toThrow('InvalidMessageContents');
    await expect(queue.send('x'.repeat(1024 * 1024))).rejects.toThrow('1 MiB');
  });
});

describe('poller', () => {
  function poll(options: Partial<EventSourceOptions> & Pick<EventSourceOptions, 'invoke'>) {
    const scheduler = createScheduler();
    const queue = queueAt(scheduler);
    pollQueue({ queue, time: scheduler, batchSize: 3, windowMs: 100, concurrency: 2, ...options });
    return { scheduler, queue };
  }

  it('waits for a full batch or the window', async () => {
    const batches: [number, number][] = [];
    const { scheduler, queue } = poll({
      invoke: async ({ Records }) => {
        batches.push([scheduler.nowMs(), Records.length]);
        return failedItems([]);
      },
    });
    for (let count = 0; count < 4; count++) await queue.send('a');
    await scheduler.run();
    expect(batches).toEqual([
      [0, 3],
      [100, 1],
    ]);
    expect(queue.depth()).toEqual({ visible: 0, hidden: 0, dead: 0 });
  });

  it('brings back only what failed; all of it if the function died or named a stranger', async () => {
    const replies = [
      (ids: string[]) => failedItems(ids.slice(0, 1)),
      () => undefined,
      () => failedItems(['a stranger']),
      () => failedItems([]),
    ];
    const sizes: number[] = [];
    const { scheduler, queue } = poll({
      invoke: async ({ Records }) => {
        sizes.push(Records.length);
        return replies[sizes.length - 1]?.(Records.map((record) => record.messageId));
      },
    });
    for (let count = 0; count < 3; count++) await queue.send('a');
    await scheduler.run();
    // Three receipts and it would be dead: the third reply kills it.
    expect(sizes).toEqual([3, 1, 1]);
    expect(queue.depth()).toEqual({ visible: 0, hidden: 0, dead: 1 });
  });

  it('runs no more batches at once than it may', async () => {
    let [running, most] = [0, 0];
    const { scheduler, queue } = poll({
      batchSize: 1,
      invoke: async () => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => scheduler.after(50, resolve));
        running--;
        return failedItems([]);
      },
    });
    for (let count = 0; count < 10; count++) await queue.send('a');
    await scheduler.run();
    expect(most).toBe(2);
    expect(queue.depth()).toEqual({ visible: 0, hidden: 0, dead: 0 });
  });
});

describe('stream', () => {
  type Batch = readonly StreamRecord<number>[];
  async function run(options: Partial<MemoryStreamOptions<number>>, isBad: (batch: Batch, attempt: number) => boolean) {
    const scheduler = createScheduler();
    const batches: Batch[] = [];
    const lost: [number, number][] = [];
    const stream = memoryStream<number>({
      time: scheduler,
      shards: 4,
      batchSize: 8,
      windowMs: 10,
      retryDelayMs: 100,
      retries: 10,
      bisect: false,
      invoke: async (records) => {
        batches.push(records);
        await new Promise<void>((resolve) => scheduler.after(5, resolve));
        if (isBad(records, batches.length)) throw new Error('bad');
      },
      onFailure: ({ first, last }) => lost.push([first, last]),
      ...options,
    });
    for (let change = 0; change < 60; change++) stream.append(`key ${change % 6}`, change);
    await scheduler.run();
    expect(stream.pending()).toBe(0);
    return { batches, lost };
  }
  const isRising = (numbers: readonly number[]) =>
    numbers.every((value, at) => at === 0 || value > (numbers[at - 1] ?? 0));

  it('keeps the order of each key, one batch of a shard at a time', async () => {
    const { batches } = await run({}, () => false);
    for (let key = 0; key < 6; key++) {
      const changes = batches.flat().filter((record) => record.key === `key ${key}`);
      expect(changes).toHaveLength(10);
      expect(isRising(changes.map((record) => record.change))).toBe(true);
    }
  });

  it('retries a whole batch before it goes on', async () => {
    const { batches, lost } = await run({ shards: 1 }, (_, attempt) => attempt === 1 || attempt === 2);
    expect(batches[1]).toEqual(batches[0]);
    expect(batches[2]).toEqual(batches[0]);
    expect(batches.slice(2).flat()).toHaveLength(60);
    expect(lost).toEqual([]);
  });

  it('gives a batch up after its retries, names it, and goes on', async () => {
    const { batches, lost } = await run({ shards: 1, retries: 2 }, (records) =>
      records.some(({ sequence }) => sequence === 10),
    );
    expect(lost).toEqual([[9, 16]]);
    expect(batches.filter((batch) => batch[0]?.sequence === 9)).toHaveLength(3);
    expect(batches.at(-1)?.at(-1)?.sequence).toBe(60);
  });

  it('splits a bad batch until only the bad record is given up, still in order', async () => {
    const isBad = (records: Batch) => records.some(({ sequence }) => sequence === 10);
    const { batches, lost } = await run({ shards: 1, bisect: true }, isBad);
    expect(lost).toEqual([[10, 10]]);
    const done = batches
      .filter((batch) => !isBad(batch))
      .flat()
      .map(({ sequence }) => sequence);
    expect(done).toHaveLength(59);
    expect(isRising(done)).toBe(true);
  });
});

/**
 * A DynamoDB stream with its event source: records of one key stay in order, as they lie in one shard and a shard has
 * one batch at a time. A batch that fails is retried as a whole, split in two if so set, and given up after so many
 * retries: what was given up is named to the failure destination, and the shard goes on.
 */
import { createHash } from 'node:crypto';
import type { Time } from './time.ts';

export interface StreamRecord<Change> {
  readonly sequence: number;
  readonly key: string;
  readonly change: Change;
}

export interface MemoryStreamOptions<Change> {
  readonly time: Time;
  readonly shards: number;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly retryDelayMs: number;
  /** Attempts after the first. */
  readonly retries: number;
  readonly bisect: boolean;
  /** Rejects to fail its batch. */
  readonly invoke: (records: readonly StreamRecord<Change>[]) => Promise<void>;
  /** Of a batch given up; like Lambda's, it names a range of the shard rather than holding the records. */
  readonly onFailure: (lost: { readonly shard: number; readonly first: number; readonly last: number }) => void;
}

export interface MemoryStream<Change> {
  append(key: string, change: Change): void;
  /** Records not yet processed or given up. */
  pending(): number;
}

interface Work<Change> {
  readonly records: readonly StreamRecord<Change>[];
  readonly attempt: number;
}

export function memoryStream<Change>(options: MemoryStreamOptions<Change>): MemoryStream<Change> {
  const shards = Array.from({ length: options.shards }, (_, shard) => createShard(shard, options));
  let sequence = 0;
  return {
    append(key, change) {
      shards[shardOf(key, options.shards)]?.append({ sequence: ++sequence, key, change });
    },
    pending: () => shards.reduce((total, shard) => total + shard.pending(), 0),
  };
}

const shardOf = (key: string, shards: number) => createHash('sha256').update(key).digest().readUInt32BE(0) % shards;

function createShard<Change>(shard: number, options: MemoryStreamOptions<Change>) {
  const { time, batchSize, windowMs, retryDelayMs, retries, bisect, invoke, onFailure } = options;
  const waiting: StreamRecord<Change>[] = [];
  /** What a failed batch became; goes before all that waits. */
  const again: Work<Change>[] = [];
  let busy = false;
  let unfinished = 0;

  function next(delayMs: number): void {
    if (busy || (again.length === 0 && waiting.length === 0)) return;
    busy = true;
    time.after(delayMs, () => void run(again.shift() ?? { records: waiting.splice(0, batchSize), attempt: 0 }));
  }

  async function run({ records, attempt }: Work<Change>): Promise<void> {
    const succeeded = await invoke(records).then(
      () => true,
      () => false,
    );
    if (!succeeded && attempt < retries)
      again.unshift(...split(records).map((half) => ({ records: half, attempt: attempt + 1 })));
    else {
      unfinished -= records.length;
      if (!succeeded) onFailure({ shard, first: records[0]?.sequence ?? 0, last: records.at(-1)?.sequence ?? 0 });
    }
    busy = false;
    next(succeeded ? 0 : retryDelayMs);
  }

  function split(records: readonly StreamRecord<Change>[]): (readonly StreamRecord<Change>[])[] {
    if (!bisect || records.length === 1) return [records];
    const middle = Math.ceil(records.length / 2);
    return [records.slice(0, middle), records.slice(middle)];
  }

  return {
    append(record: StreamRecord<Change>) {
      waiting.push(record);
      unfinished++;
      next(windowMs);
    },
    pending: () => unfinished,
  };
}

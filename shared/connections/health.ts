/** When a connection was last heard of: for people who watch it, so it is written at most once a minute. */
import type { Clock } from '../runtime/clock.ts';

export interface HealthStore {
  /** Keeps the later of the two. `receivedAt` is UTC, ISO 8601. */
  putLastWebhook(connection: string, receivedAt: string): Promise<void>;
  /** By connection. */
  listLastWebhooks(): Promise<ReadonlyMap<string, string>>;
}

export interface HealthNotes {
  heard(connection: string, receivedAt: string): Promise<void>;
}

const EVERY_MS = 60_000;

/** One an instance: it remembers what it wrote when. */
export function healthNotes(store: Pick<HealthStore, 'putLastWebhook'>, clock: Clock): HealthNotes {
  const writtenAt = new Map<string, number>();
  return {
    async heard(connection, receivedAt) {
      const nowMs = clock().getTime();
      if (nowMs - (writtenAt.get(connection) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
      writtenAt.set(connection, nowMs);
      await store.putLastWebhook(connection, receivedAt);
    },
  };
}

/** When a connection was last heard of, and what it told in vain: for people who watch it, so written at most once a minute. */
import type { Clock } from '../runtime/clock.ts';

export interface HeardOf {
  /** UTC, ISO 8601. */
  readonly lastWebhookAt?: string | undefined;
  /** The last shop that webhooks at this address told of, and that has no connection; it may be mistyped. */
  readonly unconnectedShop?: { readonly shop: string; readonly at: string } | undefined;
}

export interface HealthStore {
  /** Keeps the later of the two. */
  putLastWebhook(connection: string, receivedAt: string): Promise<void>;
  putUnconnectedShop(connection: string, shop: string, receivedAt: string): Promise<void>;
  /** By connection. */
  listHealth(): Promise<ReadonlyMap<string, HeardOf>>;
}

export interface HealthNotes {
  heard(connection: string, receivedAt: string): Promise<void>;
  unconnected(connection: string, shop: string, receivedAt: string): Promise<void>;
}

const EVERY_MS = 60_000;

/** One an instance: it remembers what it wrote when. */
export function healthNotes(
  store: Pick<HealthStore, 'putLastWebhook' | 'putUnconnectedShop'>,
  clock: Clock,
): HealthNotes {
  const writtenAt = new Map<string, number>();
  const isTime = (what: string): boolean => {
    const nowMs = clock().getTime();
    if (nowMs - (writtenAt.get(what) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return false;
    writtenAt.set(what, nowMs);
    return true;
  };
  return {
    async heard(connection, receivedAt) {
      if (isTime(connection)) await store.putLastWebhook(connection, receivedAt);
    },
    async unconnected(connection, shop, receivedAt) {
      if (isTime(`${connection}/unconnected`)) await store.putUnconnectedShop(connection, shop, receivedAt);
    },
  };
}

/** Updates → stored order, under a revision check. The loop is here, the two calls it makes are the store's. */

import type { Cause } from '../queues/messages.ts';
import { Conflict } from '../runtime/errors.ts';
import { mergeOrder, NO_PARTS, type OrderParts, type OrderUpdate } from './merge.ts';
import type { OrderKey } from './order-key.ts';

export interface StoredOrder {
  readonly key: OrderKey;
  /** Grows by one with each write. */
  readonly revision: number;
  readonly parts: OrderParts;
  readonly cause: Cause;
}

export interface OrderStore {
  /** Reads consistently; undefined if the order was never heard of. */
  getOrder(key: OrderKey): Promise<StoredOrder | undefined>;
  /** Writes if the stored revision is the one before `order.revision` (none, for 1); throws Conflict otherwise. */
  putOrder(order: StoredOrder): Promise<void>;
}

export interface OrderScan {
  /** A page of one of so many parts of the table, eventually consistent; `next` is undefined at the end of the part. */
  listOrders(page: {
    readonly segment: number;
    readonly of: number;
    readonly limit: number;
    readonly after?: string | undefined;
  }): Promise<{ readonly items: readonly StoredOrder[]; readonly next?: string }>;
}

export interface Applied {
  /** How many of the updates changed the order; the rest were duplicates or older than what is known. */
  readonly changed: number;
  readonly unchanged: number;
  readonly revision: number;
}

/** Two writers of one order are rare and three rarer; past this many the message goes back to the queue. */
const ATTEMPTS = 5;

/** Merges the updates of one order and writes it once, or not at all if they bring nothing new. */
export async function applyUpdates(
  store: OrderStore,
  key: OrderKey,
  updates: readonly OrderUpdate[],
  cause: Cause,
): Promise<Applied> {
  for (let attempt = 1; ; attempt++) {
    const stored = await store.getOrder(key);
    let parts = stored?.parts ?? NO_PARTS;
    let changed = 0;
    for (const update of updates) {
      const merged = mergeOrder(parts, update);
      if (merged !== parts) changed++;
      parts = merged;
    }
    const seen = stored?.revision ?? 0;
    if (changed === 0) return { changed, unchanged: updates.length, revision: seen };
    try {
      await store.putOrder({ key, revision: seen + 1, parts, cause });
      return { changed, unchanged: updates.length - changed, revision: seen + 1 };
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

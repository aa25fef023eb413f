/**
 * Orders in memory, as `shared/orders/store.ts` keeps them: the packed item as JSON, so that what is read is never what
 * somebody else still holds, and the format is exercised. An order of any size stays in one item.
 */
import { createHash } from 'node:crypto';
import type { OrderScan, OrderStore, StoredOrder } from '../../../shared/orders/apply.ts';
import { type PackedOrder, packOrder, unpackOrder } from '../../../shared/orders/item.ts';
import type { OrderKey } from '../../../shared/orders/order-key.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';

interface Item {
  readonly revision: number;
  /** Of cause and parts. */
  readonly json: string;
}

/** Of a key alone: an order that comes during a scan moves no other one to another segment. */
const segmentOf = (key: OrderKey, of: number): number => createHash('sha256').update(key).digest().readUInt32BE(0) % of;

export interface MemoryOrders extends OrderStore, OrderScan {
  keys(): OrderKey[];
  /** What getOrder answers, at once. */
  peek(key: OrderKey): StoredOrder | undefined;
}

export interface MemoryOrdersOptions {
  /** As the table's stream tells it. */
  readonly onOrder?: (now: StoredOrder, before: StoredOrder | undefined) => void;
}

export function memoryOrders({ onOrder }: MemoryOrdersOptions = {}): MemoryOrders {
  const items = new Map<OrderKey, Item>();

  function peek(key: OrderKey): StoredOrder | undefined {
    const item = items.get(key);
    if (!item) return undefined;
    // The cast: only putOrder writes here.
    const { cause, packed } = JSON.parse(item.json) as { cause: StoredOrder['cause']; packed: PackedOrder };
    return { key, revision: item.revision, cause, parts: unpackOrder(packed) };
  }

  return {
    keys: () => [...items.keys()],
    peek,
    getOrder: async (key) => peek(key),

    async putOrder({ key, revision, cause, parts }) {
      const stored = items.get(key)?.revision ?? 0;
      if (stored !== revision - 1) {
        throw new Conflict('order_changed', `Order moved on from revision ${revision - 1}.`);
      }
      const before = peek(key);
      items.set(key, { revision, json: JSON.stringify({ cause, packed: packOrder(parts) }) });
      const now = peek(key);
      if (now) onOrder?.(now, before);
    },

    async listOrders({ segment, of, limit, after }) {
      const mine = [...items.keys()].sort().filter((key) => segmentOf(key, of) === segment);
      const rest = mine.filter((key) => after === undefined || key > after);
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      const isEnd = limit >= rest.length;
      return { items: page.flatMap((key) => peek(key) ?? []), ...(!isEnd && last !== undefined && { next: last }) };
    },
  };
}

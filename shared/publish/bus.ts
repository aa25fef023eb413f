/** Where events are told to whoever listens. Delivery is at least once and in no order. */
import type { ProfileEvent } from './events.ts';

/** What the bus has to know of an event; all of it is the detail. */
export interface BusEvent {
  readonly id: string;
  readonly type: string;
  readonly occurredAt: string;
}

export interface EventBus<Event extends BusEvent = ProfileEvent> {
  /** Throws NotPublished where some were not taken, after some tries; all others were. */
  put(events: readonly Event[]): Promise<void>;
}

export class NotPublished extends Error {
  override readonly name = 'NotPublished';
  /** Why the first of them was not. */
  readonly code: string;
  /** Ids of those that were not taken. */
  readonly events: ReadonlySet<string>;
  constructor(refused: ReadonlyMap<string, string>, options?: ErrorOptions) {
    const [code = 'unknown'] = refused.values();
    super(`${refused.size} events were not taken.`, options);
    this.code = code;
    this.events = new Set(refused.keys());
  }
}

export interface Parcel {
  readonly id: string;
  readonly type: string;
  readonly occurredAt: string;
  readonly detail: string;
}

/** EventBridge takes 10 entries and 256 KB a call: what names an entry is little, but counted. */
const PARCELS_MOST = 10;
const BYTES_MOST = 240 * 1024;

/** In calls of a size that is taken. An event that is too large for any call is in one of its own, and refused there. */
export function parcelsOf(events: readonly BusEvent[]): Parcel[][] {
  const calls: Parcel[][] = [];
  let bytes = 0;
  for (const event of events) {
    const { id, type, occurredAt } = event;
    const parcel = { id, type, occurredAt, detail: JSON.stringify(event) };
    const size = Buffer.byteLength(parcel.detail);
    const last = calls.at(-1);
    if (last && last.length < PARCELS_MOST && bytes + size <= BYTES_MOST) {
      last.push(parcel);
      bytes += size;
    } else {
      calls.push([parcel]);
      bytes = size;
    }
  }
  return calls;
}

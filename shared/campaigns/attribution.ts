/**
 * Which messages brought which orders. An order of any channel counts for the last message before it, within the campaign's window;
 * those before that one assisted. It counts with what it is worth now, so a return takes it back.
 */
import { epochMs, type Instant } from '../time/instant.ts';
import { DAY_MS } from './past-sends.ts';

export interface AttributableSend {
  readonly key: string;
  readonly campaign: string;
  readonly at: Instant;
  readonly attributionDays: number;
}

export interface AttributableOrder {
  readonly key: string;
  readonly paidAt: Instant;
  /** Minor units; 0 or less where all was returned. */
  readonly net: number;
  readonly currency: string;
}

export interface Attribution {
  readonly order: AttributableOrder;
  /** The last message before it. */
  readonly last: AttributableSend;
  /** Earlier ones whose window it is in, too, oldest first. */
  readonly assisted: readonly AttributableSend[];
}

/** Of one customer; whatever the order of what is given. Orders that no message came before are left out, as are those returned. */
export function attribute(
  sends: readonly AttributableSend[],
  orders: readonly AttributableOrder[],
): readonly Attribution[] {
  const byTime = sends.toSorted((a, b) => (a.at === b.at ? compare(a.key, b.key) : compare(a.at, b.at)));
  return orders
    .toSorted((a, b) => (a.paidAt === b.paidAt ? compare(a.key, b.key) : compare(a.paidAt, b.paidAt)))
    .filter(({ net }) => net > 0)
    .flatMap((order) => {
      const before = byTime.filter((send) => isWithin(send, order));
      const last = before.at(-1);
      return last ? [{ order, last, assisted: before.slice(0, -1) }] : [];
    });
}

function isWithin({ at, attributionDays }: AttributableSend, { paidAt }: AttributableOrder): boolean {
  const passed = epochMs(paidAt) - epochMs(at);
  return passed > 0 && passed <= attributionDays * DAY_MS;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

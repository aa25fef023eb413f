/**
 * What was paid when, as far as it is known, so that any window is a sum: orders one by one where their day was read so or has
 * no other, else all of a day. A window of W days at instant t holds what was paid in (t − W × 24 h, t].
 */
import { instantMs } from '../time/instant-ms.ts';
import type { History } from './derive.ts';
import { type Sums, sumDay } from './sums.ts';

export const DAY_MS = 24 * 60 * 60 * 1000;

export interface Paid {
  /** When the first of its orders was paid, and the last: of a day whose orders are not known one by one they differ. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Its `days` count each order for one. */
  readonly sums: Sums;
}

/** Only what counts as an order. */
export function paidOf({ days, edges }: History): Paid[] {
  const paid: Paid[] = [];
  for (const [day, sums] of days) {
    const several = edges.get(day);
    if (several) {
      for (const one of several) if (one.counts) paid.push(paidAt(one.paidAt, one.paidAt, sumDay(day, [one])));
    } else if (sums.first !== undefined) paid.push(paidAt(sums.first, sums.last ?? sums.first, sums));
  }
  return paid;
}

function paidAt(first: string, last: string, sums: Sums): Paid {
  const firstMs = instantMs(first);
  return { firstMs, lastMs: last === first ? firstMs : instantMs(last), sums };
}

/** At an instant whose windows cut no day of which only the sums are known. */
export const paidWithin = (paid: readonly Paid[], windowDays: number, atMs: number): readonly Paid[] =>
  paid.filter(({ firstMs }) => firstMs > atMs - windowDays * DAY_MS && firstMs <= atMs);

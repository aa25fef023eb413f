/**
 * When a customer bought, so that a rolling window can be computed at any later instant without asking for the orders again.
 * A window of W days at instant t holds what was paid in (t − W × 24 h, t]: an order leaves at exactly paidAt + W × 24 h.
 *
 * Two grains. A customer of few orders can give every instant (`timelineOf`), and all that follows is exact. Else a day is a
 * sum, with instants only for the days that a window's edge cuts at the moment of deciding (`edgeDays`). A day without instants
 * was paid somewhere between its first and its last millisecond: both are tried, and where one of them would change a decision
 * it is looked at again at the first instant at which it could, at most a day early and never late, with the day's instants.
 */
import { WINDOWS, type Window, type WindowFacts } from '../profiles/facts.ts';
import { instant } from '../time/instant.ts';

export const DAY_MS = 86_400_000;

/** A counting order. Money in minor units of the reporting currency, 0 where there is no rate. */
export interface Purchase {
  readonly paidAtMs: number;
  readonly netSpend: number;
}

export interface TimelineDay {
  /** UTC, `2026-11-24`. */
  readonly day: string;
  readonly orders: number;
  readonly netSpend: number;
  /** The day's orders one by one, where they are known; they then stand for the sums beside them. */
  readonly exact?: readonly Purchase[];
}

/** Days with counting orders, in any order; older than 365 days they change nothing. */
export type Timeline = readonly TimelineDay[];

/** By day, every instant kept. */
export function timelineOf(purchases: readonly Purchase[]): Timeline {
  const days = new Map<string, Purchase[]>();
  for (const purchase of purchases) {
    const day = utcDay(purchase.paidAtMs);
    const known = days.get(day);
    if (known) known.push(purchase);
    else days.set(day, [purchase]);
  }
  return [...days].map(([day, exact]) => ({
    day,
    orders: exact.length,
    netSpend: exact.reduce((sum, { netSpend }) => sum + netSpend, 0),
    exact,
  }));
}

/** The UTC days whose instants a decision at `atMs` needs: those that an edge of a window cuts, today's among them. */
export const edgeDays = (atMs: number): readonly string[] =>
  [0, ...WINDOWS].map((days) => utcDay(atMs - days * DAY_MS));

export function windowsAt(timeline: Timeline, atMs: number): Readonly<Record<Window, WindowFacts>> {
  const ledger = ledgerOf(timeline);
  const window = (days: Window) => paidBetween(ledger, atMs - days * DAY_MS, atMs);
  return { 30: window(30), 90: window(90), 180: window(180), 365: window(365) };
}

/** A timeline in order of time with running sums, so that any window takes two binary searches. */
export interface Ledger {
  readonly timesMs: readonly number[];
  /** `orders[i]`, `netSpend[i]`: of the first i entries; one longer than `timesMs`. */
  readonly orders: readonly number[];
  readonly netSpend: readonly number[];
}

/** Where a day without instants is taken to have been paid. */
export type DayGrain = 'first' | 'last';

export function ledgerOf(timeline: Timeline, grain: DayGrain = 'first'): Ledger {
  const entries: { readonly ms: number; readonly orders: number; readonly netSpend: number }[] = [];
  for (const { day, orders, netSpend, exact } of timeline) {
    if (exact) {
      for (const one of exact) entries.push({ ms: one.paidAtMs, orders: 1, netSpend: one.netSpend });
    } else {
      entries.push({ ms: dayStartMs(day) + (grain === 'first' ? 0 : DAY_MS - 1), orders, netSpend });
    }
  }
  entries.sort((a, b) => a.ms - b.ms);
  const orders = [0];
  const netSpend = [0];
  entries.forEach((entry, index) => {
    orders.push((orders[index] ?? 0) + entry.orders);
    netSpend.push((netSpend[index] ?? 0) + entry.netSpend);
  });
  return { timesMs: entries.map(({ ms }) => ms), orders, netSpend };
}

/** Paid later than `afterMs`, up to and including `untilMs`. */
export function paidBetween(ledger: Ledger, afterMs: number, untilMs: number): WindowFacts {
  const from = countUntil(ledger.timesMs, afterMs);
  const to = countUntil(ledger.timesMs, untilMs);
  return { orders: between(ledger.orders, from, to), netSpend: between(ledger.netSpend, from, to) };
}

const between = (sums: readonly number[], from: number, to: number): number => (sums[to] ?? 0) - (sums[from] ?? 0);

/** How many of the ascending times are at or before `ms`. */
function countUntil(timesMs: readonly number[], ms: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const dayStartMs = (day: string): number => Date.parse(`${day}T00:00:00.000Z`);

const utcDay = (ms: number): string => instant(ms).slice(0, 10);

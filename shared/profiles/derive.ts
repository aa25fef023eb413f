/**
 * Sums → facts, as of an instant. Months and their days are enough for all but the days at which a window begins or ends:
 * of those with several orders the contributions are read, so a window is exact to the millisecond whatever the history.
 */
import { divideHalfEven } from '../money/amount.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import type { Contribution } from './contribution.ts';
import { type Breakdown, type Facts, WINDOWS, type Window, type WindowFacts } from './facts.ts';
import { addSums, NOTHING, type Parts, type Sums } from './sums.ts';
import { DAY_MS, type Paid, paidOf, paidWithin } from './windows.ts';

const MONTHS_SHOWN = 36;

export interface History {
  /** By day (`2026-11-24`, UTC): the sums of each day that has a paid order. */
  readonly days: ReadonlyMap<string, Sums>;
  /** The contributions of the days that `severalOrdersAtAnEdge` names. */
  readonly edges: ReadonlyMap<string, readonly Contribution[]>;
}

/**
 * Of the days in which a window of the facts begins or ends, or one of these lengths: when a single order was paid, its day's
 * sums tell.
 */
export function severalOrdersAtAnEdge(
  days: ReadonlyMap<string, Sums>,
  asOf: Instant,
  windows: readonly number[] = [],
): string[] {
  const edges = [0, ...WINDOWS, ...windows].map((window) => dayOf(epochMs(asOf) - window * DAY_MS));
  return [...new Set(edges)].filter((day) => (days.get(day)?.orders ?? 0) > 1);
}

export function deriveFacts(history: History, asOf: Instant, reportingCurrency: string): Facts {
  let all = NOTHING;
  for (const sums of history.days.values()) all = addSums(all, sums);
  const currencies = Object.keys(all.money);
  const [only] = currencies;
  const shared = currencies.length === 1 && only !== undefined ? only : undefined;
  const currency = shared ?? reportingCurrency;
  const unconverted = Object.values(all.unconverted).reduce((sum, count) => sum + count, 0);
  const paid = paidOf(history);
  const within = (window: Window) => paidWithin(paid, window, epochMs(asOf));
  const year = within(365);

  const money = shared === undefined ? all.reporting : all.money[shared];
  const netSpend = money?.net ?? 0;
  const counted = shared === undefined ? all.orders - unconverted : all.orders;
  const yearReporting = total(year, ({ reporting }) => reporting.net);
  const yearNet = shared === undefined ? yearReporting : total(year, (sums) => sums.money[shared]?.net ?? 0);
  const breakdown = (parts: Parts): Record<string, Breakdown> =>
    Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [
        name,
        {
          orders: part.orders,
          netSpend: shared === undefined ? part.reporting : (part.net[shared] ?? 0),
          lastPaidAt: part.last,
        },
      ]),
    );
  return {
    asOf,
    currency,
    orders: all.orders,
    netSpend,
    netSpend365d: yearNet,
    orders365d: total(year, ({ orders }) => orders),
    ...(all.first !== undefined && { firstPaidAt: all.first }),
    ...(all.last !== undefined && { lastPaidAt: all.last }),
    averageOrder: average(netSpend, counted),
    refundRate: money && money.paid > 0 ? Math.min(1, Math.max(0, money.refunded / money.paid)) : 0,
    channels: breakdown(all.parts.channels),
    categories: breakdown(all.parts.categories),
    regions: breakdown(all.parts.regions),
    hosts: breakdown(all.parts.hosts),
    stores: breakdown(all.parts.stores),
    reporting: {
      currency: reportingCurrency,
      netSpend: all.reporting.net,
      netSpend365d: yearReporting,
      averageOrder: average(all.reporting.net, all.orders - unconverted),
      unconverted: { ...all.unconverted },
    },
    windows: {
      '30': shown(within(30)),
      '90': shown(within(90)),
      '180': shown(within(180)),
      '365': shown(year),
    },
    months: monthsOf(history.days),
    purchases: {
      days: all.days,
      ...(all.firstDay && { firstDay: all.firstDay.day }),
      ...(all.lastDay !== undefined && { lastDay: all.lastDay }),
      ...(all.days > 1 && all.firstDay && { meanRepeatValue: (all.reporting.net - all.firstDay.net) / (all.days - 1) }),
    },
  };
}

const total = (paid: readonly Paid[], of: (sums: Sums) => number): number =>
  paid.reduce((sum, { sums }) => sum + of(sums), 0);

const shown = (paid: readonly Paid[]): WindowFacts => ({
  orders: total(paid, ({ orders }) => orders),
  netSpend: total(paid, ({ reporting }) => reporting.net),
});

function monthsOf(days: ReadonlyMap<string, Sums>): Record<string, WindowFacts> {
  const months = new Map<string, WindowFacts>();
  for (const [day, sums] of days) {
    if (sums.orders === 0) continue;
    const month = day.slice(0, 7);
    const known = months.get(month) ?? { orders: 0, netSpend: 0 };
    months.set(month, { orders: known.orders + sums.orders, netSpend: known.netSpend + sums.reporting.net });
  }
  return Object.fromEntries([...months].sort(([a], [b]) => (a < b ? -1 : 1)).slice(-MONTHS_SHOWN));
}

const average = (netSpend: number, orders: number): number =>
  orders > 0 ? Number(divideHalfEven(BigInt(netSpend), BigInt(orders))) : 0;

const dayOf = (ms: number): string => instant(ms).slice(0, 10);

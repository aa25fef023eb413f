/** Facts for the tests of tiers: a fold over purchases that shares no line with the product. */
import type { Breakdown, Facts, WindowFacts } from '../../shared/profiles/facts.ts';
import type { Purchase } from '../../shared/tiers/timeline.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';

export const DAY = 24 * 60 * 60 * 1000;
export const NOON = Date.parse('2026-11-24T12:00:00.000Z');
export const AT: Instant = instant(NOON);

export interface TestPurchase extends Purchase {
  readonly channel?: string;
  readonly category?: string;
}

export interface Known {
  readonly currency?: string;
  readonly unconverted?: Record<string, number>;
  readonly refundRate?: number;
}

/** As derived at `atMs`: lifetime figures of all purchases given, windows of those in (at − W, at]. */
export function factsOf(purchases: readonly TestPurchase[], atMs: number, known: Known = {}): Facts {
  const sorted = [...purchases].sort((a, b) => a.paidAtMs - b.paidAtMs);
  const netSpend = sum(sorted);
  const orders = sorted.length;
  const averageOrder = orders > 0 ? Math.round(netSpend / orders) : 0;
  const within = (days: number): WindowFacts => {
    const inside = sorted.filter(({ paidAtMs }) => paidAtMs <= atMs && paidAtMs > atMs - days * DAY);
    return { orders: inside.length, netSpend: sum(inside) };
  };
  const by = (name: (one: TestPurchase) => string | undefined): Record<string, Breakdown> => {
    const rows: Record<string, Breakdown> = {};
    for (const one of sorted) {
      const key = name(one);
      if (key === undefined) continue;
      const row = rows[key];
      rows[key] = {
        orders: (row?.orders ?? 0) + 1,
        netSpend: (row?.netSpend ?? 0) + one.netSpend,
        lastPaidAt: instant(one.paidAtMs),
      };
    }
    return rows;
  };
  const days = [...new Set(sorted.map(({ paidAtMs }) => instant(paidAtMs).slice(0, 10)))];
  const [first, last] = [sorted[0], sorted.at(-1)];
  const currency = known.currency ?? 'CNY';
  return {
    asOf: instant(atMs),
    currency,
    orders,
    netSpend,
    netSpend365d: within(365).netSpend,
    orders365d: within(365).orders,
    ...(first && { firstPaidAt: instant(first.paidAtMs) }),
    ...(last && { lastPaidAt: instant(last.paidAtMs) }),
    averageOrder,
    refundRate: known.refundRate ?? 0,
    channels: by(({ channel }) => channel ?? 'shopify'),
    categories: by(({ category }) => category),
    regions: {},
    hosts: {},
    stores: {},
    reporting: {
      currency,
      netSpend,
      netSpend365d: within(365).netSpend,
      averageOrder,
      unconverted: known.unconverted ?? {},
    },
    windows: { '30': within(30), '90': within(90), '180': within(180), '365': within(365) },
    months: {},
    purchases: { days: days.length, ...(days.length > 0 && { firstDay: days[0], lastDay: days.at(-1) }) },
  };
}

const sum = (purchases: readonly Purchase[]): number => purchases.reduce((total, { netSpend }) => total + netSpend, 0);

/** So many days before noon of the day of the tests; amounts in yuan. */
export const bought = (
  daysAgo: number,
  yuan: number,
  where: Pick<TestPurchase, 'channel' | 'category'> = {},
): TestPurchase => ({
  paidAtMs: NOON - daysAgo * DAY,
  netSpend: yuan * 100,
  ...where,
});

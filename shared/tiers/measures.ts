/**
 * What a tier rule may look at: each measure as a number of one customer at one instant, in words of both languages, and with
 * the instants at which time alone may carry it over a threshold. A number that cannot be had is a reason, never an error.
 */
import type { Breakdown, Facts, Predicted, Window, WindowFacts } from '../profiles/facts.ts';
import { DAY_MS, type DayGrain, dayStartMs, type Ledger, ledgerOf, paidBetween, type Timeline } from './timeline.ts';

/** Why a number cannot be had. */
export type Missing = 'no_prediction' | 'no_purchase' | 'no_rhythm' | 'no_earlier_window' | 'other_currency';

export type Reading = number | Missing;

/** Money: minor units. Share: 0 to 1. Days: whole days of 24 h that have passed. Times: a ratio. */
export type Unit = 'money' | 'orders' | 'count' | 'days' | 'share' | 'times';

export interface Subject {
  readonly facts: Facts;
  readonly predicted: Predicted;
  /** Without it the windows are those of `facts`, and hold at `facts.asOf` only. */
  readonly timeline?: Timeline | undefined;
}

/** A subject made ready to be read at many instants. */
export interface Customer {
  readonly facts: Facts;
  readonly predicted: Predicted;
  readonly ledger: Ledger | undefined;
  /** Whether amounts compare with the policy's. */
  readonly sameCurrency: boolean;
}

export const customerOf = (
  { facts, predicted, timeline }: Subject,
  policyCurrency: string,
  grain: DayGrain = 'first',
): Customer => ({
  facts,
  predicted,
  ledger: timeline && ledgerOf(timeline, grain),
  sameCurrency: facts.reporting.currency === policyCurrency,
});

export interface Measure {
  readonly unit: Unit;
  readonly zh: string;
  readonly en: string;
  /** Every reading is at least this, so `atLeast` it says nothing. Money and trends may be negative. */
  readonly least: number;
  readonly most?: number;
  readonly read: (customer: Customer, atMs: number) => Reading;
  /** Between two of these instants the reading stays on its side of each threshold. May hold some too many, and past ones. */
  readonly turns?: (customer: Customer, thresholds: readonly number[]) => readonly number[];
  /** The windows it sums, in days. */
  readonly windows?: readonly Window[];
  /** Comes from a model: falls as time passes without a purchase, at instants that only the model knows. */
  readonly predicted?: true;
}

const NO_LEAST = Number.NEGATIVE_INFINITY;

const money = (customer: Customer, minor: number): Reading => (customer.sameCurrency ? minor : 'other_currency');

function windowOf({ ledger, facts }: Customer, days: Window, atMs: number): WindowFacts {
  return ledger ? paidBetween(ledger, atMs - days * DAY_MS, atMs) : facts.windows[days];
}

/** An order enters when it is paid (clocks of shops may run ahead of ours) and leaves each window days × 24 h later. */
const windowTurns = (windows: readonly Window[]) => (customer: Customer) =>
  (customer.ledger?.timesMs ?? []).flatMap((ms) => [ms, ...windows.map((days) => ms + days * DAY_MS)]);

const windowMeasure = (days: Window, measure: Pick<Measure, 'unit' | 'zh' | 'en' | 'least' | 'read'>): Measure => ({
  ...measure,
  windows: [days],
  turns: windowTurns([days]),
});

const ordersWithin = (days: Window): Measure =>
  windowMeasure(days, {
    unit: 'orders',
    zh: `近 ${days} 天订单数`,
    en: `orders in the last ${days} days`,
    least: 0,
    read: (customer, atMs) => windowOf(customer, days, atMs).orders,
  });

const netSpendWithin = (days: Window): Measure =>
  windowMeasure(days, {
    unit: 'money',
    zh: `近 ${days} 天净消费`,
    en: `net spend in the last ${days} days`,
    least: NO_LEAST,
    read: (customer, atMs) => money(customer, windowOf(customer, days, atMs).netSpend),
  });

/** How many of them were bought from within 365 days: the last purchase of each tells. */
const activeWithinYear = (of: (facts: Facts) => Record<string, Breakdown>, zh: string, en: string): Measure => ({
  unit: 'count',
  zh: `近 365 天${zh}`,
  en: `${en} in the last 365 days`,
  least: 0,
  read: ({ facts }, atMs) =>
    Object.values(of(facts)).filter(({ orders, lastPaidAt }) => {
      const paidAtMs = Date.parse(lastPaidAt);
      return orders > 0 && paidAtMs > atMs - 365 * DAY_MS && paidAtMs <= atMs;
    }).length,
  turns: ({ facts }) =>
    Object.values(of(facts)).flatMap(({ lastPaidAt }) => {
      const paidAtMs = Date.parse(lastPaidAt);
      return [paidAtMs, paidAtMs + 365 * DAY_MS];
    }),
});

const inAll = (of: (facts: Facts) => Record<string, Breakdown>, zh: string, en: string): Measure => ({
  unit: 'count',
  zh,
  en,
  least: 0,
  read: ({ facts }) => Object.values(of(facts)).filter(({ orders }) => orders > 0).length,
});

/** Whole days of 24 h that have passed; none since what lies ahead. */
export const daysSince = (originMs: number, atMs: number): number =>
  Math.max(0, Math.floor((atMs - originMs) / DAY_MS));

/** When the whole days since the origin, as multiples of `unitDays`, pass each threshold; a day about for rounding. */
const ageTurns = (originMs: number, thresholds: readonly number[], unitDays = 1): readonly number[] =>
  thresholds.flatMap((threshold) =>
    [-1, 0, 1, 2].map((more) => originMs + (Math.ceil(threshold * unitDays) + more) * DAY_MS),
  );

const age = (of: (facts: Facts) => string | undefined, zh: string, en: string): Measure => ({
  unit: 'days',
  zh,
  en,
  least: 0,
  read: ({ facts }, atMs) => {
    const origin = of(facts);
    return origin === undefined ? 'no_purchase' : daysSince(Date.parse(origin), atMs);
  },
  turns: ({ facts }, thresholds) => {
    const origin = of(facts);
    return origin === undefined ? [] : ageTurns(Date.parse(origin), thresholds);
  },
});

/** Mean days between purchase days: the customer's own rhythm. Undefined before the second. */
export function rhythmOf({
  purchases,
}: Pick<Facts, 'purchases'>): { readonly gapDays: number; readonly lastMs: number } | undefined {
  const { days, firstDay, lastDay } = purchases;
  if (days < 2 || firstDay === undefined || lastDay === undefined || firstDay >= lastDay) return undefined;
  const lastMs = dayStartMs(lastDay);
  return { gapDays: (lastMs - dayStartMs(firstDay)) / DAY_MS / (days - 1), lastMs };
}

const TABLE = {
  netSpend: {
    unit: 'money',
    zh: '累计净消费',
    en: 'net spend in all',
    least: NO_LEAST,
    read: (customer) => money(customer, customer.facts.reporting.netSpend),
  },
  netSpend30d: netSpendWithin(30),
  netSpend90d: netSpendWithin(90),
  netSpend180d: netSpendWithin(180),
  netSpend365d: netSpendWithin(365),
  orders: { unit: 'orders', zh: '累计订单数', en: 'orders in all', least: 0, read: ({ facts }) => facts.orders },
  orders30d: ordersWithin(30),
  orders90d: ordersWithin(90),
  orders180d: ordersWithin(180),
  orders365d: ordersWithin(365),
  averageOrder: {
    unit: 'money',
    zh: '平均客单价',
    en: 'average order',
    least: NO_LEAST,
    read: (customer) =>
      customer.facts.orders === 0 ? 'no_purchase' : money(customer, customer.facts.reporting.averageOrder),
  },
  refundRate: {
    unit: 'share',
    zh: '退款率',
    en: 'refund rate',
    least: 0,
    most: 1,
    read: ({ facts }) => facts.refundRate,
  },
  channels: inAll(({ channels }) => channels, '购买渠道数', 'channels bought from'),
  channels365d: activeWithinYear(({ channels }) => channels, '购买渠道数', 'channels bought from'),
  categories: inAll(({ categories }) => categories, '购买品类数', 'product categories bought'),
  categories365d: activeWithinYear(({ categories }) => categories, '购买品类数', 'product categories bought'),
  purchaseDays: {
    unit: 'count',
    zh: '有购买的天数',
    en: 'days with a purchase',
    least: 0,
    read: ({ facts }) => facts.purchases.days,
  },
  daysSincePaid: age(({ lastPaidAt }) => lastPaidAt, '距上次购买的天数', 'days since the last purchase'),
  tenureDays: age(({ firstPaidAt }) => firstPaidAt, '距首次购买的天数', 'days since the first purchase'),
  ordersGrowth90d: {
    unit: 'orders',
    zh: '近 90 天订单数与再前 90 天之差',
    en: 'orders in the last 90 days less those of the 90 days before',
    least: NO_LEAST,
    windows: [90, 180],
    read: (customer, atMs) => 2 * windowOf(customer, 90, atMs).orders - windowOf(customer, 180, atMs).orders,
    turns: windowTurns([90, 180]),
  },
  spendTrend90d: {
    unit: 'times',
    zh: '近 90 天净消费与再前 90 天之比',
    en: 'net spend in the last 90 days over that of the 90 days before',
    least: NO_LEAST,
    windows: [90, 180],
    read: (customer, atMs) => {
      if (!customer.sameCurrency) return 'other_currency';
      const recent = windowOf(customer, 90, atMs).netSpend;
      const before = windowOf(customer, 180, atMs).netSpend - recent;
      return before > 0 ? recent / before : 'no_earlier_window';
    },
    turns: windowTurns([90, 180]),
  },
  rhythm: {
    unit: 'times',
    zh: '距上次购买的天数与其平均购买间隔之比',
    en: "days since the last purchase over the customer's mean days between purchases",
    least: 0,
    read: ({ facts }, atMs) => {
      const rhythm = rhythmOf(facts);
      return rhythm ? daysSince(rhythm.lastMs, atMs) / rhythm.gapDays : 'no_rhythm';
    },
    turns: ({ facts }, thresholds) => {
      const rhythm = rhythmOf(facts);
      return rhythm ? ageTurns(rhythm.lastMs, thresholds, rhythm.gapDays) : [];
    },
  },
  clv12m: {
    unit: 'money',
    zh: '未来 12 个月预测净消费',
    en: 'net spend expected in the next 12 months',
    least: NO_LEAST,
    predicted: true,
    read: (customer) =>
      customer.predicted.clv12m === undefined ? 'no_prediction' : money(customer, customer.predicted.clv12m),
  },
  aliveProbability: {
    unit: 'share',
    zh: '仍会回购的概率',
    en: 'probability of still being a customer',
    least: 0,
    most: 1,
    predicted: true,
    read: ({ predicted }) => predicted.aliveProbability ?? 'no_prediction',
  },
} satisfies Record<string, Measure>;

export type MeasureName = keyof typeof TABLE;

export const MEASURES: Readonly<Record<MeasureName, Measure>> = TABLE;

// The cast: Object.keys forgets that these are the keys of the table.
export const MEASURE_NAMES = Object.keys(TABLE) as [MeasureName, ...MeasureName[]];

/** Of a rule's tests, those on the left are never more than those on the right: `orders30d ≤ orders90d ≤ … ≤ orders`. */
export const AT_MOST_ANOTHER: readonly (readonly [MeasureName, MeasureName])[] = [
  ['orders30d', 'orders90d'],
  ['orders90d', 'orders180d'],
  ['orders180d', 'orders365d'],
  ['orders365d', 'orders'],
  ['purchaseDays', 'orders'],
  ['channels365d', 'channels'],
  ['channels', 'orders'],
  ['categories365d', 'categories'],
  ['daysSincePaid', 'tenureDays'],
];

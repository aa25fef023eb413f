/** Customers for tests of segments: orders one by one, and the subject that the product would make of them at an instant. */
import type { ChannelCategory } from '../../shared/channels/adapter.ts';
import type { Contribution } from '../../shared/profiles/contribution.ts';
import { deriveFacts, type History, severalOrdersAtAnEdge } from '../../shared/profiles/derive.ts';
import type { Predicted } from '../../shared/profiles/facts.ts';
import { type Sums, sumDay } from '../../shared/profiles/sums.ts';
import type { Subject } from '../../shared/segments/catalogue.ts';
import type { Condition } from '../../shared/segments/condition.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import type { Tier } from '../../shared/tiers/policy.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { personaId } from '../profiles/people.ts';

export const DAY = 24 * 60 * 60 * 1000;
export const NOON = Date.parse('2026-11-24T12:00:00.000Z');
export const REPORTING = 'CNY';

export const CHANNEL_CATEGORIES: ReadonlyMap<string, ChannelCategory> = new Map([
  ['shopify', 'ecommerce'],
  ['douyin', 'live'],
  ['square', 'pos'],
  ['shopee', 'cross_border'],
]);

export interface TestCustomer {
  readonly orders: readonly Contribution[];
  readonly personas: readonly string[];
  readonly tags: readonly string[];
  readonly consents: readonly string[];
  readonly predicted: Predicted;
  readonly tier: { readonly value: Tier; readonly since: string };
}

export interface TestOrder {
  readonly paidAtMs: number;
  /** Minor units. */
  readonly net?: number;
  readonly paid?: number;
  readonly counts?: boolean;
  readonly currency?: string;
  /** Units of the reporting currency that one unit is worth; absent: there is no rate. */
  readonly rate?: number | undefined;
  readonly channel?: string;
  readonly categories?: Readonly<Record<string, number>>;
  readonly region?: string;
  readonly store?: string;
  readonly host?: string;
}

export function orderOf(order: TestOrder, index: number): Contribution {
  const { paidAtMs, net = 10_000, paid = net, counts = true, currency = REPORTING, channel = 'shopify' } = order;
  const rate = currency === REPORTING ? 1 : order.rate;
  const left = counts ? net : 0;
  const money = { paid, refunded: paid - left, net: left };
  const { categories, region, store, host } = counts ? order : {};
  return {
    key: `${channel}/shop/${index}`,
    revision: 1,
    paidAt: instant(paidAtMs),
    counts,
    currency,
    ...money,
    ...(rate !== undefined && {
      reporting: { paid: money.paid * rate, refunded: money.refunded * rate, net: money.net * rate },
    }),
    channel,
    ...(categories && {
      categories: Object.fromEntries(
        Object.entries(categories).map(([path, of]) => [
          path,
          { net: of, ...(rate !== undefined && { reporting: of * rate }) },
        ]),
      ),
    }),
    ...(region !== undefined && { region }),
    ...(store !== undefined && { store }),
    ...(host !== undefined && { host }),
  };
}

export const customerOf = (orders: readonly TestOrder[], more: Partial<TestCustomer> = {}): TestCustomer => ({
  orders: orders.map(orderOf),
  personas: ['shopify/shop/1'],
  tags: [],
  consents: [],
  predicted: {},
  tier: { value: 'base', since: instant(NOON - 100 * DAY) },
  ...more,
});

const byDayOf = (orders: readonly Contribution[]): Map<string, Contribution[]> => {
  const byDay = new Map<string, Contribution[]>();
  for (const one of orders) {
    const day = one.paidAt.slice(0, 10);
    byDay.set(day, [...(byDay.get(day) ?? []), one]);
  }
  return byDay;
};

/** As the product reads it: of the days that the windows cut, the orders one by one. */
export function historyOf(orders: readonly Contribution[], at: Instant, windows: readonly number[]): History {
  const byDay = byDayOf(orders);
  const days = new Map<string, Sums>([...byDay].map(([day, of]) => [day, sumDay(day, of)]));
  return { days, edges: new Map(severalOrdersAtAnEdge(days, at, windows).map((day) => [day, byDay.get(day) ?? []])) };
}

export const subjectAt = (customer: TestCustomer, atMs: number, windows: readonly number[]): Subject =>
  subjectOf(customer, atMs, historyOf(customer.orders, instant(atMs), windows));

/** Every order of every day is known. */
export function knownWhole(customer: TestCustomer, atMs: number): Subject {
  const edges = byDayOf(customer.orders);
  return subjectOf(customer, atMs, { ...historyOf(customer.orders, instant(atMs), []), edges });
}

function subjectOf(customer: TestCustomer, atMs: number, history: History): Subject {
  const { personas, tags, consents, predicted, tier } = customer;
  const at = instant(atMs);
  const facts = deriveFacts(history, at, REPORTING);
  return { at, facts, predicted, tier, history, personas: personas.map(personaId), tags, consents };
}

export const segmentOf = (id: string, when: Condition, more: Partial<SegmentVersion> = {}): SegmentVersion => ({
  id,
  name: id,
  when,
  version: 1,
  revision: 1,
  isArchived: false,
  by: 'tests',
  at: instant(NOON - 50 * DAY),
  ...more,
});

/** So many days before noon of the day of the tests; amounts in yuan. */
export const bought = (daysAgo: number, yuan = 100, more: Partial<TestOrder> = {}): TestOrder => ({
  paidAtMs: NOON - daysAgo * DAY,
  net: yuan * 100,
  ...more,
});

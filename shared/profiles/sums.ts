/**
 * Sums over contributions, by day and over days: what months, years and whole customers are made of. Adding is commutative
 * and associative, so a sum is the same whatever it was added up from; nothing is ever incremented.
 */
import type { Contribution } from './contribution.ts';

/** Orders and money of a channel, a category, a place. Money by currency, and in the reporting one as far as there are rates. */
export interface Part {
  readonly orders: number;
  readonly net: Readonly<Record<string, number>>;
  readonly reporting: number;
  /** Paid time of the last. */
  readonly last: string;
}
export type Parts = Readonly<Record<string, Part>>;
export const KINDS = ['channels', 'categories', 'regions', 'hosts', 'stores'] as const;
export type Kind = (typeof KINDS)[number];

export interface Sums {
  /** That count. */
  readonly orders: number;
  /** Minor units by currency: net of orders that count; paid and refunded of all that were paid. */
  readonly money: Readonly<Record<string, { readonly net: number; readonly paid: number; readonly refunded: number }>>;
  /** In the reporting currency, of those with a rate. */
  readonly reporting: { readonly net: number; readonly paid: number; readonly refunded: number };
  /** Orders that count and have no rate, by currency. */
  readonly unconverted: Readonly<Record<string, number>>;
  readonly first?: string;
  readonly last?: string;
  /** Days (UTC) with an order that counts; the first of them, and what it brought in the reporting currency. */
  readonly days: number;
  readonly firstDay?: { readonly day: string; readonly net: number };
  readonly lastDay?: string;
  readonly parts: Readonly<Record<Kind, Parts>>;
}

export const NOTHING: Sums = {
  orders: 0,
  money: {},
  reporting: { net: 0, paid: 0, refunded: 0 },
  unconverted: {},
  days: 0,
  parts: { channels: {}, categories: {}, regions: {}, hosts: {}, stores: {} },
};

/** All contributions of one day (UTC), of one customer; each order once. */
export function sumDay(day: string, contributions: Iterable<Contribution>): Sums {
  let sums = NOTHING;
  for (const contribution of contributions) sums = addSums(sums, sumsOf(contribution));
  if (sums.orders === 0) return { ...sums, days: 0 };
  return { ...sums, days: 1, firstDay: { day, net: sums.reporting.net }, lastDay: day };
}

/** Of one order, as if there were no days: `sumDay` says what a day is. */
function sumsOf(contribution: Contribution): Sums {
  const { counts, currency, net, paid, refunded, reporting, paidAt, channel, categories, region, host, store } =
    contribution;
  const part = (ofNet: number, ofReporting: number | undefined): Part => ({
    orders: 1,
    net: { [currency]: ofNet },
    reporting: ofReporting ?? 0,
    last: paidAt,
  });
  const whole = (name: string | undefined): Parts =>
    counts && name !== undefined ? { [name]: part(net, reporting?.net) } : {};
  return {
    orders: counts ? 1 : 0,
    money: { [currency]: { net, paid, refunded } },
    reporting: reporting ?? { net: 0, paid: 0, refunded: 0 },
    unconverted: counts && !reporting ? { [currency]: 1 } : {},
    ...(counts && { first: paidAt, last: paidAt }),
    days: 0,
    parts: {
      channels: whole(channel),
      categories: Object.fromEntries(
        Object.entries(categories ?? {}).map(([name, of]) => [name, part(of.net, of.reporting)]),
      ),
      regions: whole(region),
      hosts: whole(host),
      stores: whole(store),
    },
  };
}

/** Of two sets of orders with no day in common. */
export function addSums(a: Sums, b: Sums): Sums {
  if (a === NOTHING) return b;
  if (b === NOTHING) return a;
  const first = earlier(a.first, b.first);
  const last = later(a.last, b.last);
  const firstDay = !a.firstDay || (b.firstDay && b.firstDay.day < a.firstDay.day) ? b.firstDay : a.firstDay;
  const lastDay = later(a.lastDay, b.lastDay);
  return {
    orders: a.orders + b.orders,
    money: merge(a.money, b.money, (x, y) => ({
      net: x.net + y.net,
      paid: x.paid + y.paid,
      refunded: x.refunded + y.refunded,
    })),
    reporting: {
      net: a.reporting.net + b.reporting.net,
      paid: a.reporting.paid + b.reporting.paid,
      refunded: a.reporting.refunded + b.reporting.refunded,
    },
    unconverted: merge(a.unconverted, b.unconverted, add),
    ...(first !== undefined && { first }),
    ...(last !== undefined && { last }),
    days: a.days + b.days,
    ...(firstDay && { firstDay }),
    ...(lastDay !== undefined && { lastDay }),
    parts: {
      channels: addParts(a.parts.channels, b.parts.channels),
      categories: addParts(a.parts.categories, b.parts.categories),
      regions: addParts(a.parts.regions, b.parts.regions),
      hosts: addParts(a.parts.hosts, b.parts.hosts),
      stores: addParts(a.parts.stores, b.parts.stores),
    },
  };
}

/** Of one day, of two personas of one customer. */
export function addSameDay(day: string, a: Sums, b: Sums): Sums {
  const sums = addSums(a, b);
  return sums.orders === 0 ? sums : { ...sums, days: 1, firstDay: { day, net: sums.reporting.net }, lastDay: day };
}

const add = (a: number, b: number): number => a + b;
const earlier = (a: string | undefined, b: string | undefined) =>
  a === undefined || (b !== undefined && b < a) ? b : a;
const later = (a: string | undefined, b: string | undefined) => (a === undefined || (b !== undefined && b > a) ? b : a);

const addParts = (a: Parts, b: Parts): Parts =>
  merge(a, b, (x, y) => ({
    orders: x.orders + y.orders,
    net: merge(x.net, y.net, add),
    reporting: x.reporting + y.reporting,
    last: later(x.last, y.last) ?? x.last,
  }));

/** By a Map, as names come from strangers: every object has a `constructor`. */
function merge<T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>, join: (x: T, y: T) => T) {
  const merged = new Map(Object.entries(a));
  for (const [name, value] of Object.entries(b)) {
    const known = merged.get(name);
    merged.set(name, known === undefined ? value : join(known, value));
  }
  return Object.fromEntries(merged);
}

/** What one order adds to its customer's facts: a pure function of the order and of the rate of its paid day. */
import type { CanonicalOrder } from '../orders/canonical-order.ts';
import { convertAt, type RateTable } from '../rates/rate-table.ts';
import { compact } from '../text/compact.ts';
import type { Instant } from '../time/instant.ts';

export interface Contribution {
  /** Of the order. */
  readonly key: string;
  /** Of the order: of two contributions of one order the greater revision stands. */
  readonly revision: number;
  readonly paidAt: Instant;
  /** Whether it counts as an order: paid in full, neither test nor deleted, something left of it. */
  readonly counts: boolean;
  readonly currency: string;
  /** Minor units of `currency`. `net` is less the unrefunded totals of gift cards: those count when spent. */
  readonly paid: number;
  readonly refunded: number;
  readonly net: number;
  /** The same in the reporting currency, by the rate of the paid day; absent where there is none. */
  readonly reporting?: { readonly paid: number; readonly refunded: number; readonly net: number };
  readonly channel: string;
  /** Minor units of what is left of the lines, by category path. */
  readonly categories?: Readonly<Record<string, { readonly net: number; readonly reporting?: number }>>;
  readonly region?: string;
  readonly host?: string;
  readonly store?: string;
}

/** Undefined for an order that is in no figure: not paid in full, a test, deleted, or known only by a refund. */
export function contributionOf(order: CanonicalOrder, rates: RateTable): Contribution | undefined {
  const { totals, paidAt, currency, test, deletedAt, key, revision, channel } = order;
  if (!totals || paidAt === undefined || currency === undefined || test || deletedAt !== undefined) return undefined;
  const { paid, refunded } = totals;
  const net = totals.net - giftCardsLeft(order);
  const rate = rates.rateOf(currency, paidAt.slice(0, 10));
  const toReporting = (minor: number) =>
    rate === undefined ? undefined : convertAt(minor, currency, rates.reportingCurrency, rate);
  const reporting =
    rate === undefined
      ? undefined
      : { paid: toReporting(paid) ?? 0, refunded: toReporting(refunded) ?? 0, net: toReporting(net) ?? 0 };
  const counts = totals.net > 0;
  const { region, host, store } = placesOf(order);
  return compact({
    key,
    revision,
    // The cast: a canonical order's times are instants.
    paidAt: paidAt as Instant,
    counts,
    currency,
    paid,
    refunded,
    net: counts ? net : 0,
    reporting: reporting && { ...reporting, net: counts ? reporting.net : 0 },
    channel,
    categories: counts ? categoriesOf(order, toReporting) : undefined,
    region: counts ? region : undefined,
    host: counts ? host : undefined,
    store: counts ? store : undefined,
  });
}

const leftOf = ({ total, quantity, refundedQuantity }: CanonicalOrder['lines'][number]): number => {
  if (quantity <= 0 || refundedQuantity <= 0) return total;
  const left = Math.max(0, quantity - refundedQuantity);
  return Math.round((total * left) / quantity);
};

const giftCardsLeft = ({ lines }: CanonicalOrder): number =>
  lines.reduce((sum, line) => (line.giftCard ? sum + leftOf(line) : sum), 0);

function categoriesOf({ lines }: CanonicalOrder, toReporting: (minor: number) => number | undefined) {
  const byPath = new Map<string, number>();
  for (const line of lines) {
    if (line.giftCard || !line.categoryPath || line.categoryPath.length === 0) continue;
    const path = line.categoryPath.join('/');
    if (path === '__proto__') continue; // nobody's category, and no name for a field
    byPath.set(path, (byPath.get(path) ?? 0) + leftOf(line));
  }
  if (byPath.size === 0) return undefined;
  return Object.fromEntries(
    [...byPath].map(([path, net]) => [path, compact({ net, reporting: toReporting(net) })] as const),
  );
}

export interface Places {
  /** `country/province`, or what is known of it. */
  readonly region?: string;
  /** `channel/connection/id` */
  readonly host?: string;
  readonly store?: string;
}

/** Where an order was made and went, by the names that facts have it under. */
export function placesOf(order: Pick<CanonicalOrder, 'channel' | 'connection' | 'source' | 'shipTo'>): Places {
  const { channel, connection, source } = order;
  const named = (id: string | undefined) => (id === undefined ? undefined : `${channel}/${connection}/${id}`);
  return compact({ region: regionOf(order), host: named(source?.hostId), store: named(source?.storeId) });
}

const regionOf = ({ shipTo }: Pick<CanonicalOrder, 'shipTo'>): string | undefined => {
  const parts = [shipTo?.country, shipTo?.province].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join('/') : undefined;
};

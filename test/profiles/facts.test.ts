/** Facts are a fold over orders, whatever days, months and windows they are added up in. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { type Contribution, contributionOf } from '../../shared/profiles/contribution.ts';
import { deriveFacts, severalOrdersAtAnEdge } from '../../shared/profiles/derive.ts';
import { Facts } from '../../shared/profiles/facts.ts';
import { addSums, NOTHING, type Sums, sumDay } from '../../shared/profiles/sums.ts';
import { parseRates, rateTable } from '../../shared/rates/rate-table.ts';
import { instant } from '../../shared/time/instant.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.parse('2026-11-24T10:30:00.000Z');
const rates = rateTable('CNY', [
  ...parseRates(
    Array.from({ length: 800 }, (_, back) => `${instant(NOW - back * DAY).slice(0, 10)},USD,7.${back % 10}`).join('\n'),
  ).rates,
]);

interface Made {
  readonly paidMs: number;
  readonly currency: string;
  readonly total: number;
  readonly refunded: number;
  readonly channel: string;
  readonly test: boolean;
  readonly giftCard: boolean;
  readonly category: string;
}

const made: fc.Arbitrary<Made> = fc.record({
  paidMs: fc.oneof(
    fc.integer({ min: NOW - 700 * DAY, max: NOW }),
    // Around the edges of windows, to the millisecond.
    fc
      .tuple(fc.constantFrom(30, 90, 180, 365), fc.integer({ min: -2, max: 2 }))
      .map(([window, ms]) => NOW - window * DAY + ms),
  ),
  currency: fc.constantFrom('CNY', 'CNY', 'USD', 'EUR'),
  total: fc.integer({ min: 0, max: 100_000 }),
  refunded: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 120_000 })),
  channel: fc.constantFrom('douyin', 'square', 'shopify'),
  test: fc.boolean().map((test) => test && false),
  giftCard: fc.constantFrom(false, false, false, true),
  category: fc.constantFrom('tea', 'tea/green', 'constructor'),
});

function order(
  { paidMs, currency, total, refunded, channel, test, giftCard, category }: Made,
  id: number,
): CanonicalOrder {
  const at = instant(paidMs);
  const zero = { merchantDiscount: 0, platformDiscount: 0, shipping: 0, tax: 0, tip: 0, fees: 0 };
  return {
    key: `${channel}/shop/${id}`,
    channel,
    connection: 'shop',
    category: 'live',
    orderId: String(id),
    status: 'paid',
    payment: 'paid',
    placedAt: at,
    paidAt: at,
    currency,
    totals: { items: total, ...zero, total, paid: total, refunded, net: total - refunded },
    lines: [
      {
        lineId: '1',
        quantity: 1,
        unitPrice: total,
        discount: 0,
        total,
        refundedQuantity: 0,
        categoryPath: category.split('/'),
        ...(giftCard && { giftCard }),
      },
    ],
    refunds: [],
    buyer: {},
    shipTo: { country: 'CN', province: '浙江' },
    source: { liveRoomId: 'r', hostId: 'h1' },
    test,
    flags: [],
    revision: 1,
  };
}

function groupByDay(contributions: readonly Contribution[]): Map<string, Contribution[]> {
  const byDay = new Map<string, Contribution[]>();
  for (const contribution of contributions) {
    const day = contribution.paidAt.slice(0, 10);
    byDay.set(day, [...(byDay.get(day) ?? []), contribution]);
  }
  return byDay;
}

function factsOf(contributions: readonly Contribution[], asOfMs: number): Facts {
  const byDay = groupByDay(contributions);
  const days = new Map<string, Sums>([...byDay].map(([day, of]) => [day, sumDay(day, of)]));
  const asOf = instant(asOfMs);
  const edges = new Map(severalOrdersAtAnEdge(days, asOf).map((day) => [day, byDay.get(day) ?? []]));
  return deriveFacts({ days, edges }, asOf, 'CNY');
}

describe('facts', () => {
  it('are those of a plain loop over the orders', () => {
    fc.assert(
      fc.property(fc.array(made, { maxLength: 30 }), (all) => {
        const orders = all.map(order);
        const facts = factsOf(
          orders.flatMap((one) => contributionOf(one, rates) ?? []),
          NOW,
        );
        expect(Facts.parse(facts)).toEqual(facts);
        const counting = orders.filter(({ totals }) => (totals?.net ?? 0) > 0);
        expect(facts.orders).toBe(counting.length);
        for (const window of [30, 90, 180, 365] as const) {
          const within = counting.filter(({ paidAt = '' }) => Date.parse(paidAt) > NOW - window * DAY);
          expect(facts.windows[`${window}`].orders).toBe(within.length);
        }
        expect(facts.orders365d).toBe(facts.windows['365'].orders);
        const currencies = new Set(orders.map(({ currency }) => currency));
        if (currencies.size === 1) {
          const [currency] = currencies;
          const spent = counting.reduce(
            (sum, { totals, lines }) => sum + (totals?.net ?? 0) - (lines[0]?.giftCard ? (lines[0]?.total ?? 0) : 0),
            0,
          );
          expect(facts).toMatchObject({ currency, netSpend: spent });
        } else expect(facts).toMatchObject({ currency: 'CNY', netSpend: facts.reporting.netSpend });
        const euros = counting.filter(({ currency }) => currency === 'EUR').length;
        expect(facts.reporting.unconverted).toEqual(euros > 0 ? { EUR: euros } : {});
        expect(Object.values(facts.channels).reduce((sum, { orders }) => sum + orders, 0)).toBe(counting.length);
        expect(facts.purchases.days).toBe(new Set(counting.map(({ paidAt = '' }) => paidAt.slice(0, 10))).size);
        const last = counting
          .map(({ paidAt = '' }) => paidAt)
          .sort()
          .at(-1);
        expect(facts.lastPaidAt).toBe(last);
      }),
      { numRuns: 300 },
    );
  });

  it('are added up in any order and in any groups of days', () => {
    fc.assert(
      fc.property(fc.array(made, { maxLength: 20 }), fc.nat(), (all, seed) => {
        const contributions = all.map(order).flatMap((one) => contributionOf(one, rates) ?? []);
        const byDay = [...groupByDay(contributions)];
        const sums = byDay.map(([day, of]) => sumDay(day, of));
        const straight = sums.reduce(addSums, NOTHING);
        const turned = sums.toReversed().reduce((sum, next) => addSums(next, sum), NOTHING);
        const at = sums.length === 0 ? 0 : seed % sums.length;
        const grouped = addSums(sums.slice(0, at).reduce(addSums, NOTHING), sums.slice(at).reduce(addSums, NOTHING));
        expect(turned).toEqual(straight);
        expect(grouped).toEqual(straight);
        const shuffledDays = byDay.map(([day, of]) => sumDay(day, of.toReversed()));
        expect(shuffledDays.reduce(addSums, NOTHING)).toEqual(straight);
      }),
    );
  });

  it('tests, deleted and unpaid orders are in no figure; one refunded in full only in the refund rate', () => {
    const plain: Made = {
      paidMs: NOW - DAY,
      currency: 'CNY',
      total: 10_000,
      refunded: 0,
      channel: 'douyin',
      test: false,
      giftCard: false,
      category: 'tea',
    };
    const one = order(plain, 1);
    expect(contributionOf({ ...one, test: true }, rates)).toBeUndefined();
    expect(contributionOf({ ...one, deletedAt: instant(NOW) }, rates)).toBeUndefined();
    const { paidAt: _, ...unpaid } = one;
    expect(contributionOf(unpaid, rates)).toBeUndefined();
    const back = order({ ...plain, refunded: 10_000 }, 2);
    const facts = factsOf(
      [one, back].flatMap((of) => contributionOf(of, rates) ?? []),
      NOW,
    );
    expect(facts).toMatchObject({ orders: 1, netSpend: 10_000, refundRate: 0.5, averageOrder: 10_000 });
    expect(facts.regions).toEqual({ 'CN/浙江': { orders: 1, netSpend: 10_000, lastPaidAt: one.paidAt } });
    expect(facts.hosts).toHaveProperty('douyin/shop/h1');
  });

  it('an order leaves a window to the millisecond', () => {
    const paidMs = NOW - 30 * DAY;
    const contributions = [contributionOf(order({ ...samples.one, paidMs }, 1), rates)].flatMap((of) => of ?? []);
    expect(factsOf(contributions, NOW - 1).windows['30'].orders).toBe(1);
    expect(factsOf(contributions, NOW).windows['30'].orders).toBe(0);
    // Half a day later by the clock, the same day by the calendar.
    expect(factsOf(contributions, NOW + DAY / 2).windows['90'].orders).toBe(1);
  });
});

const samples = {
  one: {
    paidMs: NOW,
    currency: 'CNY',
    total: 100,
    refunded: 0,
    channel: 'douyin',
    test: false,
    giftCard: false,
    category: 'tea',
  },
};

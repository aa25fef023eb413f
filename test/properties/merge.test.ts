/** What merging promises, on random messages of one order: its arrival, repetition and batching change nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EnvelopeId } from '../../shared/lake/envelope.ts';
import type { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { deriveOrder } from '../../shared/orders/derive.ts';
import { mergeOrder, NO_PARTS, type OrderParts, type OrderUpdate } from '../../shared/orders/merge.ts';
import type { Line, Milestone, Money, OrderDocument, Refund, State } from '../../shared/orders/parts.ts';
import { compact } from '../../shared/text/compact.ts';
import { instant } from '../../shared/time/instant.ts';

const DAY_ONE = Date.UTC(2026, 10, 20);
const ENVELOPE = EnvelopeId.parse('01900000-0000-7000-8000-000000000001');
const identity = { channel: 'shopify', category: 'ecommerce', connection: 'demo', orderId: '1', revision: 1 } as const;

/** Few distinct times, so that many versions tie. */
const second = fc.nat(5);
const tie = fc.constantFrom('', '001', '002');
const reading = fc.constantFrom(1, 1, 1, 2);
const small = fc.nat(3);

const line = (lineId: string): fc.Arbitrary<Line> =>
  fc
    .record({ quantity: fc.integer({ min: 1, max: 4 }), unitPrice: fc.nat(20_000), share: fc.nat(100) })
    .map(({ quantity, unitPrice, share }) => ({
      lineId,
      quantity,
      unitPrice,
      discount: Math.floor((quantity * unitPrice * share) / 100),
    }));

/** Money and lines as a consistent source states them. */
const consistent: fc.Arbitrary<{ readonly money: Money; readonly lines: readonly Line[] }> = fc
  .record({
    lines: fc.tuple(line('a'), line('b')),
    shipping: fc.nat(3_000),
    free: fc.boolean(),
    tax: fc.nat(4_000),
    taxIncluded: fc.boolean(),
    tip: fc.nat(500),
    fees: fc.integer({ min: -5, max: 900 }),
    ownShare: fc.nat(100),
    shopper: fc.option(fc.record({ currency: fc.constant('EUR'), total: fc.nat(200_000) }), { nil: undefined }),
  })
  .map(({ lines, shipping, free, tax, taxIncluded, tip, fees, ownShare, shopper }) => {
    const items = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
    const shippingDiscount = free ? shipping : 0;
    const discounts = lines.reduce((sum, { discount }) => sum + discount, 0) + shippingDiscount;
    const merchantDiscount = Math.floor((discounts * ownShare) / 100);
    const total = items - discounts + shipping + (taxIncluded ? 0 : tax) + tip + fees;
    const platformDiscount = discounts - merchantDiscount;
    const money: Money = compact({
      currency: 'USD',
      taxIncluded,
      items,
      merchantDiscount,
      platformDiscount,
      shipping,
      shippingDiscount,
      tax,
      tip,
      fees,
      total,
      shopper,
    });
    return { money, lines };
  });

const reached: fc.Arbitrary<State['reached']> = fc
  .record({
    paid: fc.constantFrom<'shown' | undefined>('shown', undefined),
    fulfilled: fc.option(second, { nil: undefined }),
    completed: fc.option(second, { nil: undefined }),
    cancelled: fc.option(second, { nil: undefined, freq: 1 }),
  })
  .map(({ paid, ...timed }) => {
    const at = (seconds: number | undefined) => (seconds === undefined ? undefined : instant(DAY_ONE + seconds * 1000));
    const all: { [K in Milestone]: State['reached'][K] | undefined } = {
      paid,
      fulfilled: at(timed.fulfilled),
      completed: at(timed.completed),
      cancelled: at(timed.cancelled),
    };
    return compact(all);
  });

const refund = fc
  .record({
    id: fc.constantFrom('r1', 'r2', 'r3'),
    at: second,
    status: fc.constantFrom<Refund['status']>('requested', 'succeeded', 'rejected'),
    amount: fc.nat(20_000),
    currency: fc.constantFrom('USD', 'EUR', 'GBP'),
    lineId: fc.constantFrom('a', 'b'),
    quantity: fc.nat(2),
  })
  .map(({ id, at, status, amount, currency, lineId, quantity }) => ({
    id,
    version: { source: DAY_ONE + at * 1000, fetchedAt: 0, tie: '' },
    value: {
      status,
      amount,
      currency,
      at: instant(DAY_ONE + at * 1000),
      lines: [{ lineId, quantity }],
    } satisfies Refund,
  }));

const orderDocument: fc.Arbitrary<OrderDocument> = fc
  .record({
    at: second,
    tie,
    reached,
    consistent,
    email: fc.option(fc.constantFrom('a@example.com', 'b@example.com'), { nil: undefined }),
    buyerId: fc.option(fc.constantFrom('1', '2'), { nil: undefined }),
    refunds: fc.option(fc.array(refund, { maxLength: 2 }), { nil: undefined }),
    silent: fc.boolean(),
    test: fc.constantFrom<true | undefined>(undefined, undefined, true),
  })
  .map(({ at, tie, reached, consistent, email, buyerId, refunds, silent, test }) => {
    const updatedAt = instant(DAY_ONE + at * 1000);
    const state: State = compact({ placedAt: instant(DAY_ONE), updatedAt, reached, test });
    const buyer = buyerId === undefined ? undefined : { buyerId };
    return {
      orderId: '1',
      version: { source: DAY_ONE + at * 1000, fetchedAt: 0, tie },
      parts: compact({
        ...(silent ? {} : { state, ...consistent }),
        buyer,
        email,
        refundIds: refunds?.map(({ id }) => id),
      }),
      ...(refunds && { refunds }),
    };
  });

const refundDocument: fc.Arbitrary<OrderDocument> = refund.map((part) => ({
  orderId: '1',
  version: part.version,
  parts: {},
  refunds: [part],
}));

const deletion: fc.Arbitrary<OrderDocument> = second.map((at) => ({
  orderId: '1',
  version: { source: DAY_ONE + at * 1000, fetchedAt: 0, tie: '' },
  parts: { deletion: { at: instant(DAY_ONE + at * 1000) } },
}));

const document = fc.oneof(
  { weight: 6, arbitrary: orderDocument },
  { weight: 3, arbitrary: refundDocument },
  { weight: 1, arbitrary: deletion },
);
const update: fc.Arbitrary<OrderUpdate> = fc.record({ document, reading, envelope: fc.constant(ENVELOPE) });
const updates = fc.array(update, { minLength: 1, maxLength: 9 });

const merge = (updates: readonly OrderUpdate[], from: OrderParts = NO_PARTS) => updates.reduce(mergeOrder, from);
const derive = (updates: readonly OrderUpdate[]): CanonicalOrder => deriveOrder(identity, merge(updates));

/** An array and another order of it. */
const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });

const runs = { numRuns: 500 };

describe('any messages of one order', () => {
  test('in any order: the same order', () => {
    const pair = updates.chain((all) => fc.tuple(fc.constant(all), shuffled(all)));
    fc.assert(
      fc.property(pair, ([all, other]) => {
        expect(derive(other)).toEqual(derive(all));
      }),
      runs,
    );
  });

  test('with any of them repeated, anywhere: the same order', () => {
    const repeated = updates.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.array(fc.constantFrom(...all), { maxLength: 6 }).chain((more) => shuffled([...all, ...more])),
      ),
    );
    fc.assert(
      fc.property(repeated, ([all, other]) => {
        expect(derive(other)).toEqual(derive(all));
      }),
      runs,
    );
  });

  test('in any batches, each merged on what was stored and read back as JSON: the same order', () => {
    fc.assert(
      fc.property(updates, fc.nat(8), (all, cut) => {
        const stored: OrderParts = JSON.parse(JSON.stringify(merge(all.slice(0, cut))));
        expect(deriveOrder(identity, merge(all.slice(cut), stored))).toEqual(derive(all));
      }),
      runs,
    );
  });

  test('a duplicate gives back the very same object', () => {
    fc.assert(
      fc.property(updates, small, (all, index) => {
        const parts = merge(all);
        const again = all[index % all.length];
        if (again) expect(mergeOrder(parts, again)).toBe(parts);
        expect(merge(all.toReversed(), parts)).toBe(parts);
      }),
      runs,
    );
  });

  test('older news undoes nothing: what the newest says of itself stands', () => {
    fc.assert(
      fc.property(updates, orderDocument, fc.boolean(), (all, last, bySecond) => {
        // Newer than all others by a second, or by the platform's tie-breaker within the last one.
        const source = DAY_ONE + (bySecond ? 6000 : 5000);
        const newest: OrderDocument = { ...last, version: { source, fetchedAt: 0, tie: bySecond ? '' : '999' } };
        const parts = merge([{ document: newest, reading: 1, envelope: ENVELOPE }, ...all]);
        for (const [name, value] of Object.entries(newest.parts)) {
          expect({ ...parts.single }[name]).toMatchObject({ value });
        }
      }),
      runs,
    );
  });

  test('of two contents of one refund at one time, the one further along stands', () => {
    fc.assert(
      fc.property(updates, refund, (all, part) => {
        const version = { source: DAY_ONE + 6000, fetchedAt: 0, tie: '' };
        const stages = (['succeeded', 'rejected', 'requested'] as const).map((status) => ({
          reading: 1,
          envelope: ENVELOPE,
          document: {
            orderId: '1',
            version,
            parts: {},
            refunds: [{ ...part, version, value: { ...part.value, status } }],
          },
        }));
        const { refunds } = derive([...stages, ...all]);
        expect(refunds.find(({ refundId }) => refundId === part.id)?.status).toBe('succeeded');
      }),
      runs,
    );
  });

  test('a list of all refunds retires the older ones that it leaves out, and no newer ones', () => {
    fc.assert(
      fc.property(updates, fc.subarray(['r1', 'r2', 'r3']), refund, (all, listed, late) => {
        const at = (seconds: number) => ({ source: DAY_ONE + seconds * 1000, fetchedAt: 0, tie: '' });
        const list = { orderId: '1', version: at(6), parts: { refundIds: listed } };
        const newer = { id: 'r4', version: at(7), value: late.value };
        const after = { orderId: '1', version: at(7), parts: {}, refunds: [newer] };
        const more = [list, after].map((document) => ({ document, reading: 1, envelope: ENVELOPE }));
        const ids = derive([...more, ...all]).refunds.map(({ refundId }) => refundId);
        for (const id of ids) expect([...listed, 'r4']).toContain(id);
        expect(ids).toContain('r4');
      }),
      runs,
    );
  });

  test('replayed by a better adapter, before, after or between: what it says wins', () => {
    const replay = updates.chain((all) => {
      const wrong = all.map((one) => ({ ...one, reading: 1, document: misread(one.document) }));
      const right = all.map((one) => ({ ...one, reading: 2 }));
      return fc.tuple(fc.constant(right), shuffled([...wrong, ...right]));
    });
    fc.assert(
      fc.property(replay, ([right, both]) => {
        expect(derive(both)).toEqual(derive(right));
      }),
      runs,
    );
  });
});

/** The same parts, each with another content. Parts that were never said cannot be taken back: the better adapter is silent on them. */
function misread(document: OrderDocument): OrderDocument {
  const { state, money, email } = document.parts;
  return {
    ...document,
    parts: {
      ...document.parts,
      ...(state && { state: { ...state, reached: { ...state.reached, paid: 'shown' } } }),
      ...(money && { money: { ...money, tip: money.tip + 1 } }),
      ...(email !== undefined && { email: `wrong-${email}` }),
    },
    ...(document.refunds && {
      refunds: document.refunds.map((part) => ({ ...part, value: { ...part.value, amount: part.value.amount + 1 } })),
    }),
  };
}

describe('what comes out', () => {
  test('net is paid less refunded, refunded is the sum of what succeeded, and lines add up', () => {
    fc.assert(
      fc.property(updates, (all) => {
        const { totals, refunds, lines, flags, taxIncluded } = derive(all);
        for (const line of lines) expect(line.total).toBe(line.quantity * line.unitPrice - line.discount);
        if (!totals) return;
        expect(totals.net).toBe(totals.paid - totals.refunded);
        const succeeded = refunds.filter(({ status }) => status === 'succeeded');
        expect(totals.refunded).toBe(succeeded.reduce((sum, { amount }) => sum + amount, 0));
        const { items, merchantDiscount, platformDiscount, shipping, tax, tip, fees, total } = totals;
        const owed = items - merchantDiscount - platformDiscount + shipping + (taxIncluded ? 0 : tax) + tip + fees;
        expect(total).toBe(owed);
        expect(flags).not.toContain('total_mismatch');
      }),
      runs,
    );
  });

  test('a consistent order has no flag of a contradiction, and one cent off anywhere has', () => {
    const field = fc.constantFrom('items', 'merchantDiscount', 'shipping', 'tip', 'fees', 'total', 'platformDiscount');
    fc.assert(
      fc.property(consistent, field, ({ money, lines }, name) => {
        const flagsOf = (money: Money) => {
          const parts: OrderDocument['parts'] = {
            money,
            lines,
            state: { placedAt: instant(0), updatedAt: instant(0), reached: {} },
          };
          return derive([
            {
              document: { orderId: '1', version: { source: 0, fetchedAt: 0, tie: '' }, parts },
              reading: 1,
              envelope: ENVELOPE,
            },
          ]).flags;
        };
        expect(flagsOf(money)).toEqual([]);
        expect(flagsOf({ ...money, [name]: money[name] + 1 })).toContain('total_mismatch');
      }),
      runs,
    );
  });

  test('known only by refunds: no status, payment or totals', () => {
    fc.assert(
      fc.property(fc.array(refundDocument, { minLength: 1, maxLength: 5 }), (documents) => {
        const order = derive(documents.map((document) => ({ document, reading: 1, envelope: ENVELOPE })));
        expect(order).not.toHaveProperty('status');
        expect(order).not.toHaveProperty('payment');
        expect(order).not.toHaveProperty('totals');
        expect(order.refunds.length).toBeGreaterThan(0);
      }),
    );
  });

  test('once paid, paid: no later message takes it back', () => {
    fc.assert(
      fc.property(updates, (all) => {
        const shown = all.some(({ document }) => document.parts.state?.reached.paid !== undefined);
        const order = derive(all.map((one) => ({ ...one, reading: 1 })));
        if (shown) expect(order.payment).not.toBe('unpaid');
        if (order.payment === 'unpaid') expect(order.totals?.paid).toBe(0);
      }),
      runs,
    );
  });
});

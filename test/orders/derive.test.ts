/** What follows from the parts where a platform says only some of them. */
import { describe, expect, it } from 'vitest';
import type { EnvelopeId } from '../../shared/lake/envelope.ts';
import { deriveOrder } from '../../shared/orders/derive.ts';
import { mergeOrder, NO_PARTS } from '../../shared/orders/merge.ts';
import type { Money, OrderDocument, State } from '../../shared/orders/parts.ts';
import { instant } from '../../shared/time/instant.ts';

const T0 = Date.parse('2026-11-24T10:00:00Z');
const state = (reached: State['reached']): State => ({ placedAt: instant(T0), updatedAt: instant(T0 + 1000), reached });
const money = (total: number): Money => ({
  currency: 'CNY',
  taxIncluded: true,
  items: total,
  merchantDiscount: 0,
  platformDiscount: 0,
  shipping: 0,
  shippingDiscount: 0,
  tax: 0,
  tip: 0,
  fees: 0,
  total,
});
const version = { source: T0 + 1000, fetchedAt: 0, tie: '' };

function derive(document: Omit<OrderDocument, 'orderId' | 'version'>) {
  // The cast: any text will do here.
  const envelope = '0197c0de-0000-7000-8000-000000000001' as EnvelopeId;
  const parts = mergeOrder(NO_PARTS, { document: { orderId: '1', version, ...document }, envelope, reading: 1 });
  return deriveOrder({ channel: 'shop', connection: 'c', orderId: '1', category: 'live', revision: 1 }, parts);
}

describe('a derived order', () => {
  it('is paid if the platform says so, though it says nothing of money', () => {
    const order = derive({ parts: { state: state({ paid: 'shown' }) } });
    expect(order).toMatchObject({ status: 'paid', paidAt: instant(T0 + 1000) });
    expect(order.totals).toBeUndefined();
    expect(order.payment).toBeUndefined();
  });

  it('is paid when it is placed, if it is free', () => {
    const order = derive({ parts: { state: state({}), money: money(0) } });
    expect(order).toMatchObject({ status: 'paid', payment: 'paid', paidAt: instant(T0) });
  });

  it('is paid in full once the payments listed add up, and not before', () => {
    const pay = (amount: number, atMs: number) => ({
      id: String(atMs),
      version,
      value: { status: 'succeeded' as const, amount, currency: 'CNY', at: instant(atMs) },
    });
    const parts = { state: state({}), money: money(300) };
    const half = derive({ parts, payments: [pay(100, T0)] });
    expect(half).toMatchObject({ status: 'placed', payment: 'unpaid', totals: { paid: 100, net: 100 } });
    const full = derive({ parts, payments: [pay(200, T0 + 5000), pay(100, T0)] });
    expect(full).toMatchObject({ status: 'paid', payment: 'paid', paidAt: instant(T0 + 5000), totals: { paid: 300 } });
  });

  it('adds up the pieces of a line over its refunds, and only those that succeeded', () => {
    const refund = (id: string, status: 'succeeded' | 'requested', quantity: number) => ({
      id,
      version,
      value: { status, amount: 100 * quantity, currency: 'CNY', lines: [{ lineId: 'a', quantity }] },
    });
    const order = derive({
      parts: {
        state: state({ paid: 'shown' }),
        money: money(500),
        lines: [{ lineId: 'a', quantity: 5, unitPrice: 100, discount: 0 }],
      },
      refunds: [refund('1', 'succeeded', 1), refund('2', 'succeeded', 2), refund('3', 'requested', 1)],
    });
    expect(order.lines).toMatchObject([{ lineId: 'a', refundedQuantity: 3, total: 500 }]);
    expect(order).toMatchObject({ payment: 'partially_refunded', totals: { refunded: 300, net: 200 }, flags: [] });
  });
});

/**
 * Parts → the canonical order. Everything that can be computed is computed here, each time: status, totals, net, flags.
 * What the figures mean is the public contract; see `docs/orders.md`.
 */
import type { ChannelCategory } from '../channels/adapter.ts';
import { convert, multiply, sum } from '../money/amount.ts';
import { compact } from '../text/compact.ts';
import { type Instant, instant } from '../time/instant.ts';
import type { CanonicalOrder, OrderFlag, OrderStatus, PaymentStatus, Totals } from './canonical-order.ts';
import { OrderFlag as OrderFlags } from './canonical-order.ts';
import { type OrderParts, SIGHTINGS_KEPT } from './merge.ts';
import { type OrderName, orderKey } from './order-key.ts';
import type { Line, Milestone, Money, Payment, Refund } from './parts.ts';

export interface OrderIdentity extends OrderName {
  readonly category: ChannelCategory;
  readonly revision: number;
}

export function deriveOrder(identity: OrderIdentity, parts: OrderParts): CanonicalOrder {
  const { state, money, lines, buyer, name, phone, email, shipTo, source, deletion } = parts.single;
  const flags = new Set<OrderFlag>(money?.value.flags);
  const toOrderCurrency = converter(money?.value, flags);
  const refunds = standingRefunds(parts).map(([refundId, refund]) => ({
    refundId,
    status: refund.status,
    amount: toOrderCurrency(refund),
    at: refund.at,
    lines: refund.lines ?? [],
  }));
  const succeeded = refunds.filter((refund) => refund.status === 'succeeded');
  const refundedQuantities = new Map<string, number>();
  for (const { lineId, quantity } of succeeded.flatMap((refund) => refund.lines)) {
    refundedQuantities.set(lineId, (refundedQuantities.get(lineId) ?? 0) + quantity);
  }
  const payments = Object.values(parts.payments)
    .map((part) => part.value)
    .filter((payment) => payment.status === 'succeeded')
    .map((payment) => ({ ...payment, amount: toOrderCurrency(payment) }));
  const paidAt = state && paidInFullAt(parts, money?.value, payments);
  const totals = state && money ? deriveTotals({ money: money.value, payments, paidAt, succeeded }) : undefined;
  if (money) checkSums(money.value, lines?.value, flags);
  if (totals && paidAt !== undefined && totals.refunded > totals.paid) flags.add('refund_exceeds_paid');

  const reached = (milestone: Milestone) => reachedAt(parts, milestone);
  const milestones = {
    paidAt,
    fulfilledAt: reached('fulfilled'),
    completedAt: reached('completed'),
    cancelledAt: reached('cancelled'),
  };
  return compact({
    key: orderKey(identity),
    channel: identity.channel,
    connection: identity.connection,
    category: identity.category,
    orderId: identity.orderId,
    orderNumber: state?.value.orderNumber,
    status: state && deriveStatus(milestones),
    payment: totals && derivePayment(totals, paidAt),
    placedAt: state?.value.placedAt,
    ...milestones,
    deletedAt: deletion?.value.at,
    sourceUpdatedAt: state?.value.updatedAt,
    currency: money?.value.currency,
    taxIncluded: money?.value.taxIncluded,
    totals,
    lines: (lines?.value ?? [])
      .map((line) => ({
        ...line,
        categoryPath: line.categoryPath && [...line.categoryPath],
        total: multiply(line.unitPrice, line.quantity) - line.discount,
        refundedQuantity: refundedQuantities.get(line.lineId) ?? 0,
      }))
      .map(compact),
    refunds: refunds.map(({ lines: _, ...refund }) => compact(refund)),
    buyer: compact({ ...buyer?.value, name: name?.value, phone: phone?.value, email: email?.value }),
    shipTo: shipTo?.value,
    source: source?.value,
    test: state?.value.test ?? false,
    flags: OrderFlags.options.filter((flag) => flags.has(flag)),
    revision: identity.revision,
  });
}

/** All but those that a newer list of all refunds leaves out; by time, then id. */
function standingRefunds({ refunds, single }: OrderParts): [string, Refund][] {
  const list = single.refundIds;
  return Object.entries(refunds)
    .filter(([id, part]) => !list || list.value.includes(id) || part.version.source >= list.version.source)
    .map(([id, part]): [string, Refund] => [id, part.value])
    .sort(([idA, a], [idB, b]) => compare(a.at ?? '', b.at ?? '') || compare(idA, idB));
}

const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1);

/** Into the order's currency at the order's own rate; notes on `flags` when it did, and when it could not. */
function converter(money: Money | undefined, flags: Set<OrderFlag>) {
  return ({ amount, currency }: { readonly amount: number; readonly currency?: string }): number => {
    if (!money || amount === 0 || currency === undefined || currency === money.currency) return amount;
    if (money.shopper?.currency !== currency) {
      flags.add('currency_mismatch');
      return 0;
    }
    const converted = convert(amount, { from: money.shopper.total, to: money.total });
    flags.add(converted === undefined ? 'unconverted' : 'converted');
    return converted ?? 0;
  };
}

/**
 * When the order was first paid in full; later refunds, edits and amounts outstanding do not undo that. By the
 * platform's word if it gives it, else by the payments listed; a free order is paid when it is placed.
 */
function paidInFullAt(parts: OrderParts, money: Money | undefined, payments: readonly Payment[]): Instant | undefined {
  const state = parts.single.state?.value;
  const told = reachedAt(parts, 'paid') ?? sightedAt(parts, 'paid');
  if (told !== undefined) return told;
  if (!money) return undefined;
  if (money.total === 0) return state?.placedAt;
  let paid = 0;
  for (const payment of payments.toSorted((a, b) => compare(a.at ?? '', b.at ?? ''))) {
    paid += payment.amount;
    if (paid >= money.total) return payment.at ?? state?.updatedAt;
  }
  return undefined;
}

/** When the milestone was reached, if the newest state says that it is. */
function reachedAt(parts: OrderParts, milestone: Milestone): Instant | undefined {
  const state = parts.single.state?.value;
  if (state === undefined) return undefined;
  const at = state.reached[milestone];
  if (at !== 'shown') return at;
  const last = parts.sightings.length === SIGHTINGS_KEPT ? parts.sightings.at(-1) : undefined;
  return sightedAt(parts, milestone) ?? (last ? instant(last.at) : state.updatedAt);
}

function sightedAt(parts: OrderParts, milestone: Milestone): Instant | undefined {
  const first = parts.sightings.find((sighting) => sighting.shown.includes(milestone));
  return first && instant(first.at);
}

function deriveTotals(known: {
  readonly money: Money;
  readonly payments: readonly Payment[];
  readonly paidAt: Instant | undefined;
  readonly succeeded: readonly { readonly amount: number }[];
}): Totals {
  const { items, merchantDiscount, platformDiscount, shipping, tax, tip, fees, total } = known.money;
  const listed = known.payments.length > 0 ? sum(known.payments.map((payment) => payment.amount)) : undefined;
  const paid = listed ?? (known.paidAt === undefined ? 0 : total);
  const refunded = sum(known.succeeded.map((refund) => refund.amount));
  const net = paid - refunded;
  return { items, merchantDiscount, platformDiscount, shipping, tax, tip, fees, total, paid, refunded, net };
}

function derivePayment({ paid, refunded }: Totals, paidAt: Instant | undefined): PaymentStatus {
  if (paidAt === undefined) return 'unpaid';
  if (paid > 0 && refunded >= paid) return 'refunded';
  return paid > 0 && refunded > 0 ? 'partially_refunded' : 'paid';
}

/** The furthest milestone; refunds never move it, and a cancellation overrules all. */
function deriveStatus(at: {
  readonly paidAt: Instant | undefined;
  readonly fulfilledAt: Instant | undefined;
  readonly completedAt: Instant | undefined;
  readonly cancelledAt: Instant | undefined;
}): OrderStatus {
  if (at.cancelledAt) return 'cancelled';
  if (at.completedAt) return 'completed';
  if (at.fulfilledAt) return 'fulfilled';
  return at.paidAt ? 'paid' : 'placed';
}

/** The source's own figures stand; where they contradict each other, the order says which. */
function checkSums(money: Money, lines: readonly Line[] | undefined, flags: Set<OrderFlag>): void {
  const { items, merchantDiscount, platformDiscount, shipping, shippingDiscount, tip, fees, total } = money;
  const discounts = merchantDiscount + platformDiscount;
  const addedTax = money.taxIncluded ? 0 : money.tax;
  if (total !== items - discounts + shipping + addedTax + tip + fees) flags.add('total_mismatch');
  if (!lines) return;
  if (items !== sum(lines.map((line) => multiply(line.unitPrice, line.quantity)))) flags.add('items_mismatch');
  if (discounts !== sum(lines.map((line) => line.discount)) + shippingDiscount) flags.add('discount_mismatch');
}

/** The canonical order, and what it is made of, as text to read. */
import type { CanonicalOrder, OrderFlag } from '../shared/orders/canonical-order.ts';
import type { History } from './order-history.ts';
import { facts, formatMoney, oneLine, table } from './output.ts';

const FLAGS: Readonly<Record<OrderFlag, string>> = {
  converted: "an amount came in the shopper's currency and was converted at the order's own rate",
  unconverted:
    "an amount in the shopper's currency could not be converted, as the order's rate is not known: it counts as 0",
  items_mismatch: "the platform's sum of items is not that of its lines",
  discount_mismatch: "the platform's discounts are not those of its lines and shipping together",
  total_mismatch: "the platform's total is not what its other figures add up to",
  refund_exceeds_paid: 'more was refunded than paid',
  currency_mismatch: "an amount is in a currency that is neither the order's nor the shopper's: it counts as 0",
};

export function renderOrder(order: CanonicalOrder, { showBuyer }: { readonly showBuyer: boolean }): string {
  const sections = [
    heading(order),
    order.lines.length > 0 ? linesTable(order) : undefined,
    order.totals ? totalsText(order) : undefined,
    order.refunds.length > 0 ? refundsTable(order) : undefined,
    buyerText(order, showBuyer),
    flagsText(order),
  ];
  return sections.filter((section) => section !== undefined).join('\n\n');
}

function heading(order: CanonicalOrder): string {
  const { shipTo, source } = order;
  return `Order ${oneLine(order.key)}\n${facts([
    ['number', order.orderNumber],
    ['status', order.status ?? 'unknown: known only by a refund or a deletion, so it counts nowhere'],
    ['payment', order.payment],
    ['placed', order.placedAt],
    ['paid', order.paidAt],
    ['fulfilled', order.fulfilledAt],
    ['completed', order.completedAt],
    ['cancelled', order.cancelledAt],
    ['deleted', order.deletedAt && `${order.deletedAt} (counts nowhere)`],
    ['updated', order.sourceUpdatedAt],
    ['test', order.test ? 'yes (counts nowhere)' : undefined],
    ['ships to', shipTo && [shipTo.city, shipTo.province, shipTo.country].filter(Boolean).join(', ')],
    [
      'source',
      source &&
        Object.entries(source)
          .map(([name, value]) => `${name} ${value}`)
          .join(', '),
    ],
    ['revision', String(order.revision)],
  ])}`;
}

const right = (name: string) => ({ name, align: 'right' as const });

function linesTable({ lines, currency }: CanonicalOrder): string {
  return table(
    ['line', 'title', right('qty'), right('unit price'), right('discount'), right('total'), right('refunded')],
    lines.map((line) => [
      line.lineId,
      `${line.title ?? line.skuId ?? line.productId ?? '-'}${line.giftCard ? ' (gift card)' : ''}`,
      String(line.quantity),
      formatMoney(line.unitPrice, currency),
      formatMoney(line.discount, currency),
      formatMoney(line.total, currency),
      String(line.refundedQuantity),
    ]),
  );
}

function totalsText({ totals, currency, taxIncluded }: CanonicalOrder): string {
  if (!totals) return '';
  const rows: [string, number][] = [
    ['items', totals.items],
    ['merchant discount', -totals.merchantDiscount],
    ['platform discount', -totals.platformDiscount],
    ['shipping', totals.shipping],
    [taxIncluded ? 'tax, included in the prices' : 'tax', totals.tax],
    ['tip', totals.tip],
    ['fees', totals.fees],
    ['total', totals.total],
    ['paid', totals.paid],
    ['refunded', totals.refunded],
    ['net', totals.net],
  ];
  const always = new Set(['items', 'total', 'paid', 'refunded', 'net']);
  const shown = rows.filter(([name, amount]) => amount !== 0 || always.has(name));
  return table(
    ['', right('amount')],
    shown.map(([name, amount]) => [name, formatMoney(amount, currency)]),
  );
}

function refundsTable({ refunds, currency }: CanonicalOrder): string {
  return table(
    ['refund', 'status', right('amount'), 'at'],
    refunds.map(({ refundId, status, amount, at }) => [refundId, status, formatMoney(amount, currency), at ?? '-']),
  );
}

/** Terminals are recorded and shared: people are named only when asked for. */
function buyerText({ buyer }: CanonicalOrder, showBuyer: boolean): string | undefined {
  const known = Object.entries(buyer);
  if (known.length === 0) return undefined;
  if (!showBuyer) return `Buyer: ${known.map(([name]) => name).join(', ')} known (--show-buyer shows them).`;
  return `Buyer\n${facts(known)}`;
}

function flagsText({ flags }: CanonicalOrder): string | undefined {
  if (flags.length === 0) return undefined;
  return `Flags\n${facts(flags.map((flag) => [flag, FLAGS[flag]]))}`;
}

export function renderHistory({ parts, sightings }: History): string {
  const made = table(
    ['part', 'version', 'reading', 'envelope'],
    parts.map(({ part, version, retired, envelope }) => [
      `${part}${retired ? ' (retired)' : ''}`,
      `${version.sourceAt ?? version.source}${version.tie === '' ? '' : ` ${version.tie}`}${version.fetchedAt ? ` fetched ${version.fetchedAt}` : ''}`,
      String(version.reading),
      envelope,
    ]),
  );
  const seen = table(
    ['seen at', 'reading', 'shown as reached'],
    sightings.map(({ at, reading, shown }) => [at, String(reading), shown.length === 0 ? '-' : shown.join(', ')]),
  );
  return `Made of\n${made}${sightings.length === 0 ? '' : `\n\nSightings\n${seen}`}`;
}

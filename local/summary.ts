/** What came out of a day, per connection: counted from what is stored, not from what was sent. */

import Table from 'cli-table3';
import { minorDigits } from '../shared/money/currency.ts';
import type { CanonicalOrder } from '../shared/orders/canonical-order.ts';

export interface ConnectionSummary {
  readonly connection: string;
  readonly received: number;
  readonly rejected: number;
  /** Answers of the platform's API. */
  readonly fetched: number;
  readonly noops: number;
  readonly orders: number;
  readonly currency: string;
  /** Σ paid of the orders that count (paid, neither test nor deleted), minor units. */
  readonly gross: number;
  readonly refunded: number;
  readonly net: number;
  readonly quarantined: number;
}

/** Gross, refunded and net of what counts; a shop has one currency. */
export function sumOrders(orders: readonly CanonicalOrder[]) {
  const counting = orders.filter((order) => order.totals && order.paidAt && !order.test && !order.deletedAt);
  const total = (figure: 'paid' | 'refunded' | 'net') =>
    counting.reduce((sum, order) => sum + (order.totals?.[figure] ?? 0), 0);
  return {
    orders: orders.length,
    currency: orders.find((order) => order.currency)?.currency ?? '',
    gross: total('paid'),
    refunded: total('refunded'),
    net: total('net'),
  };
}

/** Sums a metric over lines in the embedded metric format. */
export function countByChannel(metric: string, lines: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const start = line.indexOf('{');
    if (start < 0) continue;
    const fields = readFields(line.slice(start));
    const channel = String(fields?.channel ?? '');
    const count = [fields?.[metric] ?? 0].flat().reduce((sum: number, value) => sum + Number(value), 0);
    counts.set(channel, (counts.get(channel) ?? 0) + count);
  }
  return counts;
}

function readFields(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function renderSummary(rows: readonly ConnectionSummary[]): string {
  const table = new Table({
    head: [
      'connection',
      'received',
      'rejected',
      'fetched',
      'no-ops',
      'orders',
      'gross',
      'refunded',
      'net',
      'quarantined',
    ],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const row of rows) {
    const money = (minor: number) => (minor / 10 ** minorDigits(row.currency)).toFixed(minorDigits(row.currency));
    table.push([
      row.connection,
      row.received,
      row.rejected,
      row.fetched,
      row.noops,
      row.orders,
      `${money(row.gross)} ${row.currency}`,
      money(row.refunded),
      money(row.net),
      row.quarantined,
    ]);
  }
  return `${table.toString()}\n${WHAT_THEY_ARE}`;
}

const WHAT_THEY_ARE = [
  'rejected: not signed as the platform signs; fetched: orders asked for, where the webhook only says that one changed;',
  'no-ops: webhooks that brought nothing new; quarantined: not understood (npx tributary quarantine list says why).',
].join('\n');

/** The texts of `test/channels/<name>/first-order/`: an invented order, and what is to come of it. It fails until it is read. */
import type { HttpRequest } from '../../shared/channels/adapter.ts';
import { endOfSecond } from '../../shared/channels/reading.ts';
import { hmacSha256, signRequest } from '../../shared/channels/signature.ts';
import type { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { epochMs, instant } from '../../shared/time/instant.ts';
import type { NewChannel } from './name.ts';
import { signatureHeader } from './source.ts';

const PLACED = instant(Date.parse('2026-11-20T10:00:00.000Z'));
const PAID = instant(Date.parse('2026-11-20T10:01:00.000Z'));
const RECEIVED = '2026-11-20T10:01:02.000Z';
const FETCHED = '2026-11-20T10:01:05.000Z';
const SECRET = 'test-secret-of-the-first-case';

const ORDER = {
  id: '1001',
  created_at: PLACED,
  updated_at: PAID,
  paid_at: PAID,
  currency: 'EUR',
  total: '54.00',
  line_items: [{ id: '1', title: 'Mountain oolong', quantity: 2, price: '27.00' }],
  customer: { id: '7', name: 'Mara Lindqvist', email: 'mara@example.com' },
};
const PUSH = { order_id: ORDER.id, shop_id: '42', updated_at: PAID };

const expected = ({ name, category }: NewChannel): CanonicalOrder => ({
  key: `${name}/demo/1001`,
  channel: name,
  connection: 'demo',
  category,
  orderId: '1001',
  status: 'paid',
  payment: 'paid',
  placedAt: PLACED,
  paidAt: PAID,
  sourceUpdatedAt: PAID,
  currency: 'EUR',
  taxIncluded: true,
  totals: {
    items: 5400,
    merchantDiscount: 0,
    platformDiscount: 0,
    shipping: 0,
    tax: 0,
    tip: 0,
    fees: 0,
    total: 5400,
    paid: 5400,
    refunded: 0,
    net: 5400,
  },
  lines: [
    {
      lineId: '1',
      title: 'Mountain oolong',
      quantity: 2,
      unitPrice: 2700,
      discount: 0,
      total: 5400,
      refundedQuantity: 0,
    },
  ],
  refunds: [],
  buyer: { buyerId: '7', name: 'Mara Lindqvist', email: 'mara@example.com' },
  test: false,
  flags: [],
  revision: 1,
});

const SIGNALS = [
  [
    {
      subject: `order/${ORDER.id}`,
      heard: { source: epochMs(PAID), settledAt: endOfSecond(PAID) },
      of: { orderId: ORDER.id },
    },
  ],
  [],
];

/** File name → text. */
export function firstCase(channel: NewChannel): Readonly<Record<string, string>> {
  const order = json(ORDER);
  if (!channel.thin) {
    return {
      'request.json': requestText(channel, order),
      'body.json': order,
      'expected.json': json(expected(channel)),
      'case.md': caseText('An order is placed and paid.'),
    };
  }
  const push = json(PUSH);
  return {
    '01-request.json': requestText(channel, push),
    '01-body.json': push,
    '02-answer.json': json({ subject: `order/${ORDER.id}`, fetchedAt: FETCHED }),
    '02-body.json': order,
    'signals.json': json(SIGNALS),
    'expected.json': json(expected(channel)),
    'case.md': caseText('An order is placed and paid; the webhook only names it, and it is fetched.'),
  };
}

function requestText(channel: NewChannel, body: string): string {
  const path = `/webhooks/${channel.name}/demo`;
  const unsigned: HttpRequest = {
    method: 'POST',
    url: `https://hooks.example.com${path}`,
    query: '',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
  };
  const { method, query, headers } = signRequest(hmacSha256(signatureHeader(channel), 'base64'), unsigned, SECRET);
  return json({ method, path, query, headers, receivedAt: RECEIVED, secret: SECRET });
}

const caseText = (story: string): string => `${story}

Sample: all of it is invented. Put one of the platform's own in its place, name where it stands and when it was read, and say
what of it is invented: people always are.
`;

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** What only Shopify's door and normaliser promise; what all adapters promise is in `suite.test.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Normalized } from '../../shared/channels/adapter.ts';
import { shopify } from '../../shared/channels/shopify/adapter.ts';
import { shopifyDoor } from '../../shared/channels/shopify/door.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import { toEnvelope } from './read.ts';

const HEADER = 'x-shopify-hmac-sha256';
const NOW = new Date('2026-11-24T12:00:00.000Z');
const connection = ConnectionSettings.parse({ id: 'demo', channel: 'shopify', type: 'direct', settingsRevision: 0 });

describe('door', () => {
  // Computed by Shopify's own code: the values stand in Shopify/shopify-app-js, validate.test.ts of its webhooks, read 2026-11-24.
  const vendor = {
    secret: 'test_secret_key',
    body: '{"foo": "bar"}',
    hmac: 'B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=',
  };
  const request = (headers: Record<string, string>, body = vendor.body) => ({
    method: 'POST',
    url: 'https://hooks.example.com/webhooks/shopify/demo',
    query: '',
    headers,
    body: Buffer.from(body),
  });
  const verify = (signature: string | undefined, secrets = [vendor.secret]) =>
    shopifyDoor.verify(request(signature === undefined ? {} : { [HEADER]: signature }), secrets, NOW);

  test("accepts the signature that Shopify's own code makes, and makes the same", () => {
    expect(verify(vendor.hmac)).toEqual({ kind: 'verified' });
    const signed = shopifyDoor.sign(request({ 'x-shopify-topic': 'orders/create' }), vendor.secret, NOW);
    expect(signed.headers).toEqual({ 'x-shopify-topic': 'orders/create', [HEADER]: vendor.hmac });
  });

  test.each([
    ['signature_missing', undefined],
    ['signature_malformed', ''],
    ['signature_malformed', vendor.hmac.slice(0, -1)],
    ['signature_malformed', vendor.hmac.slice(0, 40)],
    ['signature_malformed', Buffer.from(vendor.hmac, 'base64').toString('hex')],
    ['signature_malformed', Buffer.from(vendor.hmac, 'base64').toString('base64url')],
    // The last letter has bits to spare: "h=" and "g=" mean the same bytes, and only one is how base64 writes them.
    ['signature_malformed', vendor.hmac.replace('g=', 'h=')],
    ['signature_malformed', `${vendor.hmac}\n`],
    ['signature_malformed', Buffer.alloc(33).toString('base64')],
    ['signature_mismatch', Buffer.alloc(32).toString('base64')],
  ])('%s: %j', (code, signature) => {
    expect(verify(signature)).toMatchObject({ kind: 'rejected', code });
  });

  test('any valid secret will do; an empty one never does', () => {
    expect(verify(vendor.hmac, ['new', vendor.secret]).kind).toBe('verified');
    const forged = shopifyDoor.sign(request({}), '', NOW);
    expect(shopifyDoor.verify(forged, ['', 'new'], NOW)).toMatchObject({ code: 'signature_mismatch' });
    expect(verify(vendor.hmac, [])).toMatchObject({ code: 'signature_mismatch' });
  });

  test('answers 200 with an empty body', () => {
    expect(shopifyDoor.acknowledge(request({}))).toEqual({ status: 200, body: '' });
  });
});

describe('normalize', () => {
  const recorded = (name: string, file = 'body.json'): Record<string, unknown> =>
    JSON.parse(readFileSync(join(import.meta.dirname, 'shopify', name, file), 'utf8'));
  const read = (
    body: unknown,
    headers: Record<string, string> = { 'x-shopify-topic': 'orders/updated' },
  ): Normalized => {
    const request = { method: 'POST', url: '', query: '', headers, body: Buffer.from(JSON.stringify(body)) };
    const envelope = toEnvelope({ door: shopifyDoor, request, receivedAt: NOW, connection, number: 1 });
    return shopify.normalize(envelope, connection);
  };
  const document = (body: unknown, headers?: Record<string, string>) => {
    const outcome = read(body, headers);
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
    const [only] = outcome.documents;
    if (!only) throw new Error('no document');
    return only;
  };
  const order = recorded('test-order');

  test.each(['create', 'updated', 'paid', 'fulfilled', 'partially_fulfilled', 'cancelled'])(
    'orders/%s has an order',
    (event) => {
      expect(document(order, { 'x-shopify-topic': `orders/${event}` })).toEqual(document(order));
    },
  );

  test('no topic is unacceptable, an unused one is ignored', () => {
    expect(read(order, {})).toMatchObject({ kind: 'unacceptable', code: 'topic_missing' });
    expect(read({}, { 'x-shopify-topic': 'orders/edited' })).toEqual({ kind: 'ignored', code: 'order_edit_follows' });
    expect(read({}, { 'x-shopify-topic': 'carts/update' })).toEqual({ kind: 'ignored', code: 'topic_not_used' });
  });

  test('a refund has one version and one value, alone or within its order', () => {
    const name = 'two-of-three-ship-and-the-third-is-refunded';
    const alone = document(recorded(name, '04-body.json'), { 'x-shopify-topic': 'refunds/create' });
    const within = document(recorded(name, '05-body.json'));
    expect(alone.refunds).toEqual(within.refunds);
    expect(alone.parts).toEqual({});
    expect(within.parts.refundIds).toEqual(['890100000001']);
  });

  test('versions: updated_at, then the triggered time as text that sorts', () => {
    const at = (triggered: string) =>
      document(order, { 'x-shopify-topic': 'orders/updated', 'x-shopify-triggered-at': triggered }).version;
    expect(document(order).version).toEqual({ source: Date.parse('2026-11-20T15:00:02Z'), fetchedAt: 0, tie: '' });
    expect(at('2026-11-20T15:00:02.123456789Z').tie).toBe('001795186802123');
    expect(at('1999-01-01T00:00:00Z').tie < at('2026-11-20T15:00:02Z').tie).toBe(true);
    expect(at('yesterday').tie).toBe('');
  });

  test.each(['pending', 'authorized', 'partially_paid', 'voided', 'expired', null])(
    '%s is not paid',
    (financial_status) => {
      expect(document({ ...order, financial_status }).parts.state?.reached).toEqual({});
    },
  );

  test.each(['paid', 'partially_refunded', 'refunded'])(
    '%s was paid, at a time that is not told',
    (financial_status) => {
      expect(document({ ...order, financial_status }).parts.state?.reached).toEqual({ paid: 'shown' });
    },
  );

  describe('fulfilled: all that was not refunded has shipped', () => {
    const shipped = (quantity: number, created_at = '2026-11-21T09:00:00-05:00', status = 'success') => ({
      status,
      created_at,
      line_items: [{ id: 1, quantity }],
    });
    const back = (quantity: number, restock_type: string) => ({
      id: 9,
      created_at: '2026-11-21T08:00:00-05:00',
      refund_line_items: [{ line_item_id: 1, quantity, restock_type }],
    });
    const [last, later] = ['2026-11-21T14:00:00.000Z', '2026-11-22T14:00:00.000Z'];
    test.each([
      ['nothing shipped', { fulfillments: [] }, undefined],
      ['nothing shipped and all removed', { fulfillments: [], refunds: [back(3, 'cancel')] }, undefined],
      ['two of three', { fulfillments: [shipped(2)] }, undefined],
      ['two of three, the third removed', { fulfillments: [shipped(2)], refunds: [back(1, 'cancel')] }, last],
      [
        'two of three, the third refunded without restock',
        { fulfillments: [shipped(2)], refunds: [back(1, 'no_restock')] },
        last,
      ],
      ['two of three, one of them returned', { fulfillments: [shipped(2)], refunds: [back(1, 'return')] }, undefined],
      ['all, then all returned', { fulfillments: [shipped(3)], refunds: [back(3, 'return')] }, last],
      ['in two parcels', { fulfillments: [shipped(1, '2026-11-22T09:00:00-05:00'), shipped(2)] }, later],
      ['a parcel called back', { fulfillments: [shipped(3, last, 'cancelled')] }, undefined],
      ['by its status, without parcels', { fulfillment_status: 'fulfilled', fulfillments: undefined }, 'shown'],
    ])('%s', (_, fields, at) => {
      const body = {
        ...order,
        fulfillment_status: 'partial',
        line_items: [{ id: 1, quantity: 3, price: '1.00' }],
        ...fields,
      };
      expect(document(body).parts.state?.reached.fulfilled).toBe(at);
    });
  });

  test('parts are silent where the message is', () => {
    const { id, updated_at } = order;
    expect(document({ id, updated_at })).toMatchObject({ parts: {} });
    expect(Object.keys(document({ id, updated_at, created_at: updated_at }).parts)).toEqual([]);
    expect(document({ ...order, refunds: undefined }).parts.refundIds).toBeUndefined();
    expect(document({ ...order, refunds: [] }).parts.refundIds).toEqual([]);
  });

  test.each([
    [{ phone: '+15035550188' }, '+15035550188'],
    [{ phone: '' }, '+15035550123'],
    [
      {
        customer: { id: 1, first_name: 'Mara', last_name: 'Ellingsen' },
        billing_address: { name: 'mara  ellingsen', phone: '503 555 0177', country_code: 'US' },
      },
      '+15035550177',
    ],
    [
      {
        customer: { id: 1, first_name: 'Mara', last_name: 'Ellingsen' },
        billing_address: { name: 'Greta Vogel', phone: '503 555 0177', country_code: 'US' },
      },
      undefined,
    ],
    [
      { customer: null, billing_address: { name: 'Greta Vogel', phone: '503 555 0177', country_code: 'US' } },
      undefined,
    ],
    [
      { customer: null, shipping_address: { name: 'Greta Vogel', phone: '503 555 0177', country_code: 'US' } },
      undefined,
    ],
  ])('whose phone it is %#', (fields, phone) => {
    expect(document({ ...order, ...fields }).parts.phone).toBe(phone);
  });

  test.each([
    ['line_items.0.price', { line_items: [{ id: 1, quantity: 1, price: 12 }] }],
    ['line_items.0.quantity', { line_items: [{ id: 1, quantity: -1, price: '1.00' }] }],
    ['line_items', { line_items: {} }],
    ['currency', { currency: 'usd' }],
    ['id', { id: -4 }],
    ['id', { id: 'gid://shopify/Order/1' }],
    ['updated_at', { updated_at: null }],
    [
      'refunds.0.transactions.0.amount',
      { refunds: [{ id: 1, transactions: [{ kind: 'refund', status: 'success', amount: 'ten' }] }] },
    ],
    [
      'refunds.0.transactions.1.currency',
      {
        refunds: [
          {
            id: 1,
            transactions: ['EUR', 'USD'].map((currency) => ({
              kind: 'refund',
              status: 'success',
              amount: '1',
              currency,
            })),
          },
        ],
      },
    ],
    ['total_price', { total_price: '100000000000.01' }],
    ['line_items.0.quantity', { line_items: [{ id: 1, quantity: 2 ** 50, price: '900000.00' }] }],
    ['total_price', { total_price: '1e3' }],
    ['total_price', { total_price: '' }],
    ['closed_at', { closed_at: '2026-11-20' }],
  ])('%s is refused where it cannot be read, with its path and without its value', (path, fields) => {
    const outcome = read({ ...order, ...fields });
    expect(outcome).toMatchObject({ kind: 'unacceptable', path });
    expect(JSON.stringify(outcome)).not.toMatch(/usd|gid:|ten|1e3|EUR|2026-11-20/);
  });

  test.each(['null', '[]', '"text"', '1'])('the body %s is no order', (text) => {
    expect(read(JSON.parse(text))).toMatchObject({ kind: 'unacceptable', code: 'wire_mismatch', path: '' });
  });

  test('money that contradicts itself is kept as stated, for the order to flag', () => {
    expect(document({ ...order, total_line_items_price: '1.00', total_discounts: '2.00' }).parts.money).toMatchObject({
      items: 100,
      merchantDiscount: 200,
      total: 42568,
    });
  });

  test('a tip line counted among the items or not: the same money', () => {
    const sale = recorded('walk-in-sale-at-the-till-with-a-tip', '01-body.json');
    const counted = { ...sale, total_line_items_price: '13.00' };
    expect(document(counted).parts.money).toEqual(document(sale).parts.money);
    expect(document({ ...sale, total_tip_received: null }).parts.money?.tip).toBe(200);
  });
});

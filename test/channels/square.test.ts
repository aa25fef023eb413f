/** What only Square's door, normaliser and API promise; what all adapters promise is in `suite.test.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Accepted, Normalized } from '../../shared/channels/adapter.ts';
import type { ApiAnswer, ApiRequest } from '../../shared/channels/platform-api.ts';
import { square } from '../../shared/channels/square/adapter.ts';
import { squareApi } from '../../shared/channels/square/api.ts';
import { squareDoor } from '../../shared/channels/square/door.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import { answerEnvelope, toEnvelope } from './read.ts';

const HEADER = 'x-square-hmacsha256-signature';
const NOW = new Date('2026-11-24T12:00:00.000Z');
const connection = ConnectionSettings.parse({ id: 'demo', channel: 'square', type: 'direct', settingsRevision: 0 });

describe('door', () => {
  // Computed by Square's own code: the values stand in square/square-nodejs-sdk, webhooks.test.ts, read 2026-11-25.
  const vendor = [
    {
      key: 'signature-key',
      url: 'https://webhook.site/webhooks',
      body: '{"data":{"type":"webhooks","id":"fake_id"}}',
      signature: 'W3FlCNk5IA3ZQ2LHTWoajvzfaDu/OwY2tNHIHC3IUOA=',
    },
    {
      key: 'signature-key',
      url: 'https://webhook.site/webhooks',
      body: '{"data":{"type":"webhooks","id":">id<"}}',
      signature: 'Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=',
    },
    {
      key: 'Ibxx_5AKakO-3qeNVR61Dw',
      url: 'https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9',
      body:
        '{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification","event_id":"ac3ac95b-f97d-458c-a6e6-18981597e05f",' +
        '"created_at":"2022-07-13T20:30:59.037339943Z","data":{"type":"webhooks","id":"bc368e64-01aa-407e-b46e-3231809b1129"}}',
      signature: 'GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=',
    },
  ] as const;
  const request = ({ url, body }: { readonly url: string; readonly body: string }, signature?: string) => ({
    method: 'POST',
    url,
    query: '',
    headers: signature === undefined ? {} : { [HEADER]: signature },
    body: Buffer.from(body),
  });

  test.each(vendor)("accepts what Square's own code signs, and signs the same: $signature", (sample) => {
    expect(squareDoor.verify(request(sample, sample.signature), [sample.key], NOW)).toEqual({ kind: 'verified' });
    expect(squareDoor.sign(request(sample), sample.key, NOW).headers).toEqual({ [HEADER]: sample.signature });
  });

  test.each([
    'https://webhook.site/webhooks/',
    'https://webhook.site/Webhooks',
    'http://webhook.site/webhooks',
    'https://webhook.site/webhooks?a=1',
  ])('the address is signed: %s is another one', (url) => {
    const [{ key, body, signature }] = vendor;
    expect(squareDoor.verify(request({ url, body }, signature), [key], NOW)).toMatchObject({
      kind: 'rejected',
      code: 'signature_mismatch',
    });
  });

  test('the old SHA-1 signature is no proof, and there is no handshake', () => {
    const [sample] = vendor;
    const headers = { 'x-square-signature': sample.signature };
    expect(squareDoor.verify({ ...request(sample), headers }, [sample.key], NOW)).toMatchObject({
      code: 'signature_missing',
    });
    expect(squareDoor.handshake).toBeUndefined();
    expect(squareDoor.acknowledge(request(sample))).toEqual({ status: 200, body: '' });
  });
});

const recorded = (name: string, file: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'square', name, file), 'utf8'));

function read(body: unknown, settings: Partial<ConnectionSettings> = {}): Normalized {
  const bytes = Buffer.from(JSON.stringify(body));
  const request = { method: 'POST', url: '', query: '', headers: {}, body: bytes };
  const envelope = toEnvelope({ door: squareDoor, request, receivedAt: NOW, connection, number: 1 });
  return square.normalize(envelope, { ...connection, ...settings });
}

function readAnswer(subject: string, body: unknown): Normalized {
  const bytes = Buffer.from(JSON.stringify(body));
  return square.normalize(answerEnvelope({ subject, fetchedAt: NOW, body: bytes }, connection, 1), connection);
}

function accepted(outcome: Normalized): Accepted {
  expect(outcome).toMatchObject({ kind: 'accepted' });
  if (outcome.kind !== 'accepted') throw new Error('not accepted');
  return outcome;
}

describe('events', () => {
  const event = (type: string, object: unknown) => ({ merchant_id: 'ML1', type, data: { object } });
  const news = (fields: object = {}) => ({
    order_id: 'O1',
    version: 3,
    created_at: '2026-11-24T11:00:00Z',
    updated_at: '2026-11-24T11:30:00.750Z',
    ...fields,
  });
  const heard = (type: string, object: unknown) => accepted(read(event(type, object))).signals?.[0]?.heard;

  test("an order's news is as of its second, and settled when that is over", () => {
    const second = Date.parse('2026-11-24T11:30:00Z');
    expect(heard('order.updated', { order_updated: news() })).toEqual({ source: second, settledAt: second + 2000 });
    const created = Date.parse('2026-11-24T11:00:00Z');
    expect(heard('order.created', { order_created: news({ updated_at: undefined }) })).toEqual({
      source: created,
      settledAt: created + 2000,
    });
  });

  test("without a version, the time is the event's: it asks for no version that the order may never have", () => {
    const at = news({ version: undefined, updated_at: '2026-11-24T11:30:00.999999999Z' });
    expect(heard('order.fulfillment.updated', { order_fulfillment_updated: at })).toEqual({
      source: 0,
      settledAt: Date.parse('2026-11-24T11:30:02Z'),
    });
    expect(heard('order.updated', { order_updated: { order_id: 'O1' } })).toEqual({
      source: 0,
      settledAt: NOW.getTime() + 2000,
    });
  });

  const payment = {
    id: 'P1',
    order_id: 'O1',
    status: 'COMPLETED',
    amount_money: { amount: 1000, currency: 'USD' },
    total_money: { amount: 1200, currency: 'USD' },
    created_at: '2026-11-24T11:00:00.100Z',
    updated_at: '2026-11-24T11:00:05.250Z',
    location_id: 'L1',
    customer_id: 'C1',
    buyer_email_address: 'A@Example.com',
  };

  test.each(['payment.created', 'payment.updated'])(
    '%s is a payment, and asks for its order as it is afterwards',
    (type) => {
      const { documents, signals } = accepted(read(event(type, { payment })));
      const version = { source: Date.parse('2026-11-24T11:00:05.250Z'), fetchedAt: 0, tie: '' };
      expect(documents).toEqual([
        {
          orderId: 'O1',
          version,
          parts: { buyer: { buyerId: 'C1' }, email: 'a@example.com', source: { storeId: 'L1' } },
          payments: [
            {
              id: 'P1',
              version,
              value: { status: 'succeeded', amount: 1200, currency: 'USD', at: '2026-11-24T11:00:00.100Z' },
            },
          ],
        },
      ]);
      expect(signals).toEqual([
        {
          subject: 'order/O1',
          heard: { source: 0, settledAt: Date.parse('2026-11-24T11:00:07Z') },
          of: { orderId: 'O1' },
        },
      ]);
    },
  );

  test.each([
    ['COMPLETED', 'succeeded'],
    ['APPROVED', 'pending'],
    ['PENDING', 'pending'],
    ['CANCELED', 'failed'],
    ['FAILED', 'failed'],
    ['HELD_BY_ALIENS', 'pending'],
    [null, 'pending'],
  ])('a payment that is %s is %s', (status, ours) => {
    const { documents } = accepted(read(event('payment.updated', { payment: { ...payment, status } })));
    expect(documents[0]?.payments?.[0]?.value.status).toBe(ours);
    // Who failed to pay is not the buyer; whose payment was let go is.
    expect(documents[0]?.parts.buyer).toEqual(status === 'FAILED' ? undefined : { buyerId: 'C1' });
  });

  test('paid when the card was charged, not when it was authorised', () => {
    const card_details = { card_payment_timeline: { captured_at: '2026-11-25T09:00:00Z' } };
    const { documents } = accepted(read(event('payment.updated', { payment: { ...payment, card_details } })));
    expect(documents[0]?.payments?.[0]?.value.at).toBe('2026-11-25T09:00:00.000Z');
  });

  test('a payment without an order is ignored, one without a currency refused', () => {
    expect(read(event('payment.updated', { payment: { ...payment, order_id: undefined } }))).toEqual({
      kind: 'ignored',
      code: 'payment_without_order',
    });
    expect(read(event('payment.updated', { payment: { ...payment, total_money: { amount: 1 } } }))).toMatchObject({
      kind: 'unacceptable',
      path: 'data.object.payment.total_money',
    });
  });

  test("a terminal's own refund has the same field, and another topic", () => {
    const refund = { id: 'termapia:1', amount_money: { amount: 1, currency: 'USD' } };
    expect(read(event('terminal.refund.updated', { refund }))).toEqual({ kind: 'ignored', code: 'topic_not_used' });
  });

  test('another shop is told by its merchant, where the connection knows its own', () => {
    const body = event('order.updated', { order_updated: news() });
    expect(read(body, { shop: 'ML1' })).toMatchObject({ kind: 'accepted' });
    expect(read(body)).toMatchObject({ kind: 'accepted' });
    expect(read(body, { shop: 'ML2' })).toEqual({ kind: 'accepted', documents: [], otherShops: ['ML1'] });
  });

  test.each([
    ['type', {}],
    ['data', { type: 'order.created' }],
    ['data.object.order_created', { type: 'order.created', data: { object: { order_updated: news() } } }],
    ['data.object.order_updated.order_id', event('order.updated', { order_updated: news({ order_id: 'O/1' }) })],
    ['data.object.order_updated.version', event('order.updated', { order_updated: news({ version: -1 }) })],
    ['data.object.payment.updated_at', event('payment.updated', { payment: { ...payment, updated_at: 'yesterday' } })],
    ['data.object.refund.amount_money', event('refund.created', { refund: { id: 'R', created_at: '' } })],
  ])('%s is refused where it cannot be read, with its path', (path, body) => {
    const outcome = read(body);
    expect(outcome).toMatchObject({ kind: 'unacceptable', path });
    expect(JSON.stringify(outcome)).not.toMatch(/yesterday|O\/1/);
  });
});

describe('answers', () => {
  const body = () => recorded('online-order-with-a-code-paid-and-shipped', '07-body.json');
  const document = (fields: object, payments?: unknown[]) => {
    const answer = body();
    Object.assign(answer.order.order, fields);
    const { documents } = accepted(readAnswer('order/x', { ...answer, ...(payments && { payments }) }));
    const [first] = documents;
    if (!first) throw new Error('no document');
    return first;
  };

  test('an order satisfies what its event told of', () => {
    const { source, settledAt } = accepted(
      read({
        type: 'order.updated',
        data: {
          object: { order_updated: { order_id: 'O1', version: 6, updated_at: '2026-11-21T16:20:01.864221978Z' } },
        },
      }),
    ).signals?.[0]?.heard ?? { source: Number.NaN, settledAt: Number.NaN };
    const { version } = document({});
    expect(version).toEqual({ source, fetchedAt: NOW.getTime(), tie: '0000000000000006' });
    expect(version.fetchedAt).toBeGreaterThan(settledAt);
    expect(document({ version: undefined }).version.tie).toBe('');
  });

  test.each([
    [[], undefined],
    [['PROPOSED'], undefined],
    [['COMPLETED', 'PREPARED'], undefined],
    [['COMPLETED', 'CANCELED'], 'shown'],
    [['CANCELED', 'FAILED'], undefined],
  ])('fulfillments %j of an open order', (states, fulfilled) => {
    const fulfillments = states.map((state) => ({ state }));
    expect(document({ state: 'OPEN', fulfillments }).parts.state?.reached.fulfilled).toBe(fulfilled);
  });

  test('a completed order is paid by its word only where its payments do not say so', () => {
    const paid = (fields: object, payments?: unknown[]) => document(fields, payments).parts.state?.reached.paid;
    const closed = '2026-11-21T16:20:01.000Z';
    expect(paid({})).toBeUndefined();
    expect(paid({ tenders: [] }, [])).toBe(closed);
    expect(paid({ tenders: [], closed_at: null }, [])).toBe('shown');
    expect(paid({ tenders: [], state: 'OPEN' }, [])).toBeUndefined();
    // Exchanged for something of the same price: no money came.
    expect(paid({ tenders: [], returns: [{ return_line_items: [] }] }, [])).toBeUndefined();
  });

  test('a payment and its tender are one; the payment wins, whichever came first', () => {
    const [fetched] = document({}).payments ?? [];
    const [tender] = document({}, []).payments ?? [];
    expect(fetched?.id).toBe(tender?.id);
    expect(tender?.value).toMatchObject({ status: 'succeeded', amount: 15070 });
    expect(tender?.version.source).toBeLessThan(fetched?.version.source ?? 0);
  });

  test('where a payment could not be had, the order does not replace what its event said of the till', () => {
    expect(document({}).parts.source).toEqual({ storeId: 'L8TEAHOUSE01' });
    expect(document({}, []).parts.source).toBeUndefined();
    expect(document({ tenders: [] }, []).parts.source).toEqual({ storeId: 'L8TEAHOUSE01' });
  });

  test('taxes of both kinds are flagged by their sum, not guessed at', () => {
    expect(document({ taxes: [{ type: 'INCLUSIVE' }, { type: 'ADDITIVE' }] }).parts.money?.taxIncluded).toBe(false);
    expect(document({ taxes: [{ type: 'INCLUSIVE' }] }).parts.money?.taxIncluded).toBe(true);
    expect(document({ taxes: undefined }).parts.money?.taxIncluded).toBe(false);
  });

  test.each([
    ['Shipping', 590, 0],
    ['Local delivery', 590, 0],
    ['Deliverymen’s fund', 0, 590],
    ['Packing', 0, 590],
  ])('a service charge %s is shipping of %i and fees of %i', (name, shipping, fees) => {
    const service_charges = [{ name, applied_money: { amount: 590, currency: 'USD' } }];
    expect(document({ service_charges }).parts.money).toMatchObject({ shipping, fees });
  });

  test.each([
    ['order.order.updated_at', { updated_at: 'now' }],
    ['order.order.line_items.0.quantity', { line_items: [{ uid: 'a', quantity: '0.000001' }] }],
    [
      'order.order.line_items.0.quantity',
      { line_items: [{ uid: 'a', quantity: '999999999', base_price_money: { amount: 10 ** 12 } }] },
    ],
    ['order.order.closed_at', { closed_at: '2026-11-21' }],
    ['order.order.total_money.currency', { total_money: { amount: 1, currency: 'usd' } }],
  ])('%s is refused where it cannot be read', (path, fields) => {
    const answer = body();
    Object.assign(answer.order.order, fields);
    expect(readAnswer('order/x', answer)).toMatchObject({ kind: 'unacceptable', path });
  });

  test.each([
    ['3', 350, 1410, 470],
    ['0.375', 4800, 1800, 4800],
    ['3', 350, 1000, 350], // 333⅓: no whole price makes 1000 of three
    ['0', 350, 0, 350],
    ['0.00001', 100, 10 ** 13, 100],
  ])('the price of one: %s pieces, base price %i, together %i', (quantity, base, goods, unitPrice) => {
    const usd = (amount: number) => ({ amount, currency: 'USD' });
    const line = { uid: 'a', quantity, base_price_money: usd(base), variation_total_price_money: usd(goods) };
    const { parts } = document({ line_items: [line] });
    expect(parts.lines?.[0]?.unitPrice).toBe(unitPrice);
    expect(parts.money?.items).toBe(goods);
  });

  test("a refund's version is the newest of what it is made of, and at least what its event told", () => {
    const answer = recorded('one-of-three-brought-back-to-the-till', '06-body.json');
    answer.return_order.order.updated_at = '2026-11-22T00:00:00Z';
    const { documents } = accepted(readAnswer('refund/R1', answer));
    expect(documents[0]?.refunds?.[0]?.version.source).toBe(Date.parse('2026-11-22T00:00:00Z'));
    expect(documents[0]?.version).toEqual(documents[0]?.refunds?.[0]?.version);
    expect(documents[0]?.parts).toEqual({});
  });

  test("lines of another order's return are not this order's", () => {
    const answer = recorded('one-of-three-brought-back-to-the-till', '06-body.json');
    answer.return_order.order.returns[0].source_order_id = 'another';
    expect(accepted(readAnswer('refund/R1', answer)).documents[0]?.refunds?.[0]?.value.lines).toBeUndefined();
  });
});

describe('api', () => {
  const open = (credentials: object) => {
    const opened = squareApi.open(credentials);
    if ('kind' in opened) throw new Error(opened.problems.join());
    return opened;
  };
  const personal = { merchant_id: 'ML1', access_token: 'EAAA1' };
  const app = { merchant_id: 'ML1', client_id: 'i', client_secret: 's', refresh_token: 'r' };

  /** Answers what was prepared, by path, and notes what was asked. */
  function played(answers: Readonly<Record<string, ApiAnswer | string>>) {
    const asked: ApiRequest[] = [];
    const call = async (request: ApiRequest): Promise<ApiAnswer> => {
      asked.push(request);
      const answer = answers[request.path] ?? { status: 404, headers: {}, body: '{"errors":[{"code":"NOT_FOUND"}]}' };
      return typeof answer === 'string' ? { status: 200, headers: {}, body: answer } : answer;
    };
    return { asked, context: { call, clock: () => NOW } };
  }

  test.each([
    [{ merchant_id: 'ML1' }],
    [{ ...app, client_secret: undefined }],
    [{ ...personal, client_id: 'half an app' }],
    [{ ...personal, note: 'x' }],
    [{ access_token: 'EAAA1' }],
    ['text'],
  ])('wrong credentials are told by field, without a value: %j', (credentials) => {
    const opened = squareApi.open(credentials);
    expect(opened).toMatchObject({ kind: 'wrong_credentials' });
    expect(JSON.stringify(opened)).not.toMatch(/EAAA1|half an app/);
  });

  test('a personal token never expires and is not renewed; an app renews', () => {
    expect(open(personal)).toMatchObject({ shop: 'ML1', firstTokens: { accessToken: 'EAAA1' } });
    expect(open(personal).renew).toBeUndefined();
    expect(open(app).firstTokens).toBeUndefined();
    expect(open({ ...app, access_token: 'EAAA1' }).firstTokens).toEqual({ accessToken: 'EAAA1', refreshToken: 'r' });
  });

  test('the bearer token and one version of the API go with each call; text is passed on as it was', async () => {
    const { asked, context } = played({
      '/v2/orders/O1':
        '{"order":{"id":"O1","n":12345678901234567890,"tenders":[{"payment_id":"P1"},{"payment_id":"P2"}]}}',
      '/v2/payments/P1': '{"payment": {"id":"P1"}}',
    });
    const bodies = await open(personal).fetch('order/O1', { accessToken: 'EAAA2' }, context);
    expect(bodies).toEqual([
      '{"order":{"order":{"id":"O1","n":12345678901234567890,"tenders":[{"payment_id":"P1"},{"payment_id":"P2"}]}},' +
        '"payments":[{"payment": {"id":"P1"}}]}',
    ]);
    expect(asked.map(({ path }) => path)).toEqual(['/v2/orders/O1', '/v2/payments/P1', '/v2/payments/P2']);
    for (const { headers, method } of asked) {
      expect(method).toBe('GET');
      expect(headers).toEqual({ authorization: 'Bearer EAAA2', 'square-version': '2026-01-22' });
    }
  });

  test('a refund is fetched with its payment, and with a return order only if it has one of its own', async () => {
    const answers = (own: string) => ({
      '/v2/refunds/R1': `{"refund":{"payment_id":"P1","order_id":"${own}"}}`,
      '/v2/payments/P1': '{"payment":{"order_id":"O1"}}',
      '/v2/orders/O1': '{"order":{"id":"O1"}}',
      '/v2/orders/O2': '{"order":{"id":"O2"}}',
    });
    const fetched = async (own: string) => {
      const { context } = played(answers(own));
      const [body] = await open(personal).fetch('refund/R1', undefined, context);
      return JSON.parse(body ?? '');
    };
    expect(Object.keys(await fetched('O1'))).toEqual(['refund', 'payment']);
    expect(await fetched('O2')).toMatchObject({ return_order: { order: { id: 'O2' } } });
    // The money counts, even if the list of what came back cannot be had.
    expect(Object.keys(await fetched('O3'))).toEqual(['refund', 'payment']);
  });

  test.each([
    [
      401,
      '{"errors":[{"category":"AUTHENTICATION_ERROR","code":"ACCESS_TOKEN_EXPIRED"}]}',
      'unauthorized',
      'access_token_expired',
    ],
    [403, '{"errors":[{"code":"INSUFFICIENT_SCOPES"}]}', 'forbidden', 'insufficient_scopes'],
    [404, '{"errors":[{"code":"NOT_FOUND"}]}', 'not_found', 'not_found'],
    [429, '{"errors":[{"code":"RATE_LIMITED"}]}', 'throttled', 'rate_limited'],
    [400, '{"errors":[{"code":"BAD_REQUEST","detail":"mara@example.com"}]}', 'refused', 'bad_request'],
    [400, '{"errors":[{"code":"mara@example.com"}]}', 'refused', 'http_400'],
    [503, '<html>', 'unavailable', 'http_503'],
    [200, '<html>', 'unavailable', 'answer_not_json'],
  ])('%i %s is %s', async (status, text, kind, code) => {
    const { context } = played({ '/v2/orders/O1': { status, headers: { 'retry-after': '7' }, body: text } });
    const failure = await open(personal)
      .fetch('order/O1', undefined, context)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind, code });
    if (kind === 'throttled') expect(failure).toMatchObject({ retryAfterMs: 7000 });
    expect(String(failure)).not.toContain('mara');
  });

  test.each(['payment/P1', 'order/', 'order/../locations', 'order/a b'])('%s is asked of nobody', async (subject) => {
    const { asked, context } = played({});
    await expect(open(personal).fetch(subject, undefined, context)).rejects.toMatchObject({ kind: 'refused' });
    expect(asked).toEqual([]);
  });

  test('an app renews with its secret, and keeps the refresh token', async () => {
    const { asked, context } = played({
      '/oauth2/token': '{"access_token":"EAAA9","token_type":"bearer","expires_at":"2026-12-24T12:00:00Z"}',
    });
    expect(await open(app).renew?.(undefined, context)).toEqual({
      accessToken: 'EAAA9',
      refreshToken: 'r',
      expiresAt: Date.parse('2026-12-24T12:00:00Z'),
    });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      client_id: 'i',
      client_secret: 's',
      grant_type: 'refresh_token',
      refresh_token: 'r',
    });
    expect(asked[0]?.headers?.authorization).toBeUndefined();
  });

  test('a renewal that was not heard is tried again', async () => {
    const { context } = played({ '/oauth2/token': { status: 502, headers: {}, body: '' } });
    await expect(open(app).renew?.(undefined, context)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

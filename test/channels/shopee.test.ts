/** What only Shopee's door, normaliser and API promise; what all adapters promise is in `suite.test.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Story } from '../../demo/delivery.ts';
import { createRandom } from '../../demo/random.ts';
import { shopeeOddities, shopeeStories } from '../../demo/shopee.ts';
import type { HttpRequest, Normalized } from '../../shared/channels/adapter.ts';
import { type ApiAnswer, ApiFailure, type ApiRequest, type Tokens } from '../../shared/channels/platform-api.ts';
import { shopee } from '../../shared/channels/shopee/adapter.ts';
import { shopeeApi } from '../../shared/channels/shopee/api.ts';
import { shopeeDoor } from '../../shared/channels/shopee/door.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import { answerEnvelope, toEnvelope } from './read.ts';

const NOW = new Date('2026-11-25T12:00:00.000Z');
const connection = ConnectionSettings.parse({ id: 'demo', channel: 'shopee', type: 'direct', settingsRevision: 0 });

describe('door', () => {
  // Shopee's sample push; the signature was made with openssl, of the address, '|' and the body, 2026-11-25.
  const vendor = {
    url: 'https://example.com/shopee/webhook',
    secret: 'test-partner-key',
    body: '{"data":{"items":[],"ordersn":"220810QSK8S7BX","status":"PROCESSED","completed_scenario":"","update_time":1660123127},"shop_id":727720655,"code":3,"timestamp":1660123127}',
    signature: '07774084c9057710b28349f71fd7a4f904d8dcf6b19b9cd27a457c53f9cf4ea9',
  };
  const request = (headers: Record<string, string>, body = vendor.body, url = vendor.url): HttpRequest => ({
    method: 'POST',
    url,
    query: '',
    headers,
    body: Buffer.from(body),
  });
  const verify = (authorization: string | undefined, url?: string) =>
    shopeeDoor.verify(
      request(authorization === undefined ? {} : { authorization }, vendor.body, url),
      [vendor.secret],
      NOW,
    );

  test('accepts a signature that another program made, and makes the same', () => {
    expect(verify(vendor.signature)).toEqual({ kind: 'verified' });
    expect(shopeeDoor.sign(request({}), vendor.secret, NOW).headers).toEqual({ authorization: vendor.signature });
  });

  test.each([
    ['signature_missing', undefined],
    ['signature_malformed', ''],
    ['signature_malformed', vendor.signature.toUpperCase()],
    ['signature_malformed', `Bearer ${vendor.signature}`],
    ['signature_malformed', `${vendor.signature}00`],
    ['signature_malformed', Buffer.from(vendor.signature, 'hex').toString('base64')],
    ['signature_mismatch', '0'.repeat(64)],
  ])('%s: %j', (code, authorization) => {
    expect(verify(authorization)).toMatchObject({ kind: 'rejected', code });
  });

  test.each([`${vendor.url}/`, `${vendor.url}?a=1`, vendor.url.replace('https', 'http'), ''])(
    'the address is signed: %s is another one',
    (url) => {
      expect(verify(vendor.signature, url)).toMatchObject({ code: 'signature_mismatch' });
    },
  );

  test('a test without a body is answered and not stored; all else is a push', () => {
    const empty = shopeeDoor.sign(request({}, ''), vendor.secret, NOW);
    expect(shopeeDoor.verify(empty, [vendor.secret], NOW)).toEqual({ kind: 'verified' });
    expect(shopeeDoor.handshake?.(empty, [vendor.secret])).toEqual({ status: 200, body: '' });
    expect(shopeeDoor.handshake?.(request({}, '{}'), [vendor.secret])).toBeUndefined();
    expect(shopeeDoor.acknowledge(request({}))).toEqual({ status: 200, body: '' });
  });
});

type Json = Record<string, unknown>;

const recorded = (name: string, file: string): Json =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'shopee', name, file), 'utf8'));

const push = (body: string | object, settings = connection): Normalized => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const request = { method: 'POST', url: '', query: '', headers: {}, body: Buffer.from(text) };
  return shopee.normalize(
    toEnvelope({ door: shopeeDoor, request, receivedAt: NOW, connection: settings, number: 1 }),
    settings,
  );
};
const answered = (subject: string, body: string | object, settings = connection): Normalized => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return shopee.normalize(answerEnvelope({ subject, fetchedAt: NOW, body: Buffer.from(text) }, settings, 1), settings);
};
const document = (outcome: Normalized) => {
  if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
  const [only] = outcome.documents;
  if (!only) throw new Error('no document');
  return only;
};

describe('pushes', () => {
  const told = { shop_id: 1, code: 3, timestamp: 1660123130, data: { ordersn: 'A1', update_time: 1660123127 } };

  test('an order status tells of the version, which counts when its second is over', () => {
    expect(push(told)).toEqual({
      kind: 'accepted',
      documents: [],
      signals: [
        {
          subject: 'order/A1',
          heard: { source: 1660123127000, settledAt: 1660123129000 },
          of: { orderId: 'A1' },
        },
      ],
    });
  });

  test('a return asks for what is read after the latest of its times, with or without its order', () => {
    const returned = {
      ...told,
      code: 29,
      data: { return_sn: 'R1', order_sn: 'A1', updated_values: [{ update_time: 1660123140 }, {}] },
    };
    expect(push(returned)).toMatchObject({
      signals: [
        {
          subject: 'refund/R1',
          heard: { source: 0, settledAt: 1660123142000 },
          of: { orderId: 'A1', refundId: 'R1' },
        },
      ],
    });
    expect(push({ ...returned, data: { return_sn: 'R1' } })).toMatchObject({
      signals: [{ subject: 'refund/R1', heard: { source: 0, settledAt: 1660123132000 } }],
    });
  });

  test.each([
    [0, 'address_test'],
    [1, 'shop_authorized'],
    [2, 'shop_authorization_cancelled'],
    [12, 'authorization_expires_soon'],
    [10, 'push_not_used'],
    [30, 'push_not_used'],
  ])('code %i is ignored: %s', (code, why) => {
    expect(push({ code })).toEqual({ kind: 'ignored', code: why });
  });

  test('a shop is told from another to the last digit', () => {
    const ours = ConnectionSettings.parse({ ...connection, shop: '9007199254740993' });
    const of = (shop: string) => push(JSON.stringify(told).replace('"shop_id":1', `"shop_id":${shop}`), ours);
    expect(of('9007199254740993').kind).toBe('accepted');
    expect(of('9007199254740992')).toEqual({ kind: 'accepted', documents: [], otherShops: ['9007199254740992'] });
    expect(push({ ...told, shop_id: undefined }, ours)).toHaveProperty('signals');
  });

  test.each([
    ['', 'null'],
    ['', '[]'],
    ['code', '{"code":"3"}'],
    ['code', '{"code":-3}'],
    ['data', '{"code":3}'],
    ['data.update_time', '{"code":3,"data":{"ordersn":"A1"}}'],
    ['data.update_time', '{"code":3,"data":{"ordersn":"A1","update_time":1e99}}'],
    ['data.ordersn', '{"code":4,"timestamp":1,"data":{"ordersn":"../A1"}}'],
    ['timestamp', '{"code":15,"data":{"ordersn":"A1"}}'],
    ['data.return_sn', '{"code":29,"timestamp":1,"data":{"order_sn":"A1"}}'],
  ])('%s is refused in %s', (path, body) => {
    expect(push(body)).toMatchObject({ kind: 'unacceptable', code: 'wire_mismatch', path });
  });
});

describe('orders', () => {
  const whole = recorded('cancelled-after-payment', '02-body.json');
  const SN = '2511240CANCEL1';
  /** The recorded answer with fields of the order and of the checkout changed. */
  const changed = (fields: Json, checkout?: Json | null): string => {
    const copy = JSON.parse(JSON.stringify(whole));
    Object.assign(copy.order.response.order_list[0], fields);
    if (checkout === null) delete copy.escrow;
    else Object.assign(copy.escrow.response.buyer_payment_info, checkout);
    return JSON.stringify(copy);
  };
  const read = (fields: Json, checkout?: Json | null) => document(answered(`order/${SN}`, changed(fields, checkout)));
  const reached = (fields: Json) => read(fields).parts.state?.reached;
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();

  test('version: update_time, and when it was fetched', () => {
    expect(read({}).version).toEqual({ source: 1763960460000, fetchedAt: NOW.getTime(), tie: '' });
  });

  test.each([
    ['UNPAID', {}],
    ['PENDING', {}],
    ['INVOICE_PENDING', { paid: 'shown' }],
    ['READY_TO_SHIP', { paid: 'shown' }],
    ['PROCESSED', { paid: 'shown' }],
    ['RETRY_SHIP', { paid: 'shown' }],
    ['SHIPPED', { paid: 'shown', fulfilled: 'shown' }],
    ['TO_CONFIRM_RECEIVE', { paid: 'shown', fulfilled: 'shown' }],
    ['TO_RETURN', { paid: 'shown', fulfilled: 'shown' }],
    ['COMPLETED', { paid: 'shown', fulfilled: 'shown', completed: 'shown' }],
    ['IN_CANCEL', {}],
    ['CANCELLED', { cancelled: 'shown' }],
    ['SOMETHING_NEW', {}],
  ])('%s without any time', (order_status, expected) => {
    expect(reached({ order_status, pay_time: null, pickup_done_time: 0 })).toEqual(expected);
  });

  test('times of payment and pickup count where they are known', () => {
    const times = { pay_time: 1763960001, pickup_done_time: 1763960002 };
    const paid = at(1763960001);
    const fulfilled = at(1763960002);
    expect(reached({ ...times, order_status: 'SHIPPED' })).toEqual({ paid, fulfilled });
    expect(reached({ ...times, order_status: 'IN_CANCEL' })).toEqual({ paid, fulfilled });
    // Of several parcels, one has left.
    expect(reached({ ...times, order_status: 'PROCESSED' })).toEqual({ paid });
  });

  test.each([
    ['READY_TO_SHIP', undefined],
    ['SHIPPED', undefined],
    ['CANCELLED', undefined],
    ['COMPLETED', at(1763960001)],
  ])('cash on delivery, %s', (order_status, paid) => {
    expect(reached({ order_status, cod: true, pay_time: 1763960001 })?.paid).toBe(paid);
  });

  test('cancelled after payment: all comes back, once, and not where returns did it', () => {
    const { refunds, version } = read({ order_status: 'CANCELLED' });
    expect(refunds).toEqual([
      {
        id: `cancel-${SN}`,
        version,
        value: {
          status: 'succeeded',
          amount: 3469,
          currency: 'SGD',
          at: at(1763960460),
          lines: [{ lineId: '844117783-10006252414', quantity: 3 }],
        },
      },
    ]);
    expect(read({ order_status: 'CANCELLED', pay_time: 0 }).refunds).toBeUndefined();
    expect(read({ order_status: 'CANCELLED', cod: true }).refunds).toBeUndefined();
    expect(read({}).refunds).toBeUndefined();
    const withReturn = changed({ order_status: 'CANCELLED' }).replace(
      '"return_order_sn_list":[]',
      '"return_order_sn_list":["R1"]',
    );
    expect(document(answered(`order/${SN}`, withReturn)).refunds).toMatchObject([
      { id: `cancel-${SN}`, value: { status: 'rejected', amount: 0 } },
    ]);
    // Without escrow, the total alone.
    expect(read({ order_status: 'CANCELLED' }, null).refunds?.[0]?.value.amount).toBe(3469);
  });

  test('pieces cancelled out of an order come back by their share, where the checkout is known', () => {
    const item = JSON.parse(changed({})).order.response.order_list[0].item_list[0];
    const item_list = [{ ...item, cancelled_qty: 2 }];
    expect(read({ item_list }).refunds?.[0]?.value).toMatchObject({
      amount: 2180,
      lines: [{ lineId: '844117783-10006252414', quantity: 2 }],
    });
    expect(read({ item_list }, null).refunds).toBeUndefined();
  });

  test('what buyers paid adds up, whoever bore what', () => {
    const money = read(
      {},
      {
        seller_voucher: -1,
        shopee_voucher: -2,
        shopee_coins_redeemed: -0.5,
        credit_card_promotion: -0.25,
        buyer_service_fee: 1.5,
        import_tax_amount: 2.75,
        buyer_total_amount: 34.69 - 1 - 2 - 0.5 - 0.25 + 1.5 + 2.75,
      },
    ).parts.money;
    expect(money).toMatchObject({
      items: 3570,
      merchantDiscount: 400,
      platformDiscount: 275,
      shipping: 199,
      fees: 425,
      tax: 0,
      total: 3519,
      taxIncluded: true,
    });
  });

  test('without escrow: more than the goods is shipping, less is vouchers', () => {
    expect(read({ total_amount: 40 }, null).parts.money).toMatchObject({ platformDiscount: 0, shipping: 730 });
    expect(read({ total_amount: 30 }, null).parts.money).toMatchObject({ platformDiscount: 270, shipping: 0 });
  });

  test('an unpaid order of 0 is not free, a paid one is', () => {
    const unpaid = { order_status: 'UNPAID', pay_time: null, total_amount: 0 };
    expect(read(unpaid, null).parts.money).toBeUndefined();
    expect(read({ ...unpaid, total_amount: null }, null).parts.money).toBeUndefined();
    expect(read({ total_amount: 0 }, null).parts.money).toMatchObject({ total: 0, platformDiscount: 3270 });
  });

  test.each([
    ['', undefined],
    [0, undefined],
    [null, undefined],
    [331904527, { buyerId: '331904527' }],
  ])('buyer_user_id %j', (buyer_user_id, buyer) => {
    expect(read({ buyer_user_id }).parts.buyer).toEqual(buyer);
  });

  test('the recipient is not the buyer, and a masked place is silence', () => {
    const to = { name: 'Sari Dewi', phone: '6281234567890', region: 'ID', city: '****', zipcode: '12110' };
    const { parts } = read({ recipient_address: to });
    expect(parts.shipTo).toEqual({ country: 'ID', postalCode: '12110' });
    expect(JSON.stringify(parts)).not.toMatch(/Sari|62812/);
  });

  test.each([
    ['order.response.order_list.0.total_amount', changed({ total_amount: '12,50' }, null)],
    ['order.response.order_list.0.total_amount', changed({ total_amount: 1e12 }, null)],
    [
      'order.response.order_list.0.item_list.0.model_quantity_purchased',
      changed({ item_list: [{ item_id: 1, model_original_price: 900000, model_quantity_purchased: 2 ** 50 }] }, null),
    ],
    ['order.response.order_list.0.currency', changed({ currency: 'sgd' })],
    ['order.response.order_list.0.item_list', changed({ item_list: {} })],
    ['order.response.order_list.0.item_list.0.item_id', changed({ item_list: [{ item_id: -1 }] })],
    ['escrow.response.buyer_payment_info.shipping_fee', changed({}, { shipping_fee: '1e3' })],
    ['escrow.response.buyer_payment_info.seller_voucher', changed({}, { seller_voucher: [] })],
  ])('%s is refused where it cannot be read, with its path and without its value', (path, body) => {
    const outcome = answered(`order/${SN}`, body);
    expect(outcome).toMatchObject({ kind: 'unacceptable', path });
    expect(JSON.stringify(outcome)).not.toMatch(/12,50|sgd|1e3/);
  });

  test('an answer to something else', () => {
    expect(answered('order/OTHER', changed({}))).toMatchObject({ code: 'order_missing' });
    expect(answered(`chat/${SN}`, changed({}))).toMatchObject({ code: 'subject_unknown' });
    expect(answered('refund/R1', changed({}))).toMatchObject({ kind: 'unacceptable', path: 'response' });
  });
});

describe('returns', () => {
  const given = {
    return_sn: 'R1',
    order_sn: 'A1',
    refund_amount: 10.9,
    currency: 'SGD',
    create_time: 100,
    update_time: 200,
  };
  const value = (fields: Json) =>
    document(answered('refund/R1', { response: { ...given, ...fields } })).refunds?.[0]?.value;

  test.each([
    ['REQUESTED', 'requested'],
    ['PROCESSING', 'requested'],
    ['JUDGING', 'requested'],
    ['SELLER_DISPUTE', 'requested'],
    ['SOMETHING_NEW', 'requested'],
    ['ACCEPTED', 'succeeded'],
    ['REFUND_PAID', 'succeeded'],
    ['CANCELLED', 'rejected'],
    ['CLOSED', 'rejected'],
  ])('%s: %s', (status, expected) => {
    const seconds = expected === 'requested' ? 100 : 200;
    const at = new Date(seconds * 1000).toISOString();
    expect(value({ status })).toEqual({ status: expected, amount: 1090, currency: 'SGD', at });
  });

  test('pieces of one model are added up, and named as the order names its lines', () => {
    const item = [
      { item_id: 1, model_id: 2, amount: 1 },
      { item_id: 1, model_id: 2, amount: 2 },
      { item_id: 3, amount: 1 },
    ];
    expect(value({ status: 'ACCEPTED', item })?.lines).toEqual([
      { lineId: '1-2', quantity: 3 },
      { lineId: '3-0', quantity: 1 },
    ]);
  });
});

describe('api', () => {
  const credentials = {
    partner_id: '2001887',
    partner_key: 'key',
    shop_id: '14701711',
    refresh_token: 'refresh',
  };
  const opened = shopeeApi.open(credentials);
  if ('kind' in opened) throw new Error(opened.problems.join());
  const account = opened;
  const tokens: Tokens = { accessToken: '59777174636562737266615546704c6d' };

  /** Answers all calls alike, and keeps them. */
  const context = (answer: Partial<ApiAnswer> & { readonly body: string }) => {
    const calls: ApiRequest[] = [];
    return {
      calls,
      clock: () => new Date(1655714431_000),
      call: async (request: ApiRequest): Promise<ApiAnswer> => {
        calls.push(request);
        return { status: 200, headers: {}, ...answer };
      },
    };
  };

  test('signs partner, path, time, token and shop, in this order and nothing between', async () => {
    const asked = context({ body: '{"error":"","response":{}}' });
    await account.fetch('refund/R1', tokens, asked);
    // openssl dgst -sha256 -hmac key, of 2001887/api/v2/returns/get_return_detail165571443159777174636562737266615546704c6d14701711
    expect(asked.calls).toEqual([
      {
        method: 'GET',
        path: '/api/v2/returns/get_return_detail',
        query: [
          ['partner_id', '2001887'],
          ['timestamp', '1655714431'],
          ['access_token', tokens.accessToken],
          ['shop_id', '14701711'],
          ['sign', 'e148184d637a87dcfa36f6d7d1ea0d43b07484d14102766ceb5c57fc92494376'],
          ['return_sn', 'R1'],
        ],
      },
    ]);
  });

  test('renews with the partner, the path and the time alone', async () => {
    const body = '{"error":"","access_token":"a2","refresh_token":"r2","expire_in":14400}';
    const asked = context({ body });
    expect(await account.renew?.({ accessToken: 'a1', refreshToken: 'r1' }, asked)).toEqual({
      accessToken: 'a2',
      expiresAt: 1655714431_000 + 14_400_000,
      refreshToken: 'r2',
      refreshExpiresAt: 1655714431_000 + 30 * 86_400_000,
    });
    expect(asked.calls[0]).toMatchObject({
      method: 'POST',
      path: '/api/v2/auth/access_token/get',
      query: [
        ['partner_id', '2001887'],
        ['timestamp', '1655714431'],
        ['sign', 'ddf9cf36dae815640b402728c97dea2ff8dc6b4e6c8610681d81dbb5cd11067f'],
      ],
      body: '{"partner_id":2001887,"shop_id":14701711,"refresh_token":"r1"}',
    });
  });

  test('a life that is the time of its end, as in one published sample', async () => {
    const body = '{"error":"","access_token":"a","refresh_token":"r","expire_in":1767001812}';
    expect((await account.renew?.(undefined, context({ body })))?.expiresAt).toBe(1767001812_000);
  });

  test.each([
    ['{"error":"invalid_acceess_token","message":"Invalid access_token."}', 403, 'unauthorized'],
    ['{"error":"error_auth","message":"Invalid access_token."}', 200, 'unauthorized'],
    ['{"error":"common.error_auth","message":"Invalid refresh_token."}', 403, 'unauthorized'],
    ['{"error":"error_auth","message":"No permission to current api"}', 403, 'closed'],
    ['{"error":"error_auth","message":"partner_id is invalid"}', 403, 'unauthorized'],
    ['{"error":"error_rate_limit","message":"Too many requests."}', 200, 'throttled'],
    ['{"error":"error_busi","message":"Too many requests, slow down"}', 200, 'throttled'],
    ['<html>', 429, 'throttled'],
    ['{}', 429, 'throttled'],
    ['{"error":"order.error_not_found","message":"the order is not found"}', 200, 'not_found'],
    ['{"error":"error_data","message":"data not exist"}', 200, 'not_found'],
    ['{"error":"error_data","message":"parse data failed"}', 200, 'unavailable'],
    ['{"error":"error_server","message":"System error."}', 200, 'unavailable'],
    ['{"error":"error_inner","message":"Inner error"}', 200, 'unavailable'],
    ['<html>bad gateway</html>', 502, 'unavailable'],
    ['{"err', 200, 'unavailable'],
    ['{}', 503, 'unavailable'],
    ['{"error":"error_permission","message":"Sorry"}', 200, 'forbidden'],
    ['{"error":"source_ip_undeclared","message":"Request Source IP"}', 403, 'closed'],
    ['{"error":"shop_no_linked","message":"Partner and shop has no linked."}', 403, 'unauthorized'],
    ['{"error":"error_sign","message":"Wrong sign."}', 403, 'unauthorized'],
    ['{"error":"error_param","message":"Timestamp is expired"}', 200, 'unavailable'],
    ['{"error":"error_param","message":"Wrong parameters."}', 200, 'refused'],
    ['{"error":"a sentence about 黃小姐","message":""}', 200, 'refused'],
  ])('%s with %i is %s', async (body, status, kind) => {
    const failure = await account
      .fetch('refund/R1', tokens, context({ body, status }))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiFailure);
    expect(failure).toMatchObject({ kind, code: expect.stringMatching(/^[\w.]+$/) });
  });

  test('the limit of the day ends at midnight in UTC+8', async () => {
    const limited = context({ body: '{"error":"error_limit","message":"daily API call limit"}' });
    // 2022-06-20T08:40:31Z is 16:40:31 there.
    await expect(account.fetch('refund/R1', tokens, limited)).rejects.toMatchObject({
      kind: 'throttled',
      retryAfterMs: (7 * 3600 + 19 * 60 + 29) * 1000,
    });
  });

  test('no token, or a subject that is none, asks for nothing', async () => {
    const asked = context({ body: '{}' });
    await expect(account.fetch('order/A1', undefined, asked)).rejects.toMatchObject({ kind: 'unauthorized' });
    await expect(account.fetch('order/', tokens, asked)).rejects.toMatchObject({ kind: 'refused' });
    await expect(account.fetch('chat/1', tokens, asked)).rejects.toMatchObject({ kind: 'refused' });
    expect(asked.calls).toEqual([]);
  });

  test('tokens that a person gave are renewed before their first use', () => {
    expect(account.shop).toBe('14701711');
    expect(account.firstTokens).toEqual({ accessToken: '', expiresAt: 0, refreshToken: 'refresh' });
  });

  test('credentials are checked by field, and no value is told', () => {
    const wrong = shopeeApi.open({ ...credentials, partner_id: 'p-17', shop: '1', refresh_token: '' });
    expect(wrong).toEqual({
      kind: 'wrong_credentials',
      problems: [
        'partner_id: expected digits',
        'refresh_token: expected a refresh token',
        'the file: unknown field shop',
      ],
    });
    expect(shopeeApi.open({ ...credentials, shop_id: 14701711 })).toMatchObject({
      problems: ['shop_id: expected string'],
    });
  });
});

describe('demo', () => {
  const shop = {
    connection: 'demo',
    secret: 'secret',
    webhookUrl: 'https://hooks.example.com/webhooks/shopee/demo',
    shop: '220004993',
    startMs: Date.parse('2026-11-24T00:00:00Z'),
    everyMs: 600_000,
  };
  const settings = ConnectionSettings.parse({ ...connection, shop: shop.shop });
  const stories = (count: number) => {
    const told = shopeeStories(createRandom(7), shop);
    return Array.from({ length: count }, (): Story => {
      const { value } = told.next();
      if (!value) throw new Error('a shop sells without end');
      return value;
    });
  };

  test('the same seed is the same day, signed as Shopee signs', () => {
    expect(stories(20)).toEqual(stories(20));
    for (const { deliveries } of stories(20)) {
      for (const { request } of deliveries) {
        expect(shopeeDoor.verify(request, [shop.secret], NOW)).toEqual({ kind: 'verified' });
      }
    }
  });

  test('each push is answered by its record, and what it tells of is reached by it', () => {
    const seen = new Set<string>();
    for (const { orderId, deliveries } of stories(300)) {
      for (const { request, records } of deliveries) {
        const outcome = push(Buffer.from(request.body).toString(), settings);
        const signal = outcome.kind === 'accepted' ? outcome.signals?.[0] : undefined;
        const record = records?.find(({ subject }) => subject === signal?.subject);
        if (!signal || !record) throw new Error(`no record for ${signal?.subject}`);
        const { order, escrow, ...rest } = JSON.parse(record.json);
        const body = order
          ? { order: { response: { order_list: [order] } }, ...(escrow && { escrow: { response: escrow } }) }
          : { response: rest };
        const answer = document(answered(signal.subject, body, settings));
        expect(answer.orderId).toBe(orderId);
        expect(answer.version.source).toBeGreaterThanOrEqual(signal.heard.source);
        const { money, lines, state } = answer.parts;
        if (money) {
          const off = money.merchantDiscount + money.platformDiscount;
          expect(money.items - off + money.shipping + money.fees).toBe(money.total);
          expect(lines?.reduce((total, line) => total + line.discount, 0)).toBe(off - money.shippingDiscount);
        }
        for (const milestone of Object.keys(state?.reached ?? {})) seen.add(milestone);
        for (const refund of answer.refunds ?? []) seen.add(refund.value.status);
        if (state?.test) seen.add('test');
      }
    }
    expect([...seen].sort()).toEqual([
      'cancelled',
      'completed',
      'fulfilled',
      'paid',
      'rejected',
      'requested',
      'succeeded',
      'test',
    ]);
  });

  test('three oddities: neither of them is an order', () => {
    const read = shopeeOddities.map(({ body }) => push(body, settings));
    expect(read.map(({ kind }) => kind)).toEqual(['unacceptable', 'unacceptable', 'ignored']);
  });
});

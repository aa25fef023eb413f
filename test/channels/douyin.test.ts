/** What only Douyin shop's door, normaliser and API promise; what all adapters promise is in `suite.test.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Normalized } from '../../shared/channels/adapter.ts';
import { douyin } from '../../shared/channels/douyin/adapter.ts';
import { douyinApi, signCall } from '../../shared/channels/douyin/api.ts';
import { douyinDoor } from '../../shared/channels/douyin/door.ts';
import { ApiFailure } from '../../shared/channels/platform-api.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import { answerEnvelope, toEnvelope } from './read.ts';

const NOW = new Date('2026-11-24T12:00:00.000Z');
const connection = ConnectionSettings.parse({ id: 'demo', channel: 'douyin', type: 'direct', settingsRevision: 0 });

const CHECK = '[{"tag":"0","msg_id":"0","data":"2021-06-15T21:46:57+08:00"}]';
const SUCCESS = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"code":0,"msg":"success"}' };

describe('door', () => {
  const app = '1234567890123456789';
  const secret = `${app}:testsecret`;
  const request = (headers: Readonly<Record<string, string>>, body = CHECK) => ({
    method: 'POST',
    url: 'https://hooks.example.com/webhooks/douyin/demo',
    query: '',
    headers,
    body: Buffer.from(body),
  });
  const md5 = '9997a67051110c78c422473de6ceede5';
  const verify = (headers: Readonly<Record<string, string>>, secrets = [secret], body?: string) =>
    douyinDoor.verify(request(headers, body), secrets, NOW);

  test('MD5, as md5sum makes it of app key, body and app secret', () => {
    expect(verify({ 'app-id': app, 'event-sign': md5 }).kind).toBe('verified');
    expect(verify({ 'app-id': app, 'event-sign': md5, 'sign-method': 'MD5' }).kind).toBe('verified');
    expect(douyinDoor.sign(request({}), secret, NOW).headers).toEqual({ 'app-id': app, 'event-sign': md5 });
  });

  // The value stands in the tests of another program for this platform's webhooks (its `sign_webhook`), read 2026-11-25.
  test('HMAC-SHA256, as another program makes it', () => {
    const hmac = '382c11208cd1f85f08f12c576fa0f80fd8482203d56894a3aab0b188cf2049da';
    const headers = { 'app-id': 'fixed-app', 'event-sign': hmac, 'sign-method': 'hmac-sha256' };
    expect(verify(headers, ['fixed-app:fixed-secret'], 'body').kind).toBe('verified');
    expect(verify({ ...headers, 'sign-method': 'md5' }, ['fixed-app:fixed-secret'], 'body')).toMatchObject({
      code: 'signature_malformed',
    });
  });

  test.each([
    ['signature_missing', { 'app-id': app }],
    ['signature_malformed', { 'app-id': app, 'event-sign': md5.toUpperCase() }],
    ['signature_malformed', { 'app-id': app, 'event-sign': md5.slice(1) }],
    ['signature_mismatch', { 'event-sign': md5 }],
    ['signature_mismatch', { 'app-id': '1234567890123456780', 'event-sign': md5 }],
    ['signature_mismatch', { 'app-id': app, 'event-sign': md5.replace('9', '8') }],
  ])('%s: %j', (code, headers) => {
    expect(verify(headers)).toMatchObject({ kind: 'rejected', code });
  });

  test.each(['', 'testsecret', ':testsecret', `${app}:`, `${app} :testsecret`, `${app}:test secret`])(
    'the secret %j has not the form, and lets nobody in',
    (odd) => {
      expect(douyinDoor.secretForm?.pattern.test(odd)).toBe(false);
      expect(verify(douyinDoor.sign(request({}), odd, NOW).headers, [odd])).toMatchObject({
        code: 'signature_mismatch',
      });
    },
  );

  test('a secret may hold colons: the first divides', () => {
    const odd = `${app}:te:st`;
    expect(douyinDoor.secretForm?.pattern.test(odd)).toBe(true);
    expect(verify(douyinDoor.sign(request({}), odd, NOW).headers, [odd]).kind).toBe('verified');
  });

  test('tag 0 is the platform checking the address', () => {
    const handshake = (body: string) => douyinDoor.handshake?.(request({}, body), [secret]);
    expect(handshake(CHECK)).toEqual(SUCCESS);
    expect(handshake('{"tag":0,"msgId":"0","data":"x"}')).toEqual(SUCCESS);
    const others = [
      '[]',
      '[{"tag":"0"},{"tag":"101"}]',
      '[{"tag":"101"}]',
      '[null]',
      '[["0"]]',
      '"0"',
      '0',
      'null',
      '[{',
    ];
    for (const body of others) expect(handshake(body), body).toBeUndefined();
    expect(handshake(`[{"tag":"0","data":"${'x'.repeat(1_000)}"}]`)).toBeUndefined();
  });

  test('replies in the form of the platform', () => {
    expect(douyinDoor.acknowledge(request({}))).toEqual(SUCCESS);
    const refusal = douyinDoor.refuse?.(request({}));
    expect(refusal).toMatchObject({ status: 401, headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(refusal?.body ?? '')).toMatchObject({ code: 1 });
  });
});

describe('messages', () => {
  const read = (body: unknown, settings = connection): Normalized => {
    const request = { method: 'POST', url: '', query: '', headers: {}, body: Buffer.from(JSON.stringify(body)) };
    return douyin.normalize(
      toEnvelope({ door: douyinDoor, request, receivedAt: NOW, connection, number: 1 }),
      settings,
    );
  };
  const trade = (tag: string | number, fields: object) => ({
    tag,
    msg_id: '1',
    data: JSON.stringify({ p_id: 7, ...fields }),
  });
  const heard = (message: unknown) => {
    const outcome = read([message]);
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
    return outcome.signals?.map((signal) => [signal.subject, signal.heard.source, signal.heard.settledAt]);
  };

  test.each([
    ['100', { create_time: 1795179600 }],
    [101, { pay_time: 1795179600, pay_type: 2 }],
    ['102', { update_time: 1795179600 }],
    ['103', { complete_time: 1795179600 }],
    ['105', { update_time: 1795179600 }],
    ['106', { cancel_time: 1795179600 }],
    ['108', { update_time: 1795179600 }],
    ['109', { modify_time: 1795179600 }],
    ['110', { pay_time: 1795179600, update_time: 1795179599 }],
  ])('tag %s tells of an order, as new as its time', (tag, fields) => {
    // The second is over a second later, and clocks may differ by one more.
    expect(heard(trade(tag, fields))).toEqual([['order/7', 1795179600000, 1795179602000]]);
  });

  test('a time of 0 is none: what is fetched from the receipt on counts', () => {
    expect(heard(trade('110', { pay_time: 0 }))).toEqual([['order/7', 0, NOW.getTime()]]);
  });

  test.each(['200', '201', '202', '203', '204', '205', '206', '207', '208', '211', '216', '225'])(
    'tag %s tells of a refund',
    (tag) => {
      const data = JSON.stringify({ aftersale_id: 9, update_time: '2026-11-20 21:00:00', apply_time: 1 });
      expect(heard({ tag, data })).toEqual([['refund/9', 1795179600000, 1795179602000]]);
    },
  );

  test('the first message that cannot be taken is named, and the others count', () => {
    const outcome = read([trade('101', {}), { tag: '102', data: '{' }, { tag: '103' }, trade('113', {}), null]);
    expect(outcome).toMatchObject({
      kind: 'accepted',
      signals: [{ subject: 'order/7' }],
      except: { kind: 'unacceptable', code: 'body_not_json', path: '1.data' },
    });
    expect(read([trade('113', {}), { tag: '103' }])).toMatchObject({ code: 'wire_mismatch', path: '1.data' });
    expect(read([null])).toMatchObject({ code: 'wire_mismatch', path: '0' });
    expect(read({ data: '{}' })).toMatchObject({ code: 'wire_mismatch', path: 'tag' });
  });

  test('another shop is told apart; a message may leave its shop out', () => {
    const ours = { ...connection, shop: '123' };
    expect(read([trade('101', { shop_id: 123 })], ours).kind).toBe('accepted');
    expect(read([trade('101', {})], ours).kind).toBe('accepted');
    const refund = { tag: '206', data: { aftersale_id: 9, shop_id: '124' } };
    expect(read(refund, ours)).toEqual({ kind: 'accepted', documents: [], signals: [], otherShops: ['124'] });
    const both = [trade('101', { shop_id: 124 }), trade('101', { shop_id: 123, p_id: 5 }), refund];
    expect(read(both, ours)).toMatchObject({ signals: [{ subject: 'order/5' }], otherShops: ['124'] });
  });

  test.each([
    ['0.data.p_id', trade('101', { p_id: 0 })],
    ['0.data.p_id', trade('101', { p_id: '1e3' })],
    ['0.data.p_id', trade('101', { p_id: '9'.repeat(33) })],
    ['0.data.pay_time', trade('101', { pay_time: -1 })],
    ['0.data', { tag: '101', data: 7 }],
    ['0.data', { tag: '101', data: ' '.repeat(70_000) }],
    ['0.data', { tag: '101', data: '[]' }],
    ['0.tag', { tag: {}, data: '{}' }],
  ])('%s is refused where it cannot be read', (path, message) => {
    expect(read([message])).toMatchObject({ kind: 'unacceptable', path });
  });
});

describe('orders', () => {
  const text = readFileSync(join(import.meta.dirname, 'douyin/messages-twice-and-late/02-body.json'), 'utf8');
  const recorded: { data: { shop_order_detail: Record<string, unknown> } } = JSON.parse(text);
  const read = (fields: object): Normalized => {
    const body = Buffer.from(
      JSON.stringify({ ...recorded, data: { shop_order_detail: { ...recorded.data.shop_order_detail, ...fields } } }),
    );
    const envelope = answerEnvelope({ subject: 'order/1', fetchedAt: NOW, body }, connection, 1);
    return douyin.normalize(envelope, connection);
  };
  const parts = (fields: object) => {
    const outcome = read(fields);
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
    return outcome.documents[0]?.parts;
  };
  const [paid, shippedAt, done] = ['2026-11-20T13:00:09.000Z', '2026-11-21T00:06:40.000Z', '2026-11-20T13:33:20.000Z'];

  test.each([
    ['unpaid', 1, 1, { pay_time: 0 }, {}],
    ['partly paid', 1, 103, {}, {}],
    ['partly paid, by the main status alone', 105, 103, {}, {}],
    ['paid, held back', 105, 105, {}, { paid }],
    ['preparing', 2, 2, {}, { paid }],
    ['partly shipped', 101, 101, {}, { paid }],
    ['shipped', 3, 3, {}, { paid, fulfilled: shippedAt }],
    ['shipped, at a time that is not told', 3, 3, { ship_time: 0 }, { paid, fulfilled: 'shown' }],
    ['completed', 5, 5, { finish_time: 1795181600 }, { paid, fulfilled: shippedAt, completed: done }],
    ['closed unpaid', 4, 4, { pay_time: 0 }, { cancelled: 'shown' }],
    ['closed after paying', 4, 4, {}, { paid, cancelled: 'shown' }],
    ['refunded before shipping', 4, 21, {}, { paid }],
    ['refunded after shipping', 4, 22, {}, { paid, fulfilled: shippedAt }],
    ['refunded after receipt', 4, 39, {}, { paid, fulfilled: shippedAt, completed: 'shown' }],
    ['nothing to pay', 2, 2, { pay_time: 0, pay_type: 7 }, { paid: 'shown' }],
    ['on delivery', 3, 3, { pay_time: 0, pay_type: 0 }, { fulfilled: shippedAt }],
    ['use first, pay later', 3, 3, { pay_time: 0, pay_type: 12 }, { fulfilled: shippedAt }],
    ['balance open', 2, 2, { order_phase_list: [{ pay_success: true }, { pay_success: false }] }, {}],
    ['a status nobody has seen', 77, 77, {}, { paid }],
  ])('%s', (_, order_status, main_status, fields, reached) => {
    expect(parts({ order_status, main_status, ...fields })?.state?.reached).toEqual(reached);
  });

  test.each([
    [5, true],
    [10, true],
    [11, true],
    [12, undefined],
    [0, undefined],
  ])('trade type %d counts nowhere: %s', (trade_type, expected) => {
    const line = { order_id: '1', origin_amount: 100, item_num: 1 };
    expect(parts({ sku_order_list: [{ ...line, trade_type }] })?.state?.test).toBe(expected);
    expect(parts({ trade_type, sku_order_list: [line] })?.state?.test).toBe(expected);
    expect(
      parts({
        sku_order_list: [
          { ...line, trade_type },
          { ...line, trade_type: 0 },
        ],
      })?.state?.test,
    ).toBeUndefined();
  });

  test.each(['$$cipher$1$$', '$cipher$', '##cipher#1##', '~cipher~', '138****4021', '', null])(
    '%j is no contact',
    (text) => {
      const said = parts({ post_tel: text, post_receiver: text });
      expect(said && 'phone' in said).toBe(false);
      expect(said && 'name' in said).toBe(false);
    },
  );

  test('who bears the discounts', () => {
    const money = (fields: object) => {
      const said = parts({
        promotion_amount: 1000,
        promotion_shop_amount: 600,
        promotion_platform_amount: 300,
        promotion_talent_amount: 100,
        ...fields,
      });
      return [said?.money?.merchantDiscount, said?.money?.platformDiscount, said?.money?.shippingDiscount];
    };
    expect(money({ shop_cost_amount: 700, platform_cost_amount: 300 })).toEqual([700, 300, 0]);
    // Freight's is the platform's, unless the costs count it.
    expect(money({ shop_cost_amount: 700, platform_cost_amount: 300, post_promotion_amount: 50 })).toEqual([
      700, 350, 50,
    ]);
    expect(money({ shop_cost_amount: 750, platform_cost_amount: 300, post_promotion_amount: 50 })).toEqual([
      750, 300, 50,
    ]);
    // Costs of campaigns too: whose promotion it was decides.
    expect(money({ shop_cost_amount: 2700, platform_cost_amount: 300 })).toEqual([600, 400, 0]);
    expect(money({ promotion_amount: null })).toEqual([600, 400, 0]);
  });

  test('a raised price is a charge, as no line has it', () => {
    expect(parts({ modify_amount: 300, pay_amount: 5900 })?.money).toMatchObject({
      items: 5600,
      fees: 300,
      merchantDiscount: 0,
    });
  });

  test.each([
    ['order_id', { order_id: '' }],
    ['update_time', { update_time: '2026-11-20 21:00:09' }],
    ['pay_amount', { pay_amount: '56.00' }],
    ['pay_amount', { pay_amount: 10 ** 13 + 1 }],
    ['sku_order_list', { sku_order_list: null }],
    ['sku_order_list.0.item_num', { sku_order_list: [{ order_id: '1', origin_amount: 1, item_num: -1 }] }],
    ['doudian_open_id', { doudian_open_id: 'x'.repeat(513) }],
  ])('%s is refused where it cannot be read, with its path and without its value', (path, fields) => {
    const outcome = read(fields);
    expect(outcome).toMatchObject({ kind: 'unacceptable', path: `data.shop_order_detail.${path}` });
    expect(JSON.stringify(outcome)).not.toMatch(/56\.00|2026-11-20|xxx/);
  });

  test('a subject of another kind, and an answer without what was asked for', () => {
    const answered = (subject: string, body: string) =>
      douyin.normalize(answerEnvelope({ subject, fetchedAt: NOW, body: Buffer.from(body) }, connection, 1), connection);
    expect(answered('parcel/1', '{}')).toMatchObject({ code: 'subject_unknown' });
    expect(answered('order/1', '{"code":10000,"data":null}')).toMatchObject({ code: 'wire_mismatch', path: 'data' });
    expect(answered('refund/1', '[]')).toMatchObject({ code: 'wire_mismatch', path: '' });
  });
});

describe('refunds', () => {
  const refund = (fields: object, skus?: readonly object[]) => {
    const sale = {
      after_sale_id: '9',
      after_sale_status: 12,
      after_sale_type: 0,
      update_time: 1795179600,
      apply_time: 1795170000,
      ...fields,
    };
    const body = JSON.stringify({
      data: { process_info: { after_sale_info: sale }, order_info: { shop_order_id: '7', sku_order_infos: skus } },
    });
    const envelope = answerEnvelope({ subject: 'refund/9', fetchedAt: NOW, body: Buffer.from(body) }, connection, 1);
    const outcome = douyin.normalize(envelope, connection);
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
    return outcome.documents[0]?.refunds?.[0]?.value;
  };

  test.each([
    ['applied', 6, 0, 1, 'requested', 500],
    ['agreed, money under way', 12, 1, 2, 'requested', 500],
    ['made', 12, 0, 3, 'succeeded', 400],
    ['made, and recovered from the merchant', 53, 0, 5, 'succeeded', 400],
    ['refused, yet made by arbitration', 27, 0, 3, 'succeeded', 400],
    ['refused', 27, 0, 1, 'rejected', 500],
    ['return refused', 29, 0, 1, 'rejected', 500],
    ['withdrawn', 28, 0, 1, 'rejected', 500],
    ['failed', 12, 0, 4, 'rejected', 500],
    ['an unpaid order cancelled', 51, 5, 0, 'succeeded', 0],
    ['a paid order cancelled, money to come', 51, 5, 1, 'requested', 500],
    ['exchange asked for', 6, 3, 0, 'requested', 0],
    ['exchange received', 14, 3, 1, 'succeeded', 0],
    ['re-send done', 12, 7, 0, 'succeeded', 0],
    ['exchange that became a refund', 12, 3, 3, 'succeeded', 400],
    ['a status nobody has seen', 99, 0, 1, 'requested', 500],
  ])('%s', (_, after_sale_status, after_sale_type, refund_status, status, amount) => {
    const amounts = { refund_total_amount: 500, real_refund_amount: 400 };
    expect(refund({ after_sale_status, after_sale_type, refund_status, ...amounts })).toMatchObject({ status, amount });
  });

  test('what came back, by line', () => {
    const lines = (fields: object, skus?: readonly object[]) => refund({ refund_status: 3, ...fields }, skus)?.lines;
    const sku = (id: number, after_sale_item_count?: number) => ({ sku_order_id: id, after_sale_item_count });
    expect(lines({}, [sku(1, 2), sku(2, 0)])).toEqual([{ lineId: '1', quantity: 2 }]);
    expect(lines({ after_sale_apply_count: 3 }, [sku(1)])).toEqual([{ lineId: '1', quantity: 3 }]);
    expect(lines({ after_sale_apply_count: 3 }, [sku(1), sku(2)])).toBeUndefined();
    expect(lines({}, undefined)).toBeUndefined();
    // Price protection, exchange: the goods stay.
    expect(lines({ after_sale_type: 6 }, [sku(1, 1)])).toBeUndefined();
    expect(lines({ after_sale_type: 3 }, [sku(1, 1)])).toBeUndefined();
  });
});

describe('api', () => {
  // The value stands in the tests of another program for this API (its `sign_request`), read 2026-11-25.
  test('signs as another program does', () => {
    const app = { app_key: '1234567890123456789', app_secret: 'contract-app-secret' };
    const body = '{"a":[3,{"a":1,"b":2}],"nested":{"a":true,"汉":"<&"},"z":1}';
    expect(signCall(app, { method: 'order.searchList', body, timestamp: '1667899926' })).toBe(
      'cfb0c61c20926f758e13f4bd3d59a0de0e22f3c6059f1045cae36e6cea2bd417',
    );
  });

  const credentials = { app_key: '7012345678901234567', app_secret: 's', shop_id: '4463798' };
  const context = (status: number, body: string, headers = {}) => ({
    call: async () => ({ status, headers, body }),
    clock: () => NOW,
  });
  const account = () => {
    const opened = douyinApi.open(credentials);
    if ('kind' in opened) throw new Error(opened.problems.join());
    return opened;
  };

  test('says what is wrong with the credentials by field, never with a value', () => {
    const { shop_id: _, ...without } = credentials;
    expect(douyinApi.open(without)).toEqual({ kind: 'wrong_credentials', problems: ['shop_id: expected string'] });
    const odd = douyinApi.open({ ...credentials, shop_id: 4463798, app_secret: 'two words', token: 'x' });
    expect(odd).toEqual({
      kind: 'wrong_credentials',
      problems: [
        'app_secret: expected the app secret, without spaces',
        'shop_id: expected string',
        'the file: unknown field token',
      ],
    });
    expect(account().shop).toBe('4463798');
  });

  test.each([
    ['unauthorized', 40003, 'isv.access-token-expired'],
    ['unauthorized', 40003, 'isv.access-token-no-existed'],
    ['closed', 30001, 'isv.app-permissions-insufficient'],
    ['closed', 30001, 'dop.authorization-closed'],
    ['closed', 30002, ''],
    ['throttled', 60000, ''],
    ['throttled', 50002, 'isv.api-call-limited'],
    ['unavailable', 20000, 'isp.service-error:10000'],
    ['unavailable', 90000, 'dop.unknown-error'],
    ['not_found', 40004, 'isv.parameter-invalid:20001'],
    ['refused', 40004, 'isv.parameter-invalid:1'],
    ['closed', 40003, 'isv.signature-invalid'],
    ['refused', 12345, ''],
  ])('%s: code %d %s', async (kind, code, sub_code) => {
    const failed = account().fetch(
      'order/1',
      { accessToken: 'a' },
      context(200, JSON.stringify({ code, sub_code, msg: '他' })),
    );
    await expect(failed).rejects.toMatchObject({ kind, code: sub_code || `code_${code}` });
  });

  test('an answer that is no answer is tried again, an empty one is not there (yet)', async () => {
    const fetched = (status: number, body: string, headers = {}) =>
      account().fetch('order/1', { accessToken: 'a' }, context(status, body, headers));
    await expect(fetched(200, '<html>')).rejects.toMatchObject({ kind: 'unavailable', code: 'answer_not_json' });
    await expect(fetched(200, '[]')).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(fetched(200, '{"code":10000,"data":{}}')).rejects.toMatchObject({
      kind: 'not_found',
      code: 'no_data',
    });
    await expect(fetched(429, '', { 'retry-after': '3' })).rejects.toMatchObject({
      kind: 'throttled',
      retryAfterMs: 3000,
    });
    await expect(fetched(502, '')).rejects.toBeInstanceOf(ApiFailure);
    const body = '{"code":10000,"data":{"shop_order_detail":{"order_id":6936476692437472563}}}';
    await expect(fetched(200, body)).resolves.toEqual([body]);
  });

  test('a token answer without a token is no token', async () => {
    await expect(
      account().renew?.(undefined, context(200, '{"code":10000,"data":{"expires_in":1}}')),
    ).rejects.toMatchObject({
      kind: 'unavailable',
    });
    const body = '{"code":10000,"data":{"access_token":"a","expires_in":"530808","refresh_token":"r"}}';
    await expect(account().renew?.(undefined, context(200, body))).resolves.toEqual({
      accessToken: 'a',
      expiresAt: NOW.getTime() + 530_808_000,
      refreshToken: 'r',
    });
  });
});

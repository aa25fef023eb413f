/** WeChat subscribe messages: values, numbers, and a token that the whole account shares. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wechatFault } from '../providers/wechat.ts';
import { HOUR_MS, OPEN_ID, openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const withValues = (values: Record<string, string>) =>
  stage.message('wechat', { with: { template: { id: 'TPL-1', values } } });

describe('a message', () => {
  it('arrives as values for a template', async () => {
    expect(await stage.send('wechat')).toEqual({ kind: 'sent', providerId: '4000000000000001001' });
    expect(stage.wechat.taken).toEqual([
      {
        openId: OPEN_ID,
        templateId: 'TPL-1',
        page: 'pages/offer?id=1',
        values: { thing1: '你的礼物', time2: '2026年11月25日 15:01' },
      },
    ]);
  });

  it.each([
    ['thing1', '一'.repeat(20), 'ok'],
    ['thing1', '一'.repeat(21), { size: 21, most: 20 }],
    ['thing1', '👍'.repeat(10), 'ok'],
    ['thing1', '👍'.repeat(11), { size: 22, most: 20 }],
    ['thing1', 'two\nlines', 'invalid'],
    ['thing1', '', 'invalid'],
    ['thing1', '  ', 'invalid'],
    ['number2', '12.50', 'ok'],
    ['number2', '12,50', 'invalid'],
    ['letter3', 'abc', 'ok'],
    ['letter3', 'ab1', 'invalid'],
    ['symbol4', '***', 'ok'],
    ['symbol4', '******', { size: 6, most: 5 }],
    ['character_string5', 'ORD-2026/11', 'ok'],
    ['character_string5', '订单', 'invalid'],
    ['time6', '2026年11月25日 15:01', 'ok'],
    ['time6', 'tomorrow', 'invalid'],
    ['date7', '2026年11月25日', 'ok'],
    ['amount8', '¥129.50', 'ok'],
    ['amount8', '129.5元', 'ok'],
    ['amount8', '12345678901', 'invalid'],
    ['phone_number9', '+86-0766-66888866', 'ok'],
    ['car_number10', '粤A8Z888挂', 'ok'],
    ['name11', '王小明', 'ok'],
    ['name11', 'Wang Xiaoming', 'ok'],
    ['name11', '王'.repeat(11), { size: 11, most: 10 }],
    ['phrase12', '配送中', 'ok'],
    ['phrase12', '已送达啦啦啦', { size: 6, most: 5 }],
    ['phrase12', 'abc', 'invalid'],
    ['Wang', 'x', 'invalid'],
  ])('%s: %s', (field, value, expected) => {
    const found = stage.sender('wechat').check(withValues({ [field]: value }));
    const at = field === 'Wang' ? '/content/template/values' : `/content/template/values/${field}`;
    if (expected === 'ok') expect(found).toBe('ok');
    else if (expected === 'invalid') expect(found).toEqual({ code: 'invalid', at });
    else expect(found).toMatchObject({ code: 'too_large', unit: 'characters', at, ...(expected as object) });
  });

  it('needs a template', () => {
    const { template: _, ...content } = stage.message('wechat').content;
    expect(stage.sender('wechat').check({ ...stage.message('wechat'), content })).toEqual({
      code: 'invalid',
      at: '/content/template',
    });
  });
});

describe('a number', () => {
  it.each([
    [43101, { kind: 'rejected' }],
    [47003, { kind: 'rejected' }],
    [40037, { kind: 'rejected' }],
    [41030, { kind: 'rejected' }],
    [40003, { kind: 'gone' }],
    [45009, { kind: 'later', retryAfterMs: HOUR_MS }],
    [45011, { kind: 'later', retryAfterMs: 60_000 }],
    [-1, { kind: 'later' }],
    [48001, { kind: 'refused' }],
    [40164, { kind: 'refused' }],
    [99999, { kind: 'rejected' }],
  ])('%i', async (errcode, outcome) => {
    stage.wechat.faults.next(wechatFault(errcode));
    expect(await stage.send('wechat')).toEqual({ code: String(errcode), ...outcome });
    expect(stage.wechat.taken).toHaveLength(0);
  });

  it('of the model itself', async () => {
    stage.wechat.refuse(OPEN_ID);
    expect(await stage.send('wechat')).toEqual({ kind: 'rejected', code: '43101' });
    stage.wechat.forget(OPEN_ID);
    expect(await stage.send('wechat')).toEqual({ kind: 'gone', code: '40003' });
  });
});

describe('the token', () => {
  it('is fetched once for fifty at once, and is the same for another function', async () => {
    const sender = stage.sender('wechat');
    await Promise.all(Array.from({ length: 50 }, () => sender.send([stage.message('wechat')])));
    await stage.send('wechat');
    expect(stage.wechat.calls).toEqual({ send: 51, token: 1 });
  });

  it('that somebody else has forced is fetched anew, once for all', async () => {
    const sender = stage.sender('wechat');
    await sender.send([stage.message('wechat')]);
    stage.advance(60_000);
    stage.wechat.forceToken();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => sender.send([stage.message('wechat')])));
    expect(new Set(outcomes.flat().map(({ kind }) => kind))).toEqual(new Set(['sent']));
    expect(stage.wechat.calls.token).toBe(2);
  });

  it.each([40001, 40014, 42001])('that is not taken (%i) is asked for once more', async (errcode) => {
    const sender = stage.sender('wechat');
    await sender.send([stage.message('wechat')]);
    stage.advance(60_000);
    stage.wechat.faults.next(wechatFault(errcode));
    expect(await sender.send([stage.message('wechat')])).toMatchObject([{ kind: 'sent' }]);
  });

  it('that WeChat gives and does not take: it contradicts itself, and that passes', async () => {
    const sender = stage.sender('wechat');
    await sender.send([stage.message('wechat')]);
    stage.advance(60_000);
    stage.wechat.faults.next(wechatFault(40001), 2);
    expect(await sender.send([stage.message('wechat')])).toEqual([{ kind: 'later', code: '40001' }]);
    stage.wechat.faults.always(wechatFault(40001));
    for (let time = 0; time < 5; time++) await sender.send([stage.message('wechat')]);
    expect(stage.wechat.calls.token).toBe(2);
  });

  it('is renewed before it expires', async () => {
    const sender = stage.sender('wechat');
    await sender.send([stage.message('wechat')]);
    stage.advance(2 * HOUR_MS - 3 * 60_000);
    expect(await sender.send([stage.message('wechat')])).toMatchObject([{ kind: 'sent' }]);
    expect(stage.wechat.calls.token).toBe(2);
  });

  it.each([
    [40125, { kind: 'refused', code: 'token_40125' }],
    [40164, { kind: 'refused', code: 'token_40164' }],
    [-1, { kind: 'later', code: 'token_-1', retryAfterMs: 60_000 }],
    [45009, { kind: 'later', code: 'token_45009', retryAfterMs: 60_000 }],
  ])('is not to be had: %i', async (errcode, outcome) => {
    stage.wechat.tokenFaults.next(wechatFault(errcode));
    expect(await stage.send('wechat')).toEqual(outcome);
    expect(stage.wechat.calls.send).toBe(0);
  });
});

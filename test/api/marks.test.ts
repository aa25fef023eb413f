/** Tags and consents, said over the API. */
import { describe, expect, test } from 'vitest';
import { MARKS_MOST } from '../../shared/profiles/marks.ts';
import { instant } from '../../shared/time/instant.ts';
import { ANNE_PATH, NOW_MS, withAnne } from './open-api.ts';

const ALIAS_PATH = `/v1/profiles/${encodeURIComponent('douyin/live/dy-7')}`;
const CONSENTS = `/v1/consents/${encodeURIComponent('shopify/shop/anne')}`;
const MINUTE_MS = 60_000;

describe('tags', () => {
  test('are of the profile, whichever of its personas they are said of, and it is derived anew', async () => {
    const { ask, sent } = await withAnne();
    await ask('POST', `${ANNE_PATH}/tags`, { role: 'marketer', body: { add: ['VIP', ' 老客户 '] } });
    const { status, body } = await ask('POST', `${ALIAS_PATH}/tags`, { body: { add: ['live'] } });
    expect(status).toBe(200);
    expect(body).toEqual({ profile: 'shopify/shop/anne', tags: ['VIP', 'live', '老客户'] });
    expect(await ask('GET', ANNE_PATH)).toMatchObject({ body: { tags: ['VIP', 'live', '老客户'] } });
    expect(sent.profiles).toEqual([
      { personas: ['shopify/shop/anne'], cause: 'live' },
      { personas: ['douyin/live/dy-7'], cause: 'live' },
    ]);
  });

  test('are taken away, by whichever persona they came', async () => {
    const { ask, later } = await withAnne();
    await ask('POST', `${ALIAS_PATH}/tags`, { body: { add: ['VIP', 'live'] } });
    later(1);
    const { body } = await ask('POST', `${ANNE_PATH}/tags`, { body: { remove: ['VIP', 'never had'] } });
    expect(body).toMatchObject({ tags: ['live'] });
  });

  test.each([
    ['none', { add: [] }],
    ['one both ways', { add: ['a'], remove: ['a'] }],
    ['an empty one', { add: [' '] }],
    ['one with a control character', { add: ['a\u0007'] }],
    ['too many at once', { add: Array.from({ length: 51 }, (_, one) => `tag ${one}`) }],
  ])('%s: refused, and nothing is kept', async (_, body) => {
    const { ask, sent } = await withAnne();
    expect(await ask('POST', `${ANNE_PATH}/tags`, { body })).toMatchObject({ status: 400 });
    expect(sent.profiles).toEqual([]);
  });

  test('are not without end', async () => {
    const { ask, sent } = await withAnne();
    const add = (from: number) => Array.from({ length: 50 }, (_, one) => `tag ${from + one}`);
    for (let from = 0; from < MARKS_MOST; from += 50) {
      expect(await ask('POST', `${ANNE_PATH}/tags`, { body: { add: add(from) } })).toMatchObject({ status: 200 });
    }
    const told = sent.profiles.length;
    expect(await ask('POST', `${ANNE_PATH}/tags`, { body: { add: ['one more'] } })).toMatchObject({
      status: 409,
      body: { code: 'too_many_marks' },
    });
    expect(sent.profiles).toHaveLength(told);
  });

  test('of nobody are refused', async () => {
    const { ask } = await withAnne();
    expect(await ask('POST', '/v1/profiles/shopify%2Fshop%2Fnobody/tags', { body: { add: ['VIP'] } })).toMatchObject({
      status: 404,
      body: { code: 'profile_not_found' },
    });
  });
});

describe('consents', () => {
  const push = { channel: 'push', given: true, source: 'checkout', wording: '2026-03' };

  test('are none until one is said', async () => {
    const { ask } = await withAnne();
    expect((await ask('GET', CONSENTS)).body).toEqual({ profile: 'shopify/shop/anne', consent: {} });
  });

  test('are kept with time, source and wording, by purpose, in the profile, too', async () => {
    const { ask, sent } = await withAnne();
    const consents = [push, { channel: 'sms', purpose: 'service', given: true, source: 'app' }];
    const { status, body } = await ask('PUT', CONSENTS, { role: 'marketer', body: { consents } });
    expect(status).toBe(200);
    const consent = {
      push: { given: true, at: instant(NOW_MS), source: 'checkout', wording: '2026-03' },
      'service/sms': { given: true, at: instant(NOW_MS), source: 'app' },
    };
    expect(body).toEqual({ profile: 'shopify/shop/anne', consent });
    expect((await ask('GET', CONSENTS, { role: 'reader' })).body).toEqual(body);
    expect(await ask('GET', ANNE_PATH)).toMatchObject({ body: { consent } });
    expect(sent.profiles).toEqual([{ personas: ['shopify/shop/anne'], cause: 'live' }]);
  });

  test('of two, the one said later stands, whichever is told first', async () => {
    const { ask } = await withAnne();
    const said = (given: boolean, ms: number) => ({
      consents: [{ ...push, given, at: instant(NOW_MS - ms * MINUTE_MS) }],
    });
    await ask('PUT', CONSENTS, { body: said(false, 1) });
    const { body } = await ask('PUT', CONSENTS, { body: said(true, 2) });
    expect(body).toMatchObject({ consent: { push: { given: false, at: instant(NOW_MS - MINUTE_MS) } } });
  });

  test('that are not named stay as they are', async () => {
    const { ask, later } = await withAnne();
    await ask('PUT', CONSENTS, { body: { consents: [push] } });
    later(1);
    const { body } = await ask('PUT', CONSENTS, { body: { consents: [{ ...push, channel: 'sms' }] } });
    expect(body).toMatchObject({ consent: { push: { given: true }, sms: { given: true } } });
  });

  test('of the future are refused with their place', async () => {
    const { ask, sent } = await withAnne();
    const consents = [push, { ...push, at: instant(NOW_MS + 6 * MINUTE_MS) }];
    expect(await ask('PUT', CONSENTS, { body: { consents } })).toMatchObject({
      status: 422,
      body: { code: 'in_future', problems: [{ at: '/consents/1/at' }] },
    });
    expect(sent.profiles).toEqual([]);
  });
});

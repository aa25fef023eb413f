/** Devices of visitors, consents said on devices, the suppression list, tests and explanations, over the API. */
import { describe, expect, it, test } from 'vitest';
import { anonymousKey } from '../../shared/behaviour/names.ts';
import { updateVisitor } from '../../shared/behaviour/update-visitors.ts';
import { sendKey } from '../../shared/campaigns/occurrence.ts';
import { deliveryParty, idleLane, type LaneState, type Party } from '../../shared/lanes/lane.ts';
import { pushParty } from '../../shared/push/push-work.ts';
import { instant } from '../../shared/time/instant.ts';
import { KEYS, personaId } from '../profiles/people.ts';
import { NOW_MS, type OpenedApi, withAnne } from './open-api.ts';

const ANNE = 'shopify/shop/anne';
const USER = personaId('web/app/u42');
const ENDPOINT = { provider: 'fcm', token: 'registration-token-1' };
const VISITOR = { source: 'app', anonymousId: '8b9f4b2e' };
const KEY = anonymousKey(VISITOR, VISITOR.anonymousId, KEYS.guest);
const CONSENTS = `/v1/consents/${encodeURIComponent(ANNE)}`;
const CAMPAIGN = {
  id: 'welcome-up',
  name: '升级祝贺',
  trigger: { on: 'tier_changed', to: ['growth'] },
  content: {
    defaultLocale: 'zh',
    variants: [{ id: 'a', messages: { zh: { title: '恭喜', body: '您已是{{ customer.tier }}会员' } } }],
    nonPersonalised: { zh: { title: '新品', body: '新品上市' } },
  },
};

async function withApp() {
  const api = await withAnne();
  const { status } = await api.ask('POST', '/v1/sources', { body: { id: 'app', name: 'App', kind: 'app' } });
  expect(status).toBe(201);
  /** What a proven identify comes to. */
  const signIn = async () => {
    await api.buy({ by: USER, at: '2026-11-20T08:00:00.000Z', identifiers: { phone: '+8613912345678' } });
    const at = instant(NOW_MS);
    const user = { at, id: 'm1', persona: USER };
    await updateVisitor(KEY, { views: [], cart: { lines: [] }, lastSeenAt: at, user }, api.stores.visitors);
  };
  return { ...api, signIn };
}

const say = (api: Pick<OpenedApi, 'ask'>, path: string, ...consents: object[]) =>
  api.ask('PUT', path, { role: 'marketer', body: { consents: consents.map((one) => ({ source: 'banner', ...one })) } });

describe('a device of an anonymous visitor', () => {
  it('is registered, and shows who it is once that is proven', async () => {
    const { ask, signIn, stores } = await withApp();
    const put = await ask('PUT', '/v1/devices/browser', { body: { visitor: VISITOR, endpoint: ENDPOINT } });
    expect(put).toMatchObject({ status: 200, body: { id: 'browser', visitor: { source: 'app' }, provider: 'fcm' } });
    expect(put.body).not.toHaveProperty('profile');
    expect(JSON.stringify(await stores.devices.getDevice('browser'))).not.toContain(VISITOR.anonymousId);
    await signIn();
    expect((await ask('GET', '/v1/devices/browser')).body).toMatchObject({ profile: USER });
  });

  it.each([
    ['of neither', { endpoint: ENDPOINT }, 400],
    ['of both', { profile: ANNE, visitor: VISITOR, endpoint: ENDPOINT }, 400],
    ['of no source', { visitor: { ...VISITOR, source: 'nowhere' }, endpoint: ENDPOINT }, 404],
  ])('%s is refused', async (_, body, status) => {
    const { ask } = await withApp();
    expect(await ask('PUT', '/v1/devices/browser', { body })).toMatchObject({ status });
  });

  it('keeps what was refused there when somebody logs in on it, and not what was given', async () => {
    const api = await withApp();
    await api.ask('PUT', '/v1/devices/browser', { body: { visitor: VISITOR, endpoint: ENDPOINT } });
    const words = [
      { channel: 'push', given: true },
      { channel: '*', given: false },
    ];
    await say(api, '/v1/consents/browser', ...words);
    await api.ask('PUT', '/v1/devices/browser', { body: { profile: ANNE, endpoint: ENDPOINT } });
    expect((await api.ask('GET', CONSENTS)).body).toEqual({
      profile: ANNE,
      consent: { '*': { given: false, at: instant(NOW_MS), source: 'banner' } },
    });
  });
});

test('with other credentials, campaigns that failed are tried again at once, and no others', async () => {
  const { ask, stores, sent } = await withAnne();
  const lanes: Record<string, Partial<LaneState>> = {
    [pushParty('refused')]: { failures: 5, notBefore: NOW_MS + 900_000 },
    [pushParty('well')]: {},
    [deliveryParty('crm')]: { failures: 5, notBefore: NOW_MS + 900_000 },
  };
  // The cast: made by the functions above.
  for (const [party, state] of Object.entries(lanes))
    await stores.lanes.putLane({ ...idleLane(party as Party), ...state, revision: 1 }, 0);
  const body = { appKey: 'a1b2c3d4e5f6', masterSecret: 'f6e5d4c3b2a1' };
  expect(await ask('PUT', '/v1/push-providers/jpush', { body })).toMatchObject({ status: 200 });
  expect(await stores.lanes.getLane(pushParty('refused'))).toMatchObject({ failures: 0, notBefore: 0 });
  expect(await stores.lanes.getLane(deliveryParty('crm'))).toMatchObject({ failures: 5 });
  expect(sent.wakes).toEqual([{ wake: pushParty('refused') }]);
});

describe('consents of a device', () => {
  it("are the customer's, where it is a customer's", async () => {
    const api = await withApp();
    await api.ask('PUT', '/v1/devices/phone', { body: { profile: 'douyin/live/dy-7', endpoint: ENDPOINT } });
    const { body } = await say(api, '/v1/consents/phone', { channel: 'push', given: true, wording: '2026-03' });
    expect(body).toMatchObject({ profile: ANNE, consent: { push: { given: true, wording: '2026-03' } } });
    expect((await api.ask('GET', CONSENTS)).body).toEqual(body);
    expect(api.sent.profiles).toMatchObject([{ personas: ['douyin/live/dy-7'] }]);
  });

  it('are kept of the visitor, and count once it is known who that is', async () => {
    const api = await withApp();
    await api.ask('PUT', '/v1/devices/browser', { body: { visitor: VISITOR, endpoint: ENDPOINT } });
    const { body } = await say(api, '/v1/consents/browser', { channel: 'push', given: true, wording: '2026-03' });
    const push = { given: true, at: instant(NOW_MS), source: 'banner', wording: '2026-03' };
    expect(body).toEqual({ consent: { push } });
    expect((await api.ask('GET', CONSENTS)).body).toMatchObject({ consent: {} });
    await api.signIn();
    expect((await api.ask('GET', CONSENTS)).body).toEqual({ profile: ANNE, consent: { push } });
    expect((await api.ask('GET', '/v1/consents/browser')).body).toEqual({ profile: USER, consent: { push } });
    expect(api.sent.profiles).toEqual([]);
  });

  it('of none are refused, as are those of the future', async () => {
    const api = await withApp();
    expect(await say(api, '/v1/consents/nothing', { channel: 'push', given: true })).toMatchObject({
      status: 404,
      body: { code: 'device_not_found' },
    });
    await api.ask('PUT', '/v1/devices/browser', { body: { visitor: VISITOR, endpoint: ENDPOINT } });
    const at = instant(NOW_MS + 3_600_000);
    expect(await say(api, '/v1/consents/browser', { channel: 'push', given: true, at })).toMatchObject({ status: 422 });
  });
});

describe('the suppression list', () => {
  const PHONE = { phone: '139 1234 5678' };
  const lookUp = async ({ ask }: OpenedApi) =>
    (await ask('POST', '/v1/suppressions:lookup', { body: { contacts: [PHONE, { email: 'a@example.org' }] } })).body;

  it('takes contacts, says whether they are on it, and lets them off', async () => {
    const api = await withAnne();
    const put = { contacts: [PHONE, { email: 'Anne.Novak@example.org' }], source: 'opt-outs' };
    expect(await api.ask('PUT', '/v1/suppressions', { role: 'marketer', body: put })).toMatchObject({
      status: 200,
      body: { suppressed: 2 },
    });
    const listed = { suppressed: true, at: instant(NOW_MS), by: 'the marketer', source: 'opt-outs' };
    expect(await lookUp(api)).toEqual({ items: [listed, { suppressed: false }] });
    await api.ask('POST', '/v1/suppressions:remove', { body: { contacts: [{ phone: '+8613912345678' }] } });
    expect(await lookUp(api)).toEqual({ items: [{ suppressed: false }, { suppressed: false }] });
  });

  it('is audited, and neither the trail nor the table can be read', async () => {
    const api = await withAnne();
    await api.ask('PUT', '/v1/suppressions', { body: { contacts: [PHONE] } });
    const { items } = await api.stores.audit.listEntries(api.stores.clock(), 10);
    expect(items).toMatchObject([
      { operation: 'putSuppressions', status: 200, subject: expect.stringMatching(/^phone#/) },
    ]);
    expect(JSON.stringify(items) + api.stores.suppressions.stored()).not.toMatch(/1391234|5678/);
  });

  it('refuses all where one is no contact, and says which', async () => {
    const api = await withAnne();
    const contacts = [PHONE, { phone: '138****1234' }, { email: 'nobody' }];
    const { status, body } = await api.ask('PUT', '/v1/suppressions', { body: { contacts } });
    expect({ status, body }).toMatchObject({
      status: 422,
      body: { problems: [{ at: '/contacts/1/phone' }, { at: '/contacts/2/email' }] },
    });
    expect(await lookUp(api)).toMatchObject({ items: [{ suppressed: false }, {}] });
    expect(JSON.stringify(body)).not.toContain('1234');
  });

  test.each([
    ['none', { contacts: [] }],
    ['too many', { contacts: Array.from({ length: 101 }, () => PHONE) }],
    ['both in one', { contacts: [{ ...PHONE, email: 'a@example.org' }] }],
  ])('%s: refused', async (_, body) => {
    const { ask } = await withAnne();
    expect(await ask('PUT', '/v1/suppressions', { body })).toMatchObject({ status: 400 });
  });
});

describe('a test of a campaign', () => {
  async function open() {
    const api = await withAnne();
    await api.ask('POST', '/v1/campaigns', { body: CAMPAIGN });
    await api.ask('PUT', '/v1/devices/qa', { body: { profile: ANNE, endpoint: ENDPOINT, test: true } });
    const wish = { profile: 'douyin/live/dy-7', device: 'qa' };
    const send = (changes: object = {}) =>
      api.ask('POST', '/v1/campaigns/welcome-up/test', { role: 'marketer', body: { ...wish, ...changes } });
    return { ...api, send };
  }

  it('is on its way, and can be asked about', async () => {
    const { ask, send, sent } = await open();
    const { status, body } = await send({ variant: 'a' });
    expect({ status, body }).toMatchObject({
      status: 202,
      body: { state: 'waiting', profile: ANNE, device: 'qa', variant: 'a', by: 'the marketer' },
    });
    const { id } = body as { id: string };
    expect(sent.tests).toEqual([{ test: { campaign: 'welcome-up', id } }]);
    expect(await ask('GET', `/v1/campaigns/welcome-up/test/${id}`)).toMatchObject({ status: 200, body });
    expect(await ask('GET', '/v1/campaigns/welcome-up/test/nothing')).toMatchObject({ status: 404 });
  });

  it("goes to no customer's device", async () => {
    const { ask, send, sent } = await open();
    await ask('PUT', '/v1/devices/qa', { body: { profile: ANNE, endpoint: ENDPOINT } });
    expect(await send()).toMatchObject({ status: 409, body: { code: 'no_test_device' } });
    expect(sent.tests).toEqual([]);
  });

  it.each([
    [{ device: 'nothing' }, 'device_not_found'],
    [{ variant: 'z' }, 'variant_not_found'],
    [{ profile: 'shopify/shop/nobody' }, 'profile_not_found'],
  ])('of %o is refused', async (changes, code) => {
    const { send } = await open();
    expect(await send(changes)).toMatchObject({ status: 404, body: { code } });
  });

  it('is one of so many a minute', async () => {
    const { send, later } = await open();
    for (let count = 0; count < 10; count++) expect(await send()).toMatchObject({ status: 202 });
    const refused = await send();
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_tests' } });
    expect(refused.headers.get('retry-after')).toBe('60');
    later(60_000);
    expect(await send()).toMatchObject({ status: 202 });
  });
});

describe('an explanation', () => {
  const key = sendKey('welcome-up', personaId(ANNE), 'o');
  const path = `/v1/campaigns/welcome-up/sends/${key}/explanation`;

  async function open() {
    const api = await withAnne();
    await api.ask('POST', '/v1/campaigns', { body: CAMPAIGN });
    await api.stores.sends.putRecord({
      ...{ campaign: 'welcome-up', key, version: 1, profile: personaId(ANNE), occurrence: 'o', cause: 'live' },
      ...{ at: instant(NOW_MS), state: 'suppressed', reasons: ['no_consent'], attributionDays: 7 },
      basis: { tier: 'growth', consents: [] },
    });
    return api;
  }

  it('is told in both languages, or one, by the version of then', async () => {
    const { ask } = await open();
    await ask('POST', '/v1/campaigns/welcome-up/start');
    const { body } = await ask('GET', path, { role: 'reader' });
    expect(body).toMatchObject({
      campaign: { id: 'welcome-up', version: 1 },
      because: [{ code: 'tier_changed' }],
      against: [{ code: 'no_consent', zh: '没有客户同意的记录', en: 'no consent is on record' }],
    });
    const { body: zh } = await ask('GET', `${path}?lang=zh`);
    expect(JSON.stringify(zh)).not.toContain('"en"');
  });

  it('of nothing that was decided is none', async () => {
    const { ask } = await open();
    const other = sendKey('welcome-up', personaId(ANNE), 'another');
    expect(await ask('GET', path.replace(key, other))).toMatchObject({ status: 404, body: { code: 'send_not_found' } });
    expect(await ask('GET', path.replace('welcome-up', 'none'))).toMatchObject({ status: 404 });
    expect(await ask('GET', path.replace(key, 'x'))).toMatchObject({ status: 400 });
  });

  it('can be had of all that a customer was sent, under whatever name, newest first', async () => {
    const { ask, stores } = await open();
    const log = (profile: string, sends: readonly [string, number][]) =>
      stores.logs.putLog({
        ...{ profile: personaId(profile), revision: 1 },
        sends: sends.map(([one, ms]) => ({ key: one, campaign: 'c', at: instant(NOW_MS + ms), isMarketing: true })),
      });
    await log(ANNE, [
      ['k1', 1],
      ['k3', 3],
    ]);
    await log('douyin/live/dy-7', [['k2', 2]]);
    const list = `/v1/profiles/${encodeURIComponent('douyin/live/dy-7')}/push`;
    const { body } = await ask('GET', `${list}?limit=2`, { role: 'reader' });
    expect(body).toMatchObject({
      items: [{ key: 'k3', marketing: true }, { key: 'k2' }],
      nextCursor: expect.any(String),
    });
    const { nextCursor } = body as { nextCursor: string };
    expect((await ask('GET', `${list}?limit=2&cursor=${nextCursor}`)).body).toMatchObject({
      items: [{ key: 'k1', campaign: 'c', at: instant(NOW_MS + 1) }],
      nextCursor: null,
    });
  });
});

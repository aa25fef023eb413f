/** Campaigns, devices, the push policy and accounts at providers, over the API. */
import { describe, expect, test } from 'vitest';
import type { AttributedOrder } from '../../shared/proof/attributed-order.ts';
import { instant } from '../../shared/time/instant.ts';
import { personaId } from '../profiles/people.ts';
import { attributedOrder, campaignResult } from '../proof/samples.ts';
import { NOW_MS, type OpenedApi, withAnne } from './open-api.ts';

const ANNE = 'shopify/shop/anne';
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
const DEVICE = { profile: ANNE, endpoint: { provider: 'fcm', token: 'registration-token-1' }, locale: 'zh-CN' };

async function withCampaign(): Promise<OpenedApi> {
  const api = await withAnne();
  const { status } = await api.ask('POST', '/v1/campaigns', { role: 'marketer', body: CAMPAIGN });
  expect(status).toBe(201);
  return api;
}

describe('a campaign', () => {
  test('is a draft until it is started, and each change is a version', async () => {
    const { ask } = await withCampaign();
    const path = '/v1/campaigns/welcome-up';
    expect(await ask('GET', path, { role: 'reader' })).toMatchObject({ body: { state: 'draft', version: 1 } });
    expect(await ask('POST', `${path}/start`)).toMatchObject({ body: { state: 'running', version: 2 } });
    const { id: _, ...written } = CAMPAIGN;
    const edit = { body: { ...written, name: '升级' }, headers: { 'if-match': '"2"' } };
    expect(await ask('PUT', path, edit)).toMatchObject({
      status: 200,
      body: { state: 'running', version: 3, name: '升级' },
    });
    expect(await ask('PUT', path, edit)).toMatchObject({ status: 412 });
    expect(await ask('POST', `${path}/pause`)).toMatchObject({ body: { state: 'paused', version: 4 } });
    expect(await ask('GET', '/v1/campaigns')).toMatchObject({
      body: { items: [{ id: 'welcome-up', state: 'paused' }] },
    });
  });

  test('of an id that there is, is refused', async () => {
    const { ask } = await withCampaign();
    expect(await ask('POST', '/v1/campaigns', { body: CAMPAIGN })).toMatchObject({ status: 409 });
  });

  test('that can not be meant is refused with the place', async () => {
    const { ask } = await withAnne();
    const body = { ...CAMPAIGN, trigger: { on: 'segment_entered', segment: 'nobody' } };
    expect(await ask('POST', '/v1/campaigns', { body })).toMatchObject({
      status: 422,
      body: { code: 'campaign_invalid', problems: [{ at: '/trigger/segment' }] },
    });
  });

  test('is not started when its segment has gone meanwhile', async () => {
    const { ask } = await withAnne();
    const when = { field: 'orders', atLeast: 1 };
    await ask('POST', '/v1/segments', { body: { id: 'buyers', name: 'Buyers', when } });
    await ask('POST', '/v1/campaigns', {
      body: { ...CAMPAIGN, trigger: { on: 'segment_entered', segment: 'buyers' } },
    });
    await ask('DELETE', '/v1/segments/buyers');
    expect(await ask('POST', '/v1/campaigns/welcome-up/start')).toMatchObject({ status: 422 });
  });

  test('on a schedule says when it runs next', async () => {
    const { ask } = await withAnne();
    await ask('POST', '/v1/segments', { body: { id: 'buyers', name: 'B', when: { field: 'orders', atLeast: 1 } } });
    const trigger = { on: 'schedule', cron: '0 10 * * *', zone: 'Asia/Shanghai' };
    await ask('POST', '/v1/campaigns', { body: { ...CAMPAIGN, trigger, audience: { in: ['buyers'] } } });
    const { body } = await ask('POST', '/v1/campaigns/welcome-up/start');
    expect(body).toMatchObject({ nextRunAt: '2026-11-26T02:00:00.000Z' });
  });

  test('is previewed for a customer, personal and not', async () => {
    const { ask } = await withCampaign();
    const preview = (body: object) =>
      ask('POST', '/v1/campaigns/welcome-up/preview', { body: { profile: ANNE, ...body } });
    expect((await preview({})).body).toMatchObject({ missing: false, message: { title: '恭喜' } });
    expect((await preview({ personalised: false })).body).toMatchObject({ message: { body: '新品上市' } });
    expect(await preview({ variant: 'z' })).toMatchObject({ status: 404 });
    expect(await preview({ profile: 'shopify/shop/nobody' })).toMatchObject({ status: 404 });
  });

  test('is tried on the members of a segment, without sending', async () => {
    const { ask, stores } = await withCampaign();
    await stores.memberships.putMembership({
      ...{ segment: 'buyers', profile: personaId(ANNE), revision: 1, version: 1 },
      ...{ since: instant(NOW_MS), because: [] },
    });
    const dryRun = (body: object) => ask('POST', '/v1/campaigns/welcome-up/dry-run', { body });
    expect(await dryRun({})).toMatchObject({ status: 422, body: { code: 'segment_missing' } });
    const { body } = await dryRun({ segment: 'buyers' });
    expect(body).toMatchObject({
      asked: 1,
      counts: { suppress: 1 },
      items: [{ profile: ANNE, reasons: [{ code: 'no_consent' }, { code: 'no_endpoint', zh: '没有可推送的设备' }] }],
    });
    expect(await stores.sends.listRecords('welcome-up', 10)).toEqual({ items: [] });
  });

  test('is reported on', async () => {
    const { ask, stores } = await withCampaign();
    const base = { campaign: 'welcome-up', version: 1, profile: personaId(ANNE), occurrence: 'o', at: instant(NOW_MS) };
    const put = (key: string, rest: object) =>
      stores.sends.putRecord({ ...base, key, state: 'sent', attributionDays: 7, ...rest });
    await put('1', { variant: 'a', devices: [{ device: 'd', provider: 'fcm', outcome: 'sent' }] });
    await put('2', {
      variant: 'a',
      state: 'failed',
      devices: [{ device: 'd', provider: 'fcm', outcome: 'gone', code: 'unregistered' }],
    });
    await put('3', { state: 'held_out', heldOut: 'global' });
    await put('4', { state: 'suppressed', reasons: ['cap_of_day', 'no_endpoint'] });
    await put('5', { state: 'claimed', variant: 'b' });
    expect((await ask('GET', '/v1/campaigns/welcome-up/report')).body).toEqual({
      campaign: 'welcome-up',
      asOf: instant(NOW_MS),
      audience: 5,
      occurrences: 5,
      ...{ sent: 1, failed: 1, unknown: 0, waiting: 1 },
      heldOut: { global: 1, campaign: 0 },
      suppressed: { cap_of_day: 1 },
      variants: {
        a: { sent: 1, failed: 1, unknown: 0, waiting: 0 },
        b: { sent: 0, failed: 0, unknown: 0, waiting: 1 },
      },
      refusedBy: { unregistered: 1 },
      ...{ delivered: null, opened: null, openedByVariant: null, attributed: null, holdout: null, lift: null },
      notes: ['not_attributed_yet', 'delivered_not_told', 'opened_not_told'].map((code) =>
        expect.objectContaining({ code }),
      ),
    });
    const { body } = await ask('GET', '/v1/campaigns/welcome-up/sends?limit=2');
    expect(body).toMatchObject({ items: [{ key: '1' }, { key: '2' }], nextCursor: expect.any(String) });
  });
});

describe('what a campaign brought', () => {
  const order = (name: string, changes: Partial<AttributedOrder> = {}): AttributedOrder =>
    attributedOrder({ campaign: 'welcome-up', order: `shopify/shop/${name}`, ...changes });

  test('is in the report, with words for what is not told', async () => {
    const { ask, stores } = await withCampaign();
    const result = campaignResult({ campaign: 'welcome-up' });
    await stores.results.putResult(result);
    const { body } = await ask('GET', '/v1/campaigns/welcome-up/report', { role: 'reader' });
    const { asOf, attributed, holdout, lift } = result;
    expect(body).toMatchObject({ attributed: { asOf, ...attributed }, holdout, lift, opened: null });
    const { notes } = body as { notes: { code: string; zh: string; en: string }[] };
    expect(notes.map(({ code }) => code)).toEqual([
      ...['few_customers', 'against_global', 'windows_open', 'delivered_not_told', 'opened_not_told'],
    ]);
    for (const { zh, en } of notes)
      expect([/\p{Script=Han}/u.test(zh), /^[\p{ASCII}]+$/u.test(en)]).toEqual([true, true]);
  });

  test('tells how many messages were opened, where an app has told of any', async () => {
    const { ask, stores } = await withCampaign();
    const opened = { messages: 7, variants: { a: 4, b: 3 } };
    await stores.results.putResult(campaignResult({ campaign: 'welcome-up', opened }));
    const { body } = await ask('GET', '/v1/campaigns/welcome-up/report', { role: 'reader' });
    expect(body).toMatchObject({ delivered: null, opened: 7, openedByVariant: { a: 4, b: 3 } });
    const { notes } = body as { notes: { code: string }[] };
    expect(notes.map(({ code }) => code)).toContain('opened_as_told');
    expect(notes.map(({ code }) => code)).not.toContain('opened_not_told');
  });

  test('is listed order by order, those taken back too, page by page', async () => {
    const { ask, stores } = await withCampaign();
    await stores.attributed.putOrder(order('1'));
    await stores.attributed.putOrder(order('2', { state: 'taken_back', net: 0 }));
    await stores.attributed.putOrder(order('3', { campaign: 'another' }));
    const path = '/v1/campaigns/welcome-up/orders';
    const first = await ask('GET', `${path}?limit=1`, { role: 'marketer' });
    const { campaign: _, ...shown } = order('1');
    expect(first.body).toEqual({ items: [shown], nextCursor: expect.any(String) });
    const { nextCursor } = first.body as { nextCursor: string };
    expect((await ask('GET', `${path}?limit=1&cursor=${nextCursor}`)).body).toMatchObject({
      items: [{ order: 'shopify/shop/2', state: 'taken_back', net: 0 }],
      nextCursor: null,
    });
    expect(await ask('GET', path, { role: 'reader' })).toMatchObject({ status: 403 });
    expect(await ask('GET', '/v1/campaigns/nothing/orders')).toMatchObject({ status: 404 });
  });
});

describe('a device', () => {
  test('is registered, moved, shown without where it is reached, and removed', async () => {
    const { ask } = await withAnne();
    const put = await ask('PUT', '/v1/devices/phone', { role: 'marketer', body: DEVICE });
    expect(put).toMatchObject({ status: 200, body: { id: 'phone', profile: ANNE, provider: 'fcm', locale: 'zh-CN' } });
    expect(JSON.stringify(put.body)).not.toContain('registration-token');
    await ask('PUT', '/v1/devices/phone', { body: { ...DEVICE, profile: 'douyin/live/dy-7' } });
    expect((await ask('GET', '/v1/devices/phone')).body).toMatchObject({ profile: 'douyin/live/dy-7' });
    expect(await ask('DELETE', '/v1/devices/phone')).toMatchObject({ status: 204 });
    expect(await ask('GET', '/v1/devices/phone')).toMatchObject({ status: 404 });
  });

  test('of nobody, or of another form, is refused', async () => {
    const { ask } = await withAnne();
    const put = (body: object) => ask('PUT', '/v1/devices/phone', { body });
    expect(await put({ ...DEVICE, profile: 'shopify/shop/nobody' })).toMatchObject({ status: 404 });
    expect(await put({ ...DEVICE, endpoint: { provider: 'pigeon' } })).toMatchObject({ status: 400 });
    expect(await put({ ...DEVICE, zone: 'Mars/Olympus' })).toMatchObject({ status: 400 });
  });

  test('is one of so many', async () => {
    const { ask } = await withAnne();
    for (let number = 0; number < 20; number++) await ask('PUT', `/v1/devices/d${number}`, { body: DEVICE });
    expect(await ask('PUT', '/v1/devices/d20', { body: DEVICE })).toMatchObject({
      status: 409,
      body: { code: 'too_many_devices' },
    });
    expect(await ask('PUT', '/v1/devices/d3', { body: DEVICE })).toMatchObject({ status: 200 });
  });
});

test('the push policy is built in until one is put, and nobody overwrites what another has put', async () => {
  const { ask } = await withAnne();
  const before = await ask('GET', '/v1/push-policy');
  expect(before.body).toMatchObject({ version: 0, policy: { perDay: 2, law: 'pipl', holdout: 0.05 } });
  const put = (version: number) =>
    ask('PUT', '/v1/push-policy', { body: { perDay: 1 }, headers: { 'if-match': `"${version}"` } });
  expect(await put(0)).toMatchObject({ status: 200, body: { version: 1, policy: { perDay: 1, perWeek: 5 } } });
  expect(await put(0)).toMatchObject({ status: 412 });
});

test('credentials of a provider are kept, never shown, and refused where they are none', async () => {
  const { ask, stores } = await withAnne();
  const secret = { appKey: '0123456789abcdef01234567', masterSecret: 'abcdef0123456789abcdef01' };
  const put = await ask('PUT', '/v1/push-providers/jpush', { body: secret });
  expect(put).toMatchObject({ status: 200, body: { provider: 'jpush', by: 'the operator' } });
  expect(stores.given.get('jpush')).toEqual(secret);
  const shown = [put.body, (await ask('GET', '/v1/push-providers')).body, (await ask('GET', '/v1/audit')).body];
  expect(JSON.stringify(shown)).not.toContain(secret.masterSecret);
  const bad = await ask('PUT', '/v1/push-providers/jpush', { body: { ...secret, masterSecret: 'no!' } });
  expect(bad).toMatchObject({ status: 422, body: { code: 'credentials_invalid' } });
  expect(JSON.stringify(bad.body)).not.toContain('no!');
  expect(await ask('DELETE', '/v1/push-providers/jpush')).toMatchObject({ status: 204 });
  expect(stores.given.size).toBe(0);
});

test('a preview shows products: those that are recommended, and the one that it would be about', async () => {
  const { ask, world } = await withAnne();
  const product = (title: string, amount: number) => ({
    title: { zh: title },
    variants: [{ skuId: 'a', price: { amount, currency: 'CNY' } }],
  });
  for (const [id, body] of Object.entries({ tea: product('春茶', 12_800), honey: product('蜂蜜', 1_250) }))
    expect(await ask('PUT', `/v1/products/${id}`, { body })).toMatchObject({ status: 201 });
  const zh = {
    title: '{{ product.title }}',
    body: '{% for item in items %}{{ item.title }} {{ item.price }}{% endfor %}',
  };
  const content = { ...CAMPAIGN.content, recommended: { items: 1 }, variants: [{ id: 'a', messages: { zh } }] };
  const body = { ...CAMPAIGN, content, trigger: { on: 'cart_left' }, priority: 'low' };
  expect(await ask('POST', '/v1/campaigns', { body })).toMatchObject({ status: 201, body: { priority: 'low' } });
  const preview = async (more: object = {}) =>
    (await ask('POST', '/v1/campaigns/welcome-up/preview', { body: { profile: ANNE, ...more } })).body;
  expect(await preview()).toEqual({ missing: true });
  world.recommended.push(
    { product: 'tea', reason: { code: 'viewed', lastDays: 1 } },
    { product: 'honey', reason: { code: 'viewed', lastDays: 2 } },
  );
  expect(await preview()).toMatchObject({ message: { title: '春茶', body: '蜂蜜 ¥12.50' } });
  expect(await preview({ products: ['honey'] })).toMatchObject({ message: { title: '蜂蜜', body: '春茶 ¥128' } });
  expect(await preview({ personalised: false })).toMatchObject({ message: { title: '新品' } });
  // Whom to ask about has to be said.
  expect(await ask('POST', '/v1/campaigns/welcome-up/dry-run', { body: {} })).toMatchObject({ status: 422 });
});

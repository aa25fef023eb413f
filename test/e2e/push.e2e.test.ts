/** From a webhook to a message on a customer's phone, on the deployed stack: segment, campaign, consent, provider, and providers that fail. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { inCurrency, OOLONG } from '../../demo/goods.ts';
import type { Person } from '../../demo/people.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyCustomerId, shopifyScene } from '../../demo/shopify.ts';
import { createClient } from '../../shared/api/client.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { type Providers, startProviders } from '../providers/all.ts';
import { fcmFault } from '../providers/fcm.ts';
import { endpoints, openShop, post, settle, withKind } from './deployment.ts';

const PATIENCE_MS = 90_000;
const RUN = `${Date.now() % 1_000_000_000}`;
const random = createRandom(7);
const api = createClient({ baseUrl: endpoints.apiUrl ?? '', token: endpoints.token ?? '' });
const segment = `e2e-push-${RUN}`;
const campaign = `e2e-push-${RUN}`;
const REFUSED = 'consent_refused';

function person(number: number): Person {
  return {
    id: 8_400_000_000_000 + Number(RUN) * 10 + number,
    firstName: 'Solveig',
    lastName: 'Dahl',
    email: `push${RUN}-${number}@example.com`,
    phone: `+1206${3_000_000 + (Number(RUN) % 600_000) * 10 + number}`,
    city: 'Seattle',
    province: 'Washington',
    country: 'US',
    zip: '98101',
  };
}

async function until<T>(ask: () => Promise<T> | T, isSo: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isSo(answer) || Date.now() > deadline) return answer;
    await sleep(250);
  }
}

describe('push on the deployed stack', () => {
  let providers: Providers;
  let shop: Awaited<ReturnType<typeof openShop>>;
  const people = { willing: person(1), silent: person(2), refusing: person(3) };
  /** Who enter one by one, each to a provider that fails in its own way. */
  const late = { moved: person(4), patient: person(5), waiting: person(6) };
  const profileOf = (who: Person) => `shopify/${shop.connection}/${shopifyCustomerId(who)}`;
  let orders = Number(RUN) * 100 + 50;

  async function buy(who: Person): Promise<void> {
    const lines = [{ product: inCurrency(OOLONG, 'USD'), quantity: 1 }];
    const paidAtMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
    const scene = { number: ++orders, paidAtMs, buyer: who, lines, guest: false, recipientShown: false };
    const { deliveries } = shopifyScene(random, shop, { ...scene, handedOver: 'parcel' });
    for (const delivery of deliveries) expect(await post(withKind('order')(delivery))).toBe(200);
  }
  const consent = (who: Person, given: boolean) =>
    api.call(ROUTES.putConsents, {
      params: { id: profileOf(who) },
      body: { consents: [{ channel: 'push', given, source: 'app settings' }] },
    });
  const register = (who: Person, token: string) =>
    api.call(ROUTES.putDevice, {
      params: { id: `app-${RUN}-${token}` },
      body: { profile: profileOf(who), endpoint: { provider: 'fcm', token }, locale: 'zh-CN' },
    });
  const sendTo = async (who: Person) => (await sends()).find(({ profile }) => profile === profileOf(who));
  const sentBodies = (name: keyof typeof late) =>
    providers.fcm.taken.filter(({ token }) => token === `registration-token-${name}`);
  const sends = async () =>
    (await api.call(ROUTES.listSendsOfCampaign, { params: { id: campaign }, query: { limit: 50 } })).items;

  beforeAll(async () => {
    providers = await startProviders();
    shop = await openShop(`push-${RUN}`);
    const all = { ...people, ...late };
    for (const who of Object.values(all)) await buy(who);
    await settle(shop.connection);
    for (const [name, who] of Object.entries(all)) {
      await until(
        () => api.call(ROUTES.getProfile, { params: { id: profileOf(who) } }).catch(() => undefined),
        (profile) => profile !== undefined,
      );
      await register(who, `registration-token-${name}`);
    }
    for (const who of [people.willing, ...Object.values(late)]) await consent(who, true);
    await consent(people.refusing, false);
    await api.call(ROUTES.putPushProvider, {
      params: { provider: 'fcm' },
      body: JSON.parse(providers.credentialsOf('fcm')),
    });
    const policy = await api.call(ROUTES.getPushPolicy);
    await api.call(ROUTES.putPushPolicy, { ifMatch: policy.version, body: { holdout: 0, quietHours: null } });
    await api.call(ROUTES.createSegment, {
      body: {
        id: segment,
        name: '复购客户',
        when: {
          all: [
            { field: 'connections', includes: `shopify/${shop.connection}` },
            { field: 'orders', atLeast: 2 },
          ],
        },
      },
    });
    await until(
      () => api.call(ROUTES.getSegment, { params: { id: segment } }),
      ({ fill }) => fill.state === 'current',
    );
  });
  afterAll(async () => {
    await api.call(ROUTES.pauseCampaign, { params: { id: campaign } });
    await api.call(ROUTES.archiveSegment, { params: { id: segment } });
    await api.call(ROUTES.removePushProvider, { params: { provider: 'fcm' } });
    await providers.close();
  });

  it('defines a campaign, which says what it would need, and starts it', async () => {
    const body = {
      id: campaign,
      name: '复购感谢',
      trigger: { on: 'segment_entered' as const, segment },
      content: {
        defaultLocale: 'zh',
        variants: [{ id: 'a', messages: { zh: { title: '感谢再次光临', body: '您已是{{ customer.tier }}客户' } } }],
      },
    };
    // The law that the policy names asks for content for those who refuse personalisation.
    await expect(api.call(ROUTES.createCampaign, { body })).rejects.toMatchObject({ status: 422 });
    const nonPersonalised = { zh: { title: '感谢光临', body: '新品已到' } };
    const put = await api.call(ROUTES.createCampaign, {
      body: { ...body, content: { ...body.content, nonPersonalised } },
    });
    expect(put.state).toBe('draft');
    const preview = await api.call(ROUTES.previewCampaign, {
      params: { id: campaign },
      body: { profile: profileOf(people.willing) },
    });
    expect(preview.message?.body).toMatch(/^您已是.+客户$/);
    expect((await api.call(ROUTES.startCampaign, { params: { id: campaign } })).state).toBe('running');
    // Publish knows of it within ten seconds.
    await sleep(11_000);
  });

  it('sends to who entered and has agreed, once, and tells why not to the others', async () => {
    for (const who of Object.values(people)) await buy(who);
    const settled = await until(sends, (items) => items.filter(({ state }) => state !== 'claimed').length === 3);
    const byProfile = Object.fromEntries(settled.map((send) => [send.profile, send]));
    expect(byProfile[profileOf(people.willing)]).toMatchObject({ state: 'sent', variant: 'a', personalised: true });
    expect(byProfile[profileOf(people.silent)]).toMatchObject({
      state: 'suppressed',
      reasons: [{ code: 'no_consent' }],
    });
    expect(byProfile[profileOf(people.refusing)]).toMatchObject({ state: 'suppressed', reasons: [{ code: REFUSED }] });
    expect(providers.fcm.taken).toHaveLength(1);
    expect(JSON.stringify(providers.fcm.taken[0])).toContain('感谢再次光临');
    expect(await api.call(ROUTES.reportCampaign, { params: { id: campaign } })).toMatchObject({
      ...{ occurrences: 3, sent: 1, suppressed: { no_consent: 1, [REFUSED]: 1 } },
      variants: { a: { sent: 1 } },
    });
  });

  it('says who would be sent to now, and why the others would not', async () => {
    const run = await api.call(ROUTES.dryRunCampaign, { params: { id: campaign }, body: {} });
    expect(run).toMatchObject({ asked: 3, more: false, counts: { send: 1, suppress: 2 } });
  });

  it('has sent nothing more, though all was told again', async () => {
    for (const who of Object.values(people)) await buy(who);
    await settle(shop.connection);
    await sleep(3_000);
    expect(providers.fcm.taken).toHaveLength(1);
  });

  it('forgets a device that its provider does not know any more', async () => {
    providers.fcm.unregister('registration-token-moved');
    await buy(late.moved);
    const send = await until(
      () => sendTo(late.moved),
      (found) => found?.state === 'failed',
    );
    expect(send).toMatchObject({ state: 'failed', devices: [{ outcome: 'gone', code: 'UNREGISTERED' }] });
    const device = api.call(ROUTES.getDevice, { params: { id: `app-${RUN}-registration-token-moved` } });
    await expect(device).rejects.toMatchObject({ status: 404 });
    const report = await api.call(ROUTES.reportCampaign, { params: { id: campaign } });
    expect(report).toMatchObject({ sent: 1, failed: 1, refusedBy: { UNREGISTERED: 1 } });
  });

  it('tries again when a provider that was busy has said to, and sends once', async () => {
    const before = providers.fcm.calls.send;
    providers.fcm.faults.next(fcmFault(503, 'UNAVAILABLE', { headers: { 'retry-after': '2' } }));
    await buy(late.patient);
    await until(
      () => providers.fcm.calls.send,
      (calls) => calls > before,
    );
    const askedAtMs = Date.now();
    const send = await until(
      () => sendTo(late.patient),
      (found) => found?.state === 'sent',
    );
    expect(send?.state).toBe('sent');
    expect(Date.now() - askedAtMs).toBeGreaterThan(1_500);
    expect([providers.fcm.calls.send - before, sentBodies('patient').length]).toEqual([2, 1]);
  });

  it('waits while credentials are refused, has doctor say so, and sends when they were mended', async () => {
    // A token that is no longer taken, then an account that may not send.
    providers.fcm.faults.next(fcmFault(401, 'UNAUTHENTICATED'), 2);
    providers.fcm.faults.always(fcmFault(403, 'PERMISSION_DENIED'));
    await buy(late.waiting);
    const refused = await until(
      () => sendTo(late.waiting),
      (found) => found?.devices?.[0]?.code === 'PERMISSION_DENIED',
    );
    expect(refused).toMatchObject({ state: 'claimed', devices: [{ outcome: 'refused' }] });
    const { checks } = await doctor();
    expect(checks.find(({ check }) => check === 'push')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining(`${campaign} (PERMISSION_DENIED)`),
    });
    providers.fcm.faults.always(undefined);
    await api.call(ROUTES.putPushProvider, {
      params: { provider: 'fcm' },
      body: JSON.parse(providers.credentialsOf('fcm')),
    });
    const send = await until(
      () => sendTo(late.waiting),
      (found) => found?.state === 'sent',
    );
    expect([send?.state, sentBodies('waiting').length]).toEqual(['sent', 1]);
  });
});

const Doctor = z.object({
  checks: z.array(z.object({ check: z.string(), status: z.string(), message: z.string() })),
});

/** As an operator asks it. */
async function doctor(): Promise<z.infer<typeof Doctor>> {
  const program = path.join(import.meta.dirname, '..', '..', 'cli', 'tributary.mjs');
  const child = spawn(process.execPath, [program, 'doctor', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  return Doctor.parse(JSON.parse(await text(child.stdout)));
}

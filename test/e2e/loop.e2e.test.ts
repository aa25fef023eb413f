/**
 * The whole loop on the deployed stack: orders of months by webhook → what runs out, found by the build of recommendations → a message
 * with the product to who has agreed, kept from who took consent back meanwhile → the order that follows counts for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inCurrency, JASMINE, OOLONG } from '../../demo/goods.ts';
import type { Person } from '../../demo/people.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyCustomerId, shopifyScene } from '../../demo/shopify.ts';
import { createClient } from '../../shared/api/client.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { type Providers, startProviders } from '../providers/all.ts';
import { endpoints, openShop, outputs, post, settle, withKind } from './deployment.ts';

const PATIENCE_MS = 240_000;
const DAY_MS = 24 * 60 * 60_000;
const RUN = `${Date.now() % 1_000_000_000}`;
const random = createRandom(11);
const api = createClient({ baseUrl: endpoints.apiUrl ?? '', token: endpoints.token ?? '' });
const lambda = new LambdaClient({});
const campaign = `e2e-loop-${RUN}`;
const [tea, jasmine] = [`oolong-${RUN}`, `jasmine-${RUN}`];

const person = (number: number): Person => ({
  id: 8_500_000_000_000 + Number(RUN) * 10 + number,
  firstName: 'Ingrid',
  lastName: 'Solberg',
  email: `loop${RUN}-${number}@example.com`,
  phone: `+1206${4_000_000 + (Number(RUN) % 500_000) * 10 + number}`,
  city: 'Seattle',
  province: 'Washington',
  country: 'US',
  zip: '98101',
});

async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isSo(answer) || Date.now() > deadline) return answer;
    await sleep(1_000);
  }
}

/** As its schedule does. */
async function invoke(name: string, payload: object = {}): Promise<unknown> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(payload)) }),
  );
  const text = Buffer.from(Payload ?? []).toString('utf8');
  if (FunctionError !== undefined) throw new Error(`${name}: ${text}`);
  return JSON.parse(text);
}

describe('from webhook to push to attributed order', () => {
  let providers: Providers;
  let shop: Awaited<ReturnType<typeof openShop>>;
  const people = { faithful: person(1), refusing: person(2), other: person(3) };
  const profileOf = (who: Person) => `shopify/${shop.connection}/${shopifyCustomerId(who)}`;
  let orders = Number(RUN) * 100 + 10;

  async function buy(who: Person, daysAgo: number, good = OOLONG): Promise<void> {
    const lines = [{ product: inCurrency(good, 'USD'), quantity: 1 }];
    const paidAtMs = Math.floor(Date.now() / 1000) * 1000 - 30_000 - daysAgo * DAY_MS;
    const scene = { number: ++orders, paidAtMs, buyer: who, lines, guest: false, recipientShown: false };
    const { deliveries } = shopifyScene(random, shop, { ...scene, handedOver: 'parcel' });
    for (const delivery of deliveries) expect(await post(withKind('order')(delivery))).toBe(200);
  }
  const sell = (id: string, good: typeof OOLONG, title: { readonly zh: string; readonly en: string }) =>
    api.call(ROUTES.putProduct, {
      params: { id },
      body: {
        title,
        consumable: true,
        variants: [{ skuId: 'tin', price: { amount: good.prices.USD, currency: 'USD' }, stock: 9 }],
        listings: [{ channel: 'shopify', connection: shop.connection, productId: String(good.productId) }],
      },
    });
  const recommended = (who: Person) =>
    api.call(ROUTES.recommendToProfile, { params: { id: profileOf(who) }, query: { limit: 20 } });
  const consent = (who: Person, given: boolean) =>
    api.call(ROUTES.putConsents, {
      params: { id: profileOf(who) },
      body: { consents: [{ channel: 'push', given, source: 'app settings' }] },
    });
  const sends = async () =>
    (await api.call(ROUTES.listSendsOfCampaign, { params: { id: campaign }, query: { limit: 50 } })).items;
  const report = () => api.call(ROUTES.reportCampaign, { params: { id: campaign } });

  /** All that came before is in the lake, and made into recommendations. */
  const make = () =>
    until(
      async () => {
        await invoke(outputs.SnapshotFunction);
        await invoke(outputs.RecommendFunction, { full: true });
        return recommended(people.faithful).catch(() => undefined);
      },
      (answer) => answer?.items.some(({ reason }) => reason.code === 'repurchase_due') ?? false,
    );

  beforeAll(async () => {
    providers = await startProviders();
    shop = await openShop(`loop-${RUN}`);
    await sell(tea, OOLONG, { zh: '冻顶乌龙', en: 'Dongding oolong' });
    await sell(jasmine, JASMINE, { zh: '茉莉银针', en: 'Jasmine needle' });
    for (const who of [people.faithful, people.refusing]) for (const days of [123, 92, 62, 31]) await buy(who, days);
    await buy(people.other, 5, JASMINE);
    await settle(shop.connection);
    await api.call(ROUTES.putPushProvider, {
      params: { provider: 'fcm' },
      body: JSON.parse(providers.credentialsOf('fcm')),
    });
    const policy = await api.call(ROUTES.getPushPolicy);
    await api.call(ROUTES.putPushPolicy, { ifMatch: policy.version, body: { holdout: 0, quietHours: null } });
    for (const [name, who] of Object.entries(people)) {
      await until(
        () => api.call(ROUTES.getProfile, { params: { id: profileOf(who) } }).catch(() => undefined),
        (profile) => profile !== undefined,
      );
      await consent(who, true);
      await api.call(ROUTES.putDevice, {
        params: { id: `loop-${RUN}-${name}` },
        body: {
          profile: profileOf(who),
          endpoint: { provider: 'fcm', token: `registration-${name}` },
          locale: 'zh-CN',
        },
      });
    }
  });
  afterAll(async () => {
    await api.call(ROUTES.pauseCampaign, { params: { id: campaign } }).catch(() => undefined);
    await api.call(ROUTES.removePushProvider, { params: { provider: 'fcm' } });
    for (const id of [tea, jasmine]) await api.call(ROUTES.removeProduct, { params: { id } });
    await providers.close();
  });

  it('recommends what runs out, and to who bought otherwise what is popular', async () => {
    const { items } = (await make()) ?? { items: [] };
    expect(items.find(({ product }) => product === tea)).toMatchObject({
      title: { zh: '冻顶乌龙' },
      reason: { code: 'repurchase_due', lastDays: 31 },
      // Pulled a little to the rhythm of all who buy here.
      why: { zh: expect.stringMatching(/^你上次购买已 31 天,通常 \d\d 天回购$/) },
    });
    const other = await recommended(people.other);
    expect(other.items.map(({ product }) => product)).toContain(tea);
    const { items: likely } = await api.call(ROUTES.listAudienceOfProduct, {
      params: { id: tea },
      query: { limit: 10 },
    });
    expect(likely.map(({ profile }) => profile)).toContain(profileOf(people.faithful));
  });

  it('sends it to who has agreed, and not to who has taken that back since it was decided', async () => {
    await api.call(ROUTES.createCampaign, {
      body: {
        id: campaign,
        name: '回购提醒',
        trigger: { on: 'replenishment_due', products: [tea], daysBefore: 14 },
        content: {
          defaultLocale: 'zh',
          recommended: { items: 1 },
          variants: [
            {
              id: 'a',
              messages: {
                zh: { title: '{{ product.title }}快用完了', body: '{{ product.reason }};也看看{{ items[0].title }}' },
              },
            },
          ],
          nonPersonalised: { zh: { title: '新品上市', body: '欢迎选购' } },
        },
      },
    });
    await consent(people.refusing, false);
    await api.call(ROUTES.startCampaign, { params: { id: campaign } });
    await sleep(11_000);
    await invoke(outputs.RecommendFunction, { full: true });
    const settled = await until(sends, (items) => items.length >= 2 && items.every(({ state }) => state !== 'claimed'));
    const byProfile = Object.fromEntries(settled.map((send) => [send.profile, send]));
    expect(byProfile[profileOf(people.faithful)]).toMatchObject({ state: 'sent', variant: 'a' });
    expect(byProfile[profileOf(people.refusing)]).toMatchObject({
      state: 'suppressed',
      reasons: [{ code: 'consent_refused' }],
    });
    expect(providers.fcm.taken).toHaveLength(1);
    expect(JSON.stringify(providers.fcm.taken[0])).toMatch(/冻顶乌龙快用完了.*你上次购买已 31 天.*也看看茉莉银针/);
  });

  it('once, however often it is found to be due', async () => {
    await invoke(outputs.RecommendFunction, { full: true });
    await sleep(5_000);
    expect(providers.fcm.taken).toHaveLength(1);
  });

  it('counts the order that follows for it, and no other', async () => {
    await sleep(31_000);
    await buy(people.faithful, 0);
    await buy(people.other, 0);
    await settle(shop.connection);
    const told = await until(
      async () => {
        await invoke(outputs.SnapshotFunction);
        await invoke(outputs.AttributeFunction);
        return report();
      },
      ({ attributed }) => (attributed?.orders ?? 0) > 0,
    );
    expect(told).toMatchObject({ sent: 1, suppressed: { consent_refused: 1 }, attributed: { orders: 1 } });
    expect(told.lift).toMatchObject({ kind: 'not_enough_data' });
  });

  it('goes back to the version before, and makes no other until somebody says so', async () => {
    const before = await api.call(ROUTES.getRecommendationVersions);
    const back = await api.call(ROUTES.rollBackRecommendations, {});
    expect(back.current?.id).toBe(before.previous[0]?.id);
    expect(await invoke(outputs.RecommendFunction, { full: true })).toMatchObject({ kind: 'held' });
    await api.call(ROUTES.resumeRecommendations, {});
    expect(await invoke(outputs.RecommendFunction)).toMatchObject({ kind: 'made' });
  });
});

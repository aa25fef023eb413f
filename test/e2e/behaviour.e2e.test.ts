/** From an SDK's requests to the customer's profile, on the deployed stack: what only the whole can show. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { inCurrency, OOLONG } from '../../demo/goods.ts';
import type { Person } from '../../demo/people.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyCustomerId, shopifyScene } from '../../demo/shopify.ts';
import { createClient } from '../../shared/api/client.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { anonymousKey } from '../../shared/behaviour/names.ts';
import { recentBehaviour } from '../../shared/behaviour/recent.ts';
import { sign } from '../../shared/behaviour/signature.ts';
import { dynamoVisitors } from '../../shared/behaviour/store.ts';
import { cartOf } from '../../shared/behaviour/visitor.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { type Keys, ssmKeys } from '../../shared/identity/store.ts';
import { dynamoClient, ssmClient } from '../../shared/runtime/clients.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { endpoints, openShop, outputs, post, settle, withKind } from './deployment.ts';

const PATIENCE_MS = 90_000;
/** Of this run: a deployment that is left running has met those of the last. */
const RUN = Date.now() % 1_000_000;
const apiUrl = endpoints.apiUrl ?? '';
const api = createClient({ baseUrl: apiUrl, token: async () => endpoints.token ?? '' });

let people = RUN * 100;
function newPerson(): Person {
  const number = ++people;
  return {
    id: 8_500_000_000_000 + number,
    firstName: 'Ingrid',
    lastName: 'Solberg',
    email: `behaviour${number}@example.com`,
    phone: `+1206${2_340_000 + (number % 5_000_000)}`,
    city: 'Seattle',
    province: 'Washington',
    country: 'US',
    zip: String(10_000 + (number % 89_999)),
  };
}

async function until<Answer>(ask: () => Promise<Answer>, isSo: (answer: Answer) => boolean): Promise<Answer> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isSo(answer) || Date.now() > deadline) return answer;
    await sleep(300);
  }
}

interface Source {
  readonly id: string;
  readonly writeKey: string;
  readonly serverKey: string;
}

/** As SDKs do: Basic, with the key as the user's name. */
async function send(
  path: string,
  key: string,
  body: object,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${apiUrl}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const track = (anonymousId: string, event: string, productId: string, secondsAgo: number) => ({
  type: 'track',
  event,
  anonymousId,
  messageId: randomUUID(),
  timestamp: new Date(Date.now() - secondsAgo * 1000).toISOString(),
  properties: { product_id: productId, price: 12.5, currency: 'USD', category: 'Tea/Oolong' },
  context: { userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)', locale: 'en-US' },
});

describe('behaviour', () => {
  let source: Source;
  let keys: Keys;
  const visitors = () =>
    dynamoVisitors({ client: dynamoClient(), table: outputs.EngagementTable, sealer: keys.sealer });
  const visitorOf = (anonymousId: string) =>
    visitors().getVisitor(anonymousKey({ source: source.id }, anonymousId, keys.guest));

  beforeAll(async () => {
    keys = await ssmKeys({ client: ssmClient(), name: outputs.IdentityKeysParameter }).load();
    source = await api.call(ROUTES.addSource, {
      body: { id: `shop-${RUN}`, name: 'Web shop', kind: 'web', zone: 'Europe/Berlin', region: 'US' },
    });
  });

  it('of a browser comes to the same, in whatever order and however often it is told', async () => {
    const browser = randomUUID();
    const events = [
      track(browser, 'Product Viewed', 'tea-1', 60),
      track(browser, 'Product Viewed', 'tea-2', 50),
      track(browser, 'Product Added', 'tea-2', 40),
      track(browser, 'Product Added', 'tea-3', 30),
      track(browser, 'Product Removed', 'tea-2', 20),
    ];
    for (const some of [events.slice(2), events.slice(0, 3).toReversed(), events])
      expect(await send('/v1/batch', source.writeKey, { batch: some, sentAt: new Date().toISOString() })).toEqual({
        status: 200,
        body: { success: true, accepted: some.length },
      });
    const found = await until(
      () => visitorOf(browser),
      (one) => one?.visitor.views.length === 2 && one.visitor.cart.lines.length === 2,
    );
    if (!found) throw new Error('no visitor');
    expect(found.visitor.views.map(({ product }) => product.productId)).toEqual(['tea-2', 'tea-1']);
    expect(cartOf(found.visitor).items).toMatchObject([{ productId: 'tea-3', price: 1250, currency: 'USD' }]);
    expect(found.visitor.user).toBeUndefined();
  });

  // What a browser asks first the emulator answers by itself, if it is told of origins, and refuses otherwise; AWS hands it to collect.
  it('of a beacon, and of nobody', async () => {
    const browser = randomUUID();
    const beacon = await fetch(`${apiUrl}/v1/t`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ ...track(browser, 'Product Viewed', 'tea-9', 1), writeKey: source.writeKey }),
    });
    expect(beacon.status).toBe(200);
    expect(beacon.headers.get('access-control-allow-origin')).toBe('*');
    expect((await until(() => visitorOf(browser), Boolean))?.visitor.views).toHaveLength(1);
    expect(await send('/v1/events', 'wk_nobody', track(browser, 'Product Viewed', 'x', 1))).toMatchObject({
      status: 401,
      body: { code: 'key_unknown' },
    });
    expect((await send('/v1/events', source.writeKey, { type: 'page' })).status).toBe(400);
  });

  it('is the customer’s who bought under that email, once the brand says so, and not before', async () => {
    const shop = await openShop(`behaviour-${RUN}`);
    const person = newPerson();
    const scene = {
      number: RUN * 10,
      paidAtMs: Math.floor(Date.now() / 1000) * 1000 - 24 * 60 * 60_000,
      buyer: person,
      lines: [{ product: inCurrency(OOLONG, 'USD'), quantity: 1 }],
      guest: false,
      recipientShown: false,
      handedOver: 'parcel' as const,
    };
    for (const delivery of shopifyScene(createRandom(5), shop, scene).deliveries.map(withKind('order')))
      expect(await post(delivery)).toBe(200);
    await settle();
    // The casts: names as the product makes them.
    const buyer = `shopify/${shop.connection}/${shopifyCustomerId(person)}` as PersonaId;
    const personas = async (): Promise<PersonaId[]> => {
      const { profiles } = await api.call(ROUTES.lookUpProfiles, { body: { type: 'email', value: person.email } });
      const found = await Promise.all(profiles.map((id) => api.call(ROUTES.getProfile, { params: { id } })));
      return found.flatMap((profile) => profile.personas.map(({ id }) => id as PersonaId));
    };
    expect(await until(personas, (all) => all.length > 0)).toEqual([buyer]);

    const browser = randomUUID();
    await send('/v1/events', source.writeKey, track(browser, 'Product Viewed', 'tea-1', 5));
    const identify = { type: 'identify', anonymousId: browser, traits: { email: person.email } };
    // A stranger names the customer, with no proof, and with a signature of their own.
    const own = sign('attacker', source.serverKey);
    for (const [userId, context] of [
      ['attacker-0', {}],
      ['attacker', { userSignature: own }],
    ] as const)
      expect(
        (await send('/v1/identify', source.writeKey, { ...identify, userId, context, messageId: randomUUID() })).status,
      ).toBe(200);
    const found = await until(
      () => visitorOf(browser),
      (one) => one?.visitor.user !== undefined,
    );
    // Their own id was proven, and no more.
    expect(found?.visitor.user?.persona).toBe(`web/${source.id}/attacker`);
    expect(await personas()).toEqual([buyer]);

    await send('/v1/batch', source.serverKey, {
      batch: [{ ...identify, userId: 'u42', messageId: randomUUID() }],
      sentAt: new Date().toISOString(),
    });
    const user = `web/${source.id}/u42` as PersonaId;
    expect((await until(personas, (all) => all.length > 1)).sort()).toEqual([buyer, user].sort());
    const recent = await until(
      () => recentBehaviour([buyer, user], visitors()),
      (one) => one !== undefined,
    );
    expect(recent?.views.map(({ product }) => product.productId)).toEqual(['tea-1']);
    expect(recent?.zone).toBe('Europe/Berlin');
  });

  it('lies in the lake as rows of nobody', async () => {
    const client = s3Client();
    const bucket = { Bucket: outputs.LakeBucket };
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ ...bucket, Prefix: 'events/' }));
    const texts = await Promise.all(
      Contents.map(async ({ Key }) => {
        const { Body } = await client.send(new GetObjectCommand({ ...bucket, Key }));
        return gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString('utf8');
      }),
    );
    const rows = texts
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly source: string });
    const own = rows.filter((row) => row.source === source.id);
    expect(own.length).toBeGreaterThanOrEqual(11);
    expect(JSON.stringify(own)).not.toMatch(/@example\.com|iPhone/);
  });

  it('of a source that was disabled is taken no more', async () => {
    const { id } = source;
    await api.call(ROUTES.putSource, {
      params: { id },
      ifMatch: 1,
      body: { name: 'Web shop', kind: 'web', disabled: true },
    });
    const answer = await until(
      () => send('/v1/events', source.writeKey, track('a', 'Product Viewed', 'x', 1)),
      ({ status }) => status === 403,
    );
    expect(answer).toMatchObject({ status: 403, body: { code: 'source_disabled' } });
  });
});

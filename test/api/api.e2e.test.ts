/** The API as the gateway lets one in, on the deployed stack: tokens, roles, ids with slashes, edits by several hands. */
import { beforeAll, describe, expect, it } from 'vitest';
import { inCurrency, OOLONG } from '../../demo/goods.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyCustomerId, shopifyScene } from '../../demo/shopify.ts';
import { ApiProblem, createClient } from '../../shared/api/client.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { endpoints, openShop, post, settle, withKind } from '../e2e/deployment.ts';

const RUN = Date.now() % 1_000_000_000;
const baseUrl = endpoints.apiUrl ?? '';
const token = endpoints.token ?? '';
const readerToken = process.env.TRIBUTARY_READER_TOKEN ?? '';
const operator = createClient({ baseUrl, token });
const reader = createClient({ baseUrl, token: readerToken });

const PERSON = {
  id: 8_500_000_000_000 + RUN,
  firstName: 'Ingrid',
  lastName: 'Solberg',
  email: `api${RUN}@example.com`,
  phone: `+1206${2_340_000 + (RUN % 5_000_000)}`,
  city: 'Seattle',
  province: 'Washington',
  country: 'US',
  zip: '98101',
};

const problemOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail('it was let in'),
    (error: unknown) => error,
  );

describe('who is let in', () => {
  const statusOf = async (path: string, authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    return (await fetch(`${baseUrl}${path}`, { headers })).status;
  };
  /** The same token with other claims, which its signature does not cover. */
  const altered = (claims: object): string => {
    const [head, body = '', signature] = token.split('.');
    const said = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), ...claims };
    return [head, Buffer.from(JSON.stringify(said)).toString('base64url'), signature].join('.');
  };

  it.each([
    ['no token', undefined],
    ['none of ours', 'Bearer abc'],
    ['another signature', `Bearer ${token.slice(0, -8)}AAAAAAAA`],
    ['other claims', `Bearer ${altered({ sub: 'somebody' })}`],
    ['more roles', `Bearer ${readerToken && altered({ roles: ['operator', 'reader'] })}`],
  ])('not who has %s', async (_, authorization) => {
    for (const path of ['/v1/tier-policy', '/v1/nothing', '/v1/profiles/shopify%2Fshop%2F1'])
      expect(await statusOf(path, authorization)).toBe(401);
  });

  it('whoever asks what there is to ask for', async () => {
    expect(await statusOf('/openapi.json')).toBe(200);
    expect(await statusOf('/v1/event-schemas')).toBe(200);
    expect(await statusOf('/v1/event-schemas/segment.entered')).toBe(200);
  });

  it('each as far as the role goes', async () => {
    expect((await reader.call(ROUTES.getTierPolicy)).version).toBeGreaterThan(0);
    const refused = await problemOf(
      reader.call(ROUTES.addSubscriber, { body: { url: 'https://crm.example/', events: ['tier.changed'] } }),
    );
    expect(refused).toMatchObject({ status: 403, code: 'role_missing' });
    const { items } = await operator.call(ROUTES.listAudit, { query: { limit: 20 } });
    expect(items).toContainEqual(
      expect.objectContaining({ caller: 'local reader', operation: 'addSubscriber', status: 403 }),
    );
  });
});

describe('a customer', () => {
  let id = '';
  let order = '';
  beforeAll(async () => {
    const shop = await openShop(`api-${RUN}`);
    const lines = [{ product: inCurrency(OOLONG, 'USD'), quantity: 1 }];
    const paidAtMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
    const scene = { number: RUN, paidAtMs, buyer: PERSON, lines, guest: false, recipientShown: false };
    const { deliveries } = shopifyScene(createRandom(9), shop, { ...scene, handedOver: 'parcel' });
    for (const delivery of deliveries) expect(await post(withKind('order')(delivery))).toBe(200);
    await settle();
    id = `shopify/${shop.connection}/${shopifyCustomerId(PERSON)}`;
    const deadline = Date.now() + 60_000;
    let found: readonly string[] = [];
    while (found.length === 0 && Date.now() < deadline)
      found = (await operator.call(ROUTES.lookUpProfiles, { body: { type: 'email', value: PERSON.email } })).profiles;
    expect(found).toEqual([id]);
  });

  it('is found by an id with slashes, with all that belongs to it', async () => {
    const params = { id };
    const profile = await operator.call(ROUTES.getProfile, { params });
    expect(profile).toMatchObject({ id, facts: { orders: 1 } });
    expect(await operator.call(ROUTES.explainProfile, { params, query: { lang: 'zh' } })).toMatchObject({ id });
    expect((await operator.call(ROUTES.listHistoryOfProfile, { params })).items.length).toBeGreaterThan(0);
    const { items } = await operator.call(ROUTES.listOrdersOfProfile, { params });
    expect(items).toHaveLength(1);
    order = items[0]?.key ?? '';
    const [channel = '', connection = '', orderId = ''] = order.split('/');
    const one = await operator.call(ROUTES.getOrder, { params: { channel, connection, orderId } });
    expect(one).toEqual(items[0]);
    expect(await operator.call(ROUTES.lookUpProfiles, { body: { type: 'order', value: order } })).toMatchObject({
      profiles: [id],
    });
  });

  it('is masked for readers, in all that is said of it', async () => {
    const params = { id };
    const told = JSON.stringify([
      await reader.call(ROUTES.getProfile, { params }),
      await reader.call(ROUTES.explainProfile, { params }),
      await reader.call(ROUTES.listHistoryOfProfile, { params }),
      await reader.call(ROUTES.listOrdersOfProfile, { params }),
    ]);
    for (const personal of [PERSON.email, PERSON.phone, PERSON.lastName]) expect(told).not.toContain(personal);
    expect(told).toContain('a***@example.com');
    expect(JSON.stringify(await operator.call(ROUTES.getProfile, { params }))).toContain(PERSON.email);
  });
});

describe('edits', () => {
  const subscriber = `api-e2e-${RUN}`;
  const body = { id: subscriber, url: 'https://crm.example/hooks' };

  it('are done once under a key, by several at once, too', async () => {
    const idempotencyKey = `key-${RUN}`;
    const all = await Promise.allSettled(
      Array.from({ length: 4 }, () => operator.call(ROUTES.addSubscriber, { body, idempotencyKey })),
    );
    const done = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(done.length).toBeGreaterThan(0);
    for (const one of done) expect(one).toEqual(done[0]);
    for (const one of all)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ status: 409, code: 'idempotency_in_flight' });
    expect(await operator.call(ROUTES.addSubscriber, { body, idempotencyKey })).toEqual(done[0]);
    const other = { ...body, url: 'https://other.example/' };
    expect(await problemOf(operator.call(ROUTES.addSubscriber, { body: other, idempotencyKey }))).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
  });

  it('of one revision succeed once', async () => {
    const params = { id: subscriber };
    const edit = (description: string) =>
      operator.call(ROUTES.putSubscriber, { params, body: { url: body.url, description }, ifMatch: 1 });
    const all = await Promise.allSettled(['a', 'b', 'c'].map(edit));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of all) if (one.status === 'rejected') expect(one.reason).toMatchObject({ status: 412 });
    await operator.call(ROUTES.removeSubscriber, { params });
    expect(await problemOf(operator.call(ROUTES.getSubscriber, { params }))).toBeInstanceOf(ApiProblem);
  });
});

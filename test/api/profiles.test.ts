import { describe, expect, test } from 'vitest';
import { adaptersOf } from '../../shared/channels/registry.ts';
import { personaOfOrder } from '../../shared/profiles/order-reading.ts';
import { instant } from '../../shared/time/instant.ts';
import { till } from '../cli/till.ts';
import { ANNE, KEYS, PETER, personaId } from '../profiles/people.ts';
import { ANNE_PATH, NOW_MS, type OpenedApi, openApi, withAnne } from './open-api.ts';
import { BUYER, openTill, sell, sellLarge } from './sold.ts';

interface Page {
  readonly items: readonly Record<string, unknown>[];
  readonly nextCursor: string | null;
}

/** All pages of a list, each asked for with the cursor of the one before. */
async function pages({ ask }: OpenedApi, path: string, limit: number): Promise<Page['items'][]> {
  const found: Page['items'][] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { status, body } = await ask('GET', `${path}?limit=${limit}${cursor && `&cursor=${cursor}`}`);
    expect(status).toBe(200);
    // The cast: hold() has seen that it is one.
    const page: Page = body as Page;
    found.push(page.items);
    cursor = page.nextCursor;
  }
  return found;
}

const DOORS = new Map([[till.door.channel, till.door]]);
const PERSONAL = [BUYER.name, BUYER.phone, BUYER.email, 'CARD-0000-1234', '13912345678'];
const personalIn = (body: unknown) => PERSONAL.filter((value) => JSON.stringify(body).includes(value));

describe('a profile', () => {
  test.each([
    ['its id', 'shopify/shop/anne'],
    ['an alias', 'douyin/live/dy-7'],
    ['the alias of a guest', 'square/tills/guest:email:x1'],
  ])('is found by %s', async (_, id) => {
    const { ask } = await withAnne();
    const { status, body } = await ask('GET', `/v1/profiles/${encodeURIComponent(id)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: 'shopify/shop/anne', facts: { orders: 3 }, tier: { value: expect.any(String) } });
  });

  test('that is not there is not found, in any of its parts', async () => {
    const { ask } = await withAnne();
    for (const part of ['', '/explanation', '/orders', '/history'])
      expect(await ask('GET', `/v1/profiles/shopify%2Fshop%2Fnobody${part}`)).toMatchObject({
        status: 404,
        body: { code: 'profile_not_found' },
      });
  });

  test.each(['marketer', 'operator'] as const)('shows a %s who it is', async (role) => {
    const { ask } = await withAnne();
    const { body } = await ask('GET', ANNE_PATH, { role });
    expect(body).toMatchObject({
      identifiers: [
        { type: 'phone', value: '+8613912345678' },
        { type: 'email', value: 'anne.novak@example.org' },
      ],
    });
  });

  test('shows a reader so much that who knows them recognises them', async () => {
    const { ask } = await withAnne();
    const { body } = await ask('GET', ANNE_PATH, { role: 'reader' });
    expect(body).toMatchObject({
      identifiers: [
        { type: 'phone', value: '+86139****5678' },
        { type: 'email', value: 'a***@example.org' },
      ],
    });
    expect(personalIn(body)).toEqual([]);
  });
});

describe('looking up', () => {
  test.each([
    ['phone', '139 1234 5678'],
    ['phone', '+8613912345678'],
    ['email', 'Anne.Novak@Example.org'],
  ])('by %s %s', async (type, value) => {
    const { ask } = await withAnne();
    expect(await ask('POST', '/v1/profiles:lookup', { body: { type, value } })).toMatchObject({
      status: 200,
      body: { profiles: ['shopify/shop/anne'], shared: false },
    });
  });

  test('finds all of a family, and none where there is none', async () => {
    const api = await withAnne();
    await api.buy(PETER);
    const phone = (value: string) => api.ask('POST', '/v1/profiles:lookup', { body: { type: 'phone', value } });
    expect((await phone('13912345678')).body).toMatchObject({ profiles: ['shopify/shop/anne', 'shopify/shop/peter'] });
    expect((await phone('13912345679')).body).toEqual({ profiles: [], shared: false });
  });

  test('reads a phone as of its region', async () => {
    const { ask } = await withAnne();
    const body = { type: 'phone', value: '13912345678', region: 'US' };
    expect((await ask('POST', '/v1/profiles:lookup', { body })).body).toMatchObject({ code: 'not_a_phone' });
  });

  test.each([
    ['phone', '139****5678', 'masked'],
    ['phone', '400-800-8820', 'service_number'],
    ['email', 'anne', 'not_an_email'],
    ['member_card', '0000', 'blocked'],
  ])('by %s %s is of no use: %s', async (type, value, code) => {
    const { ask } = await withAnne();
    expect(await ask('POST', '/v1/profiles:lookup', { body: { type, value } })).toMatchObject({
      status: 422,
      body: { code, problems: [{ in: 'body', at: '/value' }] },
    });
  });

  test('by an order finds its customer, once there is one', async () => {
    const api = openApi();
    await openTill(api);
    await sell(api, 'till/shop/7');
    const lookUp = (value: string) => api.ask('POST', '/v1/profiles:lookup', { body: { type: 'order', value } });
    expect((await lookUp('till/shop/7')).body).toEqual({ profiles: [], shared: false });
    expect((await lookUp('till/shop/8')).body).toEqual({ profiles: [], shared: false });
    const readings = { ...api.stores, doors: DOORS, adapters: adaptersOf([till]) };
    const whose = await personaOfOrder('till/shop/7', readings, { keys: KEYS, now: instant(NOW_MS) });
    if (whose.kind !== 'persona') throw new Error(whose.kind);
    await api.buy({ by: whose.persona, at: '2026-07-01T08:00:00.000Z' });
    expect((await lookUp('till/shop/7')).body).toEqual({ profiles: [whose.persona], shared: false });
  });
});

describe('an explanation', () => {
  test('tells in both languages, or in one', async () => {
    const { ask } = await withAnne();
    const both = await ask('GET', `${ANNE_PATH}/explanation`);
    expect(both.body).toMatchObject({
      id: 'shopify/shop/anne',
      evidence: [
        { type: 'phone', zh: expect.stringContaining('手机号'), en: expect.stringContaining('Phone') },
        { type: 'email', zh: expect.any(String), en: expect.any(String) },
      ],
      tier: { zh: expect.any(String), en: expect.any(String), reasons: expect.any(Array) },
    });
    for (const [lang, other] of [
      ['zh', 'en'],
      ['en', 'zh'],
    ] as const) {
      const { body } = await ask('GET', `${ANNE_PATH}/explanation?lang=${lang}`);
      const text = JSON.stringify(body);
      expect(text).toContain(`"${lang}":`);
      expect(text).not.toContain(`"${other}":`);
      expect(JSON.stringify(both.body)).toContain(`"${other}":`);
    }
  });

  test('tells what was found of a member, by the version that decided it', async () => {
    const api = await withAnne();
    const written = { name: 'Regulars', when: { field: 'orders', atLeast: 2 } };
    await api.ask('POST', '/v1/segments', { body: { id: 'regulars', ...written } });
    const since = instant(NOW_MS);
    const membership = { id: 'regulars', version: 1, since, because: [{ at: '', value: 3 }] };
    const [place] = await api.stores.customers.getProfiles([personaId('shopify/shop/anne')]);
    if (!place?.profile) throw new Error('no Anne');
    const profile = { ...place.profile, segments: [membership] };
    const { revision: seenRevision } = place;
    await api.stores.customers.putPlaces([{ place: { ...place, revision: seenRevision + 1, profile }, seenRevision }]);
    const told = async () => {
      const { body } = await api.ask('GET', `${ANNE_PATH}/explanation?lang=en`);
      return (body as { segments: object[] }).segments;
    };
    const said = {
      id: 'regulars',
      name: 'Regulars',
      version: 1,
      since,
      because: [{ at: '', en: expect.stringContaining('3') }],
    };
    expect(await told()).toEqual([said]);
    const edit = {
      body: { ...written, name: 'Often', when: { field: 'orders', atLeast: 9 } },
      headers: { 'if-match': '"1"' },
    };
    await api.ask('PUT', '/v1/segments/regulars', edit);
    // A segment has one name, whichever version decided.
    expect(await told()).toEqual([{ ...said, name: 'Often' }]);
  });

  test('masks persons for readers', async () => {
    const { ask } = await withAnne();
    const asReader = await ask('GET', `${ANNE_PATH}/explanation`, { role: 'reader' });
    expect(personalIn(asReader.body)).toEqual([]);
    expect(JSON.stringify(asReader.body)).toContain('A*** N***');
    const asMarketer = await ask('GET', `${ANNE_PATH}/explanation`, { role: 'marketer' });
    expect(personalIn(asMarketer.body)).toEqual([BUYER.name, BUYER.phone, BUYER.email, '13912345678']);
  });
});

describe('the orders of a profile', () => {
  const ORDERS = ANNE.map(({ by, at }) => `${by.split('/').slice(0, 2).join('/')}/${at}`).toReversed();
  const many = Array.from({ length: 7 }, (_, index) => ({
    by: index % 2 === 0 ? 'shopify/shop/anne' : 'douyin/live/dy-7',
    at: `2026-06-0${index + 1}T08:00:00.000Z`,
    name: 'Anne Novak',
    identifiers: { phone: '+8613912345678' },
  }));

  test('are of all its personas, newest day first', async () => {
    const api = await withAnne();
    await sell(api, ...ORDERS);
    const { body } = await api.ask('GET', `${ANNE_PATH}/orders`);
    expect(body).toMatchObject({ items: ORDERS.map((key) => ({ key })), nextCursor: null });
  });

  test('come page by page, each once, whatever the size', async () => {
    const api = await withAnne();
    await api.buy(...many);
    const all = [...ANNE, ...many]
      .toSorted((a, b) => (a.at < b.at ? 1 : -1))
      .map(({ by, at }) => `${by.split('/').slice(0, 2).join('/')}/${at}`);
    await sell(api, ...all);
    for (const limit of [1, 2, 3, 4, 10, 200]) {
      const found = await pages(api, `${ANNE_PATH}/orders`, limit);
      expect(found.flat().map(({ key }) => key)).toEqual(all);
      for (const page of found) expect(page.length).toBeLessThanOrEqual(limit);
    }
  });

  test('are no more at once than an answer can hold, and all in the end', async () => {
    const api = await withAnne();
    await api.buy(...many);
    const all = [...ANNE, ...many]
      .toSorted((a, b) => (a.at < b.at ? 1 : -1))
      .map(({ by, at }) => `${by.split('/').slice(0, 2).join('/')}/${at}`);
    await sell(api, ...all);
    const letters = 900_000;
    await sellLarge(api, letters, ...all.slice(2, 8));
    const found = await pages(api, `${ANNE_PATH}/orders`, 200);
    expect(found.flat().map(({ key }) => key)).toEqual(all);
    for (const page of found) expect(JSON.stringify(page).length).toBeLessThan(5_000_000);
    expect(found.length).toBeLessThan(6);
    await sellLarge(api, 4_500_000, ...all.slice(0, 1));
    expect((await pages(api, `${ANNE_PATH}/orders`, 200)).flat()).toHaveLength(all.length);
  });

  test('begin anew where somebody joined in between', async () => {
    const api = await withAnne();
    await sell(api, ...ORDERS);
    const { nextCursor } = (await api.ask('GET', `${ANNE_PATH}/orders?limit=1`)).body as Page;
    await api.buy({ by: 'shopee/tw/9', at: '2026-07-01T08:00:00.000Z', identifiers: { phone: '+8613912345678' } });
    expect(await api.ask('GET', `${ANNE_PATH}/orders?cursor=${nextCursor}`)).toMatchObject({
      status: 400,
      body: { code: 'cursor_invalid' },
    });
  });

  test('mask the buyer for readers', async () => {
    const api = await withAnne();
    await sell(api, ...ORDERS);
    const asReader = await api.ask('GET', `${ANNE_PATH}/orders`, { role: 'reader' });
    expect(personalIn(asReader.body)).toEqual([]);
    expect(personalIn((await api.ask('GET', `${ANNE_PATH}/orders`)).body)).toEqual(PERSONAL);
  });
});

describe('an order', () => {
  test('is found by its name, which may hold a slash', async () => {
    const api = openApi();
    await sell(api, 'till/shop/7/42');
    const { status, body } = await api.ask('GET', `/v1/orders/till/shop/${encodeURIComponent('7/42')}`);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { key: 'till/shop/7/42', payment: 'paid', totals: { net: 42_568 }, buyer: BUYER },
    });
  });

  test('masks the buyer for readers', async () => {
    const api = openApi();
    await sell(api, 'till/shop/7');
    const { body } = await api.ask('GET', '/v1/orders/till/shop/7', { role: 'reader' });
    expect(body).toMatchObject({
      buyer: { name: 'A*** N***', phone: '+86139****5678', email: 'a***@example.org', memberCard: '****1234' },
    });
    expect(personalIn(body)).toEqual([]);
  });

  test.each(['till/shop/8', 'kiosk/shop/7'])('%s is not there', async (key) => {
    const answer = await openApi().ask('GET', `/v1/orders/${key}`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'order_not_found' } });
  });
});

describe('the history of a profile', () => {
  test('comes page by page, newest first', async () => {
    const api = await withAnne();
    const [all = []] = await pages(api, `${ANNE_PATH}/history`, 200);
    expect(all.length).toBeGreaterThanOrEqual(2);
    const times = all.map(({ occurredAt }) => String(occurredAt));
    expect(times).toEqual(times.toSorted().toReversed());
    expect((await pages(api, `${ANNE_PATH}/history`, 1)).flat()).toEqual(all);
  });

  test('has no place that a cursor of another list leads to', async () => {
    const api = await withAnne();
    await api.buy(PETER);
    const { nextCursor } = (await api.ask('GET', `${ANNE_PATH}/history?limit=1`)).body as Page;
    expect(nextCursor).not.toBeNull();
    const others = [
      `/v1/profiles/${encodeURIComponent('shopify/shop/peter')}/history`,
      `${ANNE_PATH}/orders`,
      '/v1/audit',
    ];
    for (const path of others)
      expect(await api.ask('GET', `${path}?cursor=${nextCursor}`)).toMatchObject({
        status: 400,
        body: { code: 'cursor_invalid', problems: [{ in: 'query', at: 'cursor' }] },
      });
    const cut = nextCursor?.slice(0, -2);
    expect((await api.ask('GET', `${ANNE_PATH}/history?cursor=${cut}`)).status).toBe(400);
  });
});

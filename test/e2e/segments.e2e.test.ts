/** Segments as marketers and their systems meet them, on the deployed stack: API, signed webhooks, exports. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inCurrency, OOLONG } from '../../demo/goods.ts';
import type { Person } from '../../demo/people.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyCustomerId, shopifyScene } from '../../demo/shopify.ts';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { ApiProblem, createClient } from '../../shared/api/client.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { endpoints, openShop, outputs, post, settle, withKind } from './deployment.ts';

const PATIENCE_MS = 90_000;
const RUN = `${Date.now() % 1_000_000_000}`;
const random = createRandom(6);
let people = Number(RUN) * 10;

const api = createClient({ baseUrl: endpoints.apiUrl ?? '', token: endpoints.token ?? '' });
const ids = { bought: `e2e-bought-${RUN}`, twice: `e2e-twice-${RUN}`, agreed: `e2e-agreed-${RUN}` };
const subscriber = `e2e-${RUN}`;

/** Nobody whom another test has met. */
function newPerson(): Person {
  const number = ++people;
  return {
    id: 8_300_000_000_000 + number,
    firstName: 'Sigrid',
    lastName: 'Haugland',
    email: `segments${number}@example.com`,
    phone: `+1206${2_000_000 + (number % 7_000_000)}`,
    city: 'Seattle',
    province: 'Washington',
    country: 'US',
    zip: String(10_000 + (number % 89_999)),
  };
}

async function until<T>(ask: () => Promise<T> | T, isSo: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isSo(answer) || Date.now() > deadline) return answer;
    await sleep(200);
  }
}

async function membersOf(id: string): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = { limit: 7, ...(cursor !== undefined && { cursor }) };
    const page = await api.call(ROUTES.listMembersOfSegment, { params: { id }, query });
    found.push(...page.items.map(({ profile }) => profile));
    cursor = page.nextCursor;
  }
  return found.sort();
}

describe('segments on the deployed stack', () => {
  let receiver: Receiver;
  let shop: Awaited<ReturnType<typeof openShop>>;
  const customers = [newPerson(), newPerson(), newPerson()] as const;
  const profileOf = (person: Person) => `shopify/${shop.connection}/${shopifyCustomerId(person)}`;
  let orders = Number(RUN) * 100;

  async function buy(person: Person): Promise<void> {
    const lines = [{ product: inCurrency(OOLONG, 'USD'), quantity: 1 }];
    const paidAtMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
    const scene = { number: ++orders, paidAtMs, buyer: person, lines, guest: false, recipientShown: false };
    const { deliveries } = shopifyScene(random, shop, { ...scene, handedOver: 'parcel' });
    for (const delivery of deliveries) expect(await post(withKind('order')(delivery))).toBe(200);
  }
  const toldOf = (type: string, segment: string) =>
    receiver.received
      .filter(({ type: is, data }) => is === type && data.segment === segment)
      .map(({ data }) => data.subject);
  const entriesInto = (segment: string) => new Set(toldOf('segment.entered', segment));

  beforeAll(async () => {
    shop = await openShop(`segments-${RUN}`);
    receiver = await startReceiver();
    // Before there is any segment: it has to be found when the segments come.
    await buy(customers[0]);
    await settle(shop.connection);
  });
  afterAll(async () => {
    await api.call(ROUTES.removeSubscriber, { params: { id: subscriber } });
    await receiver.close();
  });

  it('are put, subscribed to, filled, and say so only then', async () => {
    const { secret } = await api.call(ROUTES.addSubscriber, {
      body: { id: subscriber, url: receiver.url, segments: Object.values(ids) },
    });
    receiver.trust(secret);
    expect(await api.call(ROUTES.testSubscriber, { params: { id: subscriber } })).toMatchObject({ delivered: true });
    const bought = await api.call(ROUTES.createSegment, {
      body: {
        id: ids.bought,
        name: '买过的客户',
        when: {
          all: [
            { field: 'orders', atLeast: 1 },
            { field: 'connections', includes: `shopify/${shop.connection}` },
          ],
        },
      },
    });
    expect(bought.fill.state).not.toBe('current');
    await api.call(ROUTES.createSegment, {
      body: {
        id: ids.agreed,
        name: '可推送',
        when: {
          all: [
            { field: 'consents', includes: 'push' },
            { field: 'tags', includes: `会员 ${RUN}` },
          ],
        },
      },
    });
    await api.call(ROUTES.createSegment, {
      body: {
        id: ids.twice,
        name: '复购',
        when: { all: [{ segment: ids.bought }, { field: 'orders', withinDays: 90, atLeast: 2 }] },
      },
    });
    const filled = await until(
      () => api.call(ROUTES.getSegment, { params: { id: ids.twice } }),
      ({ fill }) => fill.state === 'current',
    );
    expect(filled.fill).toMatchObject({ state: 'current' });
    const before = profileOf(customers[0]);
    expect(await membersOf(ids.bought)).toEqual([before]);
    await until(
      () => entriesInto(ids.bought),
      (told) => told.has(before),
    );
    const message = receiver.received.find(({ data }) => data.segment === ids.bought);
    expect(message?.data).toMatchObject({ subject: before, cause: 'policy' });
  });

  it('are entered with an order, and left when it is refunded or the segment archived', async () => {
    for (const person of customers) await buy(person);
    const all = customers.map(profileOf).sort();
    await until(
      () => entriesInto(ids.bought).size,
      (count) => count === 3,
    );
    expect([...entriesInto(ids.bought)].sort()).toEqual(all);
    expect([...entriesInto(ids.twice)]).toEqual([profileOf(customers[0])]);
    expect(
      await until(
        () => membersOf(ids.bought),
        (members) => members.length === 3,
      ),
    ).toEqual(all);
    const id = profileOf(customers[0]);
    const profile = await api.call(ROUTES.getProfile, { params: { id } });
    expect(profile.segments.map((segment) => segment.id)).toEqual(expect.arrayContaining([ids.bought, ids.twice]));
    const { items } = await until(
      () => api.call(ROUTES.listHistoryOfProfile, { params: { id }, query: { limit: 50 } }),
      (history) => history.items.filter(({ type }) => type === 'segment.entered').length >= 2,
    );
    expect(items.filter(({ type }) => type === 'segment.entered').length).toBeGreaterThanOrEqual(2);
    expect(receiver.refused()).toBe(0);
  });

  it('are entered with a tag and a consent, and left when it is taken back', async () => {
    const id = profileOf(customers[1]);
    const consent = (given: boolean) => ({ consents: [{ channel: 'push', given, source: 'app settings' }] });
    await api.call(ROUTES.tagProfile, { params: { id }, body: { add: [`会员 ${RUN}`] } });
    const { consent: kept } = await api.call(ROUTES.putConsents, { params: { id }, body: consent(true) });
    expect(kept).toMatchObject({ push: { given: true, source: 'app settings' } });
    await until(
      () => entriesInto(ids.agreed).size,
      (count) => count === 1,
    );
    expect([...entriesInto(ids.agreed)]).toEqual([id]);
    await api.call(ROUTES.putConsents, { params: { id }, body: consent(false) });
    await until(
      () => toldOf('segment.exited', ids.agreed).length,
      (count) => count === 1,
    );
    expect(toldOf('segment.exited', ids.agreed)).toEqual([id]);
  });

  it('are previewed before they are put, over a snapshot that says how old it is', async () => {
    const lambda = new LambdaClient({});
    const when = {
      all: [
        { field: 'orders' as const, withinDays: 90, atLeast: 2 },
        { field: 'connections' as const, includes: `shopify/${shop.connection}` },
      ],
    };
    const preview = await until(
      async () => {
        // As its schedule does.
        await lambda.send(new InvokeCommand({ FunctionName: outputs.SnapshotFunction, Payload: Buffer.from('{}') }));
        return api
          .call(ROUTES.previewSegment, { body: { when, compareWith: [ids.bought] } })
          .catch((error: unknown) => {
            if (error instanceof ApiProblem && error.status === 409) return undefined;
            throw error;
          });
      },
      (answer) => answer?.size === 1,
    );
    expect(preview).toMatchObject({
      size: 1,
      overlaps: [{ segment: ids.bought, size: 3, both: 1 }],
      sample: [{ orders: 2, channels: ['shopify'] }],
    });
    expect(Date.parse(preview?.snapshotAt ?? '')).toBeGreaterThan(Date.now() - 10 * 60_000);
    expect(preview?.profiles).toBeGreaterThanOrEqual(3);
  });

  it('sign with both secrets while one takes over', async () => {
    const { secret } = await api.call(ROUTES.rotateSubscriberSecret, { params: { id: subscriber } });
    expect(await api.call(ROUTES.testSubscriber, { params: { id: subscriber } })).toMatchObject({ delivered: true });
    receiver.trust(secret);
    expect(await api.call(ROUTES.testSubscriber, { params: { id: subscriber } })).toMatchObject({ delivered: true });
  });

  it('are exported, and the files with the events since are who is in them', async () => {
    const { id } = await api.call(ROUTES.requestExport, {
      params: { id: ids.bought },
      body: { format: 'ndjson', columns: ['profile', 'revision', 'since', 'orders', 'names', 'emails'] },
    });
    const done = await until(
      () => api.call(ROUTES.getExport, { params: { exportId: id } }),
      ({ status }) => status === 'done' || status === 'failed',
    );
    expect(done).toMatchObject({ status: 'done', rows: 3 });
    const contents = new Map<string, string>();
    for (const { name, url = '', sha256 } of done.files ?? []) {
      const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
      if (name !== 'manifest.json') expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      contents.set(name, bytes.toString('utf8'));
    }
    const rows = (contents.get('members.ndjson') ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ profile }) => profile).sort()).toEqual(customers.map(profileOf).sort());
    expect(rows.flatMap(({ emails }) => emails).sort()).toEqual(customers.map(({ email }) => email).sort());

    const late = newPerson();
    await buy(late);
    await until(
      () => entriesInto(ids.bought),
      (told) => told.has(profileOf(late)),
    );
    // As a consumer does: of each profile the greatest revision stands.
    const state = new Map(rows.map((row) => [row.profile, { revision: row.revision, isIn: true }]));
    for (const { type, data } of receiver.received) {
      const { segment, subject = '', revision = 0 } = data;
      if (segment === ids.bought && revision > (state.get(subject)?.revision ?? 0))
        state.set(subject, { revision, isIn: type === 'segment.entered' });
    }
    const combined = [...state].flatMap(([profile, { isIn }]) => (isIn ? [profile] : [])).sort();
    expect(combined).toEqual(
      await until(
        () => membersOf(ids.bought),
        (members) => members.length === 4,
      ),
    );
  });

  it('are left by all when they are archived, but not while another asks about them', async () => {
    await expect(api.call(ROUTES.archiveSegment, { params: { id: ids.bought } })).rejects.toMatchObject({
      status: 409,
    });
    await api.call(ROUTES.archiveSegment, { params: { id: ids.twice } });
    await api.call(ROUTES.archiveSegment, { params: { id: ids.bought } });
    const archived = await until(
      () => api.call(ROUTES.getSegment, { params: { id: ids.bought } }),
      ({ fill }) => fill.state === 'archived',
    );
    expect(archived.fill.state).toBe('archived');
    expect(
      await until(
        () => membersOf(ids.bought),
        (members) => members.length === 0,
      ),
    ).toEqual([]);
    await until(
      () => new Set(toldOf('segment.exited', ids.bought)).size,
      (count) => count === 4,
    );
    expect(new Set(toldOf('segment.exited', ids.bought)).size).toBe(4);
  });
});

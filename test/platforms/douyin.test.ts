/** Douyin shop's API, spoken with its model: over HTTP as functions do, and directly with a clock of our own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Story } from '../../demo/delivery.ts';
import { douyinOddities, douyinStories } from '../../demo/douyin.ts';
import { createRandom } from '../../demo/random.ts';
import { douyin } from '../../shared/channels/douyin/adapter.ts';
import { douyinApi } from '../../shared/channels/douyin/api.ts';
import { douyinDoor } from '../../shared/channels/douyin/door.ts';
import type { ApiAccount, ApiContext, ApiRequest, Call, Tokens } from '../../shared/channels/platform-api.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import type { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { deriveOrder } from '../../shared/orders/derive.ts';
import type { OrderUpdate } from '../../shared/orders/merge.ts';
import { answerEnvelope, mergeAll, toEnvelope } from '../channels/read.ts';
import { createDouyinPlatform } from './douyin.ts';
import type { PlatformModel } from './platform.ts';
import { type PlatformServer, servePlatform } from './server.ts';

const SHOP = '4463798';
const ORDER = 'order/6936476692437472563';
const REFUND = 'refund/146701382803677771';
const HOUR_MS = 60 * 60 * 1000;

/** What stands for one order, or one after-sale, in a recorded answer. */
function recorded(name: string, file: string, before: string): string {
  const body = readFileSync(join(import.meta.dirname, '../channels/douyin', name, file), 'utf8');
  return body.slice(
    body.indexOf(before) + before.length,
    body.lastIndexOf('}') - (before.endsWith('detail":') ? 1 : 0),
  );
}
const orderJson = recorded('sold-in-a-live-and-received', '03-body.json', '"shop_order_detail":');
const refundJson = recorded('one-of-three-is-returned', '06-body.json', '"data":');

function open(model: PlatformModel): ApiAccount {
  const account = douyinApi.open(model.credentials);
  if ('kind' in account) throw new Error(account.problems.join());
  return account;
}

const renewed = async (account: ApiAccount, context: ApiContext, last?: Tokens): Promise<Tokens> => {
  if (!account.renew) throw new Error('no renew');
  return account.renew(last, context);
};

/** Calls without network, at a time of our own. */
const direct =
  (model: PlatformModel, nowMs: number): Call =>
  async ({ method, path, query = [], headers = {}, body = '' }) => {
    const asked = { method, path, query: new URLSearchParams(Object.fromEntries(query)), headers, body };
    const answer = model.answer(asked, nowMs);
    return { status: answer.status, headers: answer.headers ?? {}, body: answer.body };
  };

describe('over HTTP', () => {
  let model: PlatformModel;
  let server: PlatformServer;
  let context: ApiContext;
  beforeEach(async () => {
    model = createDouyinPlatform({ shop: SHOP });
    server = await servePlatform(model);
    const call: Call = async ({ method, path, query = [], headers = {}, body }) => {
      const url = `${server.url}${path}?${new URLSearchParams(Object.fromEntries(query))}`;
      const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
    };
    context = { call, clock: () => new Date() };
  });
  afterEach(() => server.close());

  test('an order and a refund are fetched with new tokens, and are what they are', async () => {
    model.put({ subject: ORDER, version: 1, json: orderJson }, Date.now());
    model.put({ subject: REFUND, version: 1, json: refundJson }, Date.now());
    const account = open(model);
    const tokens = await renewed(account, context);
    const connection = ConnectionSettings.parse({
      id: 'demo',
      channel: 'douyin',
      type: 'direct',
      settingsRevision: 0,
      shop: account.shop,
    });
    const documents = await Promise.all(
      [ORDER, REFUND].map(async (subject) => {
        const bodies = await account.fetch(subject, tokens, context);
        const [body] = bodies.map((text) => Buffer.from(text));
        if (!body || bodies.length !== 1) throw new Error('not one body');
        const fetchedAt = new Date('2026-11-20T13:00:12.250Z');
        const read = douyin.normalize(answerEnvelope({ subject, fetchedAt, body }, connection, 1), connection);
        if (read.kind !== 'accepted') throw new Error(JSON.stringify(read));
        return read.documents[0];
      }),
    );
    expect(documents[0]).toMatchObject({
      orderId: '6936476692437472563',
      version: { source: Date.parse('2026-11-20T13:00:09Z'), fetchedAt: Date.parse('2026-11-20T13:00:12.250Z') },
      parts: { money: { total: 27500 }, lines: [{ productId: '3660207428038974464' }, {}, {}] },
    });
    expect(documents[1]).toMatchObject({
      orderId: '6936476692437000001',
      refunds: [{ id: '146701382803677771', value: { status: 'succeeded', amount: 8000 } }],
    });
    expect(Object.fromEntries(model.calls)).toEqual({ token: 1, [ORDER]: 1, [REFUND]: 1 });
  });

  test('another app secret closes the account, whatever is asked', async () => {
    const account = douyinApi.open({ ...model.credentials, app_secret: 'another' });
    if ('kind' in account) throw new Error('not opened');
    await expect(renewed(account, context)).rejects.toMatchObject({ kind: 'closed', code: 'isv.signature-invalid' });
    await expect(account.fetch(ORDER, { accessToken: 'x' }, context)).rejects.toMatchObject({ kind: 'closed' });
  });
});

describe('with a clock of our own', () => {
  const setUp = () => {
    const model = createDouyinPlatform({ shop: SHOP });
    let nowMs = Date.parse('2026-11-20T13:00:00Z');
    const sent: ApiRequest[] = [];
    const call: Call = async (request) => {
      sent.push(request);
      return direct(model, nowMs)(request);
    };
    const context: ApiContext = { call, clock: () => new Date(nowMs) };
    model.put({ subject: ORDER, version: 1, json: orderJson }, nowMs);
    return { model, context, account: open(model), sent, pass: (ms: number) => (nowMs += ms), now: () => nowMs };
  };

  test('an expired token is renewed with the refresh token, which is then spent', async () => {
    const { account, context, pass, model, now, sent } = setUp();
    model.behaviour.tokenLifeMs = 4 * HOUR_MS;
    const first = await renewed(account, context);
    expect(first.expiresAt).toBe(now() + 4 * HOUR_MS);
    pass(4 * HOUR_MS);
    await expect(account.fetch(ORDER, first, context)).rejects.toMatchObject({ kind: 'unauthorized' });
    const second = await renewed(account, context, first);
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(sent.at(-1)?.path).toBe('/token/refresh');
    await expect(account.fetch(ORDER, second, context)).resolves.toHaveLength(1);
    // The old refresh token is of no use: the credentials are.
    const third = await renewed(account, context, first);
    expect(sent.slice(-2).map(({ path }) => path)).toEqual(['/token/refresh', '/token/create']);
    await expect(account.fetch(ORDER, third, context)).resolves.toHaveLength(1);
  });

  test('revoked, unknown and missing tokens are unauthorized', async () => {
    const { account, context, model } = setUp();
    const tokens = await renewed(account, context);
    model.revokeTokens();
    for (const given of [tokens, { accessToken: 'unknown' }, undefined]) {
      await expect(account.fetch(ORDER, given, context)).rejects.toMatchObject({ kind: 'unauthorized' });
    }
    await expect(account.fetch(ORDER, await renewed(account, context, tokens), context)).resolves.toHaveLength(1);
  });

  test('too many, out of order, not there, not ours', async () => {
    const { account, context, model, pass } = setUp();
    const tokens = await renewed(account, context);
    const fetched = (subject: string) => account.fetch(subject, tokens, context);
    await expect(fetched('order/1')).rejects.toMatchObject({ kind: 'not_found' });
    await expect(fetched('refund/1')).rejects.toMatchObject({ kind: 'not_found' });
    model.withhold(ORDER, 'forbidden');
    model.withhold(REFUND, 'forbidden');
    await expect(fetched(ORDER)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(fetched(REFUND)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(fetched('parcel/1')).rejects.toMatchObject({ kind: 'refused', code: 'subject_unknown' });
    model.behaviour.failing = 503;
    await expect(fetched(ORDER)).rejects.toMatchObject({ kind: 'unavailable' });
    // Not a spent token: the credentials are not tried in its place.
    await expect(renewed(account, context, tokens)).rejects.toMatchObject({ kind: 'unavailable' });
    model.behaviour.failing = 200;
    await expect(fetched(ORDER)).rejects.toMatchObject({ kind: 'unavailable', code: 'isp.service-error:1' });
    model.behaviour.failing = undefined;
    Object.assign(model.behaviour, { perSecond: 1, burst: 1 });
    await expect(fetched(ORDER)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(fetched(ORDER)).rejects.toMatchObject({ kind: 'throttled' });
    pass(1_000);
    await expect(fetched(ORDER)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test('a record is visible once its lag is over', async () => {
    const { account, context, model, pass, now } = setUp();
    const tokens = await renewed(account, context);
    model.behaviour.lagMs = 2_000;
    model.put({ subject: 'order/7', version: 1, json: '{"order_id":"7"}' }, now());
    await expect(account.fetch('order/7', tokens, context)).rejects.toMatchObject({ kind: 'not_found' });
    pass(2_000);
    await expect(account.fetch('order/7', tokens, context)).resolves.toHaveLength(1);
  });
});

describe('a demo day', () => {
  const shop = {
    connection: 'demo',
    secret: '7012345678901234567:3f1c2a9e',
    webhookUrl: 'https://hooks.example.com/webhooks/douyin/demo',
    shop: SHOP,
    startMs: Date.parse('2026-11-20T00:00:00Z'),
    everyMs: 60_000,
  };
  const connection = ConnectionSettings.parse({
    id: 'demo',
    channel: 'douyin',
    type: 'direct',
    settingsRevision: 0,
    shop: SHOP,
  });
  const stories = (count: number): Story[] => {
    const told: Story[] = [];
    for (const story of douyinStories(createRandom(7), shop)) {
      if (told.push(story) === count) break;
    }
    return told;
  };

  /** Every message heard and answered by the model at once; the order at the end. */
  async function live(story: Story): Promise<CanonicalOrder> {
    const model = createDouyinPlatform({ shop: SHOP });
    const account = open(model);
    const updates: OrderUpdate[] = [];
    for (const [number, { request, records, atMs }] of story.deliveries.entries()) {
      const receivedAt = new Date(atMs);
      expect(douyinDoor.verify(request, [shop.secret], receivedAt).kind).toBe('verified');
      const envelope = toEnvelope({ door: douyinDoor, request, receivedAt, connection, number });
      const heard = douyin.normalize(envelope, connection);
      if (heard.kind !== 'accepted' || !heard.signals) throw new Error(JSON.stringify(heard));
      for (const record of records ?? []) model.put(record, atMs);
      // Late enough for the second to be over.
      const fetchedAt = new Date(atMs + 5_000);
      const context: ApiContext = { clock: () => fetchedAt, call: direct(model, fetchedAt.getTime()) };
      for (const { subject, heard: news, of } of heard.signals) {
        const tokens = await renewed(account, context);
        const [body = ''] = await account.fetch(subject, tokens, context);
        const answer = answerEnvelope({ subject, fetchedAt, body: Buffer.from(body) }, connection, number);
        const read = douyin.normalize(answer, connection);
        if (read.kind !== 'accepted') throw new Error(JSON.stringify(read));
        for (const document of read.documents) {
          expect(document.version.source).toBeGreaterThanOrEqual(news.source);
          expect(document.version.fetchedAt).toBeGreaterThanOrEqual(news.settledAt);
          expect(document.orderId).toBe(of?.orderId);
          updates.push({ document, envelope: answer.id, reading: 1 });
        }
      }
    }
    const identity = { channel: 'douyin', category: 'live' as const, connection: 'demo', revision: 1 };
    return deriveOrder({ ...identity, orderId: story.orderId }, mergeAll(updates));
  }

  test('is the same for the same seed', () => {
    expect(stories(30)).toEqual(stories(30));
  });

  test('hangs together: each message is answered, and each order adds up', async () => {
    const orders = await Promise.all(stories(200).map(live));
    for (const order of orders) expect([order.orderId, order.flags]).toEqual([order.orderId, []]);
    const seen = (values: (string | boolean | undefined)[]) => [...new Set(values)].map(String).sort();
    expect(seen(orders.map(({ status }) => status))).toEqual(['cancelled', 'completed', 'fulfilled', 'paid']);
    expect(seen(orders.map(({ payment }) => payment))).toEqual(['paid', 'partially_refunded', 'refunded', 'unpaid']);
    expect(seen(orders.map(({ test }) => test))).toEqual(['false', 'true']);
    expect(orders.some(({ totals }) => (totals?.platformDiscount ?? 0) > 0)).toBe(true);
    expect(orders.some(({ refunds }) => refunds.some(({ status }) => status === 'rejected'))).toBe(true);
    expect(new Set(orders.map(({ buyer }) => buyer.buyerId)).size).toBeLessThan(orders.length);
  });

  test('its oddities are let in, and are of no use', () => {
    const outcomes = douyinOddities.map(({ headers, body }, number) => {
      const unsigned = { method: 'POST', url: shop.webhookUrl, query: '', headers, body: Buffer.from(body) };
      const receivedAt = new Date(shop.startMs);
      const request = douyinDoor.sign(unsigned, shop.secret, receivedAt);
      expect(douyinDoor.verify(request, [shop.secret], receivedAt).kind).toBe('verified');
      const envelope = toEnvelope({ door: douyinDoor, request, receivedAt, connection, number });
      return douyin.normalize(envelope, connection);
    });
    expect(outcomes).toMatchObject([{ code: 'body_not_json' }, { code: 'wire_mismatch' }, { code: 'tag_not_used' }]);
  });
});

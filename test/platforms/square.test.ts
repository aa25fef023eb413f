/** Square's API as the adapter calls it, against the model: over HTTP, and directly in a time of its own. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery, Story } from '../../demo/delivery.ts';
import { createRandom } from '../../demo/random.ts';
import { squareOddities, squareStories } from '../../demo/square.ts';
import type { Normalized } from '../../shared/channels/adapter.ts';
import type { ApiContext, ApiRequest, Call } from '../../shared/channels/platform-api.ts';
import { square } from '../../shared/channels/square/adapter.ts';
import { squareApi } from '../../shared/channels/square/api.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import { EnvelopeId } from '../../shared/lake/envelope.ts';
import { deriveOrder } from '../../shared/orders/derive.ts';
import type { OrderUpdate } from '../../shared/orders/merge.ts';
import { answerEnvelope, mergeAll, toEnvelope } from '../channels/read.ts';
import type { PlatformModel } from './platform.ts';
import { type PlatformServer, servePlatform } from './server.ts';
import { createSquarePlatform } from './square.ts';

const SHOP = 'MLLANTERN7T4Q';
const NOW_MS = Date.parse('2026-11-24T12:00:00.000Z');
const MINUTE_MS = 60_000;
const connection = ConnectionSettings.parse({
  id: 'demo',
  channel: 'square',
  type: 'direct',
  shop: SHOP,
  settingsRevision: 0,
});

const open = (model: PlatformModel) => {
  const account = squareApi.open(model.credentials);
  if ('kind' in account) throw new Error(account.problems.join());
  return account;
};

const ORDER = {
  id: 'O1',
  location_id: 'L1',
  state: 'COMPLETED',
  created_at: '2026-11-24T11:00:00.000Z',
  updated_at: '2026-11-24T11:00:02.000Z',
  closed_at: '2026-11-24T11:00:02.000Z',
  line_items: [{ uid: 'a', quantity: '2', base_price_money: { amount: 1200, currency: 'USD' } }],
  tenders: [{ id: 'P1', payment_id: 'P1', amount_money: { amount: 2400, currency: 'USD' } }],
  total_money: { amount: 2400, currency: 'USD' },
};
const PAYMENT = {
  id: 'P1',
  order_id: 'O1',
  status: 'COMPLETED',
  total_money: { amount: 2400, currency: 'USD' },
  created_at: '2026-11-24T11:00:01.000Z',
  location_id: 'L1',
  team_member_id: 'TM1',
};

const put = (model: PlatformModel, subject: string, object: unknown, version = 1, atMs = 0) =>
  model.put({ subject, version, json: JSON.stringify(object) }, atMs);

function shopWithASale(): PlatformModel {
  const model = createSquarePlatform({ shop: SHOP });
  put(model, 'order/O1', ORDER);
  put(model, 'payment/P1', PAYMENT);
  return model;
}

function normalizeAnswer(subject: string, body: string, fetchedAtMs: number): Normalized {
  const answer = { subject, fetchedAt: new Date(fetchedAtMs), body: Buffer.from(body) };
  return square.normalize(answerEnvelope(answer, connection, 1), connection);
}

const ENVELOPE = EnvelopeId.parse('01900000-0000-7000-8000-000000000001');

const derived = (orderId: string, updates: readonly OrderUpdate[]) =>
  deriveOrder({ channel: 'square', category: 'pos', connection: 'demo', orderId, revision: 1 }, mergeAll(updates));

const updatesOf = (outcome: Normalized): OrderUpdate[] =>
  outcome.kind === 'accepted'
    ? outcome.documents.map((document) => ({ document, envelope: ENVELOPE, reading: 1 }))
    : [];

describe('over HTTP', () => {
  let model: PlatformModel;
  let server: PlatformServer;
  let context: ApiContext;
  beforeEach(async () => {
    model = shopWithASale();
    server = await servePlatform(model);
    const call: Call = async ({ method, path, query = [], headers = {}, body }: ApiRequest) => {
      const url = new URL(path, server.url);
      for (const [name, value] of query) url.searchParams.append(name, value);
      const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await response.text(),
      };
    };
    context = { call, clock: () => new Date() };
  });
  afterEach(async () => server.close());

  test('an order comes with its payment and reads as the order', async () => {
    const account = open(model);
    const [body = ''] = await account.fetch('order/O1', account.firstTokens, context);
    const order = derived('O1', updatesOf(normalizeAnswer('order/O1', body, NOW_MS)));
    expect(order).toMatchObject({
      status: 'completed',
      payment: 'paid',
      totals: { items: 2400, total: 2400, paid: 2400 },
      source: { storeId: 'L1', staffId: 'TM1' },
      flags: [],
    });
    expect([...model.calls]).toEqual([
      ['order/O1', 1],
      ['payment/P1', 1],
    ]);
  });

  test('a token that expired is renewed over the wire, with the refresh token that stays', async () => {
    const account = open(model);
    model.revokeTokens();
    await expect(account.fetch('order/O1', account.firstTokens, context)).rejects.toMatchObject({
      kind: 'unauthorized',
      code: 'unauthorized',
    });
    const renewed = await account.renew?.(account.firstTokens, context);
    expect(renewed?.refreshToken).toBe(account.firstTokens?.refreshToken);
    expect(await account.fetch('order/O1', renewed, context)).toHaveLength(1);
    const again = await account.renew?.(renewed, context);
    expect(again?.accessToken).not.toBe(renewed?.accessToken);
    expect(model.calls.get('token')).toBe(2);
  });
});

describe('directly', () => {
  const contextAt = (model: PlatformModel, nowMs: () => number): ApiContext => ({
    call: async ({ method, path, headers = {}, body = '' }) => ({
      headers: {},
      ...model.answer({ method, path, query: new URLSearchParams(), headers, body }, nowMs()),
    }),
    clock: () => new Date(nowMs()),
  });
  const fetchAt = (model: PlatformModel, nowMs = NOW_MS, subject = 'order/O1') => {
    const account = open(model);
    return account.fetch(
      subject,
      account.firstTokens,
      contextAt(model, () => nowMs),
    );
  };

  test('a token lives as long as the platform says, and the renewed one says how long', async () => {
    const model = shopWithASale();
    model.behaviour.tokenLifeMs = 30 * MINUTE_MS;
    await expect(fetchAt(model, NOW_MS)).resolves.toHaveLength(1);
    await expect(fetchAt(model, NOW_MS + 30 * MINUTE_MS - 1)).resolves.toHaveLength(1);
    await expect(fetchAt(model, NOW_MS + 30 * MINUTE_MS)).rejects.toMatchObject({
      kind: 'unauthorized',
      code: 'access_token_expired',
    });
    const renewed = await open(model).renew?.(
      undefined,
      contextAt(model, () => NOW_MS + 31 * MINUTE_MS),
    );
    expect(renewed?.expiresAt).toBe(NOW_MS + 61 * MINUTE_MS);
  });

  test('a wrong secret of the app is told apart from an expired token by whom it waits for', async () => {
    const model = shopWithASale();
    const account = squareApi.open({ ...model.credentials, client_secret: 'another' });
    if ('kind' in account) throw new Error('wrong credentials');
    const renewal = account.renew?.(
      undefined,
      contextAt(model, () => NOW_MS),
    );
    await expect(renewal).rejects.toMatchObject({ kind: 'unauthorized' });
  });

  test('a foreign token is refused by the model itself', () => {
    const model = shopWithASale();
    const ask = (headers: Record<string, string>) =>
      model.answer({ method: 'GET', path: '/v2/orders/O1', query: new URLSearchParams(), headers, body: '' }, NOW_MS);
    expect(ask({}).status).toBe(401);
    expect(ask({ authorization: 'Bearer EAAA-guessed', 'square-version': '2026-01-22' }).status).toBe(401);
    expect(ask({ authorization: `Bearer ${String(model.credentials.access_token)}` }).status).toBe(400);
    expect(model.calls.get('order/O1')).toBe(3);
  });

  test('too many requests, a breakdown, nothing there, not for us', async () => {
    const model = shopWithASale();
    model.behaviour.burst = 2;
    model.behaviour.perSecond = 1;
    await fetchAt(model);
    await expect(fetchAt(model)).rejects.toMatchObject({ kind: 'throttled', code: 'rate_limited' });
    await expect(fetchAt(model, NOW_MS + 3000)).resolves.toHaveLength(1);
    Object.assign(model.behaviour, { burst: 100, perSecond: 100, failing: 503 });
    await expect(fetchAt(model, NOW_MS + MINUTE_MS)).rejects.toMatchObject({ kind: 'unavailable' });
    model.behaviour.failing = undefined;
    await expect(fetchAt(model, NOW_MS + MINUTE_MS, 'order/O2')).rejects.toMatchObject({ kind: 'not_found' });
    model.withhold('payment/P1', 'forbidden');
    await expect(fetchAt(model, NOW_MS + MINUTE_MS)).rejects.toMatchObject({ kind: 'forbidden' });
    // Only this one payment is gone: its tender tells what it was.
    model.withhold('payment/P1', 'not_found');
    const [body = ''] = await fetchAt(model, NOW_MS + 2 * MINUTE_MS);
    expect(derived('O1', updatesOf(normalizeAnswer('order/O1', body, NOW_MS))).totals).toMatchObject({ paid: 2400 });
  });

  test('an answer that lags behind its webhook is not as new as what was heard', async () => {
    const model = shopWithASale();
    put(model, 'order/O1', { ...ORDER, updated_at: '2026-11-24T11:30:00.000Z' }, 2, NOW_MS);
    model.behaviour.lagMs = 5000;
    const sourceAt = async (nowMs: number) => {
      const [body = ''] = await fetchAt(model, nowMs);
      const outcome = normalizeAnswer('order/O1', body, nowMs);
      return outcome.kind === 'accepted' ? outcome.documents[0]?.version.source : undefined;
    };
    expect(await sourceAt(NOW_MS + 4999)).toBe(Date.parse(ORDER.updated_at));
    expect(await sourceAt(NOW_MS + 5000)).toBe(Date.parse('2026-11-24T11:30:00.000Z'));
  });

  describe('the demo', () => {
    const options = {
      connection: 'demo',
      secret: 'sq-demo-key',
      webhookUrl: 'https://hooks.example.com/webhooks/square/demo',
      shop: SHOP,
      startMs: NOW_MS,
      everyMs: 20 * MINUTE_MS,
    };
    function stories(seed: number, count: number): Story[] {
      const told: Story[] = [];
      for (const story of squareStories(createRandom(seed), options)) {
        told.push(story);
        if (told.length === count) break;
      }
      return told;
    }
    const envelopeOf = ({ request, atMs }: Delivery) =>
      toEnvelope({ door: square.door, request, receivedAt: new Date(atMs), connection, number: 2 });

    test('a seed is a day', () => {
      expect(stories(7, 20)).toEqual(stories(7, 20));
      expect(stories(8, 20)).not.toEqual(stories(7, 20));
    });

    test('each webhook is signed, and what it tells of is there when it is settled', async () => {
      let signalled = 0;
      for (const story of stories(1, 150)) {
        const model = createSquarePlatform({ shop: SHOP });
        // Fetches are put off until they are settled, so time goes back and forth here, and a rate means nothing.
        Object.assign(model.behaviour, { tokenLifeMs: Number.MAX_SAFE_INTEGER, burst: 1e9, perSecond: 0 });
        for (const delivery of story.deliveries) {
          const { request, atMs, records = [] } = delivery;
          expect(request.url).toBe(options.webhookUrl);
          expect(square.door.verify(request, [options.secret], new Date(atMs)).kind).toBe('verified');
          for (const record of records) model.put(record, atMs);
          const outcome = square.normalize(envelopeOf(delivery), connection);
          if (outcome.kind !== 'accepted') throw new Error(`${outcome.kind}: ${outcome.code}`);
          for (const { subject, heard } of outcome.signals ?? []) {
            const fetchedAtMs = Math.max(atMs, heard.settledAt);
            const [body = ''] = await fetchAt(model, fetchedAtMs, subject);
            const answer = normalizeAnswer(subject, body, fetchedAtMs);
            signalled++;
            if (answer.kind === 'ignored') continue;
            if (answer.kind !== 'accepted') throw new Error(`${answer.code}: ${answer.path}`);
            expect(answer.documents[0]?.version.source).toBeGreaterThanOrEqual(heard.source);
          }
        }
      }
      expect(signalled).toBeGreaterThan(500);
    });

    test('what is fetched at the end alone is the same as all that was pushed and fetched on the way, and adds up', async () => {
      const seen = new Set<string>();
      for (const story of stories(2, 150)) {
        const model = createSquarePlatform({ shop: SHOP });
        const onTheWay: OrderUpdate[] = [];
        const subjects = new Set<string>();
        const endMs = NOW_MS + 400 * 24 * 60 * MINUTE_MS;
        model.behaviour.tokenLifeMs = Number.MAX_SAFE_INTEGER;
        for (const delivery of story.deliveries) {
          for (const record of delivery.records ?? []) model.put(record, delivery.atMs);
          const outcome = square.normalize(envelopeOf(delivery), connection);
          onTheWay.push(...updatesOf(outcome));
          for (const { subject } of outcome.kind === 'accepted' ? (outcome.signals ?? []) : []) {
            subjects.add(subject);
            const [body = ''] = await fetchAt(model, delivery.atMs, subject);
            onTheWay.push(...updatesOf(normalizeAnswer(subject, body, delivery.atMs)));
          }
        }
        const atTheEnd: OrderUpdate[] = [];
        for (const subject of subjects) {
          const [body = ''] = await fetchAt(model, endMs, subject);
          atTheEnd.push(...updatesOf(normalizeAnswer(subject, body, endMs)));
        }
        const order = derived(story.orderId, [...onTheWay, ...atTheEnd]);
        expect(derived(story.orderId, atTheEnd)).toEqual(order);
        expect(derived(story.orderId, onTheWay)).toEqual(order);
        expect(order.flags).toEqual([]);
        for (const word of [order.status, order.payment]) seen.add(String(word));
      }
      expect([...seen].sort()).toEqual(
        ['cancelled', 'completed', 'fulfilled', 'paid', 'partially_refunded', 'refunded', 'unpaid'].sort(),
      );
    });

    test('oddities are of no use: refused or ignored', () => {
      for (const { headers, body } of squareOddities) {
        const request = { method: 'POST', url: options.webhookUrl, query: '', headers, body: Buffer.from(body) };
        const signed = square.door.sign(request, options.secret, new Date(NOW_MS));
        const outcome = square.normalize(
          envelopeOf({ channel: 'square', connection: 'demo', atMs: NOW_MS, request: signed }),
          connection,
        );
        expect(outcome.kind).not.toBe('accepted');
      }
    });
  });
});

/** Shopee's API against a model of it: over HTTP, and directly. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Story } from '../../demo/delivery.ts';
import { createRandom } from '../../demo/random.ts';
import { shopeeStories } from '../../demo/shopee.ts';
import { ApiFailure, type ApiRequest, type Call, type Tokens } from '../../shared/channels/platform-api.ts';
import { shopee } from '../../shared/channels/shopee/adapter.ts';
import { shopeeApi } from '../../shared/channels/shopee/api.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import { answerEnvelope } from '../channels/read.ts';
import { type PlatformServer, servePlatform } from './server.ts';
import { createShopeePlatform } from './shopee.ts';

const SHOP = '220004993';
const START_MS = Date.parse('2026-11-24T00:00:00Z');
const connection = ConnectionSettings.parse({
  id: 'demo',
  channel: 'shopee',
  type: 'direct',
  settingsRevision: 0,
  shop: SHOP,
});

const nextStory = (told: Generator<Story>): Story => {
  const { value } = told.next();
  if (!value) throw new Error('a shop sells without end');
  return value;
};

const open = (credentials: unknown) => {
  const account = shopeeApi.open(credentials);
  if ('kind' in account) throw new Error(account.problems.join());
  return account;
};

/** A shop with forty orders, each as it ended. */
function world() {
  const model = createShopeePlatform({ shop: SHOP });
  const account = open(model.credentials);
  let nowMs = START_MS + 90 * 86_400_000;
  const subjects = new Set<string>();
  const told = shopeeStories(createRandom(3), {
    connection: 'demo',
    secret: 'secret',
    webhookUrl: 'https://hooks.example.com/webhooks/shopee/demo',
    shop: SHOP,
    startMs: START_MS,
    everyMs: 600_000,
  });
  for (let count = 0; count < 40; count++) {
    for (const { records } of nextStory(told).deliveries) {
      for (const record of records ?? []) {
        model.put(record, START_MS);
        subjects.add(record.subject);
      }
    }
  }
  const toQuery = (request: ApiRequest) =>
    new URLSearchParams((request.query ?? []).map(([name, value]): [string, string] => [name, value]));
  const direct: Call = async (request) => {
    const { method, path, headers = {}, body = '' } = request;
    return { headers: {}, ...model.answer({ method, path, query: toQuery(request), headers, body }, nowMs) };
  };
  const overHttp =
    (url: string): Call =>
    async (request) => {
      const response = await fetch(`${url}${request.path}?${toQuery(request)}`, {
        method: request.method,
        ...(request.headers && { headers: request.headers }),
        ...(request.body !== undefined && { body: request.body }),
      });
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
    };
  const context = { call: direct, clock: () => new Date(nowMs) };
  const later = (ms: number) => {
    nowMs += ms;
  };
  const renew = async (last: Tokens | undefined): Promise<Tokens> => {
    if (!account.renew) throw new Error('Shopee renews tokens');
    return account.renew(last, context);
  };
  return { model, account, context, overHttp, later, renew, subjects };
}

const kindOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (error: unknown) => (error instanceof ApiFailure ? error.kind : error),
  );
const orderSubject = (subjects: ReadonlySet<string>) => {
  const found = [...subjects].find((subject) => subject.startsWith('order/'));
  if (!found) throw new Error('no order');
  return found;
};

describe('over HTTP', () => {
  let server: PlatformServer | undefined;
  afterEach(() => server?.close());

  test('renews the tokens it was given, fetches what signals ask for, and it is read', async () => {
    const { model, account, overHttp, subjects } = world();
    server = await servePlatform(model);
    const context = { call: overHttp(server.url), clock: () => new Date() };
    const tokens = await account.renew?.(account.firstTokens, context);
    expect(tokens).toMatchObject({ accessToken: 'access-1', refreshToken: 'refresh-1' });
    let refunds = 0;
    for (const subject of subjects) {
      const bodies = await account.fetch(subject, tokens, context);
      expect(bodies).toHaveLength(1);
      const answer = { subject, fetchedAt: new Date(), body: Buffer.from(bodies[0] ?? '') };
      const outcome = shopee.normalize(answerEnvelope(answer, connection, 1), connection);
      expect(outcome).toMatchObject({ kind: 'accepted', documents: [expect.anything()] });
      if (subject.startsWith('refund/')) refunds++;
    }
    expect(refunds).toBeGreaterThan(0);
    expect(model.calls.get('token')).toBe(1);
  });
});

describe('directly', () => {
  test('an order is its detail and its escrow, as Shopee wrote them', async () => {
    const { model, account, context, renew } = world();
    const order =
      '{"order_sn":"BIG1","order_status":"READY_TO_SHIP","pay_time":1,"create_time":1,"update_time":2,"buyer_user_id":9007199254740993}';
    const escrow =
      '{"order_sn":"BIG1","buyer_payment_info":{"buyer_total_amount":0.30000000000000004,"merchant_subtotal":0.3}}';
    const put = (json: string, version: number) => model.put({ subject: 'order/BIG1', version, json }, START_MS);
    put(`{"order":${order},"escrow":${escrow}}`, 1);
    const tokens = await renew(account.firstTokens);
    const [body] = await account.fetch('order/BIG1', tokens, context);
    expect(body).toContain('9007199254740993');
    expect(body).toContain('0.30000000000000004');
    expect(JSON.parse(body ?? '')).toMatchObject({
      order: { response: { order_list: [{ order_sn: 'BIG1' }] } },
      escrow: { response: { order_sn: 'BIG1' } },
    });
    // Refused for this order: then without.
    put(`{"order":${order},"escrow":null}`, 2);
    expect(JSON.parse((await account.fetch('order/BIG1', tokens, context))[0] ?? '')).not.toHaveProperty('escrow');
    // Not paid: not asked for.
    put(
      `{"order":${order.replace('READY_TO_SHIP', 'UNPAID').replace('"pay_time":1', '"pay_time":null')},"escrow":null}`,
      3,
    );
    const asked = model.calls.get('escrow/BIG1');
    await account.fetch('order/BIG1', tokens, context);
    expect(model.calls.get('escrow/BIG1')).toBe(asked);
  });

  test('a token lives four hours; a refresh token is used up', async () => {
    const { account, context, later, renew, subjects } = world();
    const subject = orderSubject(subjects);
    const first = await renew(account.firstTokens);
    await account.fetch(subject, first, context);
    later(4 * 3_600_000);
    expect(await kindOf(account.fetch(subject, first, context))).toBe('unauthorized');
    const second = await renew(first);
    await account.fetch(subject, second, context);
    expect(await kindOf(renew(first))).toBe('unauthorized');
    expect(await kindOf(renew(undefined))).toBe('unauthorized');
  });

  test('revoked tokens are not accepted', async () => {
    const { model, account, context, renew, subjects } = world();
    const tokens = await renew(account.firstTokens);
    model.revokeTokens();
    expect(await kindOf(account.fetch(orderSubject(subjects), tokens, context))).toBe('unauthorized');
  });

  test('a wrong partner key opens nothing, for a fetch and for a token', async () => {
    const { model, context, renew, account, subjects } = world();
    const tokens = await renew(account.firstTokens);
    const forger = open({ ...model.credentials, partner_key: 'another key' });
    expect(await kindOf(forger.fetch(orderSubject(subjects), tokens, context))).toBe('unauthorized');
    expect(await kindOf(Promise.resolve(forger.renew?.(tokens, context)))).toBe('unauthorized');
  });

  test.each([
    [
      'too many',
      (model: ReturnType<typeof createShopeePlatform>) => Object.assign(model.behaviour, { burst: 0 }),
      'throttled',
    ],
    [
      '429',
      (model: ReturnType<typeof createShopeePlatform>) => Object.assign(model.behaviour, { failing: 429 }),
      'throttled',
    ],
    [
      '502',
      (model: ReturnType<typeof createShopeePlatform>) => Object.assign(model.behaviour, { failing: 502 }),
      'unavailable',
    ],
  ])('%s', async (_, upset, kind) => {
    const { model, account, context, renew, subjects } = world();
    const tokens = await renew(account.firstTokens);
    upset(model);
    expect(await kindOf(account.fetch(orderSubject(subjects), tokens, context))).toBe(kind);
    expect(await kindOf(renew(tokens))).toBe(kind);
  });

  test('gone, withheld and not there yet', async () => {
    const { model, account, context, later, renew, subjects } = world();
    const tokens = await renew(account.firstTokens);
    const [gone = '', withheld = ''] = [...subjects].filter((subject) => subject.startsWith('order/'));
    model.withhold(gone, 'not_found');
    model.withhold(withheld, 'forbidden');
    expect(await kindOf(account.fetch(gone, tokens, context))).toBe('not_found');
    expect(await kindOf(account.fetch(withheld, tokens, context))).toBe('forbidden');
    expect(await kindOf(account.fetch('refund/NONE', tokens, context))).toBe('not_found');
    model.behaviour.lagMs = 60_000;
    model.put(
      {
        subject: 'order/NEW1',
        version: 1,
        json: '{"order":{"order_sn":"NEW1","order_status":"UNPAID"},"escrow":null}',
      },
      context.clock().getTime(),
    );
    expect(await kindOf(account.fetch('order/NEW1', tokens, context))).toBe('not_found');
    later(60_000);
    expect(await kindOf(account.fetch('order/NEW1', tokens, context))).toBe('no failure');
  });
});

/** What may be called, and what of it may be seen: hosts, redirects, sizes, time, and no secret in any word to operators. */
import { createServer, type RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiFailure } from '../../shared/channels/platform-api.ts';
import { ConnectionId } from '../../shared/connections/connection.ts';
import { addressOf, createCall } from '../../shared/hydration/http.ts';
import { type PlatformServer, servePlatform } from '../platforms/server.ts';
import { createSquarePlatform } from '../platforms/square.ts';
import { BUYER } from './shops.ts';
import { HOUR, MINUTE, openStage, SECOND } from './stage.ts';

const ORDER = '6936400000000065536';

describe('the host', () => {
  it('is one of the platform’s, unless the deployment allows any', async () => {
    const stage = await openStage({ channel: 'square', anyApiBase: false });
    await stage.hear([stage.change({ orderId: ORDER })]);
    await stage.play(HOUR);
    expect(stage.calls).toEqual([]);
    expect((await stage.lane()).health.lastFailure?.code).toBe('api_base_not_allowed');
    expect(stage.waiting()).toHaveLength(1);
    expect(await stage.quarantined()).toEqual([]);
    // Mended: all that waited is fetched.
    await stage.connectShop('shop', { base: { url: undefined } });
    await stage.play(5 * MINUTE);
    expect(new URL(stage.calls[0]?.address ?? '').origin).toBe('https://connect.squareup.com');
  });

  it('may be another of the platform’s', async () => {
    const stage = await openStage({ channel: 'square', anyApiBase: false });
    await stage.connectShop('shop', { base: { url: 'https://connect.squareupsandbox.com' } });
    await stage.hear([stage.change({ orderId: ORDER })]);
    await stage.play(10 * SECOND);
    expect(stage.calls.map(({ address }) => new URL(address).origin)).toContain('https://connect.squareupsandbox.com');
  });

  it.each([
    'https://connect.squareup.com.evil.example',
    'https://connect.squareup.com@evil.example',
    'http://connect.squareup.com',
  ])('is not one that only looks like it: %s', async (url) => {
    const stage = await openStage({ channel: 'square', anyApiBase: false });
    await stage.connectShop('shop', { base: { url } });
    await stage.hear([stage.change({ orderId: ORDER })]);
    await stage.play(MINUTE);
    expect(stage.calls).toEqual([]);
  });

  it('is followed by what the adapter asks for, encoded', () => {
    const query = [
      ['a b', '&=/?#'],
      ['empty', ''],
    ] as const;
    expect(addressOf('https://host', { method: 'GET', path: '/v2/x', query })).toBe(
      'https://host/v2/x?a%20b=%26%3D%2F%3F%23&empty=',
    );
    expect(addressOf('https://host', { method: 'GET', path: '/v2/x' })).toBe('https://host/v2/x');
  });
});

describe('an answer', () => {
  it('above the size limit is refused, and nothing of it kept', async () => {
    const stage = await openStage({ channel: 'square' });
    stage.network.intercept = () => new Response(`{"order":"${'x'.repeat(3 * 1024 * 1024)}"}`);
    await stage.hear([stage.change({ orderId: ORDER })]);
    await stage.play(MINUTE);
    expect(await stage.quarantined()).toMatchObject([
      { code: 'fetch_refused', expected: expect.stringContaining('answer_too_large') },
    ]);
    expect(stage.calls).toHaveLength(1);
    expect(stage.lake.objects()).toHaveLength(1);
  });

  it('just below it is kept whole', async () => {
    const stage = await openStage({ channel: 'square' });
    const state = stage.change({ orderId: ORDER, paid: true });
    const { squareShop } = await import('./shops.ts');
    const padding = ' '.repeat(3 * 1024 * 1024 - 4096);
    stage.network.intercept = () => new Response(`{"order":${squareShop.record(state)}${padding}}`);
    await stage.hear([state]);
    await stage.play(MINUTE);
    expect(stage.order(ORDER)?.status).toBe('completed');
  });

  it('that is no JSON, or is cut short, is asked for again', async () => {
    const stage = await openStage({ channel: 'shopee' });
    const bad = ['<html>busy</html>', '{"error":"","response":{"order_li', ''];
    stage.network.intercept = ({ path }) => (path.includes('/auth/') ? undefined : shift(bad));
    await stage.hear([stage.change({ orderId: ORDER, paid: true })]);
    await stage.play(2 * MINUTE);
    expect(stage.order(ORDER)?.payment).toBe('paid');
    expect(await stage.quarantined()).toEqual([]);
  });

  const shift = (bodies: string[]) => {
    const body = bodies.shift();
    return body === undefined ? undefined : new Response(body);
  };
});

describe('over a network', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });

  const call = (base: string, deadlineMs = 5_000) =>
    createCall({
      base,
      fetch,
      pace: async () => undefined,
      clock: () => new Date(),
      deadline: Date.now() + deadlineMs,
    });
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
    const address = server.address();
    return typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '';
  };

  it('a redirect is an answer like any other: nobody goes there', async () => {
    let visited = 0;
    const elsewhere = await serve((_, response) => {
      visited++;
      response.end('{}');
    });
    const base = await serve((_, response) => response.writeHead(307, { location: `${elsewhere}/x` }).end());
    const answer = await call(base)({
      method: 'POST',
      path: '/v2/orders/1',
      headers: { authorization: 'Bearer x' },
      body: '{}',
    });
    expect(answer.status).toBe(307);
    expect(visited).toBe(0);
  });

  it('a call ends with the time there is, and says nothing of the address', async () => {
    const model = createSquarePlatform({ shop: 'MLNORTH' });
    model.behaviour.slowMs = 3_000;
    const server: PlatformServer = await servePlatform(model);
    open.push(server);
    // It would be answered after three seconds, and given up after ten: only its own time can end it.
    const failure = await call(
      server.url,
      150,
    )({ method: 'GET', path: '/v2/orders/1', query: [['sign', 'a-signature']] }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'unavailable', code: 'timeout' });
    expect(failure instanceof ApiFailure && failure.cause).toBeUndefined();
    expect(String(failure)).not.toContain('a-signature');
  });

  it('an endless answer is cut off at the size limit', async () => {
    const base = await serve((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const write = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });
    await expect(call(base)({ method: 'GET', path: '/' })).rejects.toMatchObject({ code: 'answer_too_large' });
  });

  it('nobody at home is unreachable; no time left is no call', async () => {
    await expect(call('http://127.0.0.1:1')({ method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'unreachable',
    });
    await expect(call('http://127.0.0.1:1', 0)({ method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'out_of_time',
    });
  });
});

describe.each(['square', 'shopee', 'douyin'] as const)('what operators are told of %s', (channel) => {
  it('has no secret, token, signature or person in it, whatever happens', async () => {
    const stage = await openStage({ channel });
    const trouble: (Response | Error | undefined)[] = [];
    stage.network.intercept = ({ address }) => {
      const next = trouble.shift();
      // As undici and its causes word it, and worse.
      if (next instanceof Error) return Promise.reject(new TypeError(`fetch failed: ${address}`, { cause: next }));
      return next;
    };
    let orders = 0;
    const hear = async (...next: typeof trouble) => {
      trouble.push(...next);
      await stage.hear([stage.change({ orderId: `69364000000000655${++orders}`, paid: true })]);
      await stage.play(MINUTE);
    };
    const page = `<html>${BUYER.name} ${BUYER.phone}</html>`;
    await hear();
    await hear(new Error(`connect ECONNREFUSED ${BUYER.phone}`));
    await hear(new Response(page, { status: 500 }));
    await hear(new Response(page, { status: 429 }));
    await hear(new Response(JSON.stringify({ errors: [{ code: 'BAD', detail: BUYER.name }] }), { status: 400 }));
    await hear(new Response(JSON.stringify({ error: BUYER.name, message: BUYER.phone })));
    await hear(new Response(JSON.stringify({ code: 1, sub_code: BUYER.name, msg: BUYER.phone })));
    stage.platform.revokeTokens();
    await hear();
    stage.platform.withhold(`order/69364000000000655${orders + 1}`, 'forbidden');
    await hear();
    // A lane that cannot be run at all.
    const credentials = JSON.stringify(stage.platform.credentials);
    stage.secrets.of = {
      ...stage.stores.secrets,
      getTokens: () => Promise.reject(new Error('throttled')),
    };
    await hear();
    stage.secrets.of = stage.stores.secrets;
    await stage.play(HOUR);

    const secrets = [
      ...Object.entries(stage.platform.credentials)
        .filter(([name]) => !/_id$|app_key/.test(name))
        .map(([, value]) => String(value)),
      ...stage.calls.flatMap(({ address, init }) => {
        const { searchParams } = new URL(address);
        const bearer = new Headers(init.headers).get('authorization')?.replace('Bearer ', '');
        return [searchParams.get('sign'), searchParams.get('access_token'), bearer].filter((text) => text != null);
      }),
    ].filter((text) => text.length > 6);
    const tokens = await stage.stores.secrets.getTokens(ConnectionId.parse('shop'));
    if (tokens) secrets.push(tokens.accessToken, ...(tokens.refreshToken === undefined ? [] : [tokens.refreshToken]));
    const people = [BUYER.name, BUYER.phone, BUYER.phone.slice(1), BUYER.email];

    // The needles are the right ones: they are in what was sent and what came.
    expect(new Set(secrets).size).toBeGreaterThan(3);
    expect(credentials).toContain(secrets[0]);
    const lake: string[] = [];
    for (const object of stage.lake.objects()) lake.push(JSON.stringify(await stage.lake.read(object)));
    expect(lake.join()).toContain(BUYER.name);

    const seen = [
      ...stage.told,
      JSON.stringify(await stage.quarantined()),
      JSON.stringify(await stage.stores.lanes.listLanes()),
      JSON.stringify(stage.waiting()),
    ].join('\n');
    expect(seen.length).toBeGreaterThan(1_000);
    for (const needle of [...secrets, ...people]) expect(seen).not.toContain(needle);
    // An envelope may be read by anybody who may read the lake: people, but no secret.
    for (const needle of secrets) expect(lake.join()).not.toContain(needle);
  });
});

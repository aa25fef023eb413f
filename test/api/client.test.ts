/** The typed client against the real app, through the very event of the gateway. */
import { describe, expect, expectTypeOf, test } from 'vitest';
import { createHandler } from '../../functions/api/handler.ts';
import { ApiProblem, createClient } from '../../shared/api/client.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { type OpenedApi, openApi, withAnne } from './open-api.ts';

const claims = { sub: 'ann', roles: '[operator]' };

/** As the gateway does it: what has no token it refuses itself, the path it hands over decoded. */
function gateway({ app }: OpenedApi): typeof fetch {
  const handle = createHandler(app);
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (request.headers.get('authorization') !== 'Bearer good')
      return Response.json({ message: 'Unauthorized' }, { status: 401 });
    const body = await request.text();
    const {
      statusCode,
      headers,
      body: text,
    } = await handle({
      rawPath: decodeURIComponent(url.pathname.replace(/^\/stage/, '')),
      rawQueryString: url.search.slice(1),
      headers: Object.fromEntries(request.headers),
      ...(body && { body }),
      isBase64Encoded: false,
      requestContext: { requestId: 'r', http: { method: request.method }, authorizer: { jwt: { claims } } },
    });
    return new Response(statusCode === 204 ? null : (text ?? ''), {
      status: statusCode ?? 500,
      headers: headers as Record<string, string>,
    });
  };
}

const clientOf = (api: OpenedApi, token = 'good') =>
  createClient({ baseUrl: 'https://api.example/stage', token, fetch: gateway(api) });

test('gets what it asks for, with its type', async () => {
  const client = clientOf(await withAnne());
  const profile = await client.call(ROUTES.getProfile, { params: { id: 'shopify/shop/anne' } });
  expectTypeOf(profile.tier.value).toEqualTypeOf<'high_value' | 'growth' | 'stable' | 'base'>();
  expect(profile.id).toBe('shopify/shop/anne');
  const { items, nextCursor } = await client.call(ROUTES.listHistoryOfProfile, {
    params: { id: 'shopify/shop/anne' },
    query: { limit: 1 },
  });
  expect(items).toHaveLength(1);
  const rest = await client.call(ROUTES.listHistoryOfProfile, {
    params: { id: 'shopify/shop/anne' },
    query: { ...(nextCursor !== null && { cursor: nextCursor }) },
  });
  expect(rest.items.length).toBeGreaterThan(0);
  expect((await client.call(ROUTES.getTierPolicy)).version).toBe(1);
});

test('encodes what it puts into an address', async () => {
  const seen: string[] = [];
  const client = createClient({
    baseUrl: 'https://api.example/stage',
    fetch: async (input) => {
      seen.push(String(input));
      return Response.json({ items: [], nextCursor: null });
    },
  });
  const params = { id: 'douyin/live/1@#6n?V+z==' };
  await client.call(ROUTES.listHistoryOfProfile, { params, query: { limit: 3, cursor: 'a&b' } });
  expect(seen).toEqual([
    'https://api.example/stage/v1/profiles/douyin%2Flive%2F1%40%236n%3FV%2Bz%3D%3D/history?limit=3&cursor=a%26b',
  ]);
});

test('edits', async () => {
  const client = clientOf(openApi());
  const added = await client.call(ROUTES.addSubscriber, {
    body: { id: 'crm', url: 'https://crm.example/' },
    idempotencyKey: 'k',
  });
  const params = { id: 'crm' };
  const body = { url: 'https://crm.example/', paused: true };
  const edited = await client.call(ROUTES.putSubscriber, { params, body, ifMatch: added.revision });
  expect(edited).toMatchObject({ paused: true, revision: 2 });
  expect(await client.call(ROUTES.removeSubscriber, { params, ifMatch: '*' })).toBeUndefined();
});

describe('a problem', () => {
  const caught = (work: Promise<unknown>): Promise<ApiProblem> =>
    work.then(
      () => expect.fail('nothing was wrong'),
      (error: unknown) => {
        expect(error).toBeInstanceOf(ApiProblem);
        return error as ApiProblem;
      },
    );

  test('of a field says which', async () => {
    const client = clientOf(openApi());
    const problem = await caught(client.call(ROUTES.listAudit, { query: { limit: 900 } }));
    expect(problem).toMatchObject({
      status: 400,
      code: 'request_invalid',
      requestId: 'r',
      problems: [{ in: 'query', at: 'limit' }],
    });
    expect(problem.detail).toContain('problems');
  });

  test('of the gateway is one like any other', async () => {
    const problem = await caught(clientOf(openApi(), 'bad').call(ROUTES.listAudit));
    expect(problem).toMatchObject({ status: 401, code: 'token_missing', detail: 'Unauthorized', problems: [] });
  });

  test('says when to come again, and nothing was sent twice', async () => {
    let calls = 0;
    const client = createClient({
      baseUrl: 'https://api.example',
      fetch: async () => {
        calls++;
        return Response.json({ message: 'Too Many Requests' }, { status: 429, headers: { 'retry-after': '7' } });
      },
    });
    const problem = await caught(client.call(ROUTES.listAudit));
    expect(problem).toMatchObject({ status: 429, code: 'too_many_requests', retryAfterSeconds: 7 });
    expect(calls).toBe(1);
  });

  test('is no answer at all', async () => {
    const client = createClient({
      baseUrl: 'https://api.example',
      fetch: async () => {
        throw new TypeError('fetch failed');
      },
    });
    expect(await caught(client.call(ROUTES.listAudit))).toMatchObject({ status: 0, code: 'unreachable' });
  });

  test.each([
    ['a page of a proxy', new Response('<html>', { status: 502 }), { status: 502, code: 'http_502' }],
    ['another version', Response.json({ items: {} }), { status: 200, code: 'answer_unexpected' }],
    ['no JSON', new Response('hello'), { status: 200, code: 'answer_unexpected' }],
  ])('is %s', async (_, response, expected) => {
    const client = createClient({ baseUrl: 'https://api.example', fetch: async () => response });
    expect(await caught(client.call(ROUTES.listAudit))).toMatchObject(expected);
  });
});

test('asks for a token before each request, where tokens expire', async () => {
  const seen: (string | null)[] = [];
  let count = 0;
  const client = createClient({
    baseUrl: 'https://api.example',
    token: async () => `token-${++count}`,
    fetch: async (input, init) => {
      seen.push(new Request(input, init).headers.get('authorization'));
      return Response.json({ items: [], nextCursor: null });
    },
  });
  await client.call(ROUTES.listAudit);
  await client.call(ROUTES.listAudit);
  expect(seen).toEqual(['Bearer token-1', 'Bearer token-2']);
});

/** What gateways hand over: paths decoded in one way or another, methods and headers that no browser would send. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ApiEvent, createHandler } from '../../functions/api/handler.ts';
import { pathReader } from '../../functions/api/path.ts';
import { ProfileId } from '../../shared/api/names.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { ANNE_PATH, openApi, withAnne } from './open-api.ts';

const readPath = pathReader(Object.values(ROUTES));

const event = (change: Partial<ApiEvent> & { readonly method?: string } = {}): ApiEvent => {
  const { method = 'GET', ...rest } = change;
  return {
    rawPath: '/v1/tier-policy',
    rawQueryString: '',
    headers: {},
    isBase64Encoded: false,
    ...rest,
    requestContext: {
      requestId: 'r',
      http: { method },
      authorizer: { jwt: { claims: { sub: 'ann', roles: '[operator]' } } },
    },
  };
};

describe('a path', () => {
  test.each([
    ['/v1/profiles/shopify/my-shop/123', '/v1/profiles/shopify%2Fmy-shop%2F123'],
    ['/v1/profiles/shopify%2Fmy-shop%2F123', '/v1/profiles/shopify%2Fmy-shop%2F123'],
    ['/v1/profiles/shopify/my-shop/123/orders', '/v1/profiles/shopify%2Fmy-shop%2F123/orders'],
    ['/v1/profiles/shopify/my-shop/123/tags', '/v1/profiles/shopify%2Fmy-shop%2F123/tags'],
    ['/v1/consents/shopify/my-shop/123', '/v1/consents/shopify%2Fmy-shop%2F123'],
    ['/v1/profiles/shopify/my-shop/a/b/explanation', '/v1/profiles/shopify%2Fmy-shop%2Fa%2Fb/explanation'],
    ['/v1/profiles/douyin/live/1@#6nV+z==', '/v1/profiles/douyin%2Flive%2F1%40%236nV%2Bz%3D%3D'],
    ['/v1/orders/till/shop/7/42', '/v1/orders/till/shop/7%2F42'],
    ['/v1/profiles:lookup', '/v1/profiles:lookup'],
    ['/v1/segments:preview', '/v1/segments:preview'],
    ['/v1/segments/a/b', '/v1/segments/a/b'],
    ['/v1/segments/..', '/v1/segments/%00'],
    ['/v1/segments/%2e%2e/members', '/v1/segments/%00/members'],
    ['/v1/profiles/100%', '/v1/profiles/100%25'],
    ['/v1/event-schemas/tier.changed', '/v1/event-schemas/tier.changed'],
    ['/', '/'],
    ['', ''],
    ['//evil.example/v1', '//evil.example/v1'],
  ])('%s is %s', (rawPath, path) => {
    expect(readPath(rawPath)).toBe(path);
  });

  test('names what a client named, whichever way the gateway decodes', () => {
    const id = fc
      .tuple(
        fc.stringMatching(/^[a-z0-9_]{1,8}$/),
        fc.stringMatching(/^[\w-]{1,8}$/),
        fc.string({ minLength: 1, unit: 'binary', maxLength: 20 }),
      )
      .map((parts) => parts.join('/'))
      .filter((text) => ProfileId.safeParse(text).success && !/\/(orders|history|explanation)$/.test(text));
    const part = fc.constantFrom('', '/orders', '/history', '/explanation');
    fc.assert(
      fc.property(id, part, (name, rest) => {
        const sent = `/v1/profiles/${encodeURIComponent(name)}${rest}`;
        expect(readPath(sent)).toBe(sent);
        expect(readPath(decodeURIComponent(sent))).toBe(sent);
      }),
    );
  });
});

describe('an event', () => {
  test('leads to the profile, decoded or not', async () => {
    const handle = createHandler((await withAnne()).app);
    for (const rawPath of [ANNE_PATH, decodeURIComponent(ANNE_PATH)]) {
      const { statusCode, body } = await handle(event({ rawPath }));
      expect({ statusCode, body: JSON.parse(body ?? '') }).toMatchObject({
        statusCode: 200,
        body: { id: 'shopify/shop/anne' },
      });
    }
  });

  test('has its body as text or as base64', async () => {
    const handle = createHandler((await withAnne()).app);
    const json = JSON.stringify({ type: 'email', value: 'anne.novak@example.org' });
    const headers = { 'content-type': 'application/json' };
    const asked = { method: 'POST', rawPath: '/v1/profiles:lookup', headers };
    for (const sent of [
      { body: json, isBase64Encoded: false },
      { body: Buffer.from(json).toString('base64'), isBase64Encoded: true },
    ]) {
      const { body } = await handle(event({ ...asked, ...sent }));
      expect(JSON.parse(body ?? '')).toMatchObject({ profiles: ['shopify/shop/anne'] });
    }
    const latin = Buffer.from('{"type":"email","value":"\xe9"}', 'latin1').toString('base64');
    expect((await handle(event({ ...asked, body: latin, isBase64Encoded: true }))).statusCode).toBe(400);
  });

  test.each(['TRACE', 'CONNECT', 'TRACK', 'PROPFIND', 'OPTIONS'])('of method %s is refused', async (method) => {
    const { statusCode, headers } = await createHandler(openApi().app)(event({ method }));
    expect({ statusCode, headers }).toMatchObject({ statusCode: 405, headers: { allow: 'GET, PUT' } });
  });

  test('with headers that no request may have is read without them', async () => {
    const headers = { 'x-odd': 'a\nb', 'b ad': '1', 'x-none': undefined };
    expect((await createHandler(openApi().app)(event({ headers }))).statusCode).toBe(200);
  });

  test('without claims is refused, though the gateway should have', async () => {
    const { requestContext, ...rest } = event();
    const handle = createHandler(openApi().app);
    for (const authorizer of [undefined, {}, { jwt: {} }]) {
      const { authorizer: _, ...context } = requestContext;
      const answer = await handle({ ...rest, requestContext: { ...context, ...(authorizer && { authorizer }) } });
      expect(answer.statusCode).toBe(401);
    }
  });

  test('of any path, query and body is answered, and never by 5xx', async () => {
    const api = await withAnne();
    const handle = createHandler(api.app);
    const paths = Object.values(ROUTES).map(({ path }) => path);
    const text = fc.string({ unit: 'binary', maxLength: 30 });
    const asked = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH'),
      path: fc.oneof(
        fc.constantFrom(...paths).chain((path) => text.map((name) => path.replace(/\{\w+\}/g, () => name))),
        text.map((rest) => `/${rest}`),
      ),
      query: fc.webQueryParameters(),
      body: fc.oneof(fc.json(), text),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ method, path: rawPath, query: rawQueryString, body }) => {
        const headers = { 'content-type': 'application/json', 'if-match': '*' };
        const { statusCode = 500 } = await handle(event({ method, rawPath, rawQueryString, body, headers }));
        expect(statusCode).toBeLessThan(500);
      }),
      { numRuns: 500 },
    );
    expect(api.errors).toEqual([]);
  });
});

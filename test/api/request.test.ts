import { describe, expect, test } from 'vitest';
import { ANNE_PATH, openApi, withAnne } from './open-api.ts';

describe('who asks', () => {
  test.each([[null], [{ roles: ['operator'] }], [{ sub: '', roles: ['operator'] }]])(
    'without a proven name there is no answer: %j',
    async (claims) => {
      const { ask } = openApi();
      const answer = await ask('GET', '/v1/tier-policy', { claims });
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_missing' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    },
  );

  test.each([
    ['an array, as in the token', { roles: ['reader'] }],
    ['text, as AWS flattens it', { roles: '[reader]' }],
    ['text of several', { roles: '[support reader]' }],
    ['one word', { roles: 'reader' }],
    ['JSON', { roles: '["reader","support"]' }],
    ['commas', { roles: 'support, reader' }],
    ['the groups of Cognito', { 'cognito:groups': '[reader]' }],
    ['the groups of Cognito as they are', { 'cognito:groups': ['reader'] }],
  ])('roles are read from %s', async (_, roles) => {
    const { ask } = openApi();
    expect((await ask('GET', '/v1/tier-policy', { claims: { sub: 'ann', ...roles } })).status).toBe(200);
  });

  test.each([
    [{}],
    [{ roles: 'readers' }],
    [{ roles: ['Reader', 'admin'] }],
    [{ roles: { reader: true } }],
    [{ groups: ['operator'] }],
    [{ roles: 'not-a-reader' }],
  ])('other roles let nobody in: %j', async (roles) => {
    const { ask } = openApi();
    const answer = await ask('GET', '/v1/tier-policy', { claims: { sub: 'ann', ...roles } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'role_missing' } });
  });
});

describe('where', () => {
  test.each([
    ['/'],
    ['/v1'],
    ['/v1/nothing'],
    ['/v1/profiles'],
    ['/v1/profilesXlookup'],
    ['/v1/tier-policy/'],
    ['/v1/tier-policyXpreview'],
    ['/v2/tier-policy'],
  ])('%s is nowhere', async (path) => {
    expect(await openApi().ask('GET', path)).toMatchObject({ status: 404, body: { code: 'route_unknown' } });
  });

  test.each([
    ['POST', '/v1/tier-policy', 'GET, PUT'],
    ['GET', '/v1/profiles:lookup', 'POST'],
    ['DELETE', ANNE_PATH, 'GET'],
    ['PATCH', '/openapi.json', 'GET'],
    ['QUERY', '/v1/audit', 'GET'],
  ])('%s %s: there is %s', async (method, path, allowed) => {
    const answer = await openApi().ask(method, path);
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers.get('allow')).toBe(allowed);
  });
});

describe('what', () => {
  const lookup = (more: object) => openApi().ask('POST', '/v1/profiles:lookup', more);
  const JSON_BODY = { type: 'phone', value: '13912345678' };

  test('each field that is wrong is named, with its place', async () => {
    const body = { type: 'phone', value: '', region: 'China', more: 1 };
    const answer = await lookup({ body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    const { problems } = answer.body as { problems: { in: string; at: string; message: string }[] };
    expect(problems.map(({ in: where, at }) => `${where} ${at}`).sort()).toEqual([
      'body ',
      'body /region',
      'body /value',
    ]);
    for (const { message } of problems) expect(message).not.toBe('');
  });

  test.each([
    ['/v1/audit?limit=0', 'query limit'],
    ['/v1/audit?limit=201', 'query limit'],
    ['/v1/audit?limit=1.5', 'query limit'],
    ['/v1/audit?limit=', 'query limit'],
    ['/v1/audit?limit=ten', 'query limit'],
    ['/v1/audit?limit=1&limit=2', 'query limit'],
    ['/v1/audit?cursor=', 'query cursor'],
    ['/v1/audit?cursor=abc', 'query cursor'],
    ['/v1/audit?since=yesterday', 'query '],
    ['/v1/tier-policy?version=1', 'query '],
    [`${ANNE_PATH}/explanation?lang=de`, 'query lang'],
    ['/v1/profiles/anne', 'path id'],
    ['/v1/profiles/a%2Fb%2Fc%00', 'path id'],
    ['/v1/orders/Till/shop/7', 'path channel'],
    ['/v1/orders/till/a%20shop/7', 'path connection'],
  ])('%s: %s', async (path, expected) => {
    const { ask } = await withAnne();
    const answer = await ask('GET', path);
    expect(answer.status).toBe(400);
    const { problems } = answer.body as { problems: { in: string; at: string }[] };
    expect(problems.map(({ in: where, at }) => `${where} ${at}`)).toEqual([expected]);
  });

  test.each([
    ['none', { body: JSON_BODY, type: '' }],
    ['another', { body: JSON_BODY, type: 'text/plain' }],
    ['a form', { body: 'type=phone', type: 'application/x-www-form-urlencoded' }],
    ['one that begins alike', { body: JSON_BODY, type: 'application/jsonp' }],
  ])('content type: %s', async (_, asking) => {
    expect(await lookup(asking)).toMatchObject({ status: 415, body: { code: 'content_type_unsupported' } });
  });

  test.each([['application/json; charset=utf-8'], ['APPLICATION/JSON'], ['application/vnd.api+json']])(
    'content type %s is JSON',
    async (type) => {
      expect((await lookup({ body: JSON_BODY, type })).status).toBe(200);
    },
  );

  test.each([
    ['no JSON', '{"type":'],
    ['nothing', ''],
    ['not an object', '[]'],
    ['null', 'null'],
  ])('body: %s', async (_, body) => {
    expect(await lookup({ body })).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
  });

  test('256 KB are the most', async () => {
    const sized = (bytes: number) => `{"type":"phone","value":"${'1'.repeat(bytes - 27)}"}`;
    expect(await lookup({ body: sized(256 * 1024) })).toMatchObject({ status: 400 });
    expect(await lookup({ body: sized(256 * 1024 + 1) })).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
    const declared = { body: '{}', headers: { 'content-length': String(256 * 1024 + 1) } };
    expect(await lookup(declared)).toMatchObject({ status: 413 });
  });

  test('what is nested too deep is not looked into', async () => {
    const body = `{"type":"phone","value":${'['.repeat(60_000)}${']'.repeat(60_000)}}`;
    expect(await lookup({ body })).toMatchObject({ status: 400, body: { problems: [{ in: 'body', at: '' }] } });
  });
});

describe('what went wrong here', () => {
  test('is told to operators, and to nobody else', async () => {
    const { ask, stores, errors } = openApi();
    stores.policies.listPolicies = async () => {
      throw new Error('the password of anne is 123');
    };
    const answer = await ask('GET', '/v1/tier-policy');
    expect(answer).toMatchObject({ status: 500, body: { code: 'unexpected', requestId: 'request-1' } });
    expect(JSON.stringify(answer.body)).not.toContain('anne');
    expect(errors).toHaveLength(1);
  });

  test('passes where AWS could not be reached', async () => {
    const { ask, stores } = openApi();
    stores.policies.listPolicies = async () => {
      throw Object.assign(new Error('throttled'), { $metadata: {} });
    };
    const answer = await ask('GET', '/v1/tier-policy');
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});

test('answers may be framed, kept and guessed at by nobody', async () => {
  const { headers } = await openApi().ask('GET', '/openapi.json', { claims: null });
  expect(Object.fromEntries(headers)).toMatchObject({
    'cache-control': 'no-store',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'strict-transport-security': expect.stringContaining('max-age='),
    'x-content-type-options': 'nosniff',
  });
});

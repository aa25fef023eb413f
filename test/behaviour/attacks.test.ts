/** What strangers may try: they have the write key, and all of the page that it stands in. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it, test } from 'vitest';
import { sign, signedText } from '../../shared/behaviour/signature.ts';
import { createStage, SERVER_KEY, WEB_SHOP, WRITE_KEY } from './stage.ts';

const VICTIM = 'victim@example.com';
const page = { type: 'page', anonymousId: 'a1', messageId: 'm1' };
const identify = (userId: string, traits: object, userSignature?: string) => ({
  type: 'identify',
  userId,
  anonymousId: 'attacker',
  messageId: 'm1',
  traits,
  ...(userSignature !== undefined && { context: { userSignature } }),
});

describe('a key', () => {
  test.each([
    ['none', { key: null }, 401, 'key_missing'],
    ['a wrong one', { key: 'wk_another' }, 401, 'key_unknown'],
    ['a wrong server key', { key: 'sk_another' }, 401, 'key_unknown'],
    ['no key at all', { key: 'password' }, 401, 'key_unknown'],
    ['that of every object', { key: '__proto__' }, 401, 'key_unknown'],
    ['the hash of the server key', { key: WEB_SHOP.serverKeyHash }, 401, 'key_unknown'],
    ['a scheme that is none', { key: null, headers: { authorization: `Digest ${WRITE_KEY}` } }, 401, 'key_missing'],
  ])('%s opens nothing', async (_, change, status, code) => {
    const stage = createStage();
    const answer = await stage.post({ path: '/v1/events', body: page, ...change });
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(stage.queued).toEqual([]);
  });

  it('a server key in a body is none: bodies are what pages send', async () => {
    const stage = createStage();
    const body = { ...identify('u1', { email: VICTIM }), writeKey: SERVER_KEY };
    expect((await stage.post({ path: '/v1/identify', key: null, body })).status).toBe(401);
  });

  it('of a source that was disabled is refused within seconds, and a new one is known at once', async () => {
    const stage = createStage();
    const send = () => stage.post({ path: '/v1/events', body: page });
    expect((await send()).status).toBe(200);
    await stage.sources.putSource({ ...WEB_SHOP, revision: 2, disabledAt: WEB_SHOP.createdAt });
    stage.pass(10_001);
    expect(await send()).toMatchObject({ status: 403, body: { code: 'source_disabled' } });
    await stage.sources.putSource({ ...WEB_SHOP, revision: 3, writeKey: 'wk_new' });
    stage.pass(2_001);
    expect((await stage.post({ path: '/v1/events', key: 'wk_new', body: page })).status).toBe(200);
    expect((await send()).status).toBe(401);
  });

  it('replaced is taken until its time is over', async () => {
    const stage = createStage();
    const until = new Date(Date.parse(WEB_SHOP.createdAt) + 60_000).toISOString();
    // The cast: of the form of an instant.
    const previousWriteKey = { key: WRITE_KEY, until: until as typeof WEB_SHOP.createdAt };
    await stage.sources.putSource({ ...WEB_SHOP, revision: 2, writeKey: 'wk_new', previousWriteKey });
    const send = () => stage.post({ path: '/v1/events', body: page });
    expect((await send()).status).toBe(200);
    stage.pass(60_001);
    expect((await send()).status).toBe(401);
  });
});

describe('another’s phone or email', () => {
  const own = sign('attacker', SERVER_KEY);
  test.each([
    ['without a signature', identify('u1', { email: VICTIM })],
    ['by the signature of another user', identify('victim', { email: VICTIM }, own)],
    ['by one’s own, which is over the id alone', identify('attacker', { email: VICTIM }, own)],
    [
      'by one’s own over another email',
      identify('attacker', { email: VICTIM }, sign(signedText('attacker', { email: 'mine@example.com' }), SERVER_KEY)),
    ],
    [
      'beside one’s own that is signed',
      identify(
        'attacker',
        { email: 'mine@example.com', phone: '+8613912345678' },
        sign(signedText('attacker', { email: 'mine@example.com' }), SERVER_KEY),
      ),
    ],
    ['in the id, by a signature over id and email', identify(`attacker\nemail:${VICTIM}`, {}, own)],
    ['by a signature that is not hex', identify('u1', { email: VICTIM }, 'ü'.repeat(64))],
    ['by an empty signature', identify('u1', { email: VICTIM }, '')],
    ['by a signature with the write key', identify('u1', { email: VICTIM }, sign('u1', WRITE_KEY))],
  ])('%s links nothing, and goes no further', async (_, body) => {
    const stage = createStage();
    await stage.post({ path: '/v1/identify', body });
    expect(JSON.stringify(stage.queued)).not.toMatch(/victim@|13912345678/);
    expect(await stage.work()).toEqual([]);
    expect(stage.profiles).toEqual([]);
    const [visitor] = stage.visitors.all();
    if (body.userId !== 'attacker') expect(visitor?.visitor.user).toBeUndefined();
  });

  it('an alias without a proof makes nobody’s browser one’s own', async () => {
    const stage = createStage();
    const body = { type: 'alias', previousId: 'of the victim', userId: 'u1', anonymousId: 'attacker' };
    await stage.post({ path: '/v1/alias', body });
    await stage.work();
    expect(stage.visitors.all().flatMap(({ visitor }) => visitor.user ?? [])).toEqual([]);
    expect(stage.rows.map((row) => row.before)).toEqual([undefined]);
  });
});

describe('too much', () => {
  const big = (bytes: number) => ({ ...page, type: 'track', event: 'x', properties: { filler: 'x'.repeat(bytes) } });
  test.each([
    ['an event of more than 32 KB', { body: big(32 * 1024) }, 400, 'too_large'],
    ['a body of more than 500 KB', { body: { batch: [1, 2, 3].map(() => big(200 * 1024)) } }, 413, 'body_too_large'],
    ['more than 500 events', { body: { batch: Array.from({ length: 501 }, () => page) } }, 413, 'too_many_events'],
    [
      'nesting',
      { body: `{"type":"page","anonymousId":"a","x":${'['.repeat(9_000)}${']'.repeat(9_000)}}` },
      400,
      'too_deep',
    ],
    ['nesting without end', { body: '['.repeat(100_000) }, 400, 'not_json'],
    ['an id of 10,000 characters', { body: { ...page, anonymousId: 'x'.repeat(10_000) } }, 400, 'id_invalid'],
    ['an id with a line break', { body: { ...page, userId: 'a\nb' } }, 400, 'id_invalid'],
    ['a number that is no id', { body: { ...page, userId: 1e300 } }, 400, 'id_invalid'],
    ['text', { body: 'hello' }, 400, 'not_json'],
    ['nothing', { body: '' }, 400, 'not_json'],
    ['a number', { body: '7' }, 400, 'form_unknown'],
    ['null', { body: 'null' }, 400, 'form_unknown'],
    ['what is said to be gzip', { body: page, headers: { 'content-encoding': 'gzip' } }, 400, 'not_gzip'],
    ['another encoding', { body: page, headers: { 'content-encoding': 'br' } }, 415, 'encoding_unknown'],
  ])('%s is refused', async (_, change, status, code) => {
    const stage = createStage();
    const started = performance.now();
    expect(await stage.post({ path: '/v1/events', ...change, key: WRITE_KEY })).toMatchObject({
      status,
      body: { code },
    });
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(stage.queued).toEqual([]);
  });

  it('a bomb is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024, 32), { level: 9 });
    expect(bomb.byteLength).toBeLessThan(500 * 1024);
    const stage = createStage();
    const before = process.memoryUsage().arrayBuffers;
    const answer = await stage.post({ path: '/v1/batch', body: bomb, headers: { 'content-encoding': 'gzip' } });
    expect(answer).toMatchObject({ status: 413, body: { success: false, code: 'body_too_large' } });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024);
  });

  it('as much as may be is taken, packed or not, in messages that are not too large', async () => {
    const stage = createStage();
    const products = Array.from({ length: 100 }, (_, n) => ({ product_id: `product ${n}`.padEnd(120, '.') }));
    const batch = Array.from({ length: 28 }, (_, n) => ({
      type: 'track',
      event: 'Cart Viewed',
      anonymousId: 'a',
      messageId: `m${n}`,
      properties: { products },
    }));
    const answer = await stage.post({ path: '/v1/batch', body: { batch }, gzip: true });
    expect(answer.body).toEqual({ success: true, accepted: 28 });
    expect(stage.queued.length).toBeGreaterThan(1);
    for (const message of stage.queued) expect(JSON.stringify(message).length).toBeLessThanOrEqual(200 * 1024);
    expect(stage.queued.flatMap(({ events }) => events)).toHaveLength(28);
  });
});

describe('names of objects themselves', () => {
  it('are nobody’s fields', async () => {
    const stage = createStage();
    const body = `{"type":"track","event":"Product Added","anonymousId":"a","messageId":"m","__proto__":{"userId":"victim"},
      "properties":{"__proto__":{"product_id":"x"},"products":[{"product_id":"__proto__","category":"constructor/__proto__"},{"product_id":"constructor"}]},
      "constructor":{"prototype":{"polluted":true}}}`;
    expect((await stage.post({ path: '/v1/events', body })).status).toBe(200);
    expect(await stage.work()).toEqual([]);
    expect(stage.rows[0]).toMatchObject({ products: [{ productId: '__proto__' }, { productId: 'constructor' }] });
    expect(stage.visitors.all()[0]?.visitor.cart.lines).toHaveLength(2);
    expect(stage.visitors.all()[0]?.visitor.user).toBeUndefined();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

it('nothing of who it is goes to rows, keys, logs or metrics', async () => {
  const stage = createStage();
  const secret = [
    'secret-anonymous',
    'secret-user@example.com',
    'secret-email@example.com',
    '203.0.113.77',
    'secret-page',
  ];
  const body = {
    type: 'identify',
    anonymousId: secret[0],
    userId: secret[1],
    messageId: 'm',
    traits: { email: secret[2], name: 'secret-name' },
    context: { ip: '203.0.113.77', page: { url: 'https://shop.example/secret-page' }, userAgent: 'secret-agent' },
  };
  await stage.post({ path: '/v1/batch', key: SERVER_KEY, body: { batch: [body] } });
  const queued = JSON.stringify(stage.queued);
  expect(queued).not.toMatch(/secret-(page|name|agent)|203\.0/);
  expect(await stage.work(['no JSON', ...stage.queued.splice(0)])).toEqual(['message-0']);
  const keys = stage.visitors.all().map(({ key }) => key);
  expect(stage.profiles).toHaveLength(1);
  expect(JSON.stringify([stage.rows, keys, stage.logged, stage.measured, stage.profiles])).not.toMatch(/secret|203\.0/);
  expect(stage.visitors.all()[0]?.visitor.user?.persona).toMatch(/^web\/web-shop\/user:[\w-]{22}$/);
});

it('of an event or a language that is more than a name, the name is dropped', async () => {
  const stage = createStage();
  const batch = ['Newsletter for anne@example.com', 'Called 13912345678', '领取优惠券', 'Coupon 7 Applied'].map(
    (event, n) => ({
      event,
      anonymousId: 'a',
      messageId: `m${n}`,
      context: { locale: n === 0 ? 'zh-Hans-CN' : 'anne@example.com' },
    }),
  );
  await stage.post({ path: '/v1/events', body: { batch } });
  await stage.work();
  expect(stage.rows.map(({ name, locale }) => [name, locale])).toEqual([
    [undefined, 'zh-Hans-CN'],
    [undefined, undefined],
    ['领取优惠券', undefined],
    ['Coupon 7 Applied', undefined],
  ]);
});

it('of a name that could be a phone, or is nobody’s, no persona is made in the clear', async () => {
  const stage = createStage();
  const batch = ['13912345678', '+86 139', 'undefined', '0', 'u42', '1001'].map((userId, n) => ({
    type: 'page',
    userId,
    messageId: `m${n}`,
  }));
  await stage.post({ path: '/v1/batch', key: SERVER_KEY, body: { batch } });
  await stage.work();
  const personas = stage.rows.map(({ persona }) => persona?.replace(/:[\w-]{22}$/, ':hash'));
  expect(personas).toEqual([
    'web/web-shop/user:hash',
    'web/web-shop/user:hash',
    undefined,
    undefined,
    'web/web-shop/u42',
    'web/web-shop/1001',
  ]);
});

describe('what fails', () => {
  it('is answered 503 where it is not durable, and comes again under the same name', async () => {
    const stage = createStage();
    const body = { event: 'Product Viewed', anonymousId: 'a', properties: { product_id: 'p' } };
    stage.world.queueFails = true;
    const answer = await stage.post({ path: '/v1/track', body });
    expect(answer).toMatchObject({ status: 503, body: { success: false, code: 'try_again' } });
    expect(answer.headers['retry-after']).toBe('5');
    stage.world.queueFails = false;
    await stage.post({ path: '/v1/track', body: { ...body, sentAt: '2026-11-25T09:00:00Z' } });
    await stage.post({ path: '/v1/track', body: { ...body, sentAt: '2026-11-25T09:00:09Z' } });
    await stage.post({ path: '/v1/track', body: { ...body, anonymousId: 'b' } });
    const [first, second, third] = stage.read().map(({ messageId }) => messageId);
    expect(first).toBe(second);
    expect(first).not.toBe(third);
  });

  it('of a batch comes again alone, and nothing of it is counted twice', async () => {
    const stage = createStage();
    const send = (messageId: string) =>
      stage.post({
        path: '/v1/events',
        body: { event: 'Product Added', anonymousId: messageId, messageId, properties: { product_id: 'p' } },
      });
    await send('m1');
    await send('m2');
    const messages = stage.queued.splice(0);
    const { putVisitor } = stage.visitors;
    let left = 1;
    stage.visitors.putVisitor = async (stored) => {
      if (left-- > 0) throw new Error('DynamoDB is away');
      await putVisitor(stored);
    };
    const failed = await stage.work(messages);
    expect(failed).toHaveLength(1);
    expect(await stage.work(messages)).toEqual([]);
    expect(stage.visitors.all().map(({ visitor }) => visitor.cart.lines.length)).toEqual([1, 1]);
    expect(stage.rows).toHaveLength(4);
  });
});

describe('a browser', () => {
  it('asks before it posts, from whatever page', async () => {
    const { status, headers } = await createStage().post({ path: '/v1/events', method: 'OPTIONS', key: null });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST, OPTIONS',
    });
  });
  it('may read each answer', async () => {
    const stage = createStage();
    for (const key of [WRITE_KEY, 'wk_another'])
      expect((await stage.post({ path: '/v1/t', key, body: page })).headers['access-control-allow-origin']).toBe('*');
    expect((await stage.post({ path: '/v1/events', method: 'GET' })).status).toBe(405);
    expect((await stage.post({ path: '/v1/constructor', body: page })).status).toBe(404);
  });
});

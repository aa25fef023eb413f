import { describe, expect, test } from 'vitest';
import { openApi } from './open-api.ts';

const URL = 'https://crm.example/hooks';

async function withCrm() {
  const api = openApi();
  const { body } = await api.ask('POST', '/v1/subscribers', { body: { id: 'crm', url: URL } });
  // The cast: hold() has seen that it is one.
  return { ...api, secret: (body as { secret: string }).secret };
}

test('one that is added is shown with its secret, and from then on without', async () => {
  const { ask, secret } = await withCrm();
  expect(secret).toMatch(/^whsec_/);
  const shown = await ask('GET', '/v1/subscribers/crm', { role: 'marketer' });
  expect(shown.body).toMatchObject({
    id: 'crm',
    url: URL,
    events: ['segment.entered', 'segment.exited'],
    by: 'the operator',
    status: { state: 'active', waiting: { count: 0, more: false } },
  });
  expect(JSON.stringify([shown.body, (await ask('GET', '/v1/subscribers')).body])).not.toContain(secret);
});

test('one without an id gets one', async () => {
  const { ask } = openApi();
  expect((await ask('POST', '/v1/subscribers', { body: { url: URL } })).body).toMatchObject({
    id: expect.stringMatching(/^sub_/),
  });
});

test.each([
  ['http://crm.example/', 'https_required'],
  ['https://127.0.0.1/', 'address_not_allowed'],
  ['https://[::1]/', 'address_not_allowed'],
  ['https://169.254.169.254/latest', 'address_not_allowed'],
  ['https://ann:secret@crm.example/', 'credentials_in_url'],
])('%s is no place for messages: %s', async (url, code) => {
  const { ask } = await withCrm();
  const refused = { status: 422, body: { code, problems: [{ in: 'body', at: '/url' }] } };
  expect(await ask('POST', '/v1/subscribers', { body: { url } })).toMatchObject(refused);
  expect(await ask('PUT', '/v1/subscribers/crm', { body: { url }, headers: { 'if-match': '*' } })).toMatchObject(
    refused,
  );
});

test('they are listed by id, page by page', async () => {
  const { ask } = openApi();
  for (const id of ['b', 'a', 'd', 'c', 'e']) await ask('POST', '/v1/subscribers', { body: { id, url: URL } });
  const first = (await ask('GET', '/v1/subscribers?limit=3')).body as { items: object[]; nextCursor: string };
  expect(first.items).toMatchObject([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
  await ask('DELETE', '/v1/subscribers/c');
  await ask('DELETE', '/v1/subscribers/d');
  expect((await ask('GET', `/v1/subscribers?limit=3&cursor=${first.nextCursor}`)).body).toMatchObject({
    items: [{ id: 'e' }],
    nextCursor: null,
  });
});

test('a test message is sent now, and what came of it is told', async () => {
  const { ask, sent, world } = await withCrm();
  const once = await ask('POST', '/v1/subscribers/crm/test');
  expect(once).toMatchObject({ status: 200, body: { delivered: true, status: 204 } });
  expect(sent.webhooks).toMatchObject([{ url: URL, headers: { 'webhook-id': expect.stringMatching(/^test_/) } }]);
  world.receiver = { kind: 'unanswered', code: 'timeout' };
  expect((await ask('POST', '/v1/subscribers/crm/test')).body).toMatchObject({ delivered: false, code: 'timeout' });
});

test('a new secret signs with the old one for a while', async () => {
  const { ask, secret } = await withCrm();
  const { body } = await ask('POST', '/v1/subscribers/crm/rotate');
  expect(body).toEqual({ secret: expect.stringMatching(/^whsec_/), previousValidUntil: '2026-11-26T09:00:00.000Z' });
  expect(body).not.toMatchObject({ secret });
  const atOnce = await ask('POST', '/v1/subscribers/crm/rotate', { body: { overlapMs: 0 } });
  expect(atOnce.body).toEqual({ secret: expect.any(String) });
});

describe('dead letters', () => {
  async function withDead(count: number) {
    const api = await withCrm();
    const diedAt = '2026-11-25T08:00:00.000Z';
    for (let index = 0; index < count; index++) {
      const message = { id: `m${index}`, type: 'segment.entered', occurredAt: diedAt, body: '{}' };
      // The cast: it has the form of one.
      await api.stores.deadLetters.putDeadLetter({
        subscriber: 'crm',
        message,
        code: 'timeout',
        attempts: 9,
        diedAt: diedAt as never,
      });
    }
    return api;
  }

  test('are listed page by page, without what they say', async () => {
    const { ask } = await withDead(3);
    const first = (await ask('GET', '/v1/subscribers/crm/dead-letters?limit=2')).body as { nextCursor: string };
    expect(first).toMatchObject({ items: [{ id: 'm0', code: 'timeout', attempts: 9 }, { id: 'm1' }] });
    const rest = await ask('GET', `/v1/subscribers/crm/dead-letters?limit=2&cursor=${first.nextCursor}`);
    expect(rest.body).toMatchObject({ items: [{ id: 'm2' }], nextCursor: null });
  });

  test('are sent again: one, or all', async () => {
    const { ask, sent } = await withDead(3);
    const redrive = (body?: object) => ask('POST', '/v1/subscribers/crm/redrive', { body });
    expect((await redrive({ message: 'm1' })).body).toEqual({ redriven: 1, more: false });
    expect((await redrive({ message: 'm1' })).status).toBe(404);
    expect((await redrive()).body).toEqual({ redriven: 2, more: false });
    expect(sent.wakes).not.toEqual([]);
  });

  test('wait while nothing is sent', async () => {
    const { ask } = await withDead(1);
    await ask('PUT', '/v1/subscribers/crm', { body: { url: URL, paused: true }, headers: { 'if-match': '"1"' } });
    expect(await ask('POST', '/v1/subscribers/crm/redrive')).toMatchObject({
      status: 409,
      body: { code: 'subscriber_paused' },
    });
  });
});

test('one that is removed is gone, with its secret', async () => {
  const { ask, stores } = await withCrm();
  expect((await ask('DELETE', '/v1/subscribers/crm', { headers: { 'if-match': '"7"' } })).status).toBe(412);
  expect((await ask('DELETE', '/v1/subscribers/crm', { headers: { 'if-match': '"1"' } })).status).toBe(204);
  expect(await stores.secrets.getSecrets('crm')).toBeUndefined();
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/test'],
    ['POST', '/rotate'],
    ['GET', '/dead-letters'],
  ] as const)
    expect((await ask(method, `/v1/subscribers/crm${path}`)).status).toBe(404);
});

test.each(['events', 'segments', 'causes'] as const)('each of its %s is named once', async (list) => {
  const twice = { events: ['segment.entered'], segments: ['sleeping'], causes: ['live'] }[list].flatMap((one) => [
    one,
    one,
  ]);
  const answer = await openApi().ask('POST', '/v1/subscribers', {
    body: { url: 'https://crm.example/hooks', [list]: twice },
  });
  expect(answer).toMatchObject({
    status: 400,
    body: { problems: [{ in: 'body', at: `/${list}`, message: 'each once' }] },
  });
});

/** What all edits have in common: which revision was seen, done once, who did it. */
import { describe, expect, test } from 'vitest';
import { ATTEMPT_LASTS_MS } from '../../shared/api/idempotency.ts';
import { type Asking, type OpenedApi, openApi } from './open-api.ts';

const NEW = { url: 'https://crm.example/hooks' };
const SECRETS = /whsec_[A-Za-z0-9+/=]+/;

async function withSubscriber(): Promise<OpenedApi> {
  const api = openApi();
  expect((await api.ask('POST', '/v1/subscribers', { body: { id: 'crm', ...NEW } })).status).toBe(201);
  return api;
}

describe('which revision was seen', () => {
  const put = ({ ask }: OpenedApi, etag: string | undefined, body: object = NEW) =>
    ask('PUT', '/v1/subscribers/crm', { body, headers: etag === undefined ? {} : { 'if-match': etag } });

  test('is given with what is shown, and moves with each edit', async () => {
    const api = await withSubscriber();
    const etags = ['"1"', '"2"', '"3"'];
    for (const [index, etag] of etags.entries()) {
      expect((await api.ask('GET', '/v1/subscribers/crm')).headers.get('etag')).toBe(etag);
      const edited = await put(api, etag, { ...NEW, description: `edit ${index}` });
      expect(edited.status).toBe(200);
      expect(edited.headers.get('etag')).toBe(`"${index + 2}"`);
    }
  });

  test('has to be said', async () => {
    expect(await put(await withSubscriber(), undefined)).toMatchObject({
      status: 428,
      body: { code: 'if_match_missing' },
    });
  });

  test.each(['"2"', '"0"', '"1x"', 'W/"1"', '"2", "3"'])('%s is another one: nothing is changed', async (etag) => {
    const api = await withSubscriber();
    const answer = await put(api, etag, { ...NEW, paused: true });
    expect(answer).toMatchObject({ status: 412, body: { code: 'revision_changed' } });
    expect((await api.ask('GET', '/v1/subscribers/crm')).body).toMatchObject({ paused: false, revision: 1 });
  });

  test.each(['*', '"1"', ' "1" ', '"7","1"', '"7" , "1"'])('%s is this one', async (etag) => {
    expect((await put(await withSubscriber(), etag)).status).toBe(200);
  });

  test.each(['1', '"1', 'one', '"1" "2"', '"1";"2"'])('%s is none', async (etag) => {
    expect(await put(await withSubscriber(), etag)).toMatchObject({
      status: 400,
      body: { problems: [{ in: 'header', at: 'if-match' }] },
    });
  });

  test('is of the one that a race was lost to, too', async () => {
    const api = await withSubscriber();
    const { getSubscriber } = api.stores.subscribers;
    api.stores.subscribers.getSubscriber = async (id) => {
      const seen = await getSubscriber(id);
      // Another comes between our look and our write.
      if (seen?.revision === 1) await api.stores.subscribers.putSubscriber({ ...seen, revision: 2 });
      return seen;
    };
    expect(await put(api, '"1"')).toMatchObject({ status: 412, body: { code: 'subscriber_changed' } });
  });
});

describe('done once', () => {
  const add = ({ ask }: OpenedApi, key: string, more: Asking = {}) =>
    ask('POST', '/v1/subscribers', { body: NEW, ...more, headers: { 'idempotency-key': key } });

  test('under one key, and answered alike', async () => {
    const api = openApi();
    const first = await add(api, 'k1');
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const again = await add(api, 'k1');
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get('etag')).toBe('"1"');
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await api.stores.subscribers.listSubscribers()).toHaveLength(1);
    expect((await add(api, 'k2')).status).toBe(201);
    expect(await api.stores.subscribers.listSubscribers()).toHaveLength(2);
  });

  test('by each caller', async () => {
    const api = openApi();
    const as = (sub: string) => add(api, 'k1', { claims: { sub, roles: ['operator'] } });
    expect((await as('ann')).body).not.toEqual((await as('ben')).body);
    expect(await api.stores.subscribers.listSubscribers()).toHaveLength(2);
  });

  test('means this request: another under its key is refused', async () => {
    const api = openApi();
    await add(api, 'k1');
    const other = { url: 'https://other.example/hooks' };
    expect(await add(api, 'k1', { body: other })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
    const { status } = await api.ask('POST', '/v1/subscribers/crm/test', { headers: { 'idempotency-key': 'k1' } });
    expect(status).toBe(422);
  });

  test('is not begun again while it is under way, but after it has died', async () => {
    const api = openApi();
    const { putSubscriber } = api.stores.subscribers;
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    api.stores.subscribers.putSubscriber = async (subscriber) => {
      await held;
      await putSubscriber(subscriber);
    };
    const first = add(api, 'k1');
    const second = await add(api, 'k1');
    expect(second).toMatchObject({ status: 409, body: { code: 'idempotency_in_flight' } });
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
    api.later(ATTEMPT_LASTS_MS);
    go();
    expect((await add(api, 'k1')).status).toBe(201);
    await first;
  });

  test('holds only for what was done: a refusal may be tried again', async () => {
    const api = await withSubscriber();
    const crm = { body: { id: 'crm', ...NEW } };
    expect((await add(api, 'k1', crm)).status).toBe(409);
    expect((await api.ask('DELETE', '/v1/subscribers/crm')).status).toBe(204);
    expect((await add(api, 'k1', crm)).status).toBe(201);
  });

  test('is refused for its reason, though the key could not be released', async () => {
    const api = await withSubscriber();
    api.stores.idempotency.release = async () => {
      throw new Error('no table');
    };
    expect(await add(api, 'k1', { body: { id: 'crm', ...NEW } })).toMatchObject({
      status: 409,
      body: { code: 'subscriber_exists' },
    });
    expect(api.errors).toHaveLength(1);
  });

  test('is done, though its answer could not be kept', async () => {
    const api = openApi();
    api.stores.idempotency.finish = async () => {
      throw new Error('no table');
    };
    expect((await add(api, 'k1')).status).toBe(201);
    expect(api.errors).toHaveLength(1);
  });

  test.each(['', 'with space', 'ü', 'x'.repeat(256)])('the key %j is none', async (key) => {
    expect(await add(openApi(), key)).toMatchObject({
      status: 400,
      body: { problems: [{ in: 'header', at: 'idempotency-key' }] },
    });
  });

  test('costs nothing where no key is given', async () => {
    const api = openApi();
    api.stores.idempotency.begin = async () => {
      throw new Error('nobody asked');
    };
    expect((await api.ask('POST', '/v1/subscribers', { body: NEW })).status).toBe(201);
  });
});

describe('who did it', () => {
  const trail = async ({ ask }: OpenedApi) => {
    const { body } = await ask('GET', '/v1/audit');
    // The cast: hold() has seen that it is one.
    return (body as { items: Record<string, unknown>[] }).items;
  };

  test('is kept: on what, and how it ended', async () => {
    const api = await withSubscriber();
    api.later(1);
    await api.ask('POST', '/v1/subscribers', { body: { id: 'crm', ...NEW } });
    api.later(1);
    await api.ask('POST', '/v1/subscribers/crm/test');
    api.later(1);
    await api.ask('PUT', '/v1/subscribers/crm', { body: NEW, headers: { 'if-match': '"9"' } });
    api.later(1);
    await api.ask('DELETE', '/v1/subscribers/crm', { role: 'reader' });
    api.later(1);
    await api.ask('DELETE', `/v1/subscribers/${encodeURIComponent('Ann Lee, +86138')}`, { role: 'reader' });
    const caller = 'the operator';
    expect(await trail(api)).toMatchObject([
      expect.not.objectContaining({ subject: expect.anything() }),
      { caller: 'the reader', operation: 'removeSubscriber', subject: 'crm', status: 403 },
      { caller, operation: 'putSubscriber', subject: 'crm', status: 412 },
      { caller, operation: 'testSubscriber', subject: 'crm', status: 200 },
      { caller, operation: 'addSubscriber', status: 409 },
      { caller, operation: 'addSubscriber', subject: 'crm', status: 201, at: '2026-11-25T09:00:00.000Z' },
    ]);
  });

  test('says nothing of what was written, and never a secret', async () => {
    const api = await withSubscriber();
    await api.ask('POST', '/v1/subscribers/crm/rotate', { body: {} });
    const text = JSON.stringify(await trail(api));
    expect(text).not.toMatch(SECRETS);
    expect(text).not.toContain('crm.example');
  });

  test('is not kept of looking, nor of what was no request', async () => {
    const api = openApi();
    await api.ask('GET', '/v1/subscribers');
    await api.ask('POST', '/v1/subscribers', { body: { url: 1 } });
    await api.ask('POST', '/v1/profiles:lookup', { body: { type: 'email', value: 'a@example.org' } });
    expect(await trail(api)).toEqual([]);
  });

  test('is written before it is done: else it is not done', async () => {
    const api = openApi();
    api.stores.audit.putEntry = async () => {
      throw new Error('no table');
    };
    expect((await api.ask('POST', '/v1/subscribers', { body: NEW })).status).toBe(500);
    expect(await api.stores.subscribers.listSubscribers()).toEqual([]);
  });

  test('shows what broke off, as no outcome', async () => {
    const api = openApi();
    const { putEntry } = api.stores.audit;
    api.stores.audit.putEntry = async (entry) => {
      if (entry.status !== undefined) throw new Error('died');
      await putEntry(entry);
    };
    expect((await api.ask('POST', '/v1/subscribers', { body: NEW })).status).toBe(201);
    expect(await trail(api)).toEqual([expect.not.objectContaining({ status: expect.anything() })]);
  });

  test('comes page by page', async () => {
    const api = openApi();
    for (let index = 0; index < 7; index++) {
      await api.ask('POST', '/v1/subscribers', { body: { id: `s${index}`, ...NEW } });
      api.later(1_000);
    }
    const found: unknown[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await api.ask('GET', `/v1/audit?limit=3${cursor && `&cursor=${cursor}`}`);
      // The cast: as above.
      const page = body as { items: { subject: string }[]; nextCursor: string | null };
      found.push(...page.items.map(({ subject }) => subject));
      cursor = page.nextCursor;
    }
    expect(found).toEqual(['s6', 's5', 's4', 's3', 's2', 's1', 's0']);
  });
});

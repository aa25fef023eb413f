import { describe, expect, test } from 'vitest';
import type { Derivation } from '../../shared/derivations/sweep.ts';
import { Busy, type Preview } from '../../shared/preview/preview.ts';
import { SEGMENTS_MOST } from '../../shared/segments/definition.ts';
import { instant } from '../../shared/time/instant.ts';
import { personaId } from '../profiles/people.ts';
import { NOW_MS, type OpenedApi, openApi } from './open-api.ts';

const WHEN = { field: 'orders', atLeast: 2 };
const SLEEPING = { id: 'sleeping', name: '高价值沉睡客户', when: WHEN };
const create = ({ ask }: OpenedApi, body: object = SLEEPING) => ask('POST', '/v1/segments', { body, role: 'marketer' });
const put = ({ ask }: OpenedApi, body: object, etag = '"1"', id = 'sleeping') =>
  ask('PUT', `/v1/segments/${id}`, { body, role: 'marketer', headers: { 'if-match': etag } });

async function withSleeping(): Promise<OpenedApi> {
  const api = openApi();
  expect((await create(api)).status).toBe(201);
  return api;
}

interface Page {
  readonly items: readonly Record<string, unknown>[];
  readonly nextCursor: string | null;
}

test('a segment is defined, and filled at once', async () => {
  const api = openApi();
  const created = await create(api, { ...SLEEPING, description: 'To be woken', why: 'the spring campaign' });
  expect(created).toMatchObject({
    status: 201,
    body: {
      ...SLEEPING,
      description: 'To be woken',
      version: 1,
      archived: false,
      by: 'the marketer',
      at: '2026-11-25T09:00:00.000Z',
      why: 'the spring campaign',
      fill: { state: 'waiting' },
    },
  });
  expect(created.headers.get('etag')).toBe('"1"');
  expect(api.sent.profiles).toEqual([{ sweep: true }]);
  expect((await api.ask('GET', '/v1/segments/sleeping', { role: 'reader' })).body).toEqual({
    ...(created.body as object),
    members: { count: 0, more: false },
  });
});

test('each edit is a version, which keeps what the ones before said', async () => {
  const api = await withSleeping();
  const edited = await put(api, { name: '沉睡客户', when: { field: 'orders', atLeast: 3 }, why: 'too few' });
  expect(edited).toMatchObject({ status: 200, body: { id: 'sleeping', version: 2, name: '沉睡客户', why: 'too few' } });
  expect((await put(api, { name: 'late', when: WHEN }, '"1"')).status).toBe(412);
  const versions = (await api.ask('GET', '/v1/segments/sleeping/versions?limit=1')).body as Page;
  expect(versions.items).toMatchObject([{ version: 2 }]);
  const rest = await api.ask('GET', `/v1/segments/sleeping/versions?cursor=${versions.nextCursor}`);
  expect(rest.body).toMatchObject({ items: [{ version: 1, name: SLEEPING.name }], nextCursor: null });
});

describe('an edit by which nobody enters or leaves', () => {
  const versionOf = async (api: OpenedApi) => (await api.stores.segments.listSegments()).segments[0];

  test('is a version, and starts no run', async () => {
    const api = await withSleeping();
    // The same condition, its properties in another order.
    const renamed = await put(api, { name: '沉睡', description: 'd', when: { atLeast: 2, field: 'orders' } });
    expect(renamed).toMatchObject({ status: 200, body: { version: 2, name: '沉睡', description: 'd' } });
    expect(renamed.headers.get('etag')).toBe('"2"');
    expect(api.sent.profiles).toHaveLength(1);
    expect(await versionOf(api)).toMatchObject({ revision: 2, decidedBy: { version: 1, revision: 1 } });
    await put(api, { name: '又一次', when: WHEN }, '"2"');
    expect(await versionOf(api)).toMatchObject({ version: 3, decidedBy: { version: 1, revision: 1 } });
    await put(api, { name: '又一次', when: { field: 'orders', atLeast: 3 } }, '"3"');
    expect(await versionOf(api)).toMatchObject({ version: 4 });
    expect(await versionOf(api)).not.toHaveProperty('decidedBy');
    expect(api.sent.profiles).toHaveLength(2);
  });

  test('is as far filled as the one before', async () => {
    const api = await withSleeping();
    const finished = { run: 'run-1', at: instant(NOW_MS), segments: 1 };
    const derivation: Derivation = {
      revision: 1,
      policy: 1,
      model: 'm',
      rates: 0,
      segments: 1,
      run: 'run-1',
      finished,
    };
    await api.stores.derivations.putDerivation(derivation);
    expect((await put(api, { name: 'n', when: WHEN })).body).toMatchObject({ fill: { state: 'current' } });
    expect((await put(api, { name: 'n', when: { field: 'orders', atLeast: 3 } }, '"2"')).body).toMatchObject({
      fill: { state: 'waiting' },
    });
  });

  test('is none where it archives or restores', async () => {
    const api = await withSleeping();
    await api.ask('DELETE', '/v1/segments/sleeping');
    await api.ask('POST', '/v1/segments/sleeping/restore');
    expect(await versionOf(api)).not.toHaveProperty('decidedBy');
    expect(api.sent.profiles).toHaveLength(3);
  });
});

test('edits of other segments in between are no hindrance', async () => {
  const api = await withSleeping();
  const { putSegment } = api.stores.segments;
  let others = 0;
  api.stores.segments.putSegment = async (version) => {
    if (others++ < 3)
      await putSegment({ ...version, id: `other-${others}`, version: 1, when: { field: 'orders', atLeast: 1 } });
    await putSegment(version);
  };
  expect((await put(api, { name: 'n', when: WHEN })).body).toMatchObject({ version: 2 });
  expect((await api.stores.segments.listSegments()).revision).toBe(5);
});

describe('what can not be meant', () => {
  test.each([
    [{ field: 'ordres', atLeast: 2 }, '/when/field', 'orders'],
    [{ all: [WHEN, { field: 'orders', withinDays: 0, atLeast: 1 }] }, '/when/all/1/withinDays', undefined],
    [{ segment: 'nobody' }, '/when/segment', undefined],
    [{ and: [WHEN] }, '/when/and', 'all'],
    [null, '/when', 'all'],
    ['orders > 2', '/when', 'all'],
  ])('%j is told at %s', async (when, at, valid) => {
    const api = await withSleeping();
    for (const answer of [
      await create(api, { ...SLEEPING, id: 'other', when }),
      await put(api, { name: 'n', when }),
      await api.ask('POST', '/v1/segments:preview', { body: { when } }),
    ]) {
      expect(answer).toMatchObject({ status: 422, body: { code: 'definition_invalid' } });
      const { problems } = answer.body as { problems: { at: string; zh: string; valid?: string[] }[] };
      expect(problems.map((problem) => problem.at)).toContain(at);
      for (const { zh } of problems) expect(zh).toMatch(/\p{Script=Han}/u);
      if (valid !== undefined) expect(problems.flatMap((problem) => problem.valid ?? [])).toContain(valid);
    }
  });

  test('leads back to itself', async () => {
    const api = await withSleeping();
    await create(api, { id: 'other', name: 'o', when: { segment: 'sleeping' } });
    const answer = await put(api, { name: 'n', when: { any: [WHEN, { segment: 'other' }] } });
    expect(answer).toMatchObject({ status: 422, body: { problems: [{ in: 'body', at: '/when/any/1/segment' }] } });
  });

  test.each([
    [{ id: 'no spaces' }, '/id'],
    [{ name: '' }, '/name'],
    [{ when: undefined }, '/when'],
    [{ whan: WHEN }, ''],
    [{ version: 3 }, ''],
  ])('has fields that are not as they should be: %j', async (change, at) => {
    const answer = await create(openApi(), { ...SLEEPING, ...change });
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ in: 'body', at }] } });
  });
});

test('a name has so many letters, in any script', async () => {
  const named = (id: string, name: string) => create(openApi(), { ...SLEEPING, id, name });
  expect((await named('rare', '𠮷'.repeat(100))).status).toBe(201);
  expect((await named('rare', '𠮷'.repeat(101))).status).toBe(400);
});

test.each(['{"id":"a","name":"\\ud800","when":{"field":"orders","atLeast":2}}', '{"id":"a","\\udc00":1}'])(
  'half a character is in no text: %s',
  async (body) => {
    const answer = await openApi().ask('POST', '/v1/segments', { body });
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ in: 'body', at: '' }] } });
    expect(JSON.stringify(answer.body)).not.toMatch(/\\ud/);
  },
);

test('there is one of an id, and a number that no more can be than', async () => {
  const api = await withSleeping();
  expect(await create(api)).toMatchObject({ status: 409, body: { code: 'segment_exists' } });
  const { listSegments } = api.stores.segments;
  api.stores.segments.listSegments = async () => {
    const { revision, segments } = await listSegments();
    return { revision, segments: Array.from({ length: SEGMENTS_MOST }, () => segments).flat() };
  };
  expect(await create(api, { ...SLEEPING, id: 'one-more' })).toMatchObject({ status: 409, body: { code: 'too_many' } });
});

describe('archiving', () => {
  const archive = ({ ask }: OpenedApi, headers = {}) =>
    ask('DELETE', '/v1/segments/sleeping', { role: 'marketer', headers });

  test('is a version, too, and is taken back by another', async () => {
    const api = await withSleeping();
    expect((await archive(api, { 'if-match': '"2"' })).status).toBe(412);
    expect(await archive(api, { 'if-match': '"1"' })).toMatchObject({
      status: 200,
      body: { version: 2, archived: true, when: WHEN },
    });
    expect(await archive(api)).toMatchObject({ status: 409, body: { code: 'segment_archived' } });
    expect(await put(api, { name: 'n', when: WHEN }, '"2"')).toMatchObject({
      status: 409,
      body: { code: 'segment_archived' },
    });
    const restored = await api.ask('POST', '/v1/segments/sleeping/restore');
    expect(restored).toMatchObject({ status: 200, body: { ...SLEEPING, version: 3, archived: false } });
    expect(await api.ask('POST', '/v1/segments/sleeping/restore')).toMatchObject({
      status: 409,
      body: { code: 'segment_not_archived' },
    });
    expect(api.sent.profiles).toHaveLength(3);
  });

  test('waits for those who ask about it', async () => {
    const api = await withSleeping();
    await create(api, { id: 'other', name: 'o', when: { not: { segment: 'sleeping' } } });
    const refused = await archive(api);
    expect(refused).toMatchObject({ status: 409, body: { code: 'segment_in_use' } });
    expect(refused.body).toMatchObject({ detail: expect.stringContaining('other') });
    expect((await api.ask('DELETE', '/v1/segments/other')).status).toBe(200);
    expect((await archive(api)).status).toBe(200);
    // And can not come back before what it asks about.
    expect(await api.ask('POST', '/v1/segments/other/restore')).toMatchObject({
      status: 422,
      body: { problems: [{ at: '/when/not/segment' }] },
    });
  });
});

test('they are listed by id, page by page; archived or not, if asked', async () => {
  const api = openApi();
  for (const id of ['c', 'a', 'b']) await create(api, { ...SLEEPING, id });
  await api.ask('DELETE', '/v1/segments/b');
  const ids = async (query: string) => {
    const { items, nextCursor } = (await api.ask('GET', `/v1/segments${query}`)).body as Page;
    return [items.map(({ id }) => id).join(''), nextCursor] as const;
  };
  expect(await ids('')).toEqual(['abc', null]);
  expect(await ids('?archived=false')).toEqual(['ac', null]);
  expect(await ids('?archived=true')).toEqual(['b', null]);
  const [first, cursor] = await ids('?limit=2');
  expect(first).toBe('ab');
  expect(await ids(`?limit=2&cursor=${cursor}`)).toEqual(['c', null]);
  // A cursor is of one list, and with another filter it is another.
  expect((await api.ask('GET', `/v1/segments?archived=true&cursor=${cursor}`)).status).toBe(400);
});

test('how far it is filled is told', async () => {
  const api = await withSleeping();
  const derivation: Derivation = {
    revision: 1,
    policy: 1,
    model: 'm',
    rates: 0,
    segments: 1,
    run: 'run-1',
    startedAt: instant(NOW_MS),
  };
  await api.stores.derivations.putDerivation(derivation);
  await api.stores.derivations.putProgress('run-1', { part: 0, seen: 25, finishedAt: instant(NOW_MS) });
  await api.stores.derivations.putProgress('run-1', { part: 1, seen: 10 });
  const fill = async () => ((await api.ask('GET', '/v1/segments/sleeping')).body as { fill: object }).fill;
  expect(await fill()).toEqual({
    state: 'filling',
    startedAt: '2026-11-25T09:00:00.000Z',
    profilesSeen: 35,
    partsDone: 1,
  });
  const finished = { run: 'run-1', at: instant(NOW_MS), segments: 1 };
  await api.stores.derivations.putDerivation({ ...derivation, revision: 2, finished });
  expect(await fill()).toMatchObject({ state: 'current' });
  expect((await api.ask('GET', '/v1/segments')).body).toMatchObject({ items: [{ fill: { state: 'current' } }] });
});

test('members come page by page, with since when and because of what', async () => {
  const api = await withSleeping();
  const all = Array.from({ length: 5 }, (_, index) => `shopify/shop/${index}`);
  for (const [index, id] of all.entries())
    await api.stores.memberships.putMembership({
      segment: 'sleeping',
      profile: personaId(id),
      revision: 3,
      version: 1,
      since: instant(NOW_MS - index),
      because: [{ at: '/orders', value: 2 }],
      ...(index === 4 && { leftAt: instant(NOW_MS) }),
    });
  const first = (await api.ask('GET', '/v1/segments/sleeping/members?limit=3', { role: 'reader' })).body as Page;
  expect(first.items[0]).toEqual({
    profile: 'shopify/shop/0',
    since: '2026-11-25T09:00:00.000Z',
    version: 1,
    because: [{ at: '/orders', value: 2 }],
  });
  const rest = await api.ask('GET', `/v1/segments/sleeping/members?limit=3&cursor=${first.nextCursor}`);
  expect(rest.body).toMatchObject({ items: [{ profile: 'shopify/shop/3' }], nextCursor: null });
  const counted = async () => (await api.ask('GET', '/v1/segments/sleeping')).body;
  expect(await counted()).toMatchObject({ members: { count: 4, more: false } });
  api.stores.memberships.countMembers = async (_, rowsMost) => ({ count: rowsMost, more: true });
  expect(await counted()).toMatchObject({ members: { count: 100_000, more: true } });
});

describe('a preview', () => {
  const ask = (api: OpenedApi, body: object = { when: WHEN }) => api.ask('POST', '/v1/segments:preview', { body });
  const PREVIEW: Preview = {
    snapshotAt: '2026-11-25T03:00:00.000Z',
    profiles: 100,
    size: 7,
    tiers: { high_value: 7, growth: 0, stable: 0, base: 0 },
    channels: { shopify: 7 },
    overlaps: [],
    sample: [],
    tookMs: 12.5,
  };

  test('is shown as it was counted', async () => {
    const api = openApi();
    api.world.preview = PREVIEW;
    expect(await ask(api)).toMatchObject({ status: 200, body: PREVIEW });
  });

  test('waits for the first snapshot', async () => {
    expect(await ask(openApi())).toMatchObject({ status: 409, body: { code: 'no_snapshot' } });
  });

  test('waits its turn', async () => {
    const api = openApi();
    api.world.preview = new Busy();
    const answer = await ask(api);
    expect(answer).toMatchObject({ status: 429, body: { code: 'preview_busy' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('asks about segments of any name', async () => {
    const api = openApi();
    api.world.preview = PREVIEW;
    for (const id of ['preview', 'preview-1']) await create(api, { ...SLEEPING, id });
    await create(api, { ...SLEEPING, id: 'other', when: { segment: 'preview' } });
    for (const segment of ['preview', 'preview-1', 'other'])
      expect(await ask(api, { when: { segment } })).toMatchObject({ status: 200 });
  });

  test('compares with at most fifty', async () => {
    const compareWith = Array.from({ length: 51 }, (_, index) => `s${index}`);
    expect((await ask(openApi(), { when: WHEN, compareWith })).status).toBe(400);
  });
});

test('those that are ready-made can be put as they are', async () => {
  const api = openApi();
  const { body } = await api.ask('GET', '/v1/segments:ready-made');
  const { items } = body as { items: { id: string }[] };
  expect(items.map(({ id }) => id)).toContain('vip-shopify');
  for (const item of items) expect((await create(api, item)).status).toBe(201);
});

test('what is not there is not found', async () => {
  const { ask } = openApi();
  for (const [method, path, body] of [
    ['GET', ''],
    ['PUT', '', { name: 'n', when: WHEN }],
    ['DELETE', ''],
    ['POST', '/restore'],
    ['GET', '/versions'],
    ['GET', '/members'],
    ['POST', '/exports'],
    ['GET', '/export-schedule'],
    ['DELETE', '/export-schedule'],
  ] as const)
    expect(await ask(method, `/v1/segments/nobody${path}`, { body, headers: { 'if-match': '*' } })).toMatchObject({
      status: 404,
    });
});

import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../shared/api/routes.ts';
import { ANNE } from '../profiles/people.ts';
import { type OpenedApi, openApi, withAnne } from './open-api.ts';

const { policy: DRAFT } = ROUTES.putTierPolicy.example.body;
const put = ({ ask }: OpenedApi, policy: object, etag = '"1"') =>
  ask('PUT', '/v1/tier-policy', { body: { policy, why: 'a test' }, headers: { 'if-match': etag } });

test('the built-in policy is in force until another is put', async () => {
  const api = openApi();
  const shown = await api.ask('GET', '/v1/tier-policy', { role: 'reader' });
  expect(shown.body).toMatchObject({ version: 1, state: 'in_force', newest: 1, rules: expect.any(Array) });
  expect(shown.body).not.toHaveProperty('by');
  const done = await put(api, DRAFT);
  expect(done).toMatchObject({
    status: 200,
    body: { version: 2, name: 'simple', state: 'in_force', by: 'the operator', why: 'a test', newest: 2 },
  });
  expect((await api.ask('GET', '/v1/tier-policy')).body).toEqual(done.body);
  // Everybody is decided anew.
  expect(api.sent.profiles).toEqual([{ sweep: true }]);
});

test('one that waits is the newest that an edit has to have seen', async () => {
  const api = openApi();
  const waiting = await put(api, { ...DRAFT, effectiveFrom: '2027-01-01T00:00:00.000Z' });
  expect(waiting.body).toMatchObject({ version: 2, state: 'waiting', from: '2027-01-01T00:00:00.000Z' });
  const shown = await api.ask('GET', '/v1/tier-policy');
  expect(shown.body).toMatchObject({ version: 1, state: 'in_force', newest: 2 });
  expect(shown.headers.get('etag')).toBe('"2"');
  expect((await put(api, DRAFT, '"1"')).status).toBe(412);
  expect((await put(api, DRAFT, '"2"')).body).toMatchObject({ version: 3, state: 'in_force' });
});

test('of two who put the next version, one is told that it is taken', async () => {
  const api = openApi();
  const { listPolicies } = api.stores.policies;
  await put(api, DRAFT);
  // As if the other had not been there yet when this one looked.
  api.stores.policies.listPolicies = async () => [];
  expect(await put(api, { ...DRAFT, name: 'late' })).toMatchObject({
    status: 412,
    body: { code: 'policy_version_taken' },
  });
  expect(await listPolicies()).toHaveLength(1);
});

describe('what can not be meant', () => {
  const [first, ...others] = DRAFT.rules;
  test.each([
    [
      'a test that everybody passes',
      [{ ...first, all: [{ measure: 'orders', atLeast: 0 }] }, ...others],
      '/policy/rules/0/all/0/atLeast',
    ],
    ['tiers out of order', [...others, first], '/policy/rules/2/tier'],
    ['a tier without a rule', [first], '/policy/rules'],
  ])('%s is named with its place', async (_, rules, path) => {
    const answer = await put(openApi(), { ...DRAFT, rules });
    expect(answer).toMatchObject({ status: 422, body: { code: 'policy_invalid' } });
    const { problems } = answer.body as { problems: { at: string }[] };
    expect(problems.map((problem) => problem.at)).toContain(path);
  });

  test('amounts are in the reporting currency', async () => {
    expect(await put(openApi(), { ...DRAFT, currency: 'USD' })).toMatchObject({
      status: 422,
      body: { problems: [{ in: 'body', at: '/policy/currency', message: expect.stringContaining('CNY') }] },
    });
  });

  test('a version is not for people to number', async () => {
    expect((await put(openApi(), { ...DRAFT, version: 9 })).status).toBe(400);
  });
});

describe('a preview', () => {
  const ask = (api: OpenedApi, body: object = {}) =>
    api.ask('POST', '/v1/tier-policy:preview', { body: { policy: DRAFT, ...body }, role: 'marketer' });

  test('counts who would move, and names some with masked names', async () => {
    const api = await withAnne();
    await api.buy({ by: 'shopify/shop/ben', at: '2026-11-01T08:00:00.000Z', minor: 10 });
    const { body } = await ask(api);
    expect(body).toMatchObject({
      before: { version: 1 },
      after: { version: 2, name: 'simple' },
      profiles: 2,
      shards: { read: 16, of: 16 },
      settled: { before: { high_value: expect.any(Number) }, after: { high_value: 1, base: 1 } },
    });
    expect(JSON.stringify(body)).not.toContain(String(ANNE[0]?.name));
    expect((await api.ask('GET', '/v1/tier-policy')).body).toMatchObject({ newest: 1 });
  });

  test('ends within the time that a request has, and says how much it saw', async () => {
    const api = await withAnne();
    const { listRoots } = api.stores.customers;
    api.stores.customers.listRoots = (...args) => {
      api.later(3_000);
      return listRoots(...args);
    };
    const { body } = await ask(api);
    expect(body).toMatchObject({ shards: { read: 3, of: 16 } });
  });

  test('is refused what could not be put', async () => {
    expect((await ask(openApi(), { policy: { ...DRAFT, currency: 'USD' } })).status).toBe(422);
  });
});

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { identifierKey, NEVER } from '../../shared/profiles/customer.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import type { Policy, Tier } from '../../shared/tiers/policy.ts';
import { instant } from '../../shared/time/instant.ts';
import { bought, factsOf, NOON } from '../tiers/people.ts';
import { caseFolder, createTestDeployment } from './run.ts';

const { version: _, ...DEFAULT } = defaultPolicy({ currency: 'CNY' });
const [first, ...others] = DEFAULT.rules;
if (!first) throw new Error('the default policy has rules');
/** A top tier from 5,000.00 on, in place of 3,000.00. */
const STRICT = {
  ...DEFAULT,
  name: 'strict',
  rules: [{ ...first, all: [{ measure: 'netSpend365d', atLeast: 500_000 }] }, ...others],
};

const withPolicy = (policy: unknown) => ({ readStdin: async () => JSON.stringify(policy) });

function deployment() {
  const made = createTestDeployment();
  const { run, deployment, customers } = made;

  const put = (policy: unknown, ...more: readonly string[]) =>
    run(['tiers', 'put', '-', '--why', 'a test', '--by', 'ye', ...more], withPolicy(policy));

  /** Who spent so much in this year, in a tier held or not; their months tell the name, of a second persona if there are two. */
  async function profile(
    name: string,
    yuan: number,
    known: { tier: Tier; given?: string; earlier?: string; members?: string[] },
  ) {
    // The casts: personas are named freely here.
    const persona = `till/shop/${name}` as PersonaId;
    const members = [persona, ...(known.members ?? []).map((member) => `till/shop/${member}` as PersonaId)];
    const at = instant(NOON);
    const facts = factsOf([bought(200, yuan)], NOON);
    const tier = { value: known.tier, since: instant(NOON - 1_000), policyVersion: 1, reasons: [] };
    const place = {
      persona,
      revision: 1,
      root: persona,
      members,
      cause: 'live' as const,
      writtenAt: at,
      lookAt: NEVER,
    };
    await customers.putPlaces([{ place: { ...place, profile: { facts, predicted: {}, tier } }, seenRevision: 0 }]);
    const { given, earlier } = known;
    const holder = members.at(-1);
    if (given === undefined || holder === undefined) return;
    const identifier = {
      type: 'phone',
      hash: `h-${name}`,
      scope: 'brand',
      strength: 'strong',
      verified: false,
    } as const;
    await customers.putHolder(identifierKey(identifier), holder);
    const link = { ...identifier, orders: 1, firstSeenAt: at, lastSeenAt: at, names: [given] };
    const before = instant(NOON - 1_000);
    const old = {
      ...link,
      hash: `a-${name}`,
      firstSeenAt: before,
      lastSeenAt: before,
      names: earlier ? [earlier] : [],
    };
    const sums = { orders: 1 } as never; // the cast: nobody reads them here
    const days = { '2026-11-24': { sums, receivedAt: at, links: [old, link], values: {} } };
    await customers.putMonth({ persona: holder, month: '2026-11', revision: 1, days }, 0);
  }
  return { ...made, put, profile, policies: deployment.policies };
}

describe('tiers show', () => {
  test('before anybody put one, the built-in policy is in force, as version 1', async () => {
    const { type } = deployment();
    expect(JSON.parse((await type('tiers --json')).stdout)).toMatchObject({
      version: 1,
      name: 'default',
      state: 'in_force',
      policy: defaultPolicy({ currency: 'CNY' }),
      rules: expect.arrayContaining([
        {
          tier: 'high_value',
          name: { zh: '近一年高消费', en: 'top spender of the last year' },
          all: [
            {
              zh: '近 365 天净消费至少 3,000.00 元（暂用，日后取自全体客户的第 90 百分位）',
              en: 'net spend in the last 365 days: at least CNY 3,000.00 (until the 90th percentile of all customers is taken)',
            },
          ],
          any: [],
        },
      ]),
    });
    const { stdout } = await type('tiers');
    expect(stdout).toMatch(/^version +1\nname +default\nstate +in force, as nobody has put another\nput +built in\n/);
    expect(stdout).toContain(
      '高价值 high value\n  近一年高消费 · top spender of the last year\n    近 365 天净消费至少',
    );
    expect(stdout).toContain('    并满足以下之一 and one of\n');
    expect(stdout).toContain('基础 base\n  其余客户 everybody else');
  });

  test('says since when, who and why, also of an earlier version', async () => {
    const { type, put } = deployment();
    await put(STRICT);
    await put({ ...DEFAULT, name: 'lenient' });
    const { stdout } = await type('tiers show --version 2');
    expect(stdout).toMatch(/version +2\nname +strict\nstate +past; in force from 2026-11-24T09:00:00/);
    expect(stdout).toMatch(/put +2026-11-24T09:00:00\.\d+Z by ye\nwhy +a test\n/);
    expect((await type('tiers')).stdout).toMatch(/version +3\nname +lenient\nstate +in force since 2026-11-24T09:00/);
  });

  test('gives the policy alone, to be edited and put', async () => {
    const { type, run, policies } = deployment();
    const { stdout } = await type('tiers show --policy');
    expect(JSON.parse(stdout)).toEqual(DEFAULT);
    const folder = await caseFolder({ 'policy.json': stdout.replace('default', 'ours') });
    const ran = await run(['tiers', 'put', 'policy.json', '--why', 'our own', '--by', 'ye'], { cwd: folder });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(await policies.listPolicies()).toMatchObject([
      { policy: { ...DEFAULT, version: 2, name: 'ours' }, by: 'ye' },
    ]);
  });
});

test('what is given to be edited has neither the number nor the time of its version', async () => {
  const { put, type } = deployment();
  await put({ ...STRICT, effectiveFrom: '2026-12-01T00:00:00Z' });
  expect(JSON.parse((await type('tiers show --version 2 --policy')).stdout)).toEqual(STRICT);
});

describe('tiers put', () => {
  test('gives the next number, and says when it takes effect', async () => {
    const { put, policies } = deployment();
    expect((await put(STRICT)).stdout).toContain('Version 2 is in force now, in place of 1.');
    const waiting = { ...STRICT, version: 3, effectiveFrom: '2026-12-01T00:00:00Z' };
    expect((await put(waiting)).stdout).toBe(
      'Version 3 is put, and in force from 2026-12-01T00:00:00.000Z on; until then it is version 2.\n',
    );
    const [newest] = await policies.listPolicies();
    expect(newest).toMatchObject({ policy: { version: 3 }, by: 'ye', why: 'a test' });
  });

  test('answers scripts with the same', async () => {
    const { put } = deployment();
    const { stdout } = await put({ ...STRICT, effectiveFrom: '2026-12-01T00:00:00Z' }, '--json');
    expect(JSON.parse(stdout)).toEqual({
      version: 2,
      name: 'strict',
      state: 'waiting',
      from: '2026-12-01T00:00:00.000Z',
      by: 'ye',
      at: expect.stringMatching(/^2026-11-24T09:00/),
      why: 'a test',
      before: 1,
    });
  });

  test('says which version will not come into force any more', async () => {
    const { put } = deployment();
    await put({ ...STRICT, effectiveFrom: '2026-12-01T00:00:00Z' });
    const { stdout, stderr } = await put(DEFAULT);
    expect(stdout).toContain('Version 3 is in force now');
    expect(stderr).toBe('note: version 2, which waited, will not come into force: 3 comes first.\n');
  });

  test('and leaves the others that wait before it', async () => {
    const { put } = deployment();
    await put({ ...STRICT, effectiveFrom: '2026-12-01T00:00:00Z' });
    await put({ ...STRICT, effectiveFrom: '2026-12-10T00:00:00Z' });
    const { stderr } = await put({ ...STRICT, effectiveFrom: '2026-12-05T00:00:00Z' });
    expect(stderr).toBe('note: version 3, which waited, will not come into force: 4 comes first.\n');
  });

  const wrong = (all: unknown[]) => ({ ...STRICT, rules: [{ ...first, all }, ...others] });
  test.each<[string, unknown, string, RegExp]>([
    [
      'each mistake with its place',
      {
        ...wrong([
          { measure: 'orders60d', atLeast: 1 },
          { measure: 'orders', atLeast: 1.5 },
        ]),
        name: 7,
      },
      'policy_invalid',
      /stdin is no policy that can be meant:\n {2}name: .*\n {2}rules\[0\]\.all\[0\]\.measure: no such measure; one of orders,/,
    ],
    ['what can only be seen of the whole', wrong([]), 'policy_invalid', /\n {2}rules\[0\]\.all: a rule without a test/],
    [
      'another currency',
      { ...STRICT, currency: 'USD' },
      'policy_invalid',
      /\n {2}currency: CNY, the reporting currency/,
    ],
    ['a list', [STRICT], 'policy_invalid', /holds no policy/],
    [
      'an old version',
      { ...STRICT, version: 1 },
      'policy_version_not_next',
      /version 1, which is there already: .* 2\./,
    ],
    ['one too far', { ...STRICT, version: 9 }, 'policy_version_not_next', /version 9, which is not the next: .* 2\./],
  ])('refuses %s, and puts nothing', async (_name, policy, code, message) => {
    const { put, policies } = deployment();
    const ran = await put(policy, '--json');
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(ran.stderr).error).toEqual({ code, message: expect.stringMatching(message) });
    expect(await policies.listPolicies()).toEqual([]);
  });

  test('never over one that another put meanwhile', async () => {
    const { put, policies } = deployment();
    const { listPolicies } = policies;
    const seen = await listPolicies();
    await put(DEFAULT);
    policies.listPolicies = async () => seen;
    const ran = await put(STRICT);
    expect(ran).toMatchObject({
      code: 1,
      stderr: 'error: Version 2 of the tier policy was put by another meanwhile.\n',
    });
    expect(await listPolicies()).toMatchObject([{ policy: { name: 'default' } }]);
  });

  test('names who is at the keyboard, unless told another', async () => {
    const { run, policies } = deployment();
    const args = ['tiers', 'put', '-', '--why', 'x'];
    await run(args, { ...withPolicy(STRICT), env: { USER: 'lin' } });
    expect(await policies.listPolicies()).toMatchObject([{ by: 'lin' }]);
  });
});

describe('tiers history and rollback', () => {
  test('history only grows: what an earlier version said is the next one', async () => {
    const { type, run, put, policies } = deployment();
    await put(STRICT);
    await put({ ...DEFAULT, name: 'lenient' });
    const ran = await run(['tiers', 'rollback', '2', '--why', 'too many', '--by', 'lin']);
    expect(ran.stdout).toContain('Version 4, which says what version 2 said, is in force now, in place of 3.');
    expect((await policies.listPolicies())[0]).toMatchObject({ policy: { ...STRICT, version: 4 }, why: 'too many' });
    const { items } = JSON.parse((await type('tiers history --json')).stdout);
    expect(items.map(({ version, state, by }: Record<string, unknown>) => [version, state, by])).toEqual([
      [4, 'in_force', 'lin'],
      [3, 'past', 'ye'],
      [2, 'past', 'ye'],
      [1, 'past', undefined],
    ]);
    expect((await type('tiers history')).stdout).toMatch(/VERSION +STATE +FROM +PUT +BY +NAME +WHY\n +4 +in force /);
  });

  test('back to the built-in one; and to the one in force, where that takes off one that waits', async () => {
    const { run, put, type } = deployment();
    await put(STRICT);
    expect((await run(['tiers', 'rollback', '1', '--why', 'x', '--by', 'y', '--json'])).stdout).toContain(
      '"rolledBackTo": 1',
    );
    const back = ['tiers', 'rollback', '3', '--why', 'x', '--by', 'y'];
    expect(await run(back)).toMatchObject({ code: 2, stderr: 'error: Version 3 is in force already.\n' });
    await put({ ...STRICT, effectiveFrom: '2026-12-01T00:00:00Z' });
    expect(await run(back)).toMatchObject({ code: 0, stderr: expect.stringContaining('version 4, which waited') });
    expect((await type('tiers history')).stdout).toMatch(/4 +skipped/);
  });
});

describe('tiers preview', () => {
  const strictAt = async () => caseFolder({ 'policy.json': JSON.stringify({ ...STRICT, version: 1 }) });

  test('counts who would move, at once and in the end, with masked names', async () => {
    const { type, profile } = deployment();
    await profile('a', 3000, { tier: 'high_value', given: '陈小雨' });
    await profile('b', 4000, { tier: 'base', given: 'Anna Novak', earlier: 'Zoe Old', members: ['b2'] });
    await profile('c', 9000, { tier: 'high_value' });
    await profile('d', 10, { tier: 'base' });
    const { code, stdout, stderr } = await type('tiers preview policy.json --json', { cwd: await strictAt() });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const tiers = (high: number, base: number) => ({ high_value: high, growth: 0, stable: 0, base });
    const [a, b] = [
      { id: 'till/shop/a', name: '陈*' },
      { id: 'till/shop/b', name: 'A*** N***' },
    ];
    expect(JSON.parse(stdout)).toEqual({
      at: expect.stringMatching(/^2026-11-24T09:00/),
      before: { version: 1, name: 'default' },
      after: { version: 2, name: 'strict' },
      profiles: 4,
      atOnce: {
        before: tiers(3, 1),
        after: tiers(2, 2),
        moved: 1,
        moves: [{ from: 'high_value', to: 'base', count: 1, sample: [b] }],
      },
      settled: {
        before: tiers(3, 1),
        after: tiers(1, 3),
        moved: 2,
        moves: [{ from: 'high_value', to: 'base', count: 2, sample: expect.arrayContaining([a, b]) }],
      },
    });
  });

  test('reads as a table in both languages, and keeps names and sentences apart', async () => {
    const { type, profile, policies } = deployment();
    for (const name of ['a', 'b', 'c']) await profile(name, 4000, { tier: 'base', given: '欧阳 娜娜' });
    const ran = await type('tiers preview policy.json --sample 2', { cwd: await strictAt() });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^Version 2 \(strict\) against 1 \(default\), 3 profiles\.\n\nAt once, .* 3 customers/);
    expect(ran.stdout).toMatch(/TIER +VERSION 1 +VERSION 2\n高价值 high value +3 +0\n/);
    const [sample = ''] = /高价值 high value → 基础 base: 3\n(?: {2}till.*\n)+/.exec(ran.stdout) ?? [];
    expect(sample.match(/till\/shop\/[abc] {2}欧\* 娜\*/g)).toHaveLength(2);
    expect(await policies.listPolicies()).toEqual([]);
  });

  test('meets every profile once, however many pages there are, and says how far it is', async () => {
    const { run, profile, customers, later } = deployment();
    for (let index = 0; index < 60; index++) await profile(`p${index}`, 100 * index, { tier: 'base' });
    const { listRoots, getProfiles } = customers;
    customers.listRoots = (shard, _limit, after) => listRoots(shard, 2, after);
    customers.getProfiles = async (personas) => {
      later(1_000);
      return getProfiles(personas);
    };
    const ran = await run(['tiers', 'preview', '-'], withPolicy(STRICT));
    expect(ran.stdout).toContain('60 profiles');
    expect(ran.stderr).toMatch(/^(note: \d+ profiles read so far\n)+$/);
    const forScripts = await run(['tiers', 'preview', '-', '--json'], withPolicy(STRICT));
    expect(forScripts).toMatchObject({ code: 0, stderr: '' });
  });

  test('of who is an alias by now, nothing is counted', async () => {
    const { run, customers, profile } = deployment();
    await profile('a', 4000, { tier: 'base' });
    const { getProfiles } = customers;
    customers.getProfiles = async (personas) =>
      // The cast: as above.
      (await getProfiles(personas)).map((place) => ({ ...place, root: 'till/shop/other' as PersonaId }));
    expect((await run(['tiers', 'preview', '-'], withPolicy(STRICT))).stdout).toContain('no profile yet');
  });
});

test.each([
  ['tiers shwo', 'Did you mean show?'],
  ['tiers show --version 7', 'There is no version 7; the newest is 1.'],
  ['tiers show --version x', 'A version takes a whole number'],
  ['tiers rollback 7 --why x', 'There is no version 7'],
  ['tiers rollback 1 --why x', 'Version 1 is in force already'],
  ['tiers rollback 1', '--why'],
  ['tiers put nowhere.json --why x', 'There is no file nowhere.json'],
  ['tiers put -', '--why'],
  ['tiers put - --why x', 'is no JSON'],
  ['tiers preview -', 'is no JSON'],
  ['tiers preview - --sample 0', '--sample takes a whole number'],
])('%s is refused', async (line, told) => {
  const { type, policies } = deployment();
  const ran = await type(line, { readStdin: async () => '{' });
  expect(ran.code).toBeGreaterThan(0);
  expect(ran.stderr).toContain(told);
  expect(await policies.listPolicies()).toEqual([]);
});

test('a reason is no blank, and who gives it has a name', async () => {
  const { run } = deployment();
  const tried = (why: string, by: string) => run(['tiers', 'put', '-', '--why', why, '--by', by], withPolicy(STRICT));
  expect((await tried(' ', 'ye')).stderr).toContain('--why is empty');
  expect((await tried('x', ' ')).stderr).toContain('Give --by NAME');
});

test('every command has help with an example', async () => {
  const { type } = deployment();
  for (const command of ['', ' show', ' preview', ' put', ' history', ' rollback']) {
    const { code, stdout } = await type(`tiers${command} --help`);
    expect({ command, code }).toEqual({ command, code: 0 });
    expect(stdout).toMatch(/Examples?:\n {2}\$ tributary tiers/);
  }
});

test('the example of the docs can be put', async () => {
  const { put } = deployment();
  const docs = await readFile(path.join(import.meta.dirname, '..', '..', 'docs', 'tiers.md'), 'utf8');
  const { version: _, ...example }: Policy = JSON.parse(/```json\n([^`]*)```/.exec(docs)?.[1] ?? '');
  expect(await put(example)).toMatchObject({ code: 0 });
});

import { expect, test } from 'vitest';
import { DEFAULT_RULES } from '../../shared/identity/policy.ts';
import { ANNE, bought, PETER } from '../profiles/people.ts';
import { createTestDeployment } from './run.ts';

async function withFamily() {
  const made = createTestDeployment();
  await made.update([...ANNE, PETER].map(bought));
  const ask = async (line: string, rules: object) => {
    const ran = await made.type(`${line} --json`, { readStdin: async () => JSON.stringify(rules) });
    return { code: ran.code, told: JSON.parse(ran.stdout || ran.stderr) };
  };
  return { ...made, ask };
}

test('shows what is built in, until somebody puts other rules', async () => {
  const { type, ask } = await withFamily();
  expect(JSON.parse((await type('linking --json')).stdout)).toEqual({ version: 1, rules: DEFAULT_RULES });
  const put = await ask('linking put - --why families --by lee', { personasPerValue: { phone: 4 } });
  const rules = { ...DEFAULT_RULES, personasPerValue: { ...DEFAULT_RULES.personasPerValue, phone: 4 } };
  expect(put).toMatchObject({ code: 0, told: { version: 2, rules, put: { by: 'lee', why: 'families' } } });
  expect((await type('linking show')).stdout).toContain('by lee: families');
  // What it shows may be edited and put again.
  const shown = JSON.parse((await type('linking --json')).stdout);
  const next = await ask('linking put - --why as-before', {
    ...shown,
    rules: { ...shown.rules, unnamed: 'suggest' },
  });
  expect(next.told).toMatchObject({ version: 3, rules: { ...rules, unnamed: 'suggest' } });
});

test('names whom other rules would join or part, and changes nothing', async () => {
  const { ask, customers } = await withFamily();
  const before = customers.places();
  const joined = await ask('linking preview -', { namesAgreeOn: [] });
  expect(joined.told).toMatchObject({ profiles: 2, merged: { count: 1 }, split: { count: 0 }, skipped: 0 });
  expect(joined.told.merged.shown).toEqual([
    { into: 'shopify/shop/anne', from: ['shopify/shop/anne', 'shopify/shop/peter'] },
  ]);
  const parted = await ask('linking preview -', { personasPerValue: { phone: 1, email: 1 } });
  expect(parted.told).toMatchObject({ merged: { count: 0 }, split: { count: 1 } });
  expect(parted.told.split.shown[0].into).toHaveLength(3);
  expect((await ask('linking preview -', {})).told).toMatchObject({ merged: { count: 0 }, split: { count: 0 } });
  expect(customers.places()).toEqual(before);
});

test.each([
  ['{"componentLimit": 500}', 'componentLimit'],
  ['{"personasPerValue": {"phone": 0}}', 'personasPerValue.phone'],
  ['{"phones": 3}', 'phones'],
  ['[]', 'JSON object'],
])('refuses %s, and says where', async (stdin, told) => {
  const { type } = await withFamily();
  for (const line of ['linking put - --why x', 'linking preview -'])
    expect(await type(line, { readStdin: async () => stdin })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(told),
    });
});

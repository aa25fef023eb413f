import { expect, test } from 'vitest';
import { ANNE, bought, PETER, personaId } from '../profiles/people.ts';
import { createTestDeployment } from './run.ts';

const ANNE_ID = 'shopify/shop/anne';
const PETER_ID = 'shopify/shop/peter';
const BETWEEN = [personaId(ANNE_ID), personaId(PETER_ID)] as const;

async function withFamily() {
  const made = createTestDeployment();
  await made.update([...ANNE, PETER].map(bought));
  const rootOf = async (persona: string) => (await made.customers.getPlace(personaId(persona)))?.root;
  const listed = async (options = '') => JSON.parse((await made.type(`suggestions --json ${options}`)).stdout);
  return { ...made, rootOf, listed };
}

test('the list shows both profiles in brief, and why, in both languages', async () => {
  const { listed, type } = await withFamily();
  expect(await listed()).toEqual({
    items: [
      {
        between: BETWEEN,
        profiles: [
          expect.objectContaining({ id: ANNE_ID, tier: 'high_value', orders: 3, names: ['A*** N***'] }),
          expect.objectContaining({ id: PETER_ID, tier: 'base', orders: 1, netSpend: 5_000, currency: 'CNY' }),
        ],
        reasons: [
          {
            code: 'names_contradict',
            personas: BETWEEN,
            zh: '手机号 +86139****5678 相同，但姓名不一致：可能是家人，或号码已换主人。',
            en: expect.stringContaining('the names contradict'),
          },
        ],
      },
    ],
    nextCursor: null,
  });
  expect((await type('suggestions --lang zh')).stdout).toContain('P*** N***, 基础');
  expect((await type('suggestions list --reveal')).stdout).toContain('Peter Novak');
  expect(await type('suggestions lst')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean list?'),
  });
});

test('pages go on where the last one ended', async () => {
  const { listed, update } = await withFamily();
  await update([bought({ ...PETER, by: 'shopify/shop/mary', at: '2026-06-02T08:00:00.000Z', name: 'Mary Novak' })]);
  const first = await listed('--limit 1');
  expect(first.items).toHaveLength(1);
  const all = [...first.items];
  for (let cursor = first.nextCursor; cursor !== null; ) {
    const page = await listed(`--limit 1 --cursor ${cursor}`);
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  expect(new Set(all.map(({ between }) => between.join(' '))).size).toBe(3);
});

test('one that no longer stands is left out, and off the list after a second look', async () => {
  const { listed, customers, type } = await withFamily();
  const stale = [personaId('shopify/shop/a'), personaId('shopify/shop/b')] as const;
  await customers.putSuggestion(stale);
  expect((await listed()).items).toHaveLength(1);
  expect((await customers.listSuggestions(9)).items).toEqual([BETWEEN]);
  // One that is just being written: it is listed first, and stands before the second look.
  const getPlace = customers.getPlace;
  customers.getPlace = async (persona) => {
    const place = await getPlace(persona);
    if (!place) return place;
    const { suggestions: _, ...without } = place;
    return without;
  };
  const sleep = async () => {
    customers.getPlace = getPlace;
  };
  expect((await type('suggestions', { sleep })).stdout).toContain('No merge is suggested');
  expect((await customers.listSuggestions(9)).items).toEqual([BETWEEN]);
});

test('accept joins them, all of both, and a dry run only says so', async () => {
  const { type, rootOf, customers, notices, listed } = await withFamily();
  const preview = await type(`suggestions accept ${PETER_ID} ${ANNE_ID} --dry-run`);
  expect(preview).toMatchObject({ code: 0, stdout: `${ANNE_ID}, ${PETER_ID} would be joined into ${ANNE_ID}.\n` });
  expect([(await customers.getContent(BETWEEN[1])).decisions, notices]).toEqual([[], []]);

  const ran = await type(`suggestions accept ${PETER_ID} ${ANNE_ID} --why one-purse --by lee --json`);
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    decisions: [{ kind: 'accept', between: [PETER_ID, ANNE_ID], by: 'lee', why: 'one-purse' }],
    changes: { merged: [{ into: ANNE_ID, from: [ANNE_ID, PETER_ID] }], split: [] },
    applied: true,
    profiles: [ANNE_ID],
  });
  for (const { by } of [...ANNE, PETER]) expect(await rootOf(by)).toBe(ANNE_ID);
  expect((await listed()).items).toEqual([]);
  const explained = (await type(`explain ${PETER_ID}`)).stdout;
  expect(explained).toContain(
    `Accepted by a person as one customer: ${PETER_ID} and ${ANNE_ID} (lee, 2026-11-24: one-purse)`,
  );

  expect((await type(`unlink ${ANNE_ID} ${PETER_ID} --why no`)).code).toBe(0);
  expect(await Promise.all([...ANNE, PETER].map(({ by }) => rootOf(by)))).toEqual([
    ANNE_ID,
    ANNE_ID,
    ANNE_ID,
    PETER_ID,
  ]);
});

test('any two profiles may be accepted', async () => {
  const { type, update, rootOf } = await withFamily();
  await update([bought({ by: 'shopee/sg/42', at: '2026-10-01T08:00:00.000Z' })]);
  expect((await type(`suggestions accept ${ANNE_ID} shopee/sg/42 --why told-us`)).code).toBe(0);
  expect(await rootOf('shopee/sg/42')).toBe(ANNE_ID);
});

test('refuse keeps them apart and off the list, until it is taken back', async () => {
  const { type, listed, customers, rootOf } = await withFamily();
  const ran = await type(`suggestions refuse ${PETER_ID} ${ANNE_ID} --why father-and-son`);
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(`relink ${ANNE_ID} ${PETER_ID}`) });
  expect((await listed()).items).toEqual([]);
  expect((await customers.listSuggestions(9)).items).toEqual([]);
  expect((await type(`suggestions refuse ${PETER_ID} ${ANNE_ID} --why x`)).stderr).toContain('kept apart already');
  const accepted = await type(`suggestions accept ${PETER_ID} ${ANNE_ID} --why x`);
  expect(accepted).toMatchObject({ code: 1, stderr: expect.stringMatching(/father-and-son.*relink/) });
  const back = await type(`relink ${ANNE_ID} ${PETER_ID} --why may-be-one`);
  expect(back.stdout).toContain('not one all the same: the rules of linking keep them apart: Both have phone');
  expect((await type(`relink ${PETER_ID} ${ANNE_ID} --why again --lang zh`)).code).toBe(1);
  expect((await listed()).items).toHaveLength(1);
  expect(await rootOf(PETER_ID)).toBe(PETER_ID);
});

test.each(['accept', 'refuse'])('what follows %s late is told', async (what) => {
  const { type, switches } = await withFamily();
  switches.profiles = false;
  const ran = await type(`suggestions ${what} ${ANNE_ID} ${PETER_ID} --why x --json`);
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'not_followed_yet' } });
});

test.each([
  [`suggestions accept ${ANNE_ID} ${PETER_ID}`, 2, 'Give --why TEXT'],
  [`suggestions accept ${ANNE_ID} douyin/live/dy-7 --why x`, 1, 'are one profile already'],
  [`suggestions refuse ${ANNE_ID} shopify/shop/zoe --why x`, 1, 'There is no profile shopify/shop/zoe'],
  ['suggestions list --limit 0', 2, '--limit takes a whole number'],
])('%s ends with %i', async (line, code, told) => {
  const { type } = await withFamily();
  expect(await type(line)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(told) });
});

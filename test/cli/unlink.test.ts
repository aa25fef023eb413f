import { expect, test } from 'vitest';
import { leaving } from '../../shared/profiles/entry.ts';
import { readProfile } from '../../shared/profiles/unified.ts';
import { ANNE, bought, personaId } from '../profiles/people.ts';
import { createTestDeployment } from './run.ts';

const ROOT = 'shopify/shop/anne';
const DOUYIN = 'douyin/live/dy-7';
const SQUARE = 'square/tills/guest:email:x1';

type Made = ReturnType<typeof createTestDeployment>;

async function withAnne(): Promise<Made> {
  const made = createTestDeployment();
  await made.update(ANNE.map(bought));
  return made;
}

const idsOf = async ({ customers }: Made) =>
  Object.fromEntries(
    await Promise.all(
      [ROOT, DOUYIN, SQUARE].map(async (one) => [one, (await customers.getPlace(personaId(one)))?.root] as const),
    ),
  );

/** But for when it was looked at, and how often. */
async function profileOf({ customers }: Made, id: string) {
  const profile = await readProfile(personaId(id), customers);
  if (!profile) return undefined;
  const { revision: _, facts, tier, predicted: __, ...rest } = profile;
  const { asOf: ___, ...figures } = facts;
  return { ...rest, facts: figures, tier: tier.value, reasons: tier.reasons.map(({ code }) => code) };
}

test('unlink parts for good, relink gives back exactly what was', async () => {
  const made = await withAnne();
  const before = await profileOf(made, ROOT);
  const ran = await made.run(['unlink', ROOT, DOUYIN, '--why', 'two sisters', '--by', 'lee', '--json']);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(ran.stdout)).toMatchObject({
    decisions: [{ kind: 'unlink', by: 'lee', why: 'two sisters', off: [DOUYIN], kept: [ROOT, SQUARE] }],
    changes: { merged: [], split: [{ from: ROOT, into: [ROOT, DOUYIN] }] },
    applied: true,
    profiles: [DOUYIN, ROOT],
  });
  expect(await idsOf(made)).toEqual({ [ROOT]: ROOT, [DOUYIN]: DOUYIN, [SQUARE]: ROOT });
  expect(made.notices).toEqual([{ personas: [ROOT], cause: 'merge' }]);
  for (const one of [ROOT, DOUYIN, SQUARE])
    expect((await made.customers.getContent(personaId(one))).decisions).toMatchObject([{ kind: 'unlink' }]);

  // Another order with the same phone does not join them again.
  const [, again] = ANNE;
  if (again) await made.update([bought({ ...again, at: '2026-11-20T08:00:00.000Z' })]);
  expect((await idsOf(made))[DOUYIN]).toBe(DOUYIN);
  if (again) await made.update([leaving(bought({ ...again, at: '2026-11-20T08:00:00.000Z' }), 2)]);

  const explained = await made.type(`explain ${ROOT} --lang zh`);
  expect(explained.stdout).toContain('不是同一客户（lee，2026-11-24：two sisters）');

  const relinked = await made.run(['relink', ROOT, DOUYIN, '--why', 'she is one after all', '--json']);
  expect(JSON.parse(relinked.stdout)).toMatchObject({
    decisions: [{ kind: 'withdraw', why: 'she is one after all' }],
    changes: { merged: [{ into: ROOT, from: [ROOT, DOUYIN] }], split: [] },
    profiles: [ROOT],
  });
  expect(await profileOf(made, ROOT)).toEqual(before);
});

test('the first persona can be taken off its own profile, by its name', async () => {
  const made = await withAnne();
  expect((await made.run(['unlink', ROOT, ROOT, '--why', 'a tester'])).code).toBe(0);
  // What hung on it by nothing but itself goes with it.
  expect(new Set(Object.values(await idsOf(made))).size).toBe(2);
  expect((await made.run(['relink', ROOT, ROOT, '--why', 'no tester'])).code).toBe(0);
  expect(new Set(Object.values(await idsOf(made)))).toEqual(new Set([ROOT]));
});

test('a dry run shows it, and keeps nothing', async () => {
  const made = await withAnne();
  const { code, stdout } = await made.type(`unlink ${ROOT} ${DOUYIN} --dry-run`);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining(`Taken off\n  ${DOUYIN}\nKept\n  ${ROOT}`),
  });
  expect((await made.customers.getContent(personaId(DOUYIN))).decisions).toEqual([]);
  expect(made.notices).toEqual([]);
});

test('what follows late is told, and need not be done again', async () => {
  const made = await withAnne();
  made.switches.profiles = false;
  const ran = await made.type(`unlink ${ROOT} ${DOUYIN} --why sisters`);
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toMatch(/note: kept; waiting.*\nerror: The decision is kept \(.*within 30 s.*doctor/);
  made.switches.profiles = true;
  await made.update([], [personaId(ROOT)]);
  expect((await idsOf(made))[DOUYIN]).toBe(DOUYIN);
  made.switches.profiles = false;
  expect((await made.type(`relink ${ROOT} ${DOUYIN} --why no`)).stderr).toContain('within 30 s');
});

test('links that are gone cannot come back, and that is said', async () => {
  const made = await withAnne();
  await made.type(`unlink ${ROOT} ${DOUYIN} --why sisters`);
  const [, entry] = ANNE;
  if (entry) await made.update([leaving(bought(entry), 2)]);
  const ran = await made.type(`relink ${ROOT} ${DOUYIN} --why mistake`);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('nothing links them any more');
});

test.each([
  [`unlink ${ROOT} ${DOUYIN}`, 2, 'Give --why TEXT'],
  [`unlink ${ROOT} shopify/shop/zoe --why x`, 1, `is no persona of ${ROOT}. No order is of such a persona`],
  ['unlink shopify/shop/zoe shopify/shop/zoe --why x', 1, 'There is no profile'],
  [`relink ${ROOT} ${DOUYIN} --why x`, 1, `No unlink parts ${DOUYIN} from ${ROOT}`],
  [`unlink ${ROOT}`, 2, 'Missing required argument'],
])('%s ends with %i', async (line, code, told) => {
  const { type } = await withAnne();
  expect(await type(line)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(told) });
});

test('a reason is not blank, and one persona has no two sides', async () => {
  const { run } = await withAnne();
  expect((await run(['unlink', ROOT, DOUYIN, '--why', '  '])).code).toBe(2);
  await run(['unlink', ROOT, DOUYIN, '--why', 'sisters']);
  const alone = await run(['unlink', DOUYIN, DOUYIN, '--why', 'x']);
  expect(alone).toMatchObject({ code: 1, stderr: expect.stringContaining('is that persona alone') });
  const gone = await run(['unlink', ROOT, DOUYIN, '--why', 'x']);
  expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining(`It is of ${DOUYIN}`) });
});

test('the history tells of tiers, of what parted and joined, and of who decided it, the newest first', async () => {
  const made = await withAnne();
  await made.run(['unlink', ROOT, DOUYIN, '--why', 'two sisters', '--by', 'lee']);
  await made.run(['relink', ROOT, DOUYIN, '--why', 'she is one after all', '--by', 'kim']);
  const ran = await made.type(`profile --id ${DOUYIN} --history --json`);
  const { id, items, nextCursor } = JSON.parse(ran.stdout);
  expect({ id, nextCursor }).toEqual({ id: ROOT, nextCursor: null });
  const types: string[] = items.map(({ type }: { type: string }) => type);
  expect(types).toEqual(
    expect.arrayContaining(['profile.created', 'tier.changed', 'profile.split', 'profile.merged', 'decision']),
  );
  const at: string[] = items.map(({ occurredAt }: { occurredAt: string }) => occurredAt);
  expect(at).toEqual(at.toSorted().toReversed());
  const told = (await made.type(`profile --id ${ROOT} --history --lang zh`)).stdout;
  for (const text of ['lee: two sisters', 'kim: she is one after all', `${DOUYIN} joined ${ROOT}`]) {
    expect(told).toContain(text);
  }
  expect(await made.type(`profile --id ${ROOT} --history --limit none`)).toMatchObject({ code: 2 });

  const first = JSON.parse((await made.type(`profile --id ${ROOT} --history --limit 2 --json`)).stdout);
  const rest = await made.type(`profile --id ${ROOT} --history --cursor ${first.nextCursor} --json`);
  expect([...first.items, ...JSON.parse(rest.stdout).items]).toEqual(items);
});

import { describe, expect, test } from 'vitest';
import { READY_MADE } from '../../shared/segments/ready-made.ts';
import { caseFolder } from './run.ts';
import { type ApiDeployment, createApiDeployment, SLEEPING } from './run-api.ts';

async function withSleeping(): Promise<ApiDeployment> {
  const made = createApiDeployment();
  await made.ask('segment put - --why spring', made.piped(SLEEPING));
  return made;
}

const versionsOf = ({ api }: ApiDeployment) => api.stores.segments.listVersions('sleeping');

describe('segments', () => {
  test('lists all pages of those in use, or of the archived ones', async () => {
    const { ask, piped, type } = createApiDeployment();
    expect(await ask('segments')).toEqual({ items: [] });
    expect((await type('segments')).stdout).toContain('`tributary segment ready-made`');
    // More than a page.
    for (let index = 0; index < 203; index++) await ask('segment put -', piped({ ...SLEEPING, id: `s${index}` }));
    await ask('segment archive s7');
    const { items } = await ask('segments');
    expect(items).toHaveLength(202);
    expect(items[0]).toMatchObject({ id: 's0', name: '高价值沉睡客户', version: 1, fill: { state: 'waiting' } });
    expect((await ask('segments --archived')).items).toMatchObject([{ id: 's7', version: 2, archived: true }]);
  });

  test('are a table, with the state of each', async () => {
    const made = await withSleeping();
    const { stdout } = await made.type('segments');
    expect(stdout).toMatch(
      /^ID +NAME +VERSION +STATE +PUT +BY\nsleeping +高价值沉睡客户 +1 +waiting +2026-11-25 09:00/,
    );
    await made.fill();
    expect((await made.type('segments')).stdout).toMatch(/ 1 +current /);
  });

  test('being filled, a segment says how far it is', async () => {
    const made = await withSleeping();
    const { derivations } = made.api.stores;
    await derivations.putDerivation({ revision: 1, policy: 1, model: '', rates: 0, segments: 1, run: 'r' });
    await derivations.putProgress('r', { part: 0, seen: 30 });
    expect((await made.type('segments')).stdout).toMatch(/ filling 0\/16 /);
    expect((await made.type('segment show sleeping')).stdout).toMatch(
      /state +filling: 0 of 16 parts .* 30 profiles seen/,
    );
  });
});

describe('segment show', () => {
  test('tells the condition in both languages, and the versions', async () => {
    const made = await withSleeping();
    await made.ask('segment put -', made.piped({ ...SLEEPING, name: '沉睡' }));
    const shown = await made.ask('segment show sleeping');
    expect(shown).toMatchObject({
      ...SLEEPING,
      name: '沉睡',
      version: 2,
      by: 'the operator',
      inWords: {
        zh: expect.arrayContaining(['  分层为「高价值」']),
        en: expect.arrayContaining(['  Tier: high value']),
      },
      versions: [{ version: 2 }, { version: 1, why: 'spring' }],
    });
    expect((await made.type('segment show sleeping --lang zh')).stdout).toContain('    距上次购买的天数至少 60 天');
    const { stdout } = await made.type('segment show sleeping --lang en');
    expect(stdout).toContain('    Days since the last order: at least 60 days');
    expect(stdout).toMatch(/\n +1 +2026-11-25 09:00 +the operator +高价值沉睡客户 +- +spring\n/);
  });

  test('names segments that it asks about by what people call them', async () => {
    const made = await withSleeping();
    await made.ask('segment put -', made.piped({ id: 'more', name: 'More', when: { not: { segment: 'sleeping' } } }));
    expect((await made.type('segment show more --lang zh')).stdout).toContain('属于分群「高价值沉睡客户」');
  });

  test('what it gives to be edited can be put, until another was faster', async () => {
    const made = await withSleeping();
    const given = (await made.type('segment show sleeping --definition')).stdout;
    const edited = { ...JSON.parse(given), name: 'a' };
    expect(Object.keys(edited)).toEqual(['id', 'version', 'name', 'when']);
    expect(await made.ask('segment put -', made.piped(edited))).toMatchObject({ outcome: 'changed', version: 2 });
    const late = await made.type('segment put -', made.piped({ ...edited, name: 'b' }));
    expect(late).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/made from version 1.* by now it is version 2/),
    });
    expect(await versionsOf(made)).toHaveLength(2);
  });

  test.each(['segment show nobody', 'segment members nobody', 'segment archive nobody', 'segment export nobody'])(
    '%s: there is none',
    async (line) => {
      const { type } = createApiDeployment();
      const told = 'error: There is no segment nobody. `tributary segments` lists those there are.\n';
      expect(await type(line)).toMatchObject({ code: 1, stdout: '', stderr: told });
    },
  );
});

describe('segment put', () => {
  test('makes a segment from a file, by whom and why', async () => {
    const made = createApiDeployment();
    const folder = await caseFolder({ 'sleeping.json': JSON.stringify(SLEEPING) });
    const env = { TRIBUTARY_TOKEN: 'marketer' };
    const ran = await made.run(['segment', 'put', 'sleeping.json', '--why', 'to wake them'], { cwd: folder, env });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('Segment sleeping (高价值沉睡客户) is there, as version 1.');
    expect(await versionsOf(made)).toMatchObject([{ ...SLEEPING, by: 'the marketer', why: 'to wake them' }]);
  });

  test('says what changes: each line of the condition that goes, or comes', async () => {
    const made = await withSleeping();
    const when = {
      all: [
        { field: 'tier', is: 'high_value' },
        { field: 'netSpend', withinDays: 90, atLeast: 100_000 },
      ],
    };
    const { stdout } = await made.run(['segment', 'put', '-'], made.piped({ ...SLEEPING, name: '新', when }));
    expect(stdout).toContain('Segment sleeping (新) is version 2 now, in place of 1.');
    expect(stdout).toContain('  name: 高价值沉睡客户 → 新\n');
    expect(stdout).toMatch(
      /\n +- +Days since the last order: at least 60 days\n +\+ +Net spend in the last 90 days: at least CNY 1,000.00\n/,
    );
    expect(stdout).not.toContain('Tier');
    const described = await made.ask('segment put -', made.piped({ ...SLEEPING, name: '新', when, description: 'x' }));
    expect(described).toMatchObject({ outcome: 'changed', changed: ['description'], version: 3 });
  });

  test('what says the same is not put, also as `segment show --json` has it', async () => {
    const made = await withSleeping();
    const shown = await made.ask('segment show sleeping');
    const same = await made.ask('segment put -', made.piped(shown));
    expect(same).toMatchObject({ outcome: 'unchanged', changed: [], version: 1 });
    expect((await made.type('segment put -', made.piped(SLEEPING))).stdout).toContain('nothing was put');
    expect(await versionsOf(made)).toHaveLength(1);
  });

  test('waits until it is filled, and tells how far it is', async () => {
    const made = createApiDeployment();
    let looks = 0;
    const sleep = async (ms: number) => {
      made.later(ms * 2);
      if (++looks === 5) await made.fill();
    };
    const ran = await made.type('segment put - --wait', { ...made.piped(SLEEPING), sleep });
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('It is current, everywhere since') });
    expect(ran.stderr).toBe('note: waits for the run that finds who is in it\n');
    expect(looks).toBe(5);
  });

  test('waits no longer than it was told, and then ends with 1', async () => {
    const made = createApiDeployment();
    const ran = await made.type('segment put - --wait 5 --json', made.piped(SLEEPING));
    expect(ran).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(ran.stdout)).toMatchObject({ outcome: 'created', fill: { state: 'waiting' } });
  });

  test.each([
    ['{', 2, 'stdin is no JSON'],
    ['[]', 2, 'stdin holds no segment, which is a JSON object'],
    [JSON.stringify({ name: 'x' }), 2, 'stdin has no id'],
    [JSON.stringify({ ...SLEEPING, id: '沉睡' }), 2, 'stdin: an id has letters, digits'],
    [JSON.stringify({ ...SLEEPING, version: '1' }), 2, 'version is the number'],
    [JSON.stringify({ ...SLEEPING, version: 3 }), 1, 'To make it anew, leave version out.'],
    [JSON.stringify({ ...SLEEPING, nmae: 'x' }), 2, 'nmae'],
    ['', 2, 'stdin is empty'],
    [JSON.stringify({ id: 'x', name: 'x' }), 2, 'stdin has no condition: "when" says who is in it'],
    [JSON.stringify({ ...SLEEPING, name: undefined }), 2, 'stdin has no name: 1 to 100 letters'],
    [JSON.stringify({ ...SLEEPING, name: '名'.repeat(101) }), 2, 'has a name that is none: 1 to 100 letters'],
  ])('of %s it says what is wrong', async (text, code, told) => {
    const { type, sent } = createApiDeployment();
    const ran = await type('segment put -', { readStdin: async () => text });
    expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(told) });
    expect(sent.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  test('a file that is not there', async () => {
    const { type } = createApiDeployment();
    expect(await type('segment put none.json')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no file'),
    });
  });
});

describe('segment archive, segment restore', () => {
  test('there and back, each a version', async () => {
    const made = await withSleeping();
    expect((await made.type('segment archive sleeping')).stdout).toContain('is archived, as version 2.');
    expect(await made.type('segment archive sleeping')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is archived already'),
    });
    expect(await made.type('segment put -', made.piped(SLEEPING))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('`tributary segment restore sleeping`'),
    });
    expect((await made.type('segment restore sleeping')).stdout).toContain('is there again, as version 3.');
    expect(await made.ask('segment show sleeping')).toMatchObject({ ...SLEEPING, archived: false, version: 3 });
  });

  test('one that others ask about stays', async () => {
    const made = await withSleeping();
    await made.ask('segment put -', made.piped({ id: 'more', name: 'More', when: { not: { segment: 'sleeping' } } }));
    expect(await made.type('segment archive sleeping')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is asked about by'),
    });
  });
});

describe('segment ready-made', () => {
  const [first] = READY_MADE;
  if (!first) throw new Error('there are some');

  test('lists what is built in, and puts one of them', async () => {
    const made = createApiDeployment();
    const { items } = await made.ask('segment ready-made');
    expect(items.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining([first.id]));
    expect((await made.type('segment ready-made')).stdout).toContain(first.name);
    expect(await made.ask('segments')).toEqual({ items: [] });
    expect(await made.ask(`segment ready-made --put ${first.id} --why usual`)).toMatchObject({
      outcome: 'created',
      ...first,
    });
    expect(await made.ask('segments')).toMatchObject({ items: [{ id: first.id, why: 'usual' }] });
  });

  test('knows what was probably meant', async () => {
    const { type } = createApiDeployment();
    expect(await type(`segment ready-made --put ${first.id}x`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`Did you mean ${first.id}?`),
    });
  });
});

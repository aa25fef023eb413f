import { describe, expect, test } from 'vitest';
import type { Preview } from '../../shared/preview/preview.ts';
import { instant } from '../../shared/time/instant.ts';
import { personaId } from '../profiles/people.ts';
import { caseFolder } from './run.ts';
import { createApiDeployment, SLEEPING } from './run-api.ts';

describe('segment members', () => {
  /** By its first version, which asked for 60 days, and by the second, which asks for 90. */
  async function withMembers(count: number) {
    const made = createApiDeployment();
    const { ask, piped, api } = made;
    await ask('segment put -', piped(SLEEPING));
    const [tier] = 'all' in SLEEPING.when ? SLEEPING.when.all : [];
    await ask(
      'segment put -',
      piped({ ...SLEEPING, when: { all: [tier, { field: 'daysSinceLastOrder', atLeast: 90 }] } }),
    );
    for (let index = 0; index < count; index++) {
      await api.stores.memberships.putMembership({
        segment: 'sleeping',
        profile: personaId(`shopify/shop/${String(index).padStart(4, '0')}`),
        revision: 1,
        version: index === 0 ? 1 : 2,
        since: instant(Date.parse('2026-11-20T08:00:00.000Z')),
        because: [
          { at: '/all/0', value: 'high_value' },
          { at: '/all/1', value: 120 + index },
        ],
      });
    }
    return made;
  }

  test('are told with what was found, beside what their version asked for', async () => {
    const { type } = await withMembers(2);
    const { stdout } = await type('segment members sleeping --lang zh');
    const [, first, second] = stdout.split('\n');
    expect(first).toMatch(/^shopify\/shop\/0000 +2026-11-20 08:00 +分层：「高价值」.*120 天，要求至少 60 天。$/);
    expect(second).toMatch(/121 天，要求至少 90 天。$/);
    expect((await type('segment members sleeping')).stdout).toContain('121 days, asked for: at least 90 days.');
  });

  test('come as many as asked for, and go on from there', async () => {
    const { ask, type, fill } = await withMembers(450);
    const first = await ask('segment members sleeping');
    expect(first.items).toHaveLength(50);
    expect(first.items[0]).toEqual({
      profile: 'shopify/shop/0000',
      since: '2026-11-20T08:00:00.000Z',
      version: 1,
      because: [
        { at: '/all/0', value: 'high_value' },
        { at: '/all/1', value: 120 },
      ],
    });
    const rest = await ask(`segment members sleeping --limit 210 --cursor ${first.nextCursor}`);
    expect(rest.items).toHaveLength(210);
    expect(rest.items[0].profile).toBe('shopify/shop/0050');
    const all = await ask('segment members sleeping --all');
    expect(all).toMatchObject({ nextCursor: null });
    expect(new Set(all.items.map(({ profile }: { profile: string }) => profile)).size).toBe(450);
    const { stderr } = await type('segment members sleeping --limit 1');
    expect(stderr).toMatch(/^note: there are more: --all, or --cursor \S+\nnote: state: waits for the run/);
    await fill();
    expect((await type('segment members sleeping --all')).stderr).toBe('');
  });

  test('of nobody it says whether they were looked for', async () => {
    const made = await withMembers(0);
    expect((await made.type('segment members sleeping')).stdout).toContain(
      'Nobody is in segment sleeping. State: waits',
    );
    await made.fill();
    expect((await made.type('segment members sleeping')).stdout).toContain('State: current');
    expect(await made.ask('segment members sleeping')).toEqual({ items: [], nextCursor: null });
  });

  test.each([
    ['--limit 0', 'whole number'],
    ['--limit 5 --all', 'not both'],
    ['--cursor nonsense', 'query cursor: the nextCursor of the page before'],
  ])('%s is used wrongly', async (options, told) => {
    const { type } = await withMembers(0);
    expect(await type(`segment members sleeping ${options}`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(told),
    });
  });
});

describe('segment preview', () => {
  const PREVIEW: Preview = {
    snapshotAt: '2026-11-24T03:00:00.000Z',
    profiles: 5_000,
    size: 120,
    tiers: { high_value: 90, growth: 30, stable: 0, base: 0 },
    channels: { shopify: 30, douyin: 100 },
    overlaps: [{ segment: 'high-value', size: 400, both: 60 }],
    sample: [
      {
        id: 'shopify/shop/7',
        tier: 'high_value',
        orders: 3,
        netSpend: 123_456,
        lastPaidAt: '2026-09-01T00:00:00.000Z',
        channels: ['douyin', 'shopify'],
      },
    ],
    tookMs: 12,
  };

  function previewing() {
    const made = createApiDeployment();
    made.api.world.preview = PREVIEW;
    return made;
  }

  test('shows size, share, tiers, channels, overlaps, a sample, and how old the snapshot is', async () => {
    const { type, piped } = previewing();
    const { code, stdout } = await type('segment preview -', piped(SLEEPING));
    expect(code).toBe(0);
    expect(stdout).toContain('120 customers of 5000 (2.4%) would be in it.');
    expect(stdout).toContain('snapshot of 2026-11-24 03:00, 6 hours old');
    expect(stdout).toMatch(/高价值 high value +90 +75%\n/);
    expect(stdout).toMatch(/douyin +100 +83.3%\nshopify +30 +25%\n/);
    expect(stdout).toMatch(/high-value +60 +50% +15%\n/);
    expect(stdout).toMatch(/shopify\/shop\/7 +高价值 +3 +1234.56 CNY +2026-09-01 00:00 +douyin, shopify\n/);
  });

  test.each([
    ['a definition', SLEEPING],
    ['a question', { when: SLEEPING.when }],
    ['a condition', SLEEPING.when],
  ])('asks about %s in a file', async (_, content) => {
    const { run } = previewing();
    const cwd = await caseFolder({ 'a.json': JSON.stringify(content) });
    const ran = await run(['segment', 'preview', 'a.json', '--json'], { cwd, env: { TRIBUTARY_TOKEN: 'reader' } });
    expect(JSON.parse(ran.stdout)).toEqual(PREVIEW);
  });

  test('asks about a segment that is there, against others', async () => {
    const made = previewing();
    await made.ask('segment put -', made.piped(SLEEPING));
    const bodies: unknown[] = [];
    const fetch: typeof made.fetchApi = async (input, init) => {
      if (String(input).endsWith('segments:preview')) bodies.push(JSON.parse(String(init?.body)));
      return made.fetchApi(input, init);
    };
    for (const id of ['a', 'b']) await made.ask('segment put -', made.piped({ ...SLEEPING, id }));
    expect(await made.ask('segment preview sleeping --compare-with a b', { fetch })).toEqual(PREVIEW);
    expect(bodies).toEqual([{ when: SLEEPING.when, compareWith: ['a', 'b'] }]);
    expect(await made.type('segment preview sleeping --compare-with a slepping')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no segment slepping. Did you mean sleeping?'),
    });
  });

  test('is not compared with itself', async () => {
    const { type, ask, piped } = previewing();
    await ask('segment put -', piped({ ...SLEEPING, id: 'high-value' }));
    expect((await type('segment preview high-value')).stdout).not.toContain('ALSO IN');
    expect((await type('segment preview -', piped({ ...SLEEPING, id: 'high-value' }))).stdout).not.toContain('ALSO IN');
  });

  test('of nobody there is little to tell', async () => {
    const { type, piped, api } = previewing();
    api.world.preview = { ...PREVIEW, profiles: 0, size: 0, overlaps: [], sample: [] };
    const { stdout } = await type('segment preview -', piped(SLEEPING));
    expect(stdout).toContain('0 customers of 0 (0%)');
    expect(stdout).not.toContain('TIER');
  });

  test('before there is a snapshot it says so', async () => {
    const { type, piped } = createApiDeployment();
    expect(await type('segment preview -', piped(SLEEPING))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('taken within minutes'),
    });
  });

  test('what can not be meant is refused with its place', async () => {
    const { type, piped } = previewing();
    expect(await type('segment preview -', piped({ field: 'ordres', atLeast: 1 }))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('/when/field: '),
    });
  });

  test('what is neither file nor id', async () => {
    const { type } = previewing();
    expect(await type('segment preview 沉睡')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no id of a segment'),
    });
  });
});

/** The pipeline under faults, for some dozens of seeds; and the proof that the simulation notices mistakes. */
import { describe, expect, it } from 'vitest';
import { MISTAKES } from './broken.ts';
import { PROFILE_MISTAKES } from './broken-profiles.ts';
import { CHANNELS } from './channels.ts';
import { type EpochOptions, type EpochResult, runEpoch } from './epoch.ts';
import { playRaces } from './race.ts';
import { shrink } from './shrink.ts';

const toy = (seed: number, change: Partial<EpochOptions> = {}): EpochOptions => ({
  seed,
  count: 250,
  faultRate: 0.05,
  channel: CHANNELS.toy,
  ...change,
});

/** Some mistakes need a rare fault, so a few seeds are tried; how many says how well hidden one is. */
async function firstFailure(
  change: Partial<EpochOptions>,
): Promise<{ options: EpochOptions; result: EpochResult } | undefined> {
  for (let seed = 1; seed <= 40; seed++) {
    const options = toy(seed, { withProfiles: false, ...change });
    const result = await runEpoch(options);
    if (result.problems.length > 0) return { options, result };
  }
  return undefined;
}

describe('simulation', () => {
  it.each(Array.from({ length: 30 }, (_, index) => index + 1))(
    'toy, seed %i: nothing is lost, altered or counted twice',
    async (seed) => {
      const { problems } = await runEpoch(toy(seed, { withProfiles: false }));
      expect(problems).toEqual([]);
    },
  );

  it.each([1, 2, 3, 4, 5, 6])('shopify, seed %i', async (seed) => {
    const { problems } = await runEpoch(toy(seed, { channel: CHANNELS.shopify, withProfiles: false }));
    expect(problems).toEqual([]);
  });

  it.each([
    ...Array.from({ length: 10 }, (_, index) => ({ channel: 'toy' as const, seed: 101 + index })),
    ...(['shopify', 'douyin', 'square', 'shopee'] as const).map((channel) => ({ channel, seed: 11 })),
  ])('$channel, seed $seed: profiles are those of a computation from scratch', async ({ channel, seed }) => {
    const { problems, profiles, personas } = await runEpoch(toy(seed, { channel: CHANNELS[channel], count: 200 }));
    expect(problems).toEqual([]);
    expect(profiles).toBeGreaterThan(0);
    expect(personas).toBeGreaterThanOrEqual(profiles);
  });

  it.each(
    (['douyin', 'square', 'shopee'] as const).flatMap((channel) => [1, 2, 3, 4].map((seed) => ({ channel, seed }))),
  )('$channel, seed $seed: what thin webhooks tell of is fetched, whatever fails', async ({ channel, seed }) => {
    const { problems, world } = await runEpoch(toy(seed, { channel: CHANNELS[channel], withProfiles: false }));
    expect(problems).toEqual([]);
    expect(world.metrics.get('fetched')).toBeGreaterThan(0);
  });

  it('withstands a fault at every third call', async () => {
    const { problems, world } = await runEpoch(toy(99, { faultRate: 0.3, count: 100, withProfiles: false }));
    expect(world.injected.length).toBeGreaterThan(100);
    expect(problems).toEqual([]);
  });

  it('takes the same course from the same seed, and another from another', async () => {
    const [first, again, other] = [await runEpoch(toy(5)), await runEpoch(toy(5)), await runEpoch(toy(6))];
    expect([again.digest, again.world.history, again.world.events]).toEqual([
      first.digest,
      first.world.history,
      first.world.events,
    ]);
    expect(other.digest).not.toBe(first.digest);
    const thin = () => runEpoch(toy(5, { channel: CHANNELS.shopee, count: 100 }));
    const [once, twice] = [await thin(), await thin()];
    expect([twice.digest, twice.world.history]).toEqual([once.digest, once.world.history]);
  });

  it('ends the same with faults and without', async () => {
    const [faulty, calm] = [await runEpoch(toy(8)), await runEpoch(toy(8, { faultRate: 0 }))];
    expect(faulty.world.injected.length).toBeGreaterThan(20);
    expect(calm.world.injected).toEqual([]);
    expect(faulty.digest).toBe(calm.digest);
    expect(faulty.totals).toEqual(calm.totals);
  });

  it('meets what it is there for: faults of all kinds, conflicts, dead letters, quarantine, refusals, large bodies', async () => {
    const kinds = new Set<string>();
    let [redriven, quarantined, noops, rejected] = [0, 0, 0, 0];
    for (let seed = 1; seed <= 10; seed++) {
      const { world, ...result } = await runEpoch(toy(seed, { faultRate: 0.15, withProfiles: false }));
      for (const { fault } of world.injected) kinds.add(fault);
      redriven += world.redriven;
      quarantined += result.quarantined;
      noops += world.metrics.get('noop') ?? 0;
      rejected += world.metrics.get('rejected') ?? 0;
    }
    expect(kinds.size).toBe(8);
    expect(Math.min(redriven, quarantined, noops, rejected)).toBeGreaterThan(0);
  });
});

describe('followers that race for one phone', () => {
  it('end in one profile with all of its orders, whatever the course and whoever dies', async () => {
    const { failed, races, courses, deaths, conflicts } = await playRaces({ seed: 1, races: 600, faultRate: 0.02 });
    expect(failed).toBeUndefined();
    expect(courses).toBe(races);
    expect(deaths).toBeGreaterThan(100);
    expect(conflicts).toBeGreaterThan(600);
  });

  it.each(PROFILE_MISTAKES)('do not when $name', async ({ parts }) => {
    const { failed } = await playRaces({ seed: 1, races: 400, faultRate: 0.04, parts });
    expect(failed).toBeDefined();
  });
});

describe('the simulation notices when', () => {
  it.each(MISTAKES.filter(({ noticedAs }) => noticedAs !== undefined))(
    '$name',
    async ({ parts, channel = 'toy', noticedAs }) => {
      const withProfiles = PROFILE_MISTAKES.some((mistake) => mistake.parts === parts);
      const count = channel === 'toy' ? 250 : 400;
      const failure = await firstFailure({ parts, channel: CHANNELS[channel], count, withProfiles });
      expect(failure?.result.problems.map((problem) => problem.code)).toContain(noticedAs);
    },
  );

  it('and shrinks a failure to a few deliveries and faults', async () => {
    const [mistake] = MISTAKES;
    const parts = mistake?.parts ?? {};
    const failure = await firstFailure({ parts });
    if (!failure) throw new Error('did not fail');
    const shrunk = await shrink(failure.options, failure.result, 5_000);
    expect(shrunk.deliveries.length).toBeLessThanOrEqual(5);
    expect(shrunk.faults.length).toBeLessThanOrEqual(2);
    expect(shrunk.problems.map((problem) => problem.code)).toContain('acknowledged_lost');
    expect(shrunk.trace.length).toBeGreaterThan(0);
  });
});

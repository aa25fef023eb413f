/** A preview counts what deciding everybody would do. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../shared/tiers/decide.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import { type Policy, TIERS } from '../../shared/tiers/policy.ts';
import { type PreviewProfile, preview } from '../../shared/tiers/preview.ts';
import { timelineOf } from '../../shared/tiers/timeline.ts';
import { instant } from '../../shared/time/instant.ts';
import { AT, bought, DAY, factsOf, NOON } from './people.ts';

const LENIENT = defaultPolicy({ currency: 'CNY' });
const first = LENIENT.rules[0];
if (!first) throw new Error('the default policy has rules');
const STRICT: Policy = {
  ...LENIENT,
  version: 2,
  rules: [{ ...first, all: [{ measure: 'netSpend365d', atLeast: 500_000 }] }, ...LENIENT.rules.slice(1)],
};

const spender = (id: string, yuan: number, held = false): PreviewProfile => {
  const purchases = [bought(200, yuan)];
  return {
    id,
    facts: factsOf(purchases, NOON),
    predicted: {},
    timeline: timelineOf(purchases),
    ...(held && { tier: { value: 'high_value', since: instant(NOON - 10 * DAY) } }),
  };
};

test('what a stricter threshold moves, at once and in the end', async () => {
  const profiles = [
    spender('a', 100),
    spender('b', 3000, true),
    spender('c', 4600, true),
    spender('d', 9000, true),
    spender('e', 4000),
  ];
  expect(await preview({ before: LENIENT, after: STRICT, profiles, at: AT })).toEqual({
    profiles: 5,
    // b and c are held, by dwell and by margin.
    atOnce: {
      before: { high_value: 4, growth: 0, stable: 0, base: 1 },
      after: { high_value: 3, growth: 0, stable: 0, base: 2 },
      moved: 1,
      moves: [{ from: 'high_value', to: 'base', count: 1, sample: ['e'] }],
    },
    settled: {
      before: { high_value: 4, growth: 0, stable: 0, base: 1 },
      after: { high_value: 1, growth: 0, stable: 0, base: 4 },
      moved: 3,
      moves: [{ from: 'high_value', to: 'base', count: 3, sample: expect.arrayContaining(['b', 'c', 'e']) }],
    },
  });
});

test('counts are those of deciding everybody; the sample is the same whatever the order, and how they come', async () => {
  const amounts = fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(amounts, fc.integer({ min: 1, max: 5 }), async (yuan, sampleSize) => {
      const profiles = yuan.map((one, index) => spender(`p${index}`, one, one % 2 === 0));
      const question = { before: LENIENT, after: STRICT, at: AT, sampleSize };
      const seen = await preview({ ...question, profiles });
      expect(await preview({ ...question, profiles: oneByOne(profiles.toReversed()) })).toEqual(seen);
      const tiers = profiles.map(
        ({ tier: previous, ...one }) => decide({ ...one, at: AT, policy: STRICT, previous }).value,
      );
      for (const tier of TIERS) expect(seen.atOnce.after[tier]).toBe(tiers.filter((one) => one === tier).length);
      for (const { moves, moved } of [seen.atOnce, seen.settled]) {
        expect(moves.reduce((sum, { count }) => sum + count, 0)).toBe(moved);
        for (const { count, sample } of moves) expect(sample.length).toBe(Math.min(count, sampleSize));
      }
    }),
    { numRuns: 100 },
  );
});

async function* oneByOne(profiles: readonly PreviewProfile[]): AsyncGenerator<PreviewProfile> {
  yield* profiles;
}

test('an unchanged policy moves nobody', async () => {
  const profiles = [spender('a', 100), spender('b', 3000)];
  const { atOnce, settled } = await preview({ before: LENIENT, after: { ...LENIENT, version: 2 }, profiles, at: AT });
  expect([atOnce.moved, settled.moved, atOnce.moves, settled.moves]).toEqual([0, 0, [], []]);
});

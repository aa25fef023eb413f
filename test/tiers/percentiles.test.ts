/** Percentiles of a population become the numbers of a next version. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import type { Subject } from '../../shared/tiers/measures.ts';
import {
  measurePopulation,
  nearestRank,
  type PopulationStatistics,
  resolvePercentiles,
} from '../../shared/tiers/percentiles.ts';
import { type Policy, readPolicy } from '../../shared/tiers/policy.ts';
import { timelineOf } from '../../shared/tiers/timeline.ts';
import { AT, bought, factsOf, NOON, type TestPurchase } from './people.ts';

const DEFAULT = defaultPolicy({ currency: 'CNY' });

const customer = (purchases: readonly TestPurchase[], clv12m?: number): Subject => ({
  facts: factsOf(purchases, NOON),
  predicted: clv12m === undefined ? {} : { clv12m },
  timeline: timelineOf(purchases),
});

/** A thousand who spent 1, 2, … 1000 yuan this year, and some who count nowhere. */
const thousand: readonly Subject[] = [
  ...Array.from({ length: 1000 }, (_, index) => customer([bought(10, index + 1)], (index + 1) * 10)),
  ...Array.from({ length: 300 }, () => customer([])),
];

function resolved(policy: Policy, statistics: PopulationStatistics): Policy {
  const resolution = resolvePercentiles(policy, statistics);
  if (resolution.kind !== 'resolved') throw new Error(JSON.stringify(resolution));
  return resolution.policy;
}

describe('nearest rank', () => {
  test('by hand', () => {
    // NIST's and Wikipedia's example of the method: 15, 20, 35, 40, 50.
    expect([5, 30, 40, 50, 99].map((p) => nearestRank([15, 20, 35, 40, 50], p))).toEqual([15, 20, 20, 35, 50]);
    expect(nearestRank([7], 1)).toBe(7);
    expect(
      nearestRank(
        Array.from({ length: 100 }, (_, index) => index + 1),
        7,
      ),
    ).toBe(7);
  });

  test('at least p percent are not above it, and fewer are below it', () => {
    const values = fc.array(fc.integer({ min: -5, max: 20 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 99 }), (all, p) => {
        const value = nearestRank(
          all.toSorted((a, b) => a - b),
          p,
        );
        expect(all.filter((one) => one <= value).length * 100).toBeGreaterThanOrEqual(p * all.length);
        expect(all.filter((one) => one < value).length * 100).toBeLessThan(p * all.length);
      }),
    );
  });
});

describe('resolving', () => {
  test('the next version has the population in place of the first guess', () => {
    const statistics = measurePopulation(DEFAULT, thousand, AT);
    expect(statistics).toEqual({
      asOf: AT,
      customers: 1000,
      values: { netSpend365d: { '90': 90_000 }, clv12m: { '95': 9_500, '80': 8_000 } },
    });
    const policy = resolved(DEFAULT, JSON.parse(JSON.stringify(statistics)));
    expect(policy).toMatchObject({ version: 2, population: { asOf: AT, customers: 1000 } });
    expect(policy.rules[0]?.all).toEqual([
      { measure: 'netSpend365d', atLeast: 90_000, percentile: 90, resolved: true },
    ]);
    expect(policy.rules[1]?.all.slice(1)).toEqual(DEFAULT.rules[1]?.all.slice(1));
    expect(policy.rules[2]?.any?.at(-1)).toEqual({ measure: 'clv12m', atLeast: 8_000, percentile: 80, resolved: true });
    expect(readPolicy(JSON.parse(JSON.stringify(policy)))).toEqual({ kind: 'policy', policy });
  });

  test('the same numbers again are no version', () => {
    const statistics = measurePopulation(DEFAULT, thousand, AT);
    const policy = resolved(DEFAULT, statistics);
    expect(resolvePercentiles(policy, statistics)).toEqual({ kind: 'unchanged', why: 'same_numbers' });
  });

  test('a small population decides nothing', () => {
    const statistics = measurePopulation(DEFAULT, thousand.slice(0, 499), AT);
    expect(resolvePercentiles(DEFAULT, statistics)).toEqual({ kind: 'unchanged', why: 'small_population' });
  });

  test('a policy without percentiles stays', () => {
    const plain = {
      ...DEFAULT,
      rules: DEFAULT.rules.map((rule) => ({
        ...rule,
        all: rule.all.map(({ percentile: _, ...one }) => one),
        any: undefined,
      })),
    };
    const statistics = measurePopulation(DEFAULT, thousand, AT);
    expect(resolvePercentiles(plain, statistics)).toEqual({ kind: 'unchanged', why: 'no_percentiles' });
  });

  test('without predictions their numbers stay; a number that everybody would pass is not taken', () => {
    const lapsed = Array.from({ length: 600 }, (_, index) => customer([bought(index < 580 ? 500 : 10, 100)]));
    const statistics = measurePopulation(DEFAULT, lapsed, AT);
    // Nine in ten spent nothing this year: "the top tenth" would be everybody.
    expect(statistics.values).toEqual({ netSpend365d: { '90': 0 } });
    expect(resolvePercentiles(DEFAULT, statistics)).toEqual({ kind: 'unchanged', why: 'same_numbers' });
  });

  test('numbers that make nonsense of the rules are refused, with the place', () => {
    const read = readPolicy({
      ...DEFAULT,
      rules: [
        {
          ...DEFAULT.rules[0],
          all: [
            { measure: 'orders', atLeast: 3 },
            { measure: 'orders', atMost: 9, percentile: 20 },
          ],
        },
        ...DEFAULT.rules.slice(2),
      ],
    });
    if (read.kind !== 'policy') throw new Error(JSON.stringify(read.problems));
    expect(resolvePercentiles(read.policy, measurePopulation(read.policy, thousand, AT))).toMatchObject({
      kind: 'refused',
      problems: [{ path: 'rules[0].all[0]' }],
    });
  });
});

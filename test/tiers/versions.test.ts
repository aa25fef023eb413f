/** Which version is in force, which wait, and which never will be. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { basisAt, basisSource } from '../../shared/tiers/basis.ts';
import { FALLBACK, type Model } from '../../shared/tiers/clv/model.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import { policyInForce, readPolicy } from '../../shared/tiers/policy.ts';
import type { StoredPolicy } from '../../shared/tiers/policy-store.ts';
import { rulesInWords } from '../../shared/tiers/rule-words.ts';
import { nextVersion, versionsAt } from '../../shared/tiers/versions.ts';
import { instant } from '../../shared/time/instant.ts';
import { memoryModels, memoryPolicies } from '../simulation/models/tiers.ts';

const DEFAULT = defaultPolicy({ currency: 'CNY' });
const HOUR = 60 * 60 * 1000;
const T0 = Date.parse('2026-11-24T00:00:00.000Z');
const hour = (count: number) => instant(T0 + count * HOUR);

/** Put at the hour of its number, unless said otherwise. */
const stored = (version: number, { putAt = version, from }: { putAt?: number; from?: number } = {}): StoredPolicy => ({
  policy: { ...DEFAULT, version, ...(from !== undefined && { effectiveFrom: hour(from) }) },
  by: 'ye',
  at: hour(putAt),
});
const statesAt = (all: readonly StoredPolicy[], at: number) =>
  versionsAt(all, hour(at), 'CNY').map(({ policy, state, from }) => [policy.version, state, from]);

describe('versions', () => {
  test('before any was put the built-in one is in force, and the next is 2', () => {
    const versions = versionsAt([], hour(0), 'USD');
    expect(versions).toEqual([{ policy: defaultPolicy({ currency: 'USD' }), state: 'in_force' }]);
    expect(nextVersion(versions)).toBe(2);
  });

  test('one that waits leaves the one before it in force until its hour', () => {
    const all = [stored(3, { from: 20 }), stored(2)];
    expect(statesAt(all, 19)).toEqual([
      [3, 'waiting', hour(20)],
      [2, 'in_force', hour(2)],
      [1, 'past', undefined],
    ]);
    expect(statesAt(all, 20)).toEqual([
      [3, 'in_force', hour(20)],
      [2, 'past', hour(2)],
      [1, 'past', undefined],
    ]);
    expect(nextVersion(versionsAt(all, hour(0), 'CNY'))).toBe(4);
  });

  test('one that a later one overtakes is never in force', () => {
    const all = [stored(4), stored(3, { from: 20 }), stored(2)];
    for (const at of [5, 30]) {
      expect(statesAt(all, at).map(([version, state]) => [version, state])).toEqual([
        [4, 'in_force'],
        [3, 'skipped'],
        [2, 'past'],
        [1, 'past'],
      ]);
    }
  });

  test('a version 1 that was put stands for the built-in one', () => {
    expect(statesAt([stored(1)], 1)).toEqual([[1, 'in_force', hour(1)]]);
  });

  test('whatever was put when: one is in force, as decisions have it, and what is skipped never was', () => {
    const hours = fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(hours, { maxLength: 6 }), (froms) => {
        const all = froms.map((from, index) => stored(index + 2, from === undefined ? {} : { from }));
        const everInForce = new Set<number>();
        for (let at = 0; at <= 14; at++) {
          const known = all.filter((one) => one.at <= hour(at));
          const versions = versionsAt(known.toReversed(), hour(at), 'CNY');
          const inForce = versions.filter(({ state }) => state === 'in_force');
          const expected = policyInForce(
            known.map(({ policy }) => policy),
            T0 + at * HOUR,
          );
          expect(inForce.map(({ policy }) => policy)).toEqual([expected ?? DEFAULT]);
          expect(basisAt(known, undefined, hour(at), 'CNY').policy).toEqual(expected ?? DEFAULT);
          everInForce.add(inForce[0]?.policy.version ?? 0);
        }
        for (const { policy, state } of versionsAt(all, hour(14), 'CNY'))
          expect([policy.version, state === 'skipped']).toEqual([policy.version, !everInForce.has(policy.version)]);
      }),
    );
  });
});

describe('what decisions are made by', () => {
  const fitted: Model = {
    ...FALLBACK,
    version: 'm-1',
    kind: 'fitted',
    currency: 'CNY',
    gammaGamma: { p: 6, q: 4, v: 15, customers: 946 },
  };

  test('the model fitted last, without values of another currency; before there is one, the fall-back', () => {
    expect(basisAt([], fitted, hour(0), 'CNY').model).toEqual(fitted);
    const { gammaGamma: _, ...withoutValues } = fitted;
    expect(basisAt([], fitted, hour(0), 'USD').model).toEqual(withoutValues);
    expect(basisAt([], undefined, hour(0), 'CNY').model).toEqual(FALLBACK);
  });

  function source() {
    let nowMs = T0 + 10 * HOUR;
    const [policies, models] = [memoryPolicies(), memoryModels()];
    const basis = basisSource({ policies, models, clock: () => new Date(nowMs), reportingCurrency: 'CNY' });
    const later = (ms: number) => {
      nowMs += ms;
    };
    return { basis, policies, models, later };
  }

  test('is read once a minute, or as fresh as asked for', async () => {
    const { basis, policies, models, later } = source();
    expect(await basis.load()).toEqual({ policy: DEFAULT, model: FALLBACK });
    await policies.putPolicy(stored(2));
    await models.putModel(fitted);
    later(59_999);
    expect((await basis.load()).policy.version).toBe(1);
    expect((await basis.load({ freshWithinMs: 1_000 })).policy.version).toBe(2);
    await policies.putPolicy(stored(3));
    later(60_000);
    expect(await basis.load()).toEqual({ policy: stored(3).policy, model: fitted });
    await policies.putPolicy(stored(4));
    expect((await basis.load({ freshWithinMs: 0 })).policy.version).toBe(4);
  });

  test('a version that waits is in force at its instant, not a minute later', async () => {
    const { basis, policies, later } = source();
    await policies.putPolicy(stored(2));
    await policies.putPolicy({
      ...stored(3),
      policy: { ...DEFAULT, version: 3, effectiveFrom: instant(T0 + 10 * HOUR + 500) },
    });
    later(499);
    expect((await basis.load()).policy.version).toBe(2);
    later(1);
    expect((await basis.load()).policy.version).toBe(3);
  });

  test('is found below however many that wait', async () => {
    const { basis, policies } = source();
    await policies.putPolicy(stored(2));
    for (let version = 3; version < 30; version++) await policies.putPolicy(stored(version, { from: 1000 }));
    expect((await basis.load()).policy.version).toBe(2);
  });
});

describe('the built-in policy', () => {
  test.each([
    ['CNY', 300_000, 'CNY 3,000.00'],
    ['USD', 42_000, 'CNY 3,000 are some USD 420'],
    ['JPY', 60_000, 'no minor units'],
    ['KWD', 3_000_000, 'not in the table: as many units, in thousandths'],
  ])('in %s asks for about the same: %i', (currency, threshold) => {
    const policy = defaultPolicy({ currency });
    expect(policy.rules[0]?.all[0]?.atLeast).toBe(threshold);
    expect(readPolicy(policy).kind).toBe('policy');
  });
});

test('a rule in words: what it asks for, of whom, and from where the number is', () => {
  const [highValue] = DEFAULT.rules;
  if (!highValue) throw new Error('the default policy has rules');
  const policy = {
    ...DEFAULT,
    rules: [
      {
        ...highValue,
        all: [
          { measure: 'netSpend365d', atLeast: 512_300, percentile: 90, resolved: true },
          { measure: 'aliveProbability', atLeast: 0.7 },
        ],
        any: [
          { measure: 'daysSincePaid', atMost: 1 },
          { measure: 'clv12m', atLeast: 100, percentile: 95 },
        ],
      },
    ],
  } as const;
  expect(
    rulesInWords({
      ...policy,
      rules: [...policy.rules].map((rule) => ({ ...rule, all: [...rule.all], any: [...rule.any] })),
    }),
  ).toEqual([
    {
      tier: 'high_value',
      name: highValue.name,
      all: [
        {
          zh: '近 365 天净消费至少 5,123.00 元（取自全体客户的第 90 百分位）',
          en: 'net spend in the last 365 days: at least CNY 5,123.00 (the 90th percentile of all customers)',
        },
        { zh: '仍会回购的概率至少 70%', en: 'probability of still being a customer: at least 70%' },
      ],
      any: [
        { zh: '距上次购买的天数至多 1 天', en: 'days since the last purchase: at most 1 day' },
        {
          zh: '未来 12 个月预测净消费至少 1.00 元（暂用，日后取自全体客户的第 95 百分位）',
          en: 'net spend expected in the next 12 months: at least CNY 1.00 (until the 95th percentile of all customers is taken)',
        },
      ],
    },
  ]);
});

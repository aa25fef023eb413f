/** Single customers against the default policy and small ones: which tier, which reasons, in which words, until when. */
import { describe, expect, test } from 'vitest';
import type { Predicted } from '../../shared/profiles/facts.ts';
import { decide } from '../../shared/tiers/decide.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import { type Policy, readPolicy, type Test } from '../../shared/tiers/policy.ts';
import { Decision, formatMoney, type Held, summarise } from '../../shared/tiers/reasons.ts';
import { timelineOf } from '../../shared/tiers/timeline.ts';
import { instant } from '../../shared/time/instant.ts';
import { AT, bought, DAY, factsOf, type Known, NOON, type TestPurchase } from './people.ts';

const DEFAULT = defaultPolicy({ currency: 'CNY' });

interface Case extends Known {
  readonly predicted?: Predicted;
  readonly policy?: Policy;
  readonly previous?: Held;
  readonly atMs?: number;
}

function decideFor(
  purchases: readonly TestPurchase[],
  { predicted = {}, policy = DEFAULT, previous, atMs = NOON, ...known }: Case = {},
) {
  const timeline = timelineOf(purchases);
  const decision = decide({
    facts: factsOf(purchases, atMs, known),
    predicted,
    timeline,
    at: instant(atMs),
    policy,
    previous,
  });
  expect(Decision.parse(JSON.parse(JSON.stringify(decision)))).toEqual(decision);
  return decision;
}

/** High value by one test; growth and stable out of reach. */
function policyOf(test: Test, hysteresis = { margin: 0.1, dwellDays: 30 }): Policy {
  const name = { zh: '规则', en: 'rule' };
  const never = { measure: 'categories', atLeast: 1_000_000 } as const;
  const read = readPolicy({
    version: 3,
    name: 'one test',
    currency: 'CNY',
    rules: [
      { tier: 'high_value', name, all: [test] },
      { tier: 'growth', name, all: [never, { measure: 'tenureDays', atLeast: 30_000 }] },
      { tier: 'stable', name, all: [never] },
    ],
    hysteresis,
  });
  if (read.kind !== 'policy') throw new Error(JSON.stringify(read.problems));
  return read.policy;
}

const codes = ({ reasons }: Decision) => reasons.map(({ code }) => code);

describe('the default policy', () => {
  const monthly = [10, 40, 70, 100, 130, 160, 190, 220].map((daysAgo) => bought(daysAgo, 100));
  const rows: readonly (readonly [string, readonly TestPurchase[], Case, string])[] = [
    ['spent a lot this year', [bought(40, 2500), bought(200, 600)], {}, 'high_value'],
    ['spent a lot two years ago', [bought(800, 9000)], {}, 'base'],
    [
      'predicted to spend a lot',
      [bought(40, 500), bought(200, 500)],
      { predicted: { clv12m: 400_000, aliveProbability: 0.9 } },
      'high_value',
    ],
    [
      'predicted to spend a lot, but likely gone',
      [bought(340, 500), bought(345, 500)],
      { predicted: { clv12m: 400_000, aliveProbability: 0.5 } },
      'base',
    ],
    ['new, and came back', [bought(5, 100), bought(30, 100)], {}, 'growth'],
    ['spends more than before', [bought(5, 150), bought(30, 150), bought(100, 100), bought(120, 100)], {}, 'growth'],
    [
      'as before, now on a second channel',
      [bought(5, 100), bought(30, 100, { channel: 'douyin' }), bought(100, 100), bought(120, 100)],
      {},
      'growth',
    ],
    ['once, lately', [bought(5, 100)], {}, 'base'],
    ['monthly, for long', monthly, {}, 'stable'],
    [
      'was monthly, then silent for three months',
      monthly.map((one) => ({ ...one, paidAtMs: one.paidAtMs - 80 * DAY })),
      {},
      'base',
    ],
    ['nothing that counts', [], {}, 'base'],
  ];
  test.each(rows)('%s', (_, purchases, known, tier) => {
    expect(decideFor(purchases, known).value).toBe(tier);
  });
});

describe('reasons', () => {
  test('what speaks for the tier has number and threshold in both languages', () => {
    const { reasons, reviewAt } = decideFor([bought(40, 2500), bought(200, 734.56)]);
    expect(reasons[0]).toEqual({
      code: 'net_spend_365d',
      tier: 'high_value',
      measure: 'netSpend365d',
      value: 323_456,
      threshold: 300_000,
      bound: 'atLeast',
      currency: 'CNY',
      zh: '近 365 天净消费为 3,234.56 元，满足「高价值」的要求（至少 3,000.00 元）。',
      en: 'Net spend in the last 365 days: CNY 3,234.56, which meets high value (at least CNY 3,000.00).',
    });
    // The order of 200 days ago leaves: 2,500 is below the margin too.
    expect(reviewAt).toBe(instant(NOON + 165 * DAY));
  });

  test('what is wanting for a higher tier, one test for each of its rules', () => {
    const { reasons } = decideFor([bought(10, 100), bought(60, 100), bought(110, 100), bought(160, 100)]);
    expect(reasons.map(({ tier, code }) => `${tier} ${code}`)).toEqual([
      'stable purchase_days',
      'stable rhythm',
      'stable days_since_paid',
      'high_value no_prediction',
      'high_value not_net_spend_365d',
      'growth not_orders_growth_90d',
    ]);
    expect(reasons.map(({ en }) => en)).toContain(
      'Not growth: orders in the last 90 days less those of the 90 days before: 0 orders, where it asks for at least 1 order.',
    );
    expect(reasons.map(({ zh }) => zh)).toContain('暂无预测，无法判断未来 12 个月预测净消费。');
  });

  test('a threshold from the population says so', () => {
    const policy = policyOf({ measure: 'orders', atLeast: 2, percentile: 92.5, resolved: true });
    const [reason] = decideFor([bought(1, 1), bought(2, 1)], { policy }).reasons;
    expect(reason?.en).toContain('at least 2 orders, the 92.5th percentile of all customers');
    expect(reason?.zh).toContain('至少 2 单，取自全体客户的第 92.5 百分位');
  });

  test('orders without a rate are told where money is asked for, and only there', () => {
    const known = { unconverted: { USD: 1, EUR: 2, JPY: 0 } };
    const money = decideFor([bought(1, 1)], { ...known, policy: policyOf({ measure: 'netSpend', atLeast: 100 }) });
    expect(money.value).toBe('high_value');
    expect(money.reasons.find(({ code }) => code === 'unconverted_orders')).toMatchObject({
      value: 3,
      zh: '有 3 个订单（EUR, USD）缺少汇率，未计入金额。',
      en: '3 orders (EUR, USD) without an exchange rate are in no amount.',
    });
    expect(codes(decideFor([bought(1, 1)], { ...known, policy: policyOf({ measure: 'orders', atLeast: 1 }) }))).toEqual(
      ['orders'],
    );
  });

  const missing: readonly (readonly [string, Test, Case, readonly TestPurchase[]])[] = [
    ['no_prediction', { measure: 'aliveProbability', atLeast: 0.5 }, {}, [bought(1, 1)]],
    ['no_rhythm', { measure: 'rhythm', atMost: 2 }, {}, [bought(1, 1)]],
    ['no_earlier_window', { measure: 'spendTrend90d', atLeast: 1 }, {}, [bought(1, 1)]],
    ['other_currency', { measure: 'netSpend', atLeast: 1 }, { currency: 'USD' }, [bought(1, 1)]],
  ];
  test.each(missing)('a number that cannot be had is a reason: %s', (code, one, known, purchases) => {
    const decision = decideFor(purchases, { ...known, policy: policyOf(one) });
    expect(decision.value).toBe('base');
    const reason = decision.reasons.find((each) => each.code === code);
    expect(reason).toMatchObject({ measure: one.measure });
    for (const text of [reason?.zh, reason?.en]) expect(text).not.toMatch(/undefined|\?|NaN/);
  });

  test('who bought nothing is told just that', () => {
    expect(decideFor([], { policy: policyOf({ measure: 'orders', atLeast: 1 }) })).toEqual({
      value: 'base',
      since: AT,
      policyVersion: 3,
      reasons: [
        {
          code: 'no_orders',
          tier: 'base',
          value: 0,
          zh: '没有计入的已付款订单。',
          en: 'There is no paid order that counts.',
        },
      ],
    });
  });

  test('amounts in the digits of their currency', () => {
    expect([
      formatMoney(123_456_789, 'CNY', 'zh'),
      formatMoney(-5, 'USD', 'en'),
      formatMoney(1234, 'JPY', 'zh'),
      formatMoney(1234, 'KWD', 'en'),
      formatMoney(0, 'CNY', 'en'),
    ]).toEqual(['1,234,567.89 元', 'USD -0.05', 'JPY 1,234', 'KWD 1.234', 'CNY 0.00']);
  });

  test('a paragraph in each language', () => {
    const decision = decideFor([bought(10, 20), bought(40, 30)], {
      policy: policyOf({ measure: 'netSpend30d', atLeast: 1000 }),
    });
    expect(summarise(decision)).toEqual({
      zh:
        '该客户属于「高价值」，自 2026-11-24 起（策略第 3 版）。' +
        '近 30 天净消费为 20.00 元，满足「高价值」的要求（至少 10.00 元）。下次复核：2026-12-14。',
      en:
        'This customer is in the high value tier since 2026-11-24 (policy version 3). ' +
        'Net spend in the last 30 days: CNY 20.00, which meets high value (at least CNY 10.00). It is looked at again on 2026-12-14.',
    });
    expect(summarise(decideFor([bought(900, 1)])).en).toContain(
      'Without a new order or another policy this does not change.',
    );
  });
});

describe('hysteresis', () => {
  const policy = policyOf({ measure: 'netSpend', atLeast: 100_000 });
  const held: Held = { value: 'high_value', since: instant(NOON - 100 * DAY) };
  const spent = (yuan: number, previous?: Held, atMs = NOON) =>
    decideFor([bought(1, yuan)], { policy, atMs, ...(previous && { previous }) });

  test('up at once, at the threshold itself', () => {
    expect(spent(1000, { value: 'base', since: held.since })).toMatchObject({ value: 'high_value', since: AT });
    expect(spent(999.99, { value: 'base', since: held.since })).toMatchObject({ value: 'base', since: held.since });
  });

  test('within the margin it is kept for good, and says why', () => {
    const decision = spent(900, held);
    expect(decision).toMatchObject({ value: 'high_value', since: held.since });
    expect(decision).not.toHaveProperty('reviewAt');
    expect(decision).not.toHaveProperty('belowSince');
    expect(codes(decision)).toEqual(['kept_by_margin']);
    expect(decision.reasons[0]?.en).toBe(
      'Net spend in all: CNY 900.00. That misses what high value asks for (at least CNY 1,000.00) by no more than 10%, so the tier is kept.',
    );
  });

  test('below the margin it is kept for the dwell time, then lost', () => {
    const first = spent(899.99, held);
    const end = instant(NOON + 30 * DAY);
    expect(first).toMatchObject({ value: 'high_value', since: held.since, belowSince: AT, reviewAt: end });
    expect(codes(first)).toEqual(['kept_by_dwell', 'not_net_spend']);
    expect(first.reasons[0]?.zh).toBe('已不满足「高价值」的要求，在 30 天观察期内保留，至 2026-12-24 为止。');
    const before = spent(899.99, first, NOON + 30 * DAY - 1);
    expect(before).toMatchObject({ value: 'high_value', belowSince: AT, reviewAt: end });
    const after = spent(899.99, before, NOON + 30 * DAY);
    expect(after).toMatchObject({ value: 'base', since: end });
    expect(after).not.toHaveProperty('belowSince');
  });

  test('a purchase that brings it back within the margin begins the dwell anew', () => {
    const below = spent(500, held);
    const back = spent(950, below, NOON + 20 * DAY);
    expect(back).toMatchObject({ value: 'high_value', since: held.since });
    expect(back).not.toHaveProperty('belowSince');
    expect(spent(500, back, NOON + 40 * DAY)).toMatchObject({
      value: 'high_value',
      belowSince: instant(NOON + 40 * DAY),
    });
  });

  test('refunded in full: lost at once', () => {
    expect(decideFor([], { policy, previous: held })).toMatchObject({ value: 'base', since: AT });
  });

  test('another version is held to the same: its thresholds count at once, a loss waits', () => {
    const stricter: Policy = { ...policyOf({ measure: 'netSpend', atLeast: 500_000 }), version: 4 };
    const decision = decideFor([bought(1, 1000)], { policy: stricter, previous: held });
    expect(decision).toMatchObject({ value: 'high_value', policyVersion: 4, belowSince: AT });
  });

  test('from below, `atMost` has its margin too', () => {
    const days = policyOf({ measure: 'daysSincePaid', atMost: 100 }, { margin: 0.1, dwellDays: 0 });
    const first = decideFor([bought(0, 1)], { policy: days });
    // At day 101 it is kept by the margin, at day 111 lost without a dwell.
    expect(first).toMatchObject({ value: 'high_value', reviewAt: instant(NOON + 101 * DAY) });
    const second = decideFor([bought(0, 1)], { policy: days, previous: first, atMs: NOON + 101 * DAY });
    expect(codes(second)).toEqual(['kept_by_margin']);
    expect(second.reviewAt).toBe(instant(NOON + 111 * DAY));
    expect(decideFor([bought(0, 1)], { policy: days, previous: second, atMs: NOON + 111 * DAY }).value).toBe('base');
  });
});

describe('reviewAt where only a bound is known', () => {
  const policy = policyOf({ measure: 'aliveProbability', atLeast: 0.5 });

  test('a prediction that could fall over the threshold is looked at again; one below it is not', () => {
    const likely = (aliveProbability: number) =>
      decideFor([bought(1, 1)], { policy, predicted: { aliveProbability } }).reviewAt;
    expect(likely(0.8)).toBe(instant(NOON + 30 * DAY));
    expect(likely(0.45)).toBe(instant(NOON + 30 * DAY)); // a tier held is lost only below the margin
    expect(likely(0.44)).toBeUndefined();
  });

  test('an idle customer of long ago has nothing due under the default policy', () => {
    const decision = decideFor([bought(900, 50), bought(950, 50)], {
      predicted: { clv12m: 500, aliveProbability: 0.02 },
    });
    expect(decision.value).toBe('base');
    expect(decision).not.toHaveProperty('reviewAt');
  });

  test('without a timeline, windows are those of the facts, and looked at daily while there is anything in them', () => {
    const windows = policyOf({ measure: 'orders30d', atLeast: 1 });
    const ask = (purchases: readonly TestPurchase[]) =>
      decide({ facts: factsOf(purchases, NOON), predicted: {}, at: AT, policy: windows });
    expect(ask([bought(29, 1)])).toMatchObject({ value: 'high_value', reviewAt: instant(NOON + DAY) });
    expect(ask([bought(31, 1)])).not.toHaveProperty('reviewAt');
  });

  test('a day without instants is looked at again when the first of it may leave', () => {
    const windows = policyOf({ measure: 'orders30d', atLeast: 1 });
    const purchases = [bought(10, 1)];
    const timeline = [{ day: '2026-11-14', orders: 1, netSpend: 100 }];
    const decision = decide({ facts: factsOf(purchases, NOON), predicted: {}, timeline, at: AT, policy: windows });
    expect(decision.reviewAt).toBe('2026-12-14T00:00:00.000Z');
    // Where its leaving changes nothing it is not waited for, unless several orders of the day may leave one by one.
    const far = policyOf({ measure: 'orders30d', atLeast: 5 });
    const reviewOf = (orders: number) => {
      const days = [{ day: '2026-11-14', orders, netSpend: 100 * orders }];
      return decide({ facts: factsOf(purchases, NOON), predicted: {}, timeline: days, at: AT, policy: far }).reviewAt;
    };
    expect(reviewOf(1)).toBeUndefined();
    expect(reviewOf(2)).toBe('2026-12-14T00:00:00.000Z');
    // By then the edge has reached the day, and its instants are read.
    const again = decide({
      facts: factsOf(purchases, Date.parse('2026-12-14T00:00:00.000Z')),
      predicted: {},
      timeline: timelineOf(purchases),
      at: instant(Date.parse('2026-12-14T00:00:00.000Z')),
      policy: windows,
      previous: decision,
    });
    expect(again).toMatchObject({ value: 'high_value', reviewAt: '2026-12-14T12:00:00.000Z' });
  });

  test('a day without instants may also still be there when something else turns', () => {
    const name = { zh: '规则', en: 'rule' };
    const both: Policy = {
      ...DEFAULT,
      rules: [
        {
          tier: 'high_value',
          name,
          all: [
            { measure: 'tenureDays', atLeast: 133 },
            { measure: 'orders30d', atLeast: 1 },
          ],
        },
        ...policyOf({ measure: 'orders', atLeast: 1 }).rules.slice(1),
      ],
    };
    const purchases = [bought(100, 1), { paidAtMs: Date.parse('2026-11-14T18:00:00.000Z'), netSpend: 100 }];
    const byDay = timelineOf(purchases).map(({ exact: _, ...sums }) => sums);
    const previous: Held = { value: 'high_value', since: instant(NOON - 50 * DAY), belowSince: instant(NOON - DAY) };
    const question = { facts: factsOf(purchases, NOON), predicted: {}, at: AT, policy: both, previous };
    // At noon of the day on which the order leaves, at 18:00, the 120 days within the margin are reached.
    const noon = '2026-12-14T12:00:00.000Z';
    expect(decide({ ...question, timeline: timelineOf(purchases) }).reviewAt).toBe(noon);
    expect(decide({ ...question, timeline: byDay }).reviewAt).toBe(noon);
  });
});

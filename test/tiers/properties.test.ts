/**
 * What a decision promises, on random histories and policies. The facts are folded anew at each instant by the tests' own code,
 * and read there without a timeline, so that the windows of the product are held against another reckoning.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Predicted } from '../../shared/profiles/facts.ts';
import { decide } from '../../shared/tiers/decide.ts';
import { MEASURE_NAMES, MEASURES, type MeasureName, type Unit } from '../../shared/tiers/measures.ts';
import { type Policy, rankOf, readPolicy, type Test, TIERS } from '../../shared/tiers/policy.ts';
import type { Decision, Held } from '../../shared/tiers/reasons.ts';
import { edgeDays, type Timeline, timelineOf, windowsAt } from '../../shared/tiers/timeline.ts';
import { instant } from '../../shared/time/instant.ts';
import { DAY, factsOf, type Known, NOON, type TestPurchase } from './people.ts';

/** Some on the very same hour, some paid by a clock that runs ahead, a few that cost the shop more than they brought. */
const purchase: fc.Arbitrary<TestPurchase> = fc.record({
  paidAtMs: fc.oneof(
    fc.integer({ min: -24 * 500, max: 3 }).map((hours) => NOON + hours * (DAY / 24)),
    fc.integer({ min: NOON - 500 * DAY, max: NOON }),
    fc.constantFrom(30, 90, 180, 365).map((days) => NOON - days * DAY),
  ),
  netSpend: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: -20, max: 300 })).map((yuan) => yuan * 1000),
  channel: fc.constantFrom('shopify', 'douyin', 'square'),
  category: fc.constantFrom('tea', 'cups', 'books'),
});
const history = fc.oneof(fc.array(purchase, { maxLength: 6 }), fc.array(purchase, { maxLength: 30 }));

const predicted: fc.Arbitrary<Predicted> = fc.oneof(
  fc.constant({}),
  fc.record({
    clv12m: fc.integer({ min: 0, max: 200_000 }),
    aliveProbability: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

const known: fc.Arbitrary<Known> = fc.record({
  currency: fc.constantFrom('CNY', 'CNY', 'CNY', 'USD'),
  unconverted: fc.constantFrom({}, {}, { JPY: 2 }),
  refundRate: fc.double({ min: 0, max: 1, noNaN: true }),
});

const THRESHOLDS: Readonly<Record<Unit, fc.Arbitrary<number>>> = {
  money: fc.integer({ min: 0, max: 200 }).map((yuan) => yuan * 1000),
  orders: fc.integer({ min: 0, max: 8 }),
  count: fc.integer({ min: 0, max: 6 }),
  days: fc.integer({ min: 1, max: 500 }),
  share: fc.integer({ min: 1, max: 9 }).map((tenths) => tenths / 10),
  times: fc.integer({ min: 1, max: 40 }).map((tenths) => tenths / 10),
};

const testOf = (names: readonly MeasureName[]): fc.Arbitrary<Test> =>
  fc
    .constantFrom(...names)
    .chain((measure) =>
      fc
        .tuple(THRESHOLDS[MEASURES[measure].unit], fc.boolean())
        .map(([threshold, least]): Test => ({ measure, ...(least ? { atLeast: threshold } : { atMost: threshold }) })),
    );

/** Those that are not valid are thrown away: what is refused is tested beside the policy. */
function policyFrom(names: readonly MeasureName[]): fc.Arbitrary<Policy> {
  const rule = (tier: 'high_value' | 'growth' | 'stable') =>
    fc.record(
      {
        tier: fc.constant(tier),
        name: fc.constant({ zh: '规则', en: 'rule' }),
        all: fc.array(testOf(names), { minLength: 1, maxLength: 3 }),
        any: fc.array(testOf(names), { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: ['tier', 'name', 'all'] },
    );
  return fc
    .record({
      version: fc.integer({ min: 1, max: 9 }),
      name: fc.constant('random'),
      currency: fc.constant('CNY'),
      rules: fc.tuple(rule('high_value'), rule('high_value'), rule('growth'), rule('stable')),
      hysteresis: fc.record({ margin: fc.constantFrom(0, 0.1, 0.3), dwellDays: fc.constantFrom(0, 7, 30) }),
    })
    .map(readPolicy)
    .filter((read) => read.kind === 'policy')
    .map((read) => read.policy);
}

const timed = MEASURE_NAMES.filter(
  (name) => MEASURES[name].turns !== undefined || name === 'orders' || name === 'netSpend',
);
const anyPolicy = policyFrom(MEASURE_NAMES);
const timedPolicy = policyFrom(timed);

const held: fc.Arbitrary<Held | undefined> = fc.option(
  fc
    .record({
      value: fc.constantFrom(...TIERS),
      sinceDays: fc.integer({ min: 50, max: 400 }),
      belowDays: fc.option(fc.integer({ min: 0, max: 49 })),
    })
    .map(
      ({ value, sinceDays, belowDays }): Held => ({
        value,
        since: instant(NOON - sinceDays * DAY),
        ...(belowDays !== null && { belowSince: instant(NOON - belowDays * DAY) }),
      }),
    ),
  { nil: undefined },
);

interface Life {
  readonly purchases: readonly TestPurchase[];
  readonly known: Known;
  readonly predicted: Predicted;
  readonly policy: Policy;
}

const life = (policy: fc.Arbitrary<Policy>): fc.Arbitrary<Life> =>
  fc.record({ purchases: history, known, predicted, policy });

function decideAt(
  one: Life,
  atMs: number,
  previous?: Held,
  timeline: Timeline | undefined = timelineOf(one.purchases),
): Decision {
  const { purchases, known, predicted, policy } = one;
  return decide({ facts: factsOf(purchases, atMs, known), predicted, timeline, at: instant(atMs), policy, previous });
}

/** By facts folded at that very instant, whose windows are taken as they are. */
const decideAnew = (one: Life, atMs: number, previous?: Held): Decision => {
  const { purchases, known, predicted, policy } = one;
  return decide({ facts: factsOf(purchases, atMs, known), predicted, at: instant(atMs), policy, previous });
};

const essence = ({ value, since, belowSince, policyVersion, reasons }: Decision) => ({
  value,
  since,
  belowSince,
  policyVersion,
  codes: reasons.map(({ tier, code }) => `${tier} ${code}`),
});

/** Every instant at which anything of this customer could change, a millisecond about it, and some by chance. */
function* instantsAfter(one: Life, fromMs: number, untilMs: number, previous: Held): Generator<number> {
  const origins = one.purchases.flatMap(({ paidAtMs }) => [paidAtMs, Math.floor(paidAtMs / DAY) * DAY]);
  const spans = [0, 30, 90, 180, 365].map((days) => days * DAY);
  const below =
    previous.belowSince === undefined ? [] : [7, 30].map((days) => Date.parse(previous.belowSince ?? '') + days * DAY);
  const points = [...origins.flatMap((origin) => spans.map((span) => origin + span)), ...below, untilMs];
  for (const point of points) yield* [point - 1, point, point + 1];
  for (let step = 0; step < 40; step++) yield fromMs + Math.floor(((untilMs - fromMs) * step) / 40);
  // Ages pass their thresholds at whole days.
  for (const origin of origins.slice(0, 4)) for (let day = 0; day < 600; day += 31) yield origin + day * DAY;
}

/** One test, so that little can hide a change of it. */
const single: fc.Arbitrary<Policy> = testOf(timed).chain((one) => {
  const name = { zh: '规则', en: 'rule' };
  const never: Test = { measure: 'categories', atLeast: 1_000_000 };
  const read = readPolicy({
    version: 1,
    name: 'one test',
    currency: 'CNY',
    rules: [
      { tier: 'high_value', name, all: [one] },
      { tier: 'growth', name, all: [never, { measure: 'tenureDays', atLeast: 30_000 }] },
      { tier: 'stable', name, all: [never] },
    ],
    hysteresis: { margin: 0.1, dwellDays: 7 },
  });
  return read.kind === 'policy' ? fc.constant(read.policy) : anyPolicy;
});
/** Little bought, all of it once and lately or long ago, or by clocks that run ahead. */
const few = fc.array(
  fc.record({
    paidAtMs: fc.oneof(
      fc.integer({ min: NOON - 400 * DAY, max: NOON }),
      fc.integer({ min: NOON + 1, max: NOON + 2 * DAY }),
    ),
    netSpend: fc.integer({ min: 1, max: 100 }).map((yuan) => yuan * 1000),
    channel: fc.constantFrom('shopify', 'douyin'),
    category: fc.constantFrom('tea', 'cups'),
  }),
  { minLength: 1, maxLength: 4 },
);

const ofOneMeasure: fc.Arbitrary<Life> = fc.record({
  purchases: few,
  known: fc.constant({}),
  predicted: fc.constant({}),
  policy: single,
});

const runs = { numRuns: Number(process.env.RUNS ?? 100) };

describe('reviewAt', () => {
  test('until then, facts derived anew give the same decision', () => {
    fc.assert(
      fc.property(life(anyPolicy), held, (one, previous) => {
        const decision = decideAt(one, NOON, previous);
        const untilMs = decision.reviewAt === undefined ? NOON + 1200 * DAY : Date.parse(decision.reviewAt);
        expect(untilMs).toBeGreaterThan(NOON);
        const expected = essence(decision);
        for (const atMs of instantsAfter(one, NOON, untilMs, decision)) {
          if (atMs >= NOON && atMs < untilMs) expect(essence(decideAnew(one, atMs, decision))).toEqual(expected);
        }
      }),
      runs,
    );
  });

  test('then, by windows and days alone, another', () => {
    let due = 0;
    fc.assert(
      fc.property(life(timedPolicy), held, (one, previous) => {
        const decision = decideAt(one, NOON, previous);
        if (decision.reviewAt === undefined) return;
        due++;
        expect(essence(decideAnew(one, Date.parse(decision.reviewAt), decision))).not.toEqual(essence(decision));
      }),
      runs,
    );
    expect(due).toBeGreaterThan(runs.numRuns / 4);
  });

  test('of one measure alone, to the millisecond', () => {
    fc.assert(
      fc.property(ofOneMeasure, held, (life, previous) => {
        const decision = decideAt(life, NOON, previous);
        const untilMs = decision.reviewAt === undefined ? NOON + 1200 * DAY : Date.parse(decision.reviewAt);
        const expected = essence(decision);
        for (const atMs of instantsAfter(life, NOON, untilMs, decision)) {
          if (atMs >= NOON && atMs < untilMs) expect(essence(decideAnew(life, atMs, decision))).toEqual(expected);
        }
        if (decision.reviewAt !== undefined) expect(essence(decideAnew(life, untilMs, decision))).not.toEqual(expected);
      }),
      { numRuns: runs.numRuns * 2 },
    );
  });

  test('followed from one to the next, it comes to an end, and the tier is the one by the facts of that day', () => {
    fc.assert(
      fc.property(life(timedPolicy), (one) => {
        let decision = decideAt(one, NOON);
        let reviews = 0;
        while (decision.reviewAt !== undefined) {
          const atMs = Date.parse(decision.reviewAt);
          decision = decideAt(one, atMs, decision);
          expect(++reviews).toBeLessThan(500);
        }
        // The margin and the dwell only ever hold a tier up.
        const settled = decideAnew(one, NOON + 5000 * DAY);
        expect(rankOf(decision.value)).toBeLessThanOrEqual(rankOf(settled.value));
        if (one.policy.hysteresis.margin === 0) expect(decision.value).toBe(settled.value);
      }),
      runs,
    );
  });

  test('with sums by day, and instants for the days that an edge cuts, it is never later than with all instants', () => {
    fc.assert(
      fc.property(fc.oneof(life(timedPolicy), ofOneMeasure), held, (one, previous) => {
        const cut = edgeDays(NOON);
        const byDay = timelineOf(one.purchases).map(({ exact, ...sums }) =>
          cut.includes(sums.day) && exact ? { ...sums, exact } : sums,
        );
        const [exact, coarse] = [decideAt(one, NOON, previous), decideAt(one, NOON, previous, byDay)];
        expect(essence(coarse)).toEqual(essence(exact));
        if (exact.reviewAt !== undefined) expect((coarse.reviewAt ?? '9') <= exact.reviewAt).toBe(true);
      }),
      runs,
    );
  });
});

describe('the tier', () => {
  test('the same question has the same answer, whatever the order of the history', () => {
    fc.assert(
      fc.property(life(anyPolicy), held, (one, previous) => {
        const decision = decideAt(one, NOON, previous);
        expect(decideAt(one, NOON, previous)).toEqual(decision);
        const timeline = timelineOf(one.purchases.toReversed()).toReversed();
        expect(decideAt(one, NOON, previous, timeline)).toEqual(decision);
        // Asked again with what was just decided, nothing moves.
        expect(decideAt(one, NOON, decision)).toEqual(decision);
      }),
      runs,
    );
  });

  test('is that of the first rule that holds; a promotion is immediate, whatever was held', () => {
    fc.assert(
      fc.property(life(anyPolicy), held, (one, previous) => {
        const byRules = decideAt(one, NOON).value;
        const decision = decideAt(one, NOON, previous);
        expect(rankOf(decision.value)).toBeLessThanOrEqual(rankOf(byRules));
        if (!previous || rankOf(byRules) <= rankOf(previous.value)) expect(decision.value).toBe(byRules);
        else expect([previous.value, byRules]).toContain(decision.value);
        expect(decision.since).toBe(decision.value === previous?.value ? previous.since : instant(NOON));
        // Without the rules that hold, the next tier down.
        const { policy } = one;
        const holding = policy.rules.findIndex(({ tier }) => tier === byRules);
        const kept = policy.rules.slice(0, holding < 0 ? undefined : holding);
        expect(decideAt({ ...one, policy: { ...policy, rules: kept } }, NOON).value).toBe('base');
      }),
      runs,
    );
  });

  test('never throws and never says half a sentence', () => {
    const odd = fc.record({
      purchases: history,
      known,
      predicted: fc.constantFrom<Predicted>(
        {},
        { clv12m: 0 },
        { aliveProbability: 1 },
        { clv12m: Number.MAX_SAFE_INTEGER, aliveProbability: 0 },
      ),
      policy: anyPolicy,
    });
    fc.assert(
      fc.property(odd, held, fc.integer({ min: -700, max: 700 }), (one, previous, days) => {
        const { reasons } = decideAt(one, NOON + days * DAY, previous);
        expect(reasons.length).toBeGreaterThan(0);
        for (const { zh, en } of reasons) {
          expect(zh + en).not.toMatch(/undefined|NaN|Infinity|\?/);
          expect(zh).toMatch(/。$/);
          expect(en).toMatch(/^[A-Z0-9].*\.$/);
        }
      }),
      runs,
    );
  });

  test('a policy survives JSON, and decides the same after it', () => {
    fc.assert(
      fc.property(life(anyPolicy), (one) => {
        const read = readPolicy(JSON.parse(JSON.stringify(one.policy)));
        expect(read).toEqual({ kind: 'policy', policy: one.policy });
        if (read.kind === 'policy')
          expect(decideAt({ ...one, policy: read.policy }, NOON)).toEqual(decideAt(one, NOON));
      }),
      runs,
    );
  });
});

describe('noise', () => {
  const policy: Policy = {
    version: 1,
    name: 'noise',
    currency: 'CNY',
    rules: [
      { tier: 'high_value', name: { zh: '规则', en: 'rule' }, all: [{ measure: 'netSpend', atLeast: 100_000 }] },
      { tier: 'growth', name: { zh: '规则', en: 'rule' }, all: [{ measure: 'netSpend', atLeast: 40_000 }] },
      { tier: 'stable', name: { zh: '规则', en: 'rule' }, all: [{ measure: 'netSpend', atLeast: 10_000 }] },
    ],
    hysteresis: { margin: 0.1, dwellDays: 30 },
    predictionReviewDays: 30,
    minimumPopulation: 1,
  };

  const tiersOf = (steps: readonly { readonly netSpend: number; readonly days: number }[]) => {
    let atMs = NOON;
    let previous: Decision | undefined;
    return steps.map(({ netSpend, days }) => {
      atMs += days * DAY;
      const purchases = [{ paidAtMs: NOON - DAY, netSpend }];
      previous = decideAt({ purchases, known: {}, predicted: {}, policy }, atMs, previous);
      return previous.value;
    });
  };
  const changes = (tiers: readonly string[]) =>
    tiers.filter((tier, index) => index > 0 && tier !== tiers[index - 1]).length;

  test('within the margin about a threshold, the tier changes at most once', () => {
    const step = fc.record({
      netSpend: fc.integer({ min: 90_000, max: 110_000 }),
      days: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 40 }), (steps) => {
        expect(changes(tiersOf(steps))).toBeLessThanOrEqual(1);
      }),
      runs,
    );
  });

  test('below the margin too, while each dip is shorter than the dwell', () => {
    const dip = fc.record({ netSpend: fc.integer({ min: 1, max: 89_999 }), days: fc.integer({ min: 1, max: 29 }) });
    const back = fc.record({
      netSpend: fc.integer({ min: 90_000, max: 200_000 }),
      days: fc.integer({ min: 1, max: 29 }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(dip, back), { minLength: 1, maxLength: 20 }), (dips) => {
        const steps = [{ netSpend: 100_000, days: 1 }, ...dips.flat()];
        expect(new Set(tiersOf(steps))).toEqual(new Set(['high_value']));
      }),
      runs,
    );
  });
});

describe('windows', () => {
  test('at any later instant are those of a fold over the orders', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: -400 * DAY, max: 800 * DAY }), (purchases, laterMs) => {
        for (const atMs of [
          NOON + laterMs,
          ...purchases.flatMap(({ paidAtMs }) => [paidAtMs + 30 * DAY, paidAtMs + 365 * DAY - 1]),
        ]) {
          expect(windowsAt(timelineOf(purchases), atMs)).toEqual(factsOf(purchases, atMs).windows);
        }
      }),
      runs,
    );
  });

  test('in sums by day differ at most by the days that an edge cuts', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 400 * DAY }), (purchases, laterMs) => {
        const atMs = NOON + DAY + laterMs;
        const byDay = timelineOf(purchases).map(({ exact: _, ...day }) => day);
        const [coarse, exact] = [windowsAt(byDay, atMs), factsOf(purchases, atMs).windows];
        for (const days of [30, 90, 180, 365] as const) {
          const cut = instant(atMs - days * DAY).slice(0, 10);
          const onTheCutDay = purchases.filter(({ paidAtMs }) => instant(paidAtMs).slice(0, 10) === cut).length;
          expect(coarse[days].orders).toBeLessThanOrEqual(exact[days].orders);
          expect(exact[days].orders - coarse[days].orders).toBeLessThanOrEqual(onTheCutDay);
        }
      }),
      runs,
    );
  });
});

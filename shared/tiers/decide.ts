/**
 * Facts, time and a policy → a tier, why, and until when it stands. Pure: the same arguments give the same decision.
 *
 * The tier by the rules is the first whose rule holds. Against the tier held before:
 * - higher or equal: taken at once.
 * - lower, but a rule of the held tier holds with the margin: kept (`kept_by_margin`).
 * - lower still: `belowSince` begins, and the tier is kept (`kept_by_dwell`) until dwellDays have passed since then without a
 *   look that found the customer within the margin; then the tier by the rules is taken. A look made late lengthens the dwell,
 *   so `reviewAt` includes the instant at which it begins.
 * - no order counts any more: taken at once. What was refunded in full was never worth a tier.
 */
import type { Facts, Predicted } from '../profiles/facts.ts';
import { type Instant, instant } from '../time/instant.ts';
import { type Customer, customerOf, MEASURES, type MeasureName, type Missing, type Reading } from './measures.ts';
import {
  keptThresholdOf,
  type Policy,
  type Rule,
  rankOf,
  type Test,
  type Tier,
  testsOf,
  thresholdOf,
} from './policy.ts';
import { type Decision, type Finding, type Held, reasonOf, snakeCase } from './reasons.ts';
import { DAY_MS, dayStartMs, type Timeline, type TimelineDay } from './timeline.ts';

export interface Question {
  readonly facts: Facts;
  readonly predicted: Predicted;
  /** Without it the windows are those of `facts`, and a decision that looks at one is reviewed daily. */
  readonly timeline?: Timeline | undefined;
  readonly at: Instant;
  readonly policy: Policy;
  /** The last decision, by whichever version. */
  readonly previous?: Held | undefined;
}

export function decide(question: Question): Decision {
  const { at, policy, previous } = question;
  const customer = customerOf(question, policy.currency);
  const atMs = Date.parse(at);
  const judgement = judge(customer, policy, atMs, previous && standingOf(previous));
  const reviewMs = reviewOf(question, customer, atMs, judgement);
  return {
    value: judgement.value,
    since: instant(judgement.sinceMs),
    policyVersion: policy.version,
    reasons: judgement.findings.map(reasonOf),
    ...(reviewMs !== undefined && { reviewAt: instant(reviewMs) }),
    ...(judgement.belowSinceMs !== undefined && { belowSince: instant(judgement.belowSinceMs) }),
  };
}

/** The tier alone, for those who count: no words, no review. */
export function tierOf({ facts, predicted, timeline, at, policy, previous }: Question): Tier {
  const customer = customerOf({ facts, predicted, timeline }, policy.currency);
  return judge(customer, policy, Date.parse(at), previous && standingOf(previous)).value;
}

interface Standing {
  readonly value: Tier;
  readonly sinceMs: number;
  readonly belowSinceMs?: number;
}

interface Judgement extends Standing {
  readonly findings: readonly Finding[];
  /** The rules that a change could come from: those down to the tier by the rules. */
  readonly consulted: readonly Rule[];
}

const standingOf = ({ value, since, belowSince }: Held): Standing => ({
  value,
  sinceMs: Date.parse(since),
  ...(belowSince !== undefined && { belowSinceMs: Date.parse(belowSince) }),
});

function judge(customer: Customer, policy: Policy, atMs: number, held: Standing | undefined): Judgement {
  const { margin, dwellDays } = policy.hysteresis;
  const look: Look = { customer, atMs, policy };
  const matching = policy.rules.find((rule) => holds(rule, look));
  const byRules: Tier = matching?.tier ?? 'base';
  const consulted = policy.rules.filter(({ tier }) => rankOf(tier) <= rankOf(byRules));
  const missed = (tier: Tier) => policy.rules.filter((rule) => rankOf(rule.tier) < rankOf(tier));
  const taken = (): Judgement => ({
    value: byRules,
    sinceMs: held?.value === byRules ? held.sinceMs : atMs,
    consulted,
    findings: [
      ...met(matching, look),
      ...nothingBought(look),
      ...caveats(consulted, look),
      ...unmet(missed(byRules), look),
    ],
  });
  if (!held || rankOf(held.value) >= rankOf(byRules) || customer.facts.orders === 0) return taken();

  const kept = { value: held.value, sinceMs: held.sinceMs, consulted };
  const nearly = policy.rules.find((rule) => rule.tier === held.value && holds(rule, look, margin));
  if (nearly) {
    const findings = [...met(nearly, look, margin), ...caveats(consulted, look), ...unmet(missed(held.value), look)];
    return { ...kept, findings };
  }
  const belowSinceMs = held.belowSinceMs ?? atMs;
  const untilMs = belowSinceMs + dwellDays * DAY_MS;
  if (atMs >= untilMs) return taken();
  const dwelling: Finding = { code: 'kept_by_dwell', tier: held.value, threshold: dwellDays, until: instant(untilMs) };
  const lost = policy.rules.filter(({ tier }) => rankOf(tier) <= rankOf(held.value));
  return { ...kept, belowSinceMs, findings: [dwelling, ...caveats(consulted, look), ...unmet(lost, look)] };
}

interface Look {
  readonly customer: Customer;
  readonly atMs: number;
  readonly policy: Policy;
}

const read = ({ measure }: Test, { customer, atMs }: Look): Reading => MEASURES[measure].read(customer, atMs);

function passes(test: Test, look: Look, margin = 0): boolean {
  const reading = read(test, look);
  if (typeof reading !== 'number') return false;
  const threshold = keptThresholdOf(test, margin);
  return test.atLeast === undefined ? reading <= threshold : reading >= threshold;
}

const holds = ({ all, any }: Rule, look: Look, margin = 0): boolean =>
  all.every((test) => passes(test, look, margin)) &&
  (any === undefined || any.some((test) => passes(test, look, margin)));

/** All that speaks for the tier; what holds only by the margin says so. Of `any`, nothing is told by the margin that need not be. */
function met(rule: Rule | undefined, look: Look, margin = 0): readonly Finding[] {
  if (!rule) return [];
  const passing = (rule.any ?? []).filter((test) => passes(test, look));
  const any = passing.length > 0 ? passing : (rule.any ?? []).filter((test) => passes(test, look, margin));
  return [...rule.all, ...any].map((test): Finding => {
    if (passes(test, look)) return finding(snakeCase(test.measure), rule.tier, test, look);
    return { ...finding('kept_by_margin', rule.tier, test, look), margin };
  });
}

/** Of each rule that does not hold, the first test that fails: enough to say what is wanting, short enough to store. */
function unmet(rules: readonly Rule[], look: Look): readonly Finding[] {
  return rules.flatMap((rule): Finding[] => {
    const failing = (test: Test) => !passes(test, look);
    const test = rule.all.find(failing) ?? rule.any?.find(failing);
    if (!test || boughtNothing(look)) return [];
    const reading = read(test, look);
    // What cannot be had is among the caveats.
    return typeof reading === 'number' ? [finding(`not_${snakeCase(test.measure)}`, rule.tier, test, look)] : [];
  });
}

const boughtNothing = ({ customer }: Look): boolean => customer.facts.orders === 0;

const nothingBought = (look: Look): readonly Finding[] =>
  boughtNothing(look) ? [{ code: 'no_orders', tier: 'base', value: 0 }] : [];

/** Numbers that could not be had, where there is anything to count, and orders that are in no amount. Each once. */
function caveats(consulted: readonly Rule[], look: Look): readonly Finding[] {
  const findings = new Map<Missing, Finding>();
  let asksForMoney = false;
  for (const rule of consulted) {
    for (const test of testsOf(rule)) {
      asksForMoney ||= MEASURES[test.measure].unit === 'money' || test.measure === 'spendTrend90d';
      const reading = read(test, look);
      if (typeof reading !== 'number' && !findings.has(reading) && !boughtNothing(look)) {
        findings.set(reading, { code: reading, tier: rule.tier, measure: test.measure, threshold: thresholdOf(test) });
      }
    }
  }
  const { unconverted } = look.customer.facts.reporting;
  const without = Object.entries(unconverted).filter(([, orders]) => orders > 0);
  if (!asksForMoney || without.length === 0) return [...findings.values()];
  const orders = without.reduce((sum, [, count]) => sum + count, 0);
  const currencies = without
    .map(([currency]) => currency)
    .sort()
    .join(', ');
  return [...findings.values(), { code: 'unconverted_orders', tier: 'base', value: orders, currencies }];
}

function finding(code: string, tier: Tier, test: Test, look: Look): Finding {
  const reading = read(test, look);
  const { measure, percentile, resolved } = test;
  return {
    code,
    tier,
    measure,
    ...(typeof reading === 'number' && { value: reading }),
    threshold: thresholdOf(test),
    bound: test.atLeast === undefined ? 'atMost' : 'atLeast',
    ...(MEASURES[measure].unit === 'money' && { currency: look.policy.currency }),
    ...(resolved && percentile !== undefined && { percentile }),
  };
}

/**
 * The first instant after `atMs` at which time alone changes the decision: its tier, the codes of its reasons, or whether it
 * is on its way out. Exact for windows and days; a "may" only where a day of the timeline has no instants, or a prediction
 * could still fall over a threshold.
 */
function reviewOf(question: Question, customer: Customer, atMs: number, now: Judgement): number | undefined {
  const { policy, timeline } = question;
  const coarse = timeline?.filter(({ exact }) => exact === undefined) ?? [];
  const bounds = [coarseBound(question, coarse, atMs), predictionBound(customer, policy, atMs, now)];
  const bound = Math.min(...bounds.map((ms) => ms ?? Number.POSITIVE_INFINITY));
  // Of a day without instants the truth is, at each instant, that it has left a window or that it has not.
  const either = coarse.length > 0 ? [customer, customerOf(question, policy.currency, 'last')] : [customer];
  const untilMs = Math.min(bound, LAST_MS);
  const changes = firstChange(either, policy, { atMs, untilMs }, now);
  return changes ?? (Number.isFinite(bound) ? bound : undefined);
}

/** The last instant that a date can hold. */
const LAST_MS = 8.64e15;

interface Span {
  readonly atMs: number;
  readonly untilMs: number;
}

/** The first instant of the span at which any of these readings of one customer would be judged differently. */
function firstChange(
  either: readonly Customer[],
  policy: Policy,
  { atMs, untilMs }: Span,
  now: Judgement,
): number | undefined {
  const dwellEndMs =
    now.belowSinceMs === undefined ? undefined : now.belowSinceMs + policy.hysteresis.dwellDays * DAY_MS;
  const turns = new Set(either.flatMap((customer) => turnsOf(customer, policy)));
  if (dwellEndMs !== undefined) turns.add(dwellEndMs);
  const known = essence(now);
  const readings = either.map((customer) => ({ customer, outcomes: outcomesOf(policy, customer) }));
  const knownOutcomes = readings[0]?.outcomes(atMs);
  return [...turns]
    .filter((ms) => ms > atMs && ms <= untilMs)
    .sort((a, b) => a - b)
    .find((ms) =>
      readings.some(({ customer, outcomes }) => {
        // Outcomes are quickly had, and most turns change none; a judgement follows from them and the end of the dwell.
        if (ms !== dwellEndMs && outcomes(ms) === knownOutcomes) return false;
        return essence(judge(customer, policy, ms, now)) !== known;
      }),
    );
}

/** How each test of the policy comes out at an instant: passed, passed by the margin, failed, or why unknown. */
function outcomesOf(policy: Policy, customer: Customer): (atMs: number) => string {
  const { margin } = policy.hysteresis;
  const tests = policy.rules.flatMap(testsOf).map((test) => {
    const [strict, loose] = [thresholdOf(test), keptThresholdOf(test, margin)];
    return { read: MEASURES[test.measure].read, least: test.atLeast !== undefined, strict, loose };
  });
  return (atMs) => {
    let outcomes = '';
    for (const { read, least, strict, loose } of tests) {
      const reading = read(customer, atMs);
      if (typeof reading !== 'number') outcomes += `${reading} `;
      else if (least ? reading >= strict : reading <= strict) outcomes += '2';
      else outcomes += (least ? reading >= loose : reading <= loose) ? '1' : '0';
    }
    return outcomes;
  };
}

const essence = ({ value, sinceMs, belowSinceMs, findings }: Judgement): string =>
  [value, sinceMs, belowSinceMs, ...findings.map(({ tier, code }) => `${tier}:${code}`)].join(' ');

/** Between two of these no test comes out differently. */
function turnsOf(customer: Customer, policy: Policy): readonly number[] {
  const { margin } = policy.hysteresis;
  return [...testsByMeasure(policy)].flatMap(([measure, tests]) => {
    const thresholds = tests.flatMap((test) => [thresholdOf(test), keptThresholdOf(test, margin)]);
    return MEASURES[measure].turns?.(customer, thresholds) ?? [];
  });
}

function testsByMeasure(policy: Policy): ReadonlyMap<MeasureName, readonly Test[]> {
  const byMeasure = new Map<MeasureName, Test[]>();
  for (const test of policy.rules.flatMap(testsOf)) {
    byMeasure.set(test.measure, [...(byMeasure.get(test.measure) ?? []), test]);
  }
  return byMeasure;
}

const windowsOf = (policy: Policy) =>
  new Set([...testsByMeasure(policy).keys()].flatMap((name) => MEASURES[name].windows ?? []));

/**
 * The first instant at which more than one order may be about to cross an edge: of several orders of a day, or of two days at
 * two edges, some may have crossed and others not, which is neither of the two readings of a day.
 */
function coarseBound(
  { facts, timeline, policy }: Question,
  coarse: readonly TimelineDay[],
  atMs: number,
): number | undefined {
  const windows = [...windowsOf(policy)];
  if (!timeline) return windows.some((days) => facts.windows[days].orders !== 0) ? atMs + DAY_MS : undefined;
  const crossing = new Map<number, number>();
  for (const { day, orders } of coarse) {
    for (const days of windows.length > 0 ? [0, ...windows] : []) {
      const ms = dayStartMs(day) + days * DAY_MS;
      if (ms > atMs) crossing.set(ms, (crossing.get(ms) ?? 0) + orders);
    }
  }
  let bound: number | undefined;
  for (const [ms, orders] of crossing) if (orders > 1 && (bound === undefined || ms < bound)) bound = ms;
  return bound;
}

/** Without a purchase a prediction only falls: no bound once it is below everything that could still be lost by it. */
function predictionBound(customer: Customer, policy: Policy, atMs: number, now: Judgement): number | undefined {
  const look: Look = { customer, atMs, policy };
  const { margin } = policy.hysteresis;
  const mayTurn = now.consulted.flatMap(testsOf).some((test) => {
    if (!MEASURES[test.measure].predicted || typeof read(test, look) !== 'number') return false;
    return test.atLeast === undefined ? !passes(test, look) : passes(test, look, margin);
  });
  return mayTurn ? atMs + policy.predictionReviewDays * DAY_MS : undefined;
}

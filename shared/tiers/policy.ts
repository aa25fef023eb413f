/**
 * The tier policy: data, versioned and strict. What a rule may look at is in `measures.ts`, what follows from it in
 * `decide.ts`. Everything a decision depends on is a number in here, so a version never means two things.
 */
import * as z from 'zod';
// Not as z.core.toDotPath: asked for in that way, all of zod is bundled, with every locale (350 KB).
import { toDotPath } from 'zod/v4/core';
import { AT_MOST_ANOTHER, MEASURE_NAMES, MEASURES, type MeasureName } from './measures.ts';

/** From the highest down; who meets no rule is `base`. */
export const TIERS = ['high_value', 'growth', 'stable', 'base'] as const;
export const Tier = z.enum(TIERS);
export type Tier = z.infer<typeof Tier>;

/** 0 is the highest. */
export const rankOf = (tier: Tier): number => TIERS.indexOf(tier);

const closest = (wrong: string): readonly MeasureName[] => {
  const stem = wrong.toLowerCase().slice(0, 4);
  return MEASURE_NAMES.filter((name) => name.toLowerCase().startsWith(stem));
};

const KnownMeasure = z.enum(MEASURE_NAMES, {
  error: ({ input }) => {
    const near = typeof input === 'string' ? closest(input) : [];
    return `no such measure; one of ${(near.length > 0 ? near : MEASURE_NAMES).join(', ')}`;
  },
});

/**
 * One condition: a measure against a number (money in minor units of the policy's currency, days in days, shares 0 to 1).
 * With `percentile` the number is taken from the population whenever percentiles are resolved: the least value that at least
 * so many percent of the customers do not exceed. Until then the number given here holds.
 */
export const Test = z.strictObject({
  measure: KnownMeasure,
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
  percentile: z.number().gt(0).lt(100).optional(),
  /** The number came from the population. */
  resolved: z.literal(true).optional(),
});
export type Test = z.infer<typeof Test>;

/** Holds when all of `all` do, and one of `any` where there is one. Several rules may lead to one tier. */
export const Rule = z.strictObject({
  tier: z.enum(['high_value', 'growth', 'stable'], {
    error: 'high_value, growth or stable; base has no rule, it is the rest',
  }),
  name: z.strictObject({ zh: z.string().min(1).max(80), en: z.string().min(1).max(80) }),
  all: z.array(Test).max(20).default([]),
  any: z.array(Test).min(1).max(20).optional(),
});
export type Rule = z.infer<typeof Rule>;

const Hysteresis = z.strictObject({
  /** A share of the threshold: 0.1 lets a tier at 2,000 be kept down to 1,800. */
  margin: z.number().min(0).max(0.9),
  /** How long a customer has to stay below the margin before the tier is lost. */
  dwellDays: z.number().int().min(0).max(3650),
});

export const Policy = z
  .strictObject({
    version: z.number().int().positive(),
    name: z.string().min(1).max(120),
    /** UTC; absent: at once. */
    effectiveFrom: z.iso.datetime().optional(),
    /** ISO 4217, the reporting currency that its amounts are in. */
    currency: z.string().regex(/^[A-Z]{3}$/, 'three capital letters, as CNY'),
    /** In order, first match: those of high_value, then growth, then stable. */
    rules: z.array(Rule).min(1).max(30),
    hysteresis: Hysteresis,
    /** Decisions that hang on a prediction are looked at again after so many days, as only the model knows when it falls. */
    predictionReviewDays: z.number().int().min(1).max(365).default(30),
    /** Percentiles are not resolved from fewer customers. */
    minimumPopulation: z.number().int().min(1).default(500),
    /** The population of which its percentiles were taken. */
    population: z.strictObject({ asOf: z.iso.datetime(), customers: z.number().int().nonnegative() }).optional(),
  })
  .superRefine(({ rules }, context) => {
    const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    rules.forEach((rule, index) => {
      const at = ['rules', index];
      for (const list of ['all', 'any'] as const) {
        (rule[list] ?? []).forEach((test, place) => {
          checkTest(test, (field, message) => refuse([...at, list, place, ...(field ? [field] : [])], message));
        });
      }
      checkRule(rule, (path, message) => refuse([...at, ...path], message));
      const before = rules[index - 1];
      if (before && rankOf(before.tier) > rankOf(rule.tier)) {
        refuse([...at, 'tier'], `stands after a rule for ${before.tier}; first high_value, then growth, then stable`);
      }
      const hidden = rules.slice(0, index).findIndex((earlier) => covers(earlier, rule));
      if (hidden >= 0)
        refuse(at, `never reached: whoever meets it meets rules[${hidden}] first; ask for less there or more here`);
    });
    for (const tier of Rule.shape.tier.options) {
      if (!rules.some((rule) => rule.tier === tier))
        refuse(['rules'], `no rule for ${tier}; each of high_value, growth, stable needs one`);
    }
  });
export type Policy = z.infer<typeof Policy>;

/** The number a test compares with. The schema sees to it that there is exactly one. */
export const thresholdOf = ({ atLeast, atMost }: Test): number => atLeast ?? atMost ?? 0;

/** The threshold with the margin given to a customer who is in the tier already. */
export function keptThresholdOf(test: Test, margin: number): number {
  const threshold = thresholdOf(test);
  const allowance = Math.abs(threshold) * margin;
  return test.atLeast === undefined ? threshold + allowance : threshold - allowance;
}

export const testsOf = (rule: Rule): readonly Test[] => [...rule.all, ...(rule.any ?? [])];

export interface PolicyProblem {
  /** `rules[1].all[0].measure` */
  readonly path: string;
  /** What would be valid. */
  readonly message: string;
}

export type PolicyReading =
  | { readonly kind: 'policy'; readonly policy: Policy }
  | { readonly kind: 'refused'; readonly problems: readonly PolicyProblem[] };

export function readPolicy(json: unknown): PolicyReading {
  const read = Policy.safeParse(json);
  if (read.success) return { kind: 'policy', policy: read.data };
  return {
    kind: 'refused',
    problems: read.error.issues.map(({ path, message }) => ({ path: toDotPath(path), message })),
  };
}

/** The newest version that is in force; undefined before the first is. */
export function policyInForce(versions: readonly Policy[], atMs: number): Policy | undefined {
  return versions
    .filter(({ effectiveFrom }) => effectiveFrom === undefined || Date.parse(effectiveFrom) <= atMs)
    .reduce<Policy | undefined>((best, one) => (best && best.version > one.version ? best : one), undefined);
}

/** History only grows: rolling back puts what an earlier version said as the next one, at once. */
export function rollBack({
  earlier,
  latestVersion,
}: {
  readonly earlier: Policy;
  readonly latestVersion: number;
}): Policy {
  const { effectiveFrom: _, ...rest } = earlier;
  return { ...rest, version: latestVersion + 1 };
}

const WHOLE: ReadonlySet<string> = new Set(['money', 'orders', 'count', 'days']);
const MOST_DAYS = 36_500;

function checkTest(test: Test, refuse: (field: string | undefined, message: string) => void): void {
  const { measure, atLeast, atMost, percentile, resolved } = test;
  const { unit, least, most } = MEASURES[measure];
  if ((atLeast === undefined) === (atMost === undefined)) {
    refuse(undefined, 'exactly one of atLeast, atMost; for a range, two tests of the measure');
    return;
  }
  if (resolved && percentile === undefined) refuse('resolved', 'only beside a percentile');
  const field = atLeast === undefined ? 'atMost' : 'atLeast';
  const threshold = thresholdOf(test);
  if (WHOLE.has(unit) && !Number.isSafeInteger(threshold)) {
    const example = unit === 'money' ? ', in minor units of the currency (CNY 2,000.00 is 200000)' : '';
    refuse(field, `a whole number${example}`);
  }
  if (unit === 'days' && threshold > MOST_DAYS) refuse(field, `at most ${MOST_DAYS} days`);
  const top = most ?? Number.POSITIVE_INFINITY;
  if (threshold < least || threshold > top) {
    refuse(field, most === undefined ? `not below ${least}` : `between ${least} and ${most}`);
  } else if (saysNothing(test)) {
    refuse(field, `says nothing: ${measure} always is ${field === 'atLeast' ? 'at least' : 'at most'} ${threshold}`);
  }
}

/** Whether every customer passes. */
export function saysNothing({ measure, atLeast, atMost }: Test): boolean {
  const { least, most } = MEASURES[measure];
  return (atLeast !== undefined && atLeast <= least) || (atMost !== undefined && most !== undefined && atMost >= most);
}

function checkRule({ all, any }: Rule, refuse: (path: PropertyKey[], message: string) => void): void {
  if (all.length === 0 && any === undefined)
    refuse(['all'], 'a rule without a test would take everybody; give at least one');
  const seen = new Map<string, number>();
  all.forEach((test, index) => {
    const key = `${test.measure} ${test.atLeast === undefined ? 'atMost' : 'atLeast'}`;
    const twin = seen.get(key);
    if (twin !== undefined)
      refuse(['all', index], `the same side of ${test.measure} as all[${twin}]; keep the stricter one`);
    seen.set(key, index);
    const clash = all.findIndex((other) => contradict(test, other));
    if (clash >= 0) {
      refuse(
        ['all', index],
        `can't hold together with all[${clash}], as ${test.measure} never exceeds ${all[clash]?.measure}`,
      );
    }
  });
  (any ?? []).forEach((test, index) => {
    const clash = all.findIndex((other) => contradict(test, other) || contradict(other, test));
    if (clash >= 0) refuse(['any', index], `can't hold together with all[${clash}]`);
  });
}

/** `low` asks for more of a measure than `high` allows of one that is never less. */
const contradict = (low: Test, high: Test): boolean =>
  low.atLeast !== undefined &&
  high.atMost !== undefined &&
  low.atLeast > high.atMost &&
  neverMore(low.measure, high.measure);

const neverMore = (a: MeasureName, b: MeasureName): boolean =>
  a === b || AT_MOST_ANOTHER.some(([less, more]) => less === a && neverMore(more, b));

/** Whoever meets `later` meets `earlier`: each of the earlier tests follows from one of the later ones. */
function covers(earlier: Rule, later: Rule): boolean {
  const follows = (test: Test) => later.all.some((other) => implies(other, test));
  return earlier.all.every(follows) && (earlier.any === undefined || earlier.any.some(follows));
}

function implies(a: Test, b: Test): boolean {
  if (a.atLeast !== undefined && b.atLeast !== undefined)
    return neverMore(a.measure, b.measure) && a.atLeast >= b.atLeast;
  if (a.atMost !== undefined && b.atMost !== undefined) return neverMore(b.measure, a.measure) && a.atMost <= b.atMost;
  return false;
}

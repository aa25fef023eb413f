/** What the default policy makes of the customers on the last day of calibration, and what each tier then brings in the holdout. */
import type { Contribution } from '../../shared/profiles/contribution.ts';
import { deriveFacts } from '../../shared/profiles/derive.ts';
import type { Facts } from '../../shared/profiles/facts.ts';
import { sumDay } from '../../shared/profiles/sums.ts';
import type { Model } from '../../shared/tiers/clv/model.ts';
import { predict } from '../../shared/tiers/clv/predict.ts';
import { tierOf } from '../../shared/tiers/decide.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import type { Subject } from '../../shared/tiers/measures.ts';
import { measurePopulation, resolvePercentiles } from '../../shared/tiers/percentiles.ts';
import { type Policy, TIERS, type Tier } from '../../shared/tiers/policy.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { type Customer, NoData } from './cdnow.ts';
import { mean } from './ranking.ts';

const CURRENCY = 'USD';
const UNITS_PER_CNY = 0.14;
const DAY_MS = 86_400_000;

/** Of a group of customers, in the holdout. */
export interface Outcome {
  /** 0 to 1. */
  readonly buyAgain: number;
  /** Mean per customer. */
  readonly purchases: number;
  /** Cents, mean per customer. */
  readonly spent: number;
  /** Of the money of all, 0 to 1. */
  readonly shareOfSpent: number;
}

export interface TierOutcome extends Outcome {
  readonly tier: Tier;
  readonly customers: number;
  /** As many customers by what they had spent: of as many as are in the tiers above, those that come next. */
  readonly bySpent: Outcome;
}

export interface Tiering {
  /** Whose numbers: those of these customers by percentiles, or those that hold until a population is known. */
  readonly thresholds: 'percentiles' | 'first numbers';
  /** Cents: net spend of 365 days for `high_value`. */
  readonly highValueFrom: number;
  readonly tiers: readonly TierOutcome[];
}

export function compareTiers(model: Model, customers: readonly Customer[], at: Instant): Tiering[] {
  const subjects = customers.map((customer): Subject => {
    const facts = factsOf(customer, at);
    return { facts, predicted: predict(facts.purchases, model, at) };
  });
  const policy = defaultPolicy({ currency: CURRENCY, unitsPerCny: UNITS_PER_CNY });
  const resolved = resolvePercentiles(policy, measurePopulation(policy, subjects, at));
  if (resolved.kind !== 'resolved') throw new NoData(`Percentiles of ${customers.length} customers: ${resolved.kind}.`);
  const tiering = (thresholds: Tiering['thresholds'], by: Policy): Tiering => ({
    thresholds,
    highValueFrom: by.rules[0]?.all[0]?.atLeast ?? Number.NaN,
    tiers: outcomes(
      customers,
      subjects.map((subject) => tierOf({ ...subject, at, policy: by })),
    ),
  });
  return [tiering('percentiles', resolved.policy), tiering('first numbers', policy)];
}

/** As of a shop with one channel and no categories: the data has none. A day's purchases are one order, paid at noon. */
function factsOf({ purchases }: Customer, at: Instant): Facts {
  const contributions = purchases.map(({ day, spent }): Contribution => {
    const money = { paid: spent, refunded: 0, net: spent };
    const paidAt = instant((day + 0.5) * DAY_MS);
    return {
      key: `${day}`,
      revision: 1,
      paidAt,
      counts: true,
      currency: CURRENCY,
      ...money,
      reporting: money,
      channel: 'cdnow',
    };
  });
  const byDay = contributions.map((one) => [one.paidAt.slice(0, 10), [one]] as const);
  const days = new Map(byDay.map(([day, of]) => [day, sumDay(day, of)]));
  return deriveFacts({ days, edges: new Map(byDay) }, at, CURRENCY);
}

function outcomes(customers: readonly Customer[], tiers: readonly Tier[]): TierOutcome[] {
  const ranked = bySpent(customers);
  let above = 0;
  return TIERS.map((tier) => {
    const members = customers
      .filter((_, index) => tiers[index] === tier)
      .map(({ holdout }) => ({ ...holdout, buyAgain: holdout.purchases > 0 ? 1 : 0 }));
    const next = ranked.slice(above, above + members.length);
    above += members.length;
    return { tier, customers: members.length, ...outcomeOf(members, ranked), bySpent: outcomeOf(next, ranked) };
  });
}

interface Came {
  readonly buyAgain: number;
  readonly purchases: number;
  readonly spent: number;
}

/** From who spent most down. Who spent the same has the mean of them, so that no chance decides who of them comes first. */
function bySpent(customers: readonly Customer[]): Came[] {
  const groups = new Map<number, Customer[]>();
  for (const customer of customers) groups.set(customer.spent, [...(groups.get(customer.spent) ?? []), customer]);
  return [...groups]
    .sort(([a], [b]) => b - a)
    .flatMap(([, group]) => {
      const came: Came = {
        buyAgain: mean(group.map(({ holdout }) => (holdout.purchases > 0 ? 1 : 0))),
        purchases: mean(group.map(({ holdout }) => holdout.purchases)),
        spent: mean(group.map(({ holdout }) => holdout.spent)),
      };
      return group.map(() => came);
    });
}

function outcomeOf(group: readonly Came[], all: readonly Came[]): Outcome {
  const spent = (some: readonly Came[]) => some.reduce((sum, one) => sum + one.spent, 0);
  return {
    buyAgain: mean(group.map(({ buyAgain }) => buyAgain)),
    purchases: mean(group.map(({ purchases }) => purchases)),
    spent: mean(group.map((one) => one.spent)),
    shareOfSpent: spent(group) / spent(all),
  };
}

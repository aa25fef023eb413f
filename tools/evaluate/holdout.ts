/** What came in the 39 weeks after the fit, next to what the model and simpler ways expected. */
import { aliveProbability, expectedPurchases } from '../../shared/tiers/clv/bg-nbd.ts';
import { expectedValue, populationMean } from '../../shared/tiers/clv/gamma-gamma.ts';
import type { Model } from '../../shared/tiers/clv/model.ts';
import { inWeeks } from '../../shared/tiers/clv/predict.ts';
import { type Customer, HOLDOUT_WEEKS } from './cdnow.ts';
import {
  captured,
  correlation,
  discrimination,
  mean,
  meanAbsoluteError,
  rankCorrelation,
  rootMeanSquareError,
} from './ranking.ts';

export interface Score {
  readonly name: string;
  /** Of predictions; absent of what only ranks. */
  readonly meanAbsoluteError?: number;
  readonly rootMeanSquareError?: number;
  /** Predicted total ÷ actual. */
  readonly total?: number;
  readonly rankCorrelation: number;
  /** Of the actual, what came from the tenth (fifth) of customers with the highest scores, 0 to 1. */
  readonly topTenth: number;
  readonly topFifth: number;
  readonly discrimination: number;
}

interface Way {
  readonly name: string;
  readonly of: (customer: Customer) => number;
  /** Only its order means something. */
  readonly ranksOnly?: true;
}

export const expectedInHoldout = (model: Model, customer: Customer): number =>
  expectedPurchases(model.bgNbd, inWeeks(customer), HOLDOUT_WEEKS);

const valueOfOrder = ({ gammaGamma }: Model, { repeats, meanRepeatValue = 0 }: Customer): number => {
  if (!gammaGamma) return Number.NaN;
  return repeats === 0
    ? populationMean(gammaGamma)
    : expectedValue(gammaGamma, { x: repeats, meanValue: meanRepeatValue });
};

/** Repeats a week so far. A day at least, for those who came on the last. */
const pastRate = ({ repeats, ageDays }: Customer): number => repeats / (Math.max(ageDays, 1) / 7);
const idleDays = ({ ageDays, recencyDays }: Customer): number => ageDays - recencyDays;

/** Repeat purchases. */
export function comparePurchases(model: Model, customers: readonly Customer[]): Score[] {
  const perPerson = mean(customers.map(pastRate)) * HOLDOUT_WEEKS;
  const ways: Way[] = [
    { name: 'BG/NBD', of: (customer) => expectedInHoldout(model, customer) },
    { name: 'frequency: as often as so far', of: (customer) => pastRate(customer) * HOLDOUT_WEEKS },
    { name: 'frequency: as many as so far', of: ({ repeats }) => repeats },
    { name: 'recency: days since the last', of: (customer) => -idleDays(customer), ranksOnly: true },
    {
      name: 'recency, then frequency',
      of: (customer) => customer.repeats * 1e-3 - idleDays(customer),
      ranksOnly: true,
    },
    { name: 'P(alive) alone', of: (customer) => aliveProbability(model.bgNbd, inWeeks(customer)), ranksOnly: true },
    { name: 'everyone at the past average', of: () => perPerson },
    { name: 'nobody buys again', of: () => 0 },
  ];
  return compare(ways, customers, ({ holdout }) => holdout.purchases);
}

/** Cents. */
export function compareSpending(model: Model, customers: readonly Customer[]): Score[] {
  const ways: Way[] = [
    {
      name: 'BG/NBD × Gamma–Gamma',
      of: (customer) => expectedInHoldout(model, customer) * valueOfOrder(model, customer),
    },
    {
      name: 'BG/NBD × own mean value',
      of: (customer) =>
        expectedInHoldout(model, customer) * (customer.meanRepeatValue ?? valueOfOrder(model, customer)),
    },
    { name: 'frequency: repeats so far', of: ({ repeats }) => repeats, ranksOnly: true },
    { name: 'spent so far, first purchase included', of: ({ spent }) => spent },
    { name: 'spent so far on repeats', of: ({ repeats, meanRepeatValue = 0 }) => repeats * meanRepeatValue },
    { name: 'recency: days since the last', of: (customer) => -idleDays(customer), ranksOnly: true },
    { name: 'nobody spends', of: () => 0 },
  ];
  return compare(ways, customers, ({ holdout }) => holdout.spent);
}

function compare(
  ways: readonly Way[],
  customers: readonly Customer[],
  actualOf: (customer: Customer) => number,
): Score[] {
  const actual = customers.map(actualOf);
  const bought = customers.map(({ holdout }) => holdout.purchases > 0);
  return ways.map(({ name, of, ranksOnly }) => {
    const scores = customers.map(of);
    return {
      name,
      ...(!ranksOnly && {
        meanAbsoluteError: meanAbsoluteError(scores, actual),
        rootMeanSquareError: rootMeanSquareError(scores, actual),
        total: mean(scores) / mean(actual),
      }),
      rankCorrelation: rankCorrelation(scores, actual),
      topTenth: captured(scores, actual, 0.1),
      topFifth: captured(scores, actual, 0.2),
      discrimination: discrimination(scores, bought),
    };
  });
}

export interface Group {
  /** Repeat purchases so far; the last group is of that many or more. */
  readonly repeats: number;
  readonly customers: number;
  /** Mean per customer. */
  readonly expected: number;
  readonly actual: number;
}

const LAST_GROUP = 7;

export function byFrequency(model: Model, customers: readonly Customer[]): Group[] {
  return Array.from({ length: LAST_GROUP + 1 }, (_, repeats) => {
    const group = customers.filter((customer) => Math.min(customer.repeats, LAST_GROUP) === repeats);
    return {
      repeats,
      customers: group.length,
      expected: mean(group.map((customer) => expectedInHoldout(model, customer))),
      actual: mean(group.map(({ holdout }) => holdout.purchases)),
    };
  });
}

/** Of repeats and their mean value: Gamma–Gamma assumes 0. */
export function frequencyValueCorrelation(customers: readonly Customer[]): number {
  const repeaters = customers.filter(({ repeats }) => repeats > 0);
  return correlation(
    repeaters.map(({ repeats }) => repeats),
    repeaters.map(({ meanRepeatValue = 0 }) => meanRepeatValue),
  );
}

/** Of those with repeats, who buys again by P(alive) alone: of the others it says 1. */
export function aliveDiscrimination(model: Model, customers: readonly Customer[]): number {
  const repeaters = customers.filter(({ repeats }) => repeats > 0);
  return discrimination(
    repeaters.map((customer) => aliveProbability(model.bgNbd, inWeeks(customer))),
    repeaters.map(({ holdout }) => holdout.purchases > 0),
  );
}

/** Of what the model expects and what came, with those who bought once as equals: by their age alone it knows little of them. */
export function rankCorrelationOnceTied(model: Model, customers: readonly Customer[]): number {
  return rankCorrelation(
    customers.map((customer) => (customer.repeats === 0 ? 0 : expectedInHoldout(model, customer))),
    customers.map(({ holdout }) => holdout.purchases),
  );
}

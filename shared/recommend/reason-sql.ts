/** Which reason a recommendation has: the one a person would find the plainest, not the greatest term of the score. */
import { double, text } from './dialect.ts';
import type { RecommendOptions } from './options.ts';
import type { ReasonCode } from './reasons.ts';

/** Affinity is named as the reason from where it raises the odds by half. */
const RAISES_ODDS = 1.5;
/** Intervals of other customers from which a product has a rhythm of its own. */
const KNOWN_RHYTHM = 5;

interface Case {
  readonly code: ReasonCode;
  /** Over the columns of `best`. The first that holds decides. */
  readonly when: string;
  /** Over those, and the names `via_product`, `accessory_product`, `upgrade_product`, `segment`. */
  readonly values: readonly (readonly [key: string, sql: string])[];
}

const DAY_MS = 86_400_000;

/** Dates (UTC) from the one on which it was to that of the build, so that the date is the same at whatever hour a build is made. `age`: days. */
const datesSince = (age: string, asOf: string): string => {
  const restOfDay = DAY_MS - 1 - (Date.parse(asOf) % DAY_MS);
  return `CAST(floor((round(${age} * ${double(DAY_MS)}) + ${double(restOfDay)}) / ${double(DAY_MS)}) AS INTEGER)`;
};

function cases({ asOf, tuning, weights }: RecommendOptions): readonly Case[] {
  const [from, until] = tuning.dueBetween;
  const lastDays = ['lastDays', datesSince('last_age', asOf)] as const;
  return [
    {
      code: 'repurchase_due',
      when: `orders > 0 AND (orders > 1 OR intervals >= ${KNOWN_RHYTHM}) AND cycle_days >= 1
        AND last_age >= ${double(from)} * cycle_days AND last_age <= ${double(until)} * cycle_days`,
      values: [lastDays, ['cycleDays', 'CAST(round(cycle_days) AS INTEGER)']],
    },
    { code: 'bought_before', when: 'orders > 0', values: [lastDays, ['times', 'orders']] },
    { code: 'accessory_of', when: 'accessory_via IS NOT NULL', values: [['of', 'accessory_product']] },
    { code: 'upgrade_of', when: 'upgrade_via IS NOT NULL', values: [['of', 'upgrade_product']] },
    { code: 'viewed', when: 'views > 0', values: [['lastDays', datesSince('viewed_age', asOf)]] },
    {
      code: 'bought_together',
      when: `via IS NOT NULL AND ${double(weights.affinity)} * ln(1E0 + 30E0 * affinity) + ${double(weights.affinityStrong)} * 5E0 * affinity >= ${double(Math.log(RAISES_ODDS))}`,
      values: [['with', 'via_product']],
    },
    { code: 'popular_in', when: 'TRUE', values: [['segment', `coalesce(segment, 'all')`]] },
  ];
}

export const reasonCode = (options: RecommendOptions): string =>
  `CASE ${cases(options)
    .map(({ code, when }) => `WHEN ${when} THEN ${text(code)}`)
    .join(' ')} END`;

/** Over the column `reason`. */
export const reasonValues = (options: RecommendOptions): string =>
  `CASE reason ${cases(options)
    .map(({ code, values }) => `WHEN ${text(code)} THEN ${options.dialect.jsonObject(values)}`)
    .join(' ')} END`;

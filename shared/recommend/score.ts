/** Candidates → the best of each customer, part by part. */
import { candidates } from './candidates.ts';
import { double } from './dialect.ts';
import { FEATURES, featureSql } from './features.ts';
import type { RecommendOptions } from './options.ts';
import type { WorkingTables } from './working-tables.ts';

/** What goes on from a candidate: for the order, for the reason. */
const BEST_COLUMNS = [
  ...['c', 'p', 'category', 'affinity', 'via', 'orders', 'last_age', 'intervals', 'cycle_days'],
  ...['accessory_via', 'upgrade_via', 'views', 'viewed_age', 's'],
] as const;

/** The log-odds. Rounded, so that equal candidates are equal whatever the last digit, and ties go by product. */
function logOdds({ weights }: RecommendOptions): string {
  const sql = featureSql();
  const terms = FEATURES.filter((feature) => weights[feature] !== 0).map(
    (feature) => `${double(weights[feature])} * ${sql[feature]}`,
  );
  return `round(${[double(weights.intercept), ...terms].join(' + ')}, 9)`;
}

/** Of the customers of one part. */
export const best = (options: RecommendOptions, work: WorkingTables, part: number): string =>
  bestOf(BEST_COLUMNS.join(', '), options, candidates(options, work, `known.c % ${options.parts} = ${part}`));

const bestOf = (columns: string, options: RecommendOptions, from: string): string => `
  SELECT ${columns}, log_odds FROM (
    SELECT ${columns}, log_odds, row_number() OVER (PARTITION BY c ORDER BY log_odds DESC, p) AS place
    FROM (SELECT *, ${logOdds(options)} AS log_odds FROM (${from}) AS candidate) AS scored
  ) AS placed WHERE place <= ${options.tuning.depth}`;

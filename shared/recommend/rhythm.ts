/**
 * How many days usually pass until a product is bought again: the mean of the intervals between two purchases of it by one customer,
 * pulled to the mean of its category, and that to the mean of all (a shrinkage, as in empirical Bayes), for few intervals tell little.
 * Only finished intervals are seen, so of a young shop the mean is too short.
 */
import { double } from './dialect.ts';
import type { RecommendOptions } from './options.ts';
import { create, type Statement } from './statement.ts';
import type { WorkingTables } from './working-tables.ts';

/** Spans are counted in whole minutes, so that their sums are exact. */
const MINUTES_PER_DAY = 1_440;
const SPAN = `CAST(round((first_age - last_age) * ${MINUTES_PER_DAY}) AS BIGINT)`;

export const rhythm = ({ tuning }: RecommendOptions, work: WorkingTables): readonly Statement[] => {
  const pulled = (minutes: string, intervals: string, towards: string) =>
    `(coalesce(${minutes}, 0) / ${double(MINUTES_PER_DAY)} + ${double(tuning.rhythmShrinkage.product)} * ${towards}) / (coalesce(${intervals}, 0) + ${double(tuning.rhythmShrinkage.product)})`;
  return [
    create(
      work.rhythm,
      `WITH own AS (
         SELECT p, CAST(sum(${SPAN}) AS DOUBLE) AS minutes, CAST(sum(orders - 1) AS DOUBLE) AS intervals
         FROM ${work.owned} WHERE orders > 1 GROUP BY p
       ), overall AS (
         SELECT sum(minutes) / ${double(MINUTES_PER_DAY)} / sum(intervals) AS days FROM own
       ), categories AS (
         SELECT item.category, sum(own.minutes) AS minutes, sum(own.intervals) AS intervals
         FROM own JOIN ${work.product} AS item ON item.p = own.p WHERE item.category IS NOT NULL GROUP BY item.category
       )
       SELECT item.p, coalesce(own.intervals, 0E0) AS intervals,
         ${pulled('own.minutes', 'own.intervals', pulled('categories.minutes', 'categories.intervals', 'overall.days'))} AS typical_days
       FROM ${work.product} AS item CROSS JOIN overall
       LEFT JOIN own ON own.p = item.p
       LEFT JOIN categories ON categories.category = item.category`,
    ),
  ];
};

/** The customer's own interval, pulled to the product's. Over `found` and `item` of `candidates.ts`; null where nobody knows. */
export const cycleDays = ({ tuning }: RecommendOptions): string => {
  const { customer } = tuning.rhythmShrinkage;
  return `(${SPAN} / ${double(MINUTES_PER_DAY)} + ${double(customer)} * item.typical_days) / (found.orders - 1 + ${double(customer)})`;
};

/** The best of each customer, part by part, → the four tables that a build leaves. */

import { SIMILARITY_UNIT } from './affinity.ts';
import { double } from './dialect.ts';
import type { RecommendOptions } from './options.ts';
import { reasonCode, reasonValues } from './reason-sql.ts';
import { create, insert, type Statement } from './statement.ts';
import type { WorkingTables } from './working-tables.ts';

export const results = (options: RecommendOptions, work: WorkingTables): readonly Statement[] => {
  const { outputs, tuning } = options;
  return [
    create(
      outputs.similar,
      `SELECT item.product, link.place AS rank, other.product AS other, CAST(link.similarity AS DOUBLE) / ${double(SIMILARITY_UNIT)} AS score
       FROM ${work.similar} AS link
       JOIN ${work.product} AS item ON item.p = link.p
       JOIN ${work.product} AS other ON other.p = link.other`,
    ),
    create(
      outputs.popular,
      `SELECT scope.scope, scope.place AS rank, item.product
       FROM ${work.scope} AS scope JOIN ${work.product} AS item ON item.p = scope.p`,
    ),
    // Rows that stayed may name what has sold out since: of that, those who were scored anew are missing.
    create(
      outputs.productAudience,
      `SELECT product, CAST(place AS INTEGER) AS rank, customer, score FROM (
         SELECT product, customer, score, row_number() OVER (PARTITION BY product ORDER BY score DESC, customer) AS place
         FROM ${outputs.recommendations}
         WHERE product IN (SELECT product FROM ${work.product} WHERE offered)
       ) AS placed WHERE place <= ${tuning.audiencePerProduct}`,
    ),
  ];
};

/** In incremental mode: rows of those who are not scored. */
export function stayedRecommendations({ incremental, inputs, outputs }: RecommendOptions): readonly Statement[] {
  if (!incremental) return [];
  return [
    create(
      outputs.recommendations,
      `SELECT previous.customer, previous.rank, previous.product, previous.score, previous.reason, previous."values"
       FROM ${incremental.previous} AS previous
       JOIN ${inputs.customers} AS known ON known.customer = previous.customer
       WHERE previous.customer NOT IN (SELECT customer FROM ${incremental.changed} WHERE customer IS NOT NULL)`,
    ),
  ];
}

/** Of the customers of `work.best`: in a table that is not there yet (`isFirst`), or beside the others. */
export const recommendations = (options: RecommendOptions, work: WorkingTables, isFirst: boolean): Statement =>
  (isFirst ? create : insert)(options.outputs.recommendations, partOf(options, work));

/** The limit by category first, then the ranks, without gaps; then names for numbers. */
const partOf = (options: RecommendOptions, work: WorkingTables): string => `
  SELECT customer, rank, product, score, reason, ${reasonValues(options)} AS "values" FROM (
    SELECT known.customer, CAST(placed.place AS INTEGER) AS rank, item.product, 1E0 / (1E0 + exp(-placed.log_odds)) AS score,
      ${reasonCode(options)} AS reason, placed.last_age, placed.orders, placed.cycle_days, placed.viewed_age,
      via.product AS via_product, accessory.product AS accessory_product, upgrade.product AS upgrade_product, segment.scope AS segment
    FROM (
      SELECT *, row_number() OVER (PARTITION BY c ORDER BY log_odds DESC, p) AS place FROM (
        SELECT *, row_number() OVER (PARTITION BY c, category ORDER BY log_odds DESC, p) AS of_category FROM ${work.best}
      ) AS beside WHERE category IS NULL OR of_category <= ${options.tuning.perCategory}
    ) AS placed
    JOIN ${work.customer} AS known ON known.c = placed.c
    JOIN ${work.product} AS item ON item.p = placed.p
    LEFT JOIN ${work.product} AS via ON via.p = placed.via
    LEFT JOIN ${work.product} AS accessory ON accessory.p = placed.accessory_via
    LEFT JOIN ${work.product} AS upgrade ON upgrade.p = placed.upgrade_via
    LEFT JOIN (SELECT DISTINCT s, scope FROM ${work.scope}) AS segment ON segment.s = placed.s
    WHERE placed.place <= ${options.tuning.perCustomer}
  ) AS told`;

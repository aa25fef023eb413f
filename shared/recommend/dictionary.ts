/** Products and customers get numbers, in the order of their names: joins are fast, and a tie broken by number is one broken by name. */
import type { RecommendOptions } from './options.ts';
import { create, type Statement } from './statement.ts';
import type { WorkingTables } from './working-tables.ts';

export const dictionary = ({ inputs, incremental }: RecommendOptions, work: WorkingTables): readonly Statement[] => [
  create(
    work.product,
    `SELECT CAST(row_number() OVER (ORDER BY named.product) - 1 AS INTEGER) AS p, named.product,
       coalesce(listed.category_path, named.category) AS category, listed.regions, listed.currency,
       coalesce(listed.consumable, false) AS consumable,
       coalesce(listed.in_stock, false) AND NOT coalesce(listed.excluded, false) AS offered
     FROM (
       SELECT product, max(category) AS category FROM (
         SELECT product, category FROM ${inputs.lines}
         UNION ALL SELECT product, CAST(NULL AS VARCHAR) AS category FROM ${inputs.products}
       ) AS mentioned GROUP BY product
     ) AS named
     LEFT JOIN ${inputs.products} AS listed ON listed.product = named.product`,
  ),
  create(
    work.customer,
    `SELECT c, customer, tier, region, channel, currency, scored,
       CAST(dense_rank() OVER (ORDER BY region, currency) AS INTEGER) AS m
     FROM (
       SELECT CAST(row_number() OVER (ORDER BY named.customer) - 1 AS INTEGER) AS c, named.customer,
         nullif(known.tier, '') AS tier, nullif(known.region, '') AS region, nullif(known.channel, '') AS channel,
         nullif(known.currency, '') AS currency,
         known.customer IS NOT NULL${incremental ? ' AND changed.customer IS NOT NULL' : ''} AS scored
       FROM (SELECT customer FROM ${inputs.lines} UNION SELECT customer FROM ${inputs.customers}) AS named
       LEFT JOIN ${inputs.customers} AS known ON known.customer = named.customer
       ${incremental ? `LEFT JOIN (SELECT DISTINCT customer FROM ${incremental.changed}) AS changed ON changed.customer = named.customer` : ''}
     ) AS numbered`,
  ),
];

/** Tables of a build → the rows that are kept of it, and which of them differ from those of the version before. */
import type { Outputs } from '../recommend/outputs.ts';
import { quoted } from '../snapshots/duckdb.ts';
import type { Instant } from '../time/instant.ts';

export type TableNames = Outputs;

/** Of one product or scope, so many are read at most. */
const PRODUCTS_KEPT = 20;
const AUDIENCE_KEPT = 500;

/**
 * `contents` (kind, of, content), in the words of rows.ts: of customers who were scored, and of all products and scopes. They want
 * `recommended`, the recommendations with the `day` that their reasons count up to.
 */
export const contentsOf = (tables: TableNames, isIncremental: boolean): string => `
  CREATE OR REPLACE TEMP TABLE contents AS
  SELECT 'customer' AS kind, customer AS "of",
         CAST(to_json({'day': CAST(any_value(day) AS VARCHAR), 'items': list(json_array(product, reason, "values") ORDER BY rank)}) AS VARCHAR) AS content
  FROM recommended ${isIncremental ? 'SEMI JOIN changed USING (customer)' : ''} GROUP BY customer
  UNION ALL
  SELECT 'similar', product, CAST(to_json(list(other ORDER BY rank)) AS VARCHAR)
  FROM ${tables.similar} WHERE rank <= ${PRODUCTS_KEPT} GROUP BY product
  UNION ALL
  SELECT 'popular', scope, CAST(to_json(list(product ORDER BY rank)) AS VARCHAR)
  FROM ${tables.popular} WHERE rank <= ${PRODUCTS_KEPT} GROUP BY scope
  UNION ALL
  SELECT 'audience', product, CAST(to_json(list(json_array(customer, round(score, 4)) ORDER BY rank)) AS VARCHAR)
  FROM ${tables.productAudience} WHERE rank <= ${AUDIENCE_KEPT} GROUP BY product`;

/** What says nothing, in place of what was there before and is not any more. Audiences last: their product may have sold out. */
const nothing = (asOf: Instant): string =>
  `CASE kind WHEN 'customer' THEN ${quoted(JSON.stringify({ day: asOf.slice(0, 10), items: [] }))} ELSE '[]' END`;

/** Customers of whom nothing has changed since the version before, and who are still there. */
const stays = (customer: string): string =>
  `${customer} IN (SELECT customer FROM shoppers) AND ${customer} NOT IN (SELECT customer FROM changed)`;

/** `differing`: rows to be written, of all or against \`previous_rows\` (kind, of, digest). */
export const differing = (isIncremental: boolean, asOf: Instant): string =>
  isIncremental
    ? `CREATE OR REPLACE TEMP VIEW differing AS
       SELECT contents.* FROM contents
       LEFT JOIN previous_rows AS previous USING (kind, "of")
       WHERE previous.digest IS DISTINCT FROM md5(contents.content)
       UNION ALL
       SELECT kind, "of", ${nothing(asOf)} FROM previous_rows AS previous
       ANTI JOIN contents USING (kind, "of")
       WHERE kind <> 'audience' AND NOT (kind = 'customer' AND ${stays('"of"')})`
    : 'CREATE OR REPLACE TEMP VIEW differing AS SELECT * FROM contents';

/** `rows` of the version that is made: those written, and those of the version before that stand. */
export const digestsOf = (isIncremental: boolean): string => `
  SELECT kind, "of", md5(content) AS digest FROM contents
  ${
    isIncremental
      ? `UNION ALL
         SELECT kind, "of", digest FROM previous_rows
         WHERE kind = 'customer' AND ${stays('"of"')}`
      : ''
  }`;

/** Tables of a build → the rows that are kept of it, and which of them differ from those of the version before. */
import type { Outputs } from '../recommend/outputs.ts';
import { quoted } from '../snapshots/duckdb.ts';
import type { Instant } from '../time/instant.ts';
import type { RowKind } from './rows.ts';

export type TableNames = Outputs;

/** Of one product or scope, so many are read at most. */
const PRODUCTS_KEPT = 20;
const AUDIENCE_KEPT = 500;

/** Rows of one kind, of whom lies between these: all JSON of a shop does not fit into the memory. */
export interface Portion {
  readonly kind: RowKind;
  /** Undefined: from the first on. */
  readonly after: string | undefined;
  /** With it. Undefined: to the last. */
  readonly until: string | undefined;
}

/** So many of each kind are a portion of some 50 MB at most. */
const PORTION: Readonly<Record<RowKind, number>> = {
  customer: 10_000,
  similar: 20_000,
  popular: 20_000,
  audience: 1_000,
};

/** Of whom a kind has rows. */
const namesOf = (kind: RowKind, tables: TableNames): string =>
  ({
    customer: 'SELECT customer AS "of" FROM shoppers',
    similar: `SELECT DISTINCT product AS "of" FROM ${tables.similar}`,
    popular: `SELECT DISTINCT scope AS "of" FROM ${tables.popular}`,
    audience: `SELECT DISTINCT product AS "of" FROM ${tables.productAudience}`,
  })[kind];

/** Where a portion of a kind ends and the next begins, as rows of one name. */
export const bordersOf = (kind: RowKind, tables: TableNames): string => `
  SELECT "of" FROM (${namesOf(kind, tables)}) QUALIFY row_number() OVER (ORDER BY "of") % ${PORTION[kind]} = 0 ORDER BY "of"`;

/**
 * `contents` (kind, of, content), in the words of rows.ts, of one portion: of customers who were scored, and of all products and
 * scopes. It wants `recommended`, the recommendations with the `day` that their reasons count up to.
 */
export const contentsOf = ({ kind, ...range }: Portion, tables: TableNames, isIncremental: boolean): string => {
  const query = {
    customer: `
      SELECT 'customer' AS kind, customer AS "of",
             CAST(to_json({'day': CAST(any_value(day) AS VARCHAR), 'items': list(json_array(product, reason, "values") ORDER BY rank)}) AS VARCHAR) AS content
      FROM recommended ${isIncremental ? 'SEMI JOIN changed USING (customer)' : ''} WHERE ${within('customer', range)} GROUP BY customer`,
    similar: `
      SELECT 'similar' AS kind, product AS "of", CAST(to_json(list(other ORDER BY rank)) AS VARCHAR) AS content
      FROM ${tables.similar} WHERE rank <= ${PRODUCTS_KEPT} AND ${within('product', range)} GROUP BY product`,
    popular: `
      SELECT 'popular' AS kind, scope AS "of", CAST(to_json(list(product ORDER BY rank)) AS VARCHAR) AS content
      FROM ${tables.popular} WHERE rank <= ${PRODUCTS_KEPT} AND ${within('scope', range)} GROUP BY scope`,
    audience: `
      SELECT 'audience' AS kind, product AS "of", CAST(to_json(list(json_array(customer, round(score, 4)) ORDER BY rank)) AS VARCHAR) AS content
      FROM ${tables.productAudience} WHERE rank <= ${AUDIENCE_KEPT} AND ${within('product', range)} GROUP BY product`,
  }[kind];
  return `CREATE OR REPLACE TEMP TABLE contents AS ${query}`;
};

const within = (column: string, { after, until }: Omit<Portion, 'kind'>): string =>
  [
    'true',
    ...(after === undefined ? [] : [`${column} > ${quoted(after)}`]),
    ...(until === undefined ? [] : [`${column} <= ${quoted(until)}`]),
  ].join(' AND ');

/** `made_rows` (kind, of, digest): of all portions so far. */
export const NO_DIGESTS =
  'CREATE OR REPLACE TEMP TABLE made_rows AS SELECT NULL::VARCHAR AS kind, NULL::VARCHAR AS "of", NULL::VARCHAR AS digest WHERE false';
export const ADD_DIGESTS = 'INSERT INTO made_rows SELECT kind, "of", md5(content) FROM contents';

/** What says nothing, in place of what was there before and is not any more. Audiences last: their product may have sold out. */
const nothing = (asOf: Instant): string =>
  `CASE kind WHEN 'customer' THEN ${quoted(JSON.stringify({ day: asOf.slice(0, 10), items: [] }))} ELSE '[]' END`;

/** Customers of whom nothing has changed since the version before, and who are still there. */
const stays = (customer: string): string =>
  `${customer} IN (SELECT customer FROM shoppers) AND ${customer} NOT IN (SELECT customer FROM changed)`;

/** Rows of `contents` to be written: all, or what differs from `previous_rows` (kind, of, digest). */
export const differing = (isIncremental: boolean): string =>
  isIncremental
    ? `SELECT contents.kind, contents."of", contents.content FROM contents
       LEFT JOIN previous_rows AS previous USING (kind, "of")
       WHERE previous.digest IS DISTINCT FROM md5(contents.content)`
    : 'SELECT kind, "of", content FROM contents';

/** And then in place of those that are not in `made_rows` any more, against an incremental build's version before. */
export const gone = (asOf: Instant): string => `
  SELECT kind, "of", ${nothing(asOf)} FROM previous_rows AS previous
  ANTI JOIN made_rows USING (kind, "of")
  WHERE kind <> 'audience' AND NOT (kind = 'customer' AND ${stays('"of"')})`;

/** `rows` of the version that is made: those written, and those of the version before that stand. */
export const digestsOf = (isIncremental: boolean): string => `
  SELECT kind, "of", digest FROM made_rows
  ${
    isIncremental
      ? `UNION ALL
         SELECT kind, "of", digest FROM previous_rows
         WHERE kind = 'customer' AND ${stays('"of"')}`
      : ''
  }`;

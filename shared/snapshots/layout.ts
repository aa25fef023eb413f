/**
 * The tables of a snapshot: names, types (DuckDB's) and the fields of rows that they come from. `profiles` and `days` are for
 * everybody, the others for the next snapshot.
 */
import { KINDS } from '../profiles/sums.ts';

/** `all`: whatever was bought; else by part. */
export const DAY_KINDS = ['all', ...KINDS] as const;
export type DayKind = (typeof DAY_KINDS)[number];

/** A column, its type, and the field of the row that it is read from. */
type Columns = readonly (readonly [column: string, type: string, field: string])[];

/** Of a root alone; null in the row of another's alias. */
const FIGURES: Columns = [
  ['tier', 'VARCHAR', 'tier'],
  ['tier_since', 'TIMESTAMP_MS', 'tierSince'],
  ['currency', 'VARCHAR', 'currency'],
  ['orders', 'INTEGER', 'orders'],
  ['net_spend', 'BIGINT', 'netSpend'],
  ['average_order', 'BIGINT', 'averageOrder'],
  ['refund_rate', 'DOUBLE', 'refundRate'],
  ['first_paid_at', 'TIMESTAMP_MS', 'firstPaidAt'],
  ['last_paid_at', 'TIMESTAMP_MS', 'lastPaidAt'],
  ['purchase_days', 'INTEGER', 'purchaseDays'],
  ['first_day', 'DATE', 'firstDay'],
  ['last_day', 'DATE', 'lastDay'],
  ['clv_12m', 'BIGINT', 'clv12m'],
  ['alive_probability', 'DOUBLE', 'aliveProbability'],
  ['next_order_at', 'TIMESTAMP_MS', 'nextOrderAt'],
  ['members', 'VARCHAR[]', 'members'],
  ['connections', 'VARCHAR[]', 'connections'],
  ['channels', 'VARCHAR[]', 'channels'],
  ['categories', 'VARCHAR[]', 'categories'],
  ['regions', 'VARCHAR[]', 'regions'],
  ['stores', 'VARCHAR[]', 'stores'],
  ['hosts', 'VARCHAR[]', 'hosts'],
  ['segments', 'VARCHAR[]', 'segments'],
];

export const PLACE_ROW: Columns = [
  ['id', 'VARCHAR', 'id'],
  ['revision', 'BIGINT', 'revision'],
  ['root', 'VARCHAR', 'root'],
  ...FIGURES,
];

export const PLACE_INSTANTS: readonly string[] = PLACE_ROW.flatMap(([column, type]) =>
  type === 'TIMESTAMP_MS' ? [column] : [],
);

const DAY_LINE = 'STRUCT(name VARCHAR, "firstAt" TIMESTAMP_MS, "lastAt" TIMESTAMP_MS, orders INTEGER, net BIGINT)[]';
export const MONTH_ROW: Columns = [
  ['persona', 'VARCHAR', 'persona'],
  ['month', 'VARCHAR', 'month'],
  ['revision', 'BIGINT', 'revision'],
  ...DAY_KINDS.map((kind) => [`"${kind}"`, DAY_LINE, kind] as const),
];

export const MARK_ROW: Columns = [
  ['persona', 'VARCHAR', 'persona'],
  ['kind', 'VARCHAR', 'kind'],
  ['name', 'VARCHAR', 'name'],
  ['given', 'BOOLEAN', 'given'],
  ['said_at', 'TIMESTAMP_MS', 'saidAt'],
];

export const FIGURE_COLUMNS: readonly string[] = FIGURES.map(([column]) => column);

/** Files of a snapshot, each a table; `days` is the files of its kinds together. */
export const PLACES = 'places.parquet';
export const MONTHS = 'months.parquet';
export const MARKS = 'marks.parquet';
export const PROFILES = 'profiles.parquet';
export const daysFile = (kind: DayKind): string => `days-${kind}.parquet`;
export const SNAPSHOT_FILES: readonly string[] = [PLACES, MONTHS, MARKS, PROFILES, ...DAY_KINDS.map(daysFile)];

/**
 * Order lines in the lake. Rows as they were recorded, by the time of it: `rows/lines/date=…/hour=…/<time>-<hash>.ndjson.gz`, kept
 * for a fortnight. And what was made of them, `lines/<build>/…`: a Parquet file for each month (UTC) in which orders were paid, and
 * an index of all orders that were ever recorded.
 */
export const LINE_ROWS_PREFIX = 'rows/lines/';
export const LINES_PREFIX = 'lines/';

/** A column, and its type in DuckDB's words. Fields of rows are called the same. */
type Columns = readonly (readonly [column: string, type: string])[];

/** What tells of two recordings of an order which stands: the greatest, compared from left to right. */
export const HEAD: Columns = [
  ['order_key', 'VARCHAR'],
  ['revision', 'BIGINT'],
  ['recorded_at', 'TIMESTAMP_MS'],
  ['persona', 'VARCHAR'],
];

/** Of a line; `line_no` is null only in a row of an order that says nothing, which the files have none of. */
export const LINE: Columns = [
  ...HEAD,
  ['line_no', 'INTEGER'],
  ['line_id', 'VARCHAR'],
  ['product_id', 'VARCHAR'],
  ['sku_id', 'VARCHAR'],
  ['channel', 'VARCHAR'],
  ['connection', 'VARCHAR'],
  ['category_path', 'VARCHAR'],
  ['title', 'VARCHAR'],
  ['quantity', 'DOUBLE'],
  ['refunded_quantity', 'DOUBLE'],
  ['unit_price', 'BIGINT'],
  ['total', 'BIGINT'],
  ['currency', 'VARCHAR'],
  ['ordered_at', 'TIMESTAMP_MS'],
  ['region', 'VARCHAR'],
  ['store_id', 'VARCHAR'],
  ['host_id', 'VARCHAR'],
  ['gift_card', 'BOOLEAN'],
  ['counts', 'BOOLEAN'],
];

/** `order_key`, `revision`, `recorded_at`, `persona`, and `month` (202611), null of an order that says nothing. */
export const INDEX_FILE = 'orders.parquet';
/** `202611` → `month=2026-11.parquet` */
export const monthFile = (month: number): string =>
  `month=${String(month).slice(0, -2)}-${String(month).slice(-2)}.parquet`;

/** A table without rows, of these columns. */
export const noRows = (columns: Columns): string =>
  `(SELECT ${columns.map(([column, type]) => `NULL::${type} AS ${column}`).join(', ')} WHERE false)`;

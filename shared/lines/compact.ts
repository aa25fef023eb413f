/**
 * Lines as they were, and the rows recorded since → lines as they are: of each order the newest recording stands. Files in a folder
 * make files in another; whatever order rows come in, how often, and in what portions, the same tables come out. Only months in
 * which something changes are written; where an order is, and was, the index of all orders tells.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoted } from '../snapshots/duckdb.ts';
import { LONGEST_ROW_BYTES } from '../snapshots/rows.ts';
import { HEAD, INDEX_FILE, LINE, monthFile, noRows } from './layout.ts';

export interface Compaction {
  /** The index before, as a file; undefined: there is none. */
  readonly index?: string | undefined;
  /** The lines of a month (202611) before, as a file; undefined: there are none. */
  readonly monthBefore: (month: number) => Promise<string | undefined>;
  /** A folder of `.ndjson.gz` files. */
  readonly rows: string;
  /** An empty one. */
  readonly next: string;
}

interface MonthLines {
  readonly month: number;
  readonly lines: number;
}

export interface Compacted {
  /** Ever recorded. */
  readonly orders: number;
  /** Months whose files are in `next`. */
  readonly written: readonly MonthLines[];
  /** Those of which nothing is left. */
  readonly emptied: readonly number[];
}

/** Undefined where all was known already: nothing is written then. */
export async function compactLines(
  db: DuckDBConnection,
  { index, monthBefore, rows, next }: Compaction,
): Promise<Compacted | undefined> {
  await readNewRows(db, rows);
  const known = index === undefined ? noRows(INDEX) : `read_parquet(${quoted(index)})`;
  await db.run(`CREATE OR REPLACE TEMP VIEW known AS SELECT * FROM ${known}`);
  await db.run(FRESH);
  if ((await count(db, 'fresh')) === 0) return undefined;
  const write = (file: string, query: string) =>
    db.run(`COPY (${query}) TO ${quoted(path.join(next, file))} (${FORMAT})`);
  const written: MonthLines[] = [];
  const emptied: number[] = [];
  for (const month of await monthsTouched(db)) {
    const before = await monthBefore(month);
    const file = path.join(next, monthFile(month));
    await write(
      monthFile(month),
      linesOf(month, before === undefined ? noRows(LINE) : `read_parquet(${quoted(before)})`),
    );
    const lines = await count(db, `read_parquet(${quoted(file)})`);
    if (lines === 0) emptied.push(month);
    else written.push({ month, lines });
  }
  await write(INDEX_FILE, NEXT_INDEX);
  return { orders: await count(db, `read_parquet(${quoted(path.join(next, INDEX_FILE))})`), written, emptied };
}

const INDEX = [...HEAD, ['month', 'INTEGER']] as const;
/** Sorted, so that the lines of an order lie together and a file is the same each time. */
const FORMAT = 'FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2';

async function readNewRows(db: DuckDBConnection, folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ndjson.gz'));
  const types = LINE.map(([column, type]) => `${quoted(column)}: ${quoted(type)}`).join(', ');
  const pattern = quoted(path.join(folder, '*.ndjson.gz'));
  const found = `read_json(${pattern}, format = 'newline_delimited', maximum_object_size = ${LONGEST_ROW_BYTES}, columns = {${types}})`;
  const columns = LINE.map(([column]) => column).join(', ');
  await db.run(
    `CREATE OR REPLACE TEMP TABLE new_rows AS SELECT ${columns} FROM ${files.length > 0 ? found : noRows(LINE)}`,
  );
}

/** Of two recordings of an order, which stands. Null sorts as no name does. */
const NEWNESS = (of: string) => `(${of}.revision, ${of}.recorded_at, coalesce(${of}.persona, ''))`;

/** Orders with the recording that stands, where it is newer than the one known. All its rows are of one month. */
const FRESH = `
  CREATE OR REPLACE TEMP TABLE fresh AS
  WITH newest AS (
    SELECT order_key, revision, recorded_at, persona,
           CAST(max(year(ordered_at) * 100 + month(ordered_at)) AS INTEGER) AS month
    FROM new_rows GROUP BY order_key, revision, recorded_at, persona
    QUALIFY row_number() OVER (
      PARTITION BY order_key ORDER BY revision DESC, recorded_at DESC, coalesce(persona, '') DESC
    ) = 1
  )
  SELECT newest.*, known.month AS month_before
  FROM newest LEFT JOIN known USING (order_key)
  WHERE known.order_key IS NULL OR ${NEWNESS('newest')} > ${NEWNESS('known')}`;

async function monthsTouched(db: DuckDBConnection): Promise<readonly number[]> {
  const found = await db.runAndReadAll(`
    SELECT month FROM fresh WHERE month IS NOT NULL
    UNION SELECT month_before FROM fresh WHERE month_before IS NOT NULL ORDER BY 1`);
  return found.getRows().map(([month]) => Number(month));
}

/** A line that came several times in one recording is one. */
const linesOf = (month: number, before: string): string => `
  SELECT * FROM (
    SELECT * FROM ${before} AS before ANTI JOIN fresh USING (order_key)
    UNION ALL
    SELECT new_rows.* FROM new_rows
    JOIN fresh ON fresh.order_key = new_rows.order_key AND ${NEWNESS('fresh')} = ${NEWNESS('new_rows')}
    WHERE fresh.month = ${month} AND new_rows.line_no IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY new_rows.order_key, new_rows.line_no) = 1
  ) ORDER BY order_key, line_no`;

const NEXT_INDEX = `
  SELECT * FROM known ANTI JOIN fresh USING (order_key)
  UNION ALL
  SELECT order_key, revision, recorded_at, persona, month FROM fresh
  ORDER BY order_key`;

async function count(db: DuckDBConnection, table: string): Promise<number> {
  const rows = (await db.runAndReadAll(`SELECT count(*) FROM ${table}`)).getRows();
  return Number(rows[0]?.[0]);
}

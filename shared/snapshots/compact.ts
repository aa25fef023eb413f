/**
 * A snapshot and the rows since → the next snapshot: of each key the newest row stands. Files in a folder make files in another;
 * whatever order rows come in, and however often, the same tables come out (but for the numbers, which are given by turns).
 *
 * Days are both what is read and what the next snapshot is made of: those of a month that came anew are replaced, and each is
 * told again of which profile it is. So nothing here depends on whether a persona's months or its place came first.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoted } from './duckdb.ts';
import {
  DAY_KINDS,
  type DayKind,
  daysFile,
  FIGURE_COLUMNS,
  MARK_ROW,
  MARKS,
  MONTH_ROW,
  MONTHS,
  PLACE_INSTANTS,
  PLACE_ROW,
  PLACES,
  PROFILES,
} from './layout.ts';
import { LONGEST_ROW_BYTES, type Rows } from './rows.ts';

export interface Compaction {
  /** Of the snapshot before; absent: there is none. */
  readonly previous?: string | undefined;
  /** With a folder of `.ndjson.gz` files for each kind of rows; one may be missing. */
  readonly rows: string;
  /** An empty one. */
  readonly next: string;
}

export interface Counts {
  readonly profiles: number;
  readonly personas: number;
  /** Lines of `days`, of all kinds. */
  readonly days: number;
}

export async function compact(db: DuckDBConnection, { previous, rows, next }: Compaction): Promise<Counts> {
  const run = (sql: string) => db.run(sql);
  const write = (file: string, query: string, instants: readonly string[] = [], order = '') =>
    run(`COPY (${inMilliseconds(query, instants)} ${order}) TO ${quoted(path.join(next, file))} (${FORMAT})`);
  const written = (file: string) => `read_parquet(${quoted(path.join(next, file))})`;
  const before = (file: string, columns: string) =>
    previous === undefined ? `(SELECT ${columns} WHERE false)` : `read_parquet(${quoted(path.join(previous, file))})`;

  await readNewRows(db, rows);

  await run(`CREATE OR REPLACE VIEW old_places AS SELECT * FROM ${before(PLACES, placeNulls())}`);
  await run(`CREATE OR REPLACE VIEW old_months AS SELECT * FROM ${before(MONTHS, MONTH_NULLS)}`);
  await run(`CREATE OR REPLACE VIEW old_marks AS SELECT * FROM ${before(MARKS, MARK_NULLS)}`);
  await numberPersonas(db);

  await run(FRESH_PLACES);
  await write(PLACES, NEXT_PLACES, PLACE_INSTANTS);
  await run(`CREATE OR REPLACE VIEW places AS SELECT * FROM ${written(PLACES)}`);
  await run(OWNERS);

  await run(FRESH_MONTHS);
  await write(MONTHS, NEXT_MONTHS);

  await write(MARKS, NEXT_MARKS, ['said_at']);
  await write(PROFILES, profilesOf(written(MARKS)), PLACE_INSTANTS);

  let days = 0;
  for (const kind of DAY_KINDS) {
    await write(
      daysFile(kind),
      daysOf(kind, before(daysFile(kind), DAY_NULLS)),
      ['first_at', 'last_at'],
      'ORDER BY name, first_at',
    );
    days += await count(db, written(daysFile(kind)));
  }
  const [profiles, personas] = [await count(db, written(PROFILES)), await count(db, 'places')];
  return { profiles, personas, days };
}

/** Of the second version numbers that ascend are a third smaller. */
const FORMAT = 'FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2';

/** DuckDB reads milliseconds as microseconds, and would write them so, in more room. */
const inMilliseconds = (query: string, columns: readonly string[]): string =>
  columns.length === 0
    ? query
    : `SELECT * REPLACE (${columns.map((column) => `CAST(${column} AS TIMESTAMP_MS) AS ${column}`).join(', ')}) FROM (${query})`;

type Columns = typeof PLACE_ROW;

async function readNewRows(db: DuckDBConnection, folder: string): Promise<void> {
  const read = async (name: keyof Rows, columns: Columns) => {
    const files = await filesIn(path.join(folder, name));
    const pattern = quoted(path.join(folder, name, '*.ndjson.gz'));
    const types = columns.map(([, type, field]) => `${quoted(field)}: ${quoted(type)}`).join(', ');
    const found = `read_json(${pattern}, format = 'newline_delimited', maximum_object_size = ${LONGEST_ROW_BYTES}, columns = {${types}})`;
    const none = `(SELECT ${columns.map(([, type, field]) => `NULL::${type} AS "${field}"`).join(', ')} WHERE false)`;
    const selected = columns.map(([column, , field]) => `"${field}" AS ${column}`).join(', ');
    return `SELECT ${selected} FROM ${files.length > 0 ? found : none}`;
  };
  const newest = (key: string, order: string) =>
    `QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY ${order}) = 1`;
  await db.run(
    `CREATE OR REPLACE TEMP TABLE new_places AS ${await read('profiles', PLACE_ROW)} ${newest('id', 'revision DESC')}`,
  );
  await db.run(
    `CREATE OR REPLACE TEMP TABLE new_months AS
     SELECT * REPLACE (CAST(replace(month, '-', '') AS INTEGER) AS month) FROM (${await read('months', MONTH_ROW)})
     ${newest('persona, month', 'revision DESC')}`,
  );
  await db.run(
    `CREATE OR REPLACE TEMP TABLE new_marks AS ${await read('marks', MARK_ROW)} ${newest('persona, kind, name', NEWEST_MARK)}`,
  );
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Of one instant, the one that takes back. */
const NEWEST_MARK = 'said_at DESC, given';

const placeNulls = (): string =>
  ['NULL::INTEGER AS number', ...PLACE_ROW.map(([column, type]) => `NULL::${type} AS ${column}`)].join(', ');
const MONTH_NULLS = 'NULL::INTEGER AS persona, NULL::INTEGER AS month, NULL::BIGINT AS revision';
const MARK_NULLS =
  'NULL::INTEGER AS persona, NULL::VARCHAR AS kind, NULL::VARCHAR AS name, NULL::BOOLEAN AS given, NULL::TIMESTAMP_MS AS said_at';
const DAY_NULLS =
  'NULL::INTEGER AS profile, NULL::INTEGER AS alias, NULL::VARCHAR AS kind, NULL::VARCHAR AS name, ' +
  'NULL::TIMESTAMP_MS AS first_at, NULL::TIMESTAMP_MS AS last_at, NULL::INTEGER AS orders, NULL::BIGINT AS net';

/** Those met in new rows: their number and the revision known before, 0 of whom nobody had heard. */
async function numberPersonas(db: DuckDBConnection): Promise<void> {
  await db.run(`
    CREATE OR REPLACE TEMP TABLE met AS
      SELECT id FROM new_places UNION SELECT persona FROM new_months UNION SELECT persona FROM new_marks`);
  await db.run(`
    CREATE OR REPLACE TEMP TABLE known AS
      SELECT number, id, revision FROM old_places SEMI JOIN met USING (id)`);
  await db.run(`
    CREATE OR REPLACE TEMP TABLE numbers AS
      SELECT number, id, revision, false AS is_new FROM known
      UNION ALL
      SELECT CAST((SELECT coalesce(max(number), -1) FROM old_places) + row_number() OVER (ORDER BY id) AS INTEGER),
             id, 0::BIGINT, true
      FROM met ANTI JOIN known USING (id)`);
}

/** Newer than known. Of whom only months or marks have come, all but the name is yet to come. */
const FRESH_PLACES = `
  CREATE OR REPLACE TEMP TABLE fresh_places AS
    SELECT numbers.number, new_places.*
    FROM new_places JOIN numbers USING (id)
    WHERE new_places.revision > numbers.revision
    UNION ALL BY NAME
    SELECT number, id, revision FROM numbers ANTI JOIN new_places USING (id) WHERE is_new`;

const NEXT_PLACES =
  'SELECT * FROM old_places ANTI JOIN fresh_places USING (number) UNION ALL BY NAME SELECT * FROM fresh_places';

/** Of each persona its profile: only a root's row has a tier. One whose root is (or seems) another's alias is of none, until rows say more. */
const OWNERS = `
  CREATE OR REPLACE TEMP TABLE owners AS
    SELECT number AS persona, number AS profile FROM places WHERE tier IS NOT NULL
    UNION ALL
    SELECT alias.number, root.number
    FROM places AS alias JOIN places AS root ON root.id = alias.root
    WHERE alias.root <> alias.id AND root.tier IS NOT NULL`;

const FRESH_MONTHS = `
  CREATE OR REPLACE TEMP TABLE fresh_months AS
    SELECT numbers.number, new_months.*
    FROM new_months
    JOIN numbers ON numbers.id = new_months.persona
    LEFT JOIN old_months ON old_months.persona = numbers.number AND old_months.month = new_months.month
    WHERE new_months.revision > coalesce(old_months.revision, 0)`;

const NEXT_MONTHS = `
  SELECT * FROM old_months
  ANTI JOIN fresh_months ON fresh_months.number = old_months.persona AND fresh_months.month = old_months.month
  UNION ALL
  SELECT number, month, revision FROM fresh_months`;

const NEXT_MARKS = `
  SELECT * FROM (
    SELECT * FROM old_marks
    UNION ALL
    SELECT number, kind, name, given, said_at FROM new_marks JOIN numbers ON numbers.id = new_marks.persona
  ) QUALIFY row_number() OVER (PARTITION BY persona, kind, name ORDER BY ${NEWEST_MARK}) = 1`;

/** A profile has what the newest word of any of its personas says. */
const profilesOf = (marks: string): string => `
  WITH words AS (
    SELECT profile, kind, name, given FROM ${marks} JOIN owners USING (persona)
    QUALIFY row_number() OVER (PARTITION BY profile, kind, name ORDER BY ${NEWEST_MARK}) = 1
  ),
  standing AS (
    SELECT profile AS number,
           list(name ORDER BY name) FILTER (WHERE kind = 'tag') AS tags,
           list(name ORDER BY name) FILTER (WHERE kind = 'consent') AS consents
    FROM words WHERE given GROUP BY profile
  )
  SELECT number, id, revision, ${FIGURE_COLUMNS.join(', ')}, CAST(len(members) AS INTEGER) AS personas,
         coalesce(tags, CAST([] AS VARCHAR[])) AS tags, coalesce(consents, CAST([] AS VARCHAR[])) AS consents
  FROM places LEFT JOIN standing USING (number)
  WHERE tier IS NOT NULL`;

/**
 * `alias`: the number of the persona, where it is not the profile itself; so it is null nearly everywhere, and takes no room. Lines
 * of whom no profile is known (yet) are kept, of none.
 */
const daysOf = (kind: DayKind, before: string): string => `
  WITH lines AS (
    SELECT coalesce(alias, profile) AS persona, name, first_at, last_at, orders, net
    FROM ${before}
    ANTI JOIN fresh_months
      ON fresh_months.number = coalesce(alias, profile) AND fresh_months.month = year(first_at) * 100 + month(first_at)
    UNION ALL
    SELECT number, line.name, line."firstAt", line."lastAt", line.orders, line.net
    FROM (SELECT number, unnest("${kind}") AS line FROM fresh_months)
  )
  SELECT owners.profile,
         CASE WHEN owners.profile IS DISTINCT FROM lines.persona THEN lines.persona END AS alias,
         '${kind}' AS kind, name, first_at, last_at, orders, net
  FROM lines LEFT JOIN owners USING (persona)`;

async function count(db: DuckDBConnection, table: string): Promise<number> {
  const rows = (await db.runAndReadAll(`SELECT count(*) FROM ${table}`)).getRows();
  return Number(rows[0]?.[0]);
}

/** A snapshot's files as tables that SQL can ask. */
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoted } from '../snapshots/duckdb.ts';
import { type DayKind, daysFile, PROFILES } from '../snapshots/layout.ts';
import { MACROS } from './sql.ts';
import type { Sql } from './sql-text.ts';

/** In a folder with the files of the profiles and of these kinds of days. Of a connection. */
export async function openTables(db: DuckDBConnection, folder: string, kinds: readonly DayKind[]): Promise<void> {
  const files = (names: readonly string[]) => names.map((name) => quoted(path.join(folder, name))).join(', ');
  for (const macro of MACROS) await db.run(macro);
  await db.run(`CREATE OR REPLACE TEMP VIEW profiles AS SELECT * FROM read_parquet([${files([PROFILES])}])`);
  if (kinds.length > 0)
    await db.run(`CREATE OR REPLACE TEMP VIEW days AS SELECT * FROM read_parquet([${files(kinds.map(daysFile))}])`);
}

/** Rows by the names of their columns; large integers as bigint, instants as Date. */
export async function ask(
  db: DuckDBConnection,
  { text, values }: Sql,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await db.runAndReadAll(text, [...values])).getRowObjectsJS();
}

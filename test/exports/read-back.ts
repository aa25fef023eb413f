/** Files as another program reads them: DuckDB for CSV and Parquet. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import type { ExportFormat } from '../../shared/exports/export.ts';

export type ReadRow = Readonly<Record<string, Json>>;

/** `FILE` stands for the file in the question. Numbers beyond 2^53 and timestamps come as text. */
export async function ask(content: Uint8Array, question: string): Promise<ReadRow[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-export-'));
  const file = path.join(folder, 'file');
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    await writeFile(file, content);
    await connection.run("SET TimeZone = 'UTC'");
    const answer = await connection.runAndReadAll(question.replaceAll('FILE', `'${file}'`));
    return answer.getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true });
  }
}

/** Told how it is written, for it would guess otherwise: and guessing is for files of strangers. */
function csvOf(content: Uint8Array): string {
  const [heading = ''] = Buffer.from(content).toString('utf8').replace('\uFEFF', '').split('\r\n');
  const columns = heading.split(',').map((name) => `'${name}': 'VARCHAR'`);
  const how = `auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', new_line = '\\r\\n'`;
  return `read_csv(FILE, ${how}, columns = {${columns.join(', ')}})`;
}

/** All of its rows. Of CSV every cell is text, or null where it is empty. */
export async function readBack(format: ExportFormat, content: Uint8Array): Promise<ReadRow[]> {
  switch (format) {
    case 'csv':
      return ask(content, `SELECT * FROM ${csvOf(content)}`);
    case 'parquet':
      return ask(content, 'SELECT * FROM read_parquet(FILE)');
    case 'ndjson':
      return Buffer.from(content)
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
  }
}

/** DuckDB in a folder of its own, and what lies in files there. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DuckDBConnection } from '@duckdb/node-api';
import { HEAD, LINE } from '../../shared/lines/layout.ts';
import type { LineRow } from '../../shared/lines/rows.ts';
import { openDuckDB, quoted } from '../../shared/snapshots/duckdb.ts';
import { ndjson } from '../../shared/snapshots/rows.ts';
import type { Instant } from '../../shared/time/instant.ts';

export interface Lab {
  readonly db: DuckDBConnection;
  /** An empty folder. */
  folder(): Promise<string>;
  /** A file each; gives the folder. */
  rowFiles(files: readonly (readonly LineRow[])[]): Promise<string>;
  /** As it is in the files, as JSON, in order. */
  lines(files: readonly string[]): Promise<readonly unknown[]>;
  index(file: string): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

export async function openLab(): Promise<Lab> {
  const root = await mkdtemp(path.join(tmpdir(), 'tributary-lines-'));
  const instance = await openDuckDB({ memoryMiB: 500, threads: 2, folder: root });
  const db = await instance.connect();
  let folders = 0;
  const folder = async () => {
    const made = path.join(root, String(++folders));
    await mkdir(made);
    return made;
  };
  const read = async (files: readonly string[], columns: readonly string[], order: string) => {
    if (files.length === 0) return [];
    const selected = columns.map((column) => `CAST(${column} AS VARCHAR) AS ${column}`).join(', ');
    const from = `read_parquet([${files.map(quoted).join(', ')}])`;
    return (await db.runAndReadAll(`SELECT ${selected} FROM ${from} ORDER BY ${order}`)).getRowObjectsJS();
  };
  return {
    db,
    folder,
    async rowFiles(files) {
      const made = await folder();
      for (const [index, rows] of files.entries())
        await writeFile(path.join(made, `${index}.ndjson.gz`), gzipSync(ndjson(rows)));
      return made;
    },
    lines: (files) =>
      read(
        files,
        LINE.map(([column]) => column),
        'order_key, line_no',
      ),
    index: (file) => read([file], [...HEAD.map(([column]) => column), 'month'], 'order_key'),
    async close() {
      db.disconnectSync();
      instance.closeSync();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A recording of an order with these lines; without any it says nothing. */
export function recorded(
  order: string,
  revision: number,
  { lines = [], at = '2026-11-05T08:00:00.000Z', minute = 0, persona, ...more }: RecordedOptions = {},
): LineRow[] {
  const head = {
    order_key: `shopify/shop/${order}`,
    revision,
    recorded_at: new Date(Date.UTC(2026, 10, 24, 0, minute)).toISOString() as Instant,
    ...(persona !== undefined && { persona: persona as NonNullable<LineRow['persona']> }),
  };
  if (lines.length === 0) return [head];
  return lines.map((line, index) => ({
    ...head,
    line_no: index,
    line_id: `line ${index}`,
    channel: 'shopify',
    connection: 'shop',
    quantity: 1,
    refunded_quantity: 0,
    unit_price: 100,
    total: 100,
    currency: 'CNY',
    ordered_at: at,
    gift_card: false,
    counts: true,
    ...more,
    ...line,
  }));
}

interface RecordedOptions extends Partial<Omit<LineRow, 'persona'>> {
  readonly lines?: readonly Partial<LineRow>[];
  /** When it was paid. */
  readonly at?: string;
  /** When it was recorded. */
  readonly minute?: number;
  readonly persona?: string;
}

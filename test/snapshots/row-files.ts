/** Rows as files in a folder, as a function has fetched them, and what came of them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Compaction, compact } from '../../shared/snapshots/compact.ts';
import { openDuckDB } from '../../shared/snapshots/duckdb.ts';
import { ndjson, type Rows } from '../../shared/snapshots/rows.ts';

/** Each try is a snapshot: the smallest counterexample is told that was found in time, before the test's own time is over. */
export const SHRINKING = { interruptAfterTimeLimit: 40_000 } as const;

export interface Lab {
  readonly db: DuckDBConnection;
  /** An empty folder. */
  folder(): Promise<string>;
  /** A file each; gives the folder. */
  rowFiles(files: readonly Partial<Rows>[]): Promise<string>;
  /** A snapshot, from the one before; gives the folder. */
  snapshot(files: readonly Partial<Rows>[], previous?: Compaction['previous']): Promise<string>;
  close(): Promise<void>;
}

export async function openLab(): Promise<Lab> {
  const root = await mkdtemp(path.join(tmpdir(), 'tributary-snapshots-'));
  const instance = await openDuckDB({ memoryMiB: 500, threads: 1, folder: root });
  const db = await instance.connect();
  let folders = 0;
  const folder = async () => {
    const made = path.join(root, String(++folders));
    await mkdir(made);
    return made;
  };
  const lab: Lab = {
    db,
    folder,
    async rowFiles(files) {
      const made = await folder();
      for (const [index, rows] of files.entries()) {
        for (const [kind, lines = []] of Object.entries(rows)) {
          if (lines.length === 0) continue;
          await mkdir(path.join(made, kind), { recursive: true });
          await writeFile(path.join(made, kind, `${index}.ndjson.gz`), gzipSync(ndjson(lines)));
        }
      }
      return made;
    },
    async snapshot(files, previous) {
      const next = await folder();
      await compact(db, { previous, rows: await lab.rowFiles(files), next });
      return next;
    },
    async close() {
      db.disconnectSync();
      instance.closeSync();
      await rm(root, { recursive: true, force: true });
    },
  };
  return lab;
}

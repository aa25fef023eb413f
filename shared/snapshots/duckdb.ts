/** DuckDB inside a function: within its memory, and with nothing outside of its own folder. */
import { mkdir } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';

export interface DuckDBOptions {
  /** Of its buffers; what the process needs besides is some 300 MB more. */
  readonly memoryMiB: number;
  readonly threads: number;
  /** What does not fit into the memory goes here. */
  readonly folder: string;
}

export async function openDuckDB({ memoryMiB, threads, folder }: DuckDBOptions): Promise<DuckDBInstance> {
  await mkdir(folder, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMiB}MiB`,
    threads: String(threads),
    temp_directory: `${folder}/spilled`,
    home_directory: folder,
    // Order is asked for where it matters; elsewhere keeping it takes memory.
    preserve_insertion_order: 'false',
    // Nothing is ever loaded from anywhere.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const db = await instance.connect();
  // A file of one name never changes its content.
  await db.run('SET GLOBAL parquet_metadata_cache = true');
  db.disconnectSync();
  return instance;
}

export interface KeptDuckDB {
  /** The same one until it is discarded. */
  readonly open: () => Promise<DuckDBInstance>;
  readonly discard: () => void;
}

export function keepDuckDB(options: DuckDBOptions): KeptDuckDB {
  let opened: Promise<DuckDBInstance> | undefined;
  return {
    open() {
      opened ??= openDuckDB(options);
      return opened;
    },
    discard() {
      const last = opened;
      opened = undefined;
      // One that could not be opened was told of by whoever opened it.
      last?.then(
        (instance) => instance.closeSync(),
        () => undefined,
      );
    },
  };
}

/** Paths are our own, but a temporary folder may be called anything. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The newest build of lines, and the stores that it is made of. */
import * as z from 'zod';
import { Taken, type WrittenObject } from '../lake/by-time.ts';
import type { Instant } from '../time/instant.ts';
import type { LineRow } from './rows.ts';

const Count = z.int().min(0);
const File = z.object({ key: z.string().min(1), bytes: Count });

/** Files never change: those of a month that nothing came for are those of the build before. */
export const Lines = z.object({
  id: z.string().min(1),
  /** Changes since then may be missing. */
  builtAt: z.iso.datetime(),
  /** Ever recorded, those that count nowhere too. */
  orders: Count,
  index: File,
  months: z.array(z.object({ month: z.int(), lines: Count, ...File.shape })),
  /** Rows that are in it. */
  taken: Taken,
});
export type Lines = z.infer<typeof Lines>;

export interface LineRowStore {
  /** As one object. */
  putRows(rows: readonly LineRow[], at: Instant): Promise<void>;
  /** After that name, in order of their names. */
  listRows(after: string, limit: number): Promise<readonly WrittenObject[]>;
}

export interface SeenLines {
  readonly lines: Lines;
  /** Of what was read. */
  readonly etag: string;
}

export interface LineStore extends LineRowStore {
  getLatest(): Promise<SeenLines | undefined>;
  /** Unless it is no longer the one seen (undefined: there was none): throws Conflict. */
  putLatest(lines: Lines, seen: string | undefined): Promise<void>;
  /** An object, rows or Parquet, into a file on disk. Throws NotFound, as those that were superseded go. */
  fetch(key: string, file: string): Promise<void>;
  put(key: string, file: string): Promise<void>;
  /** Keys of all files of all builds. */
  listFiles(): Promise<readonly string[]>;
  delete(key: string): Promise<void>;
}

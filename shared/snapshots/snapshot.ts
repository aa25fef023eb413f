/** The newest snapshot, what is in it, and where its files lie. */
import * as z from 'zod';
import { Taken, type WrittenObject } from '../lake/by-time.ts';
import type { Instant } from '../time/instant.ts';
import type { RowKind } from './row-object.ts';

export const SNAPSHOTS_PREFIX = 'snapshots/';

const Count = z.int().min(0);
export const Snapshot = z.object({
  /** Of the folder with its files, which never change. Ids sort by time. */
  id: z.string().min(1),
  /** Changes since then may be missing, and so may those of the two minutes before, as they are written together. */
  snapshotAt: z.iso.datetime(),
  profiles: Count,
  personas: Count,
  /** Lines of `days`. */
  days: Count,
  files: z.array(z.object({ name: z.string(), bytes: Count })),
  rows: z.object({ profiles: Taken.optional(), months: Taken.optional(), marks: Taken.optional() }),
});
export type Snapshot = z.infer<typeof Snapshot>;

export interface RowStore {
  /** As one object. */
  putRows(kind: RowKind, rows: readonly object[], at: Instant): Promise<void>;
  /** After that name, in order of their names. */
  listRows(kind: RowKind, after: string, limit: number): Promise<readonly WrittenObject[]>;
  /** Into a file. */
  fetchRows(key: string, file: string): Promise<void>;
}

export interface SeenSnapshot {
  readonly snapshot: Snapshot;
  /** Of what was read. */
  readonly etag: string;
}

export interface SnapshotStore {
  getLatest(): Promise<SeenSnapshot | undefined>;
  /** Unless it is no longer the one seen (undefined: there was none): throws Conflict. */
  putLatest(snapshot: Snapshot, seen: string | undefined): Promise<void>;
  /** A file of a snapshot into one on disk. Throws NotFound, as those that were superseded go. */
  fetchFile(snapshot: string, name: string, file: string): Promise<void>;
  putFile(snapshot: string, name: string, file: string): Promise<void>;
  /** For readers that know but one place: lists of the files that a table is made of. */
  putTable(table: string, snapshot: string, files: readonly string[]): Promise<void>;
  /** Their ids, in order of time. */
  listSnapshots(): Promise<string[]>;
  deleteSnapshot(id: string): Promise<void>;
}

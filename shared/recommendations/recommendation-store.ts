/** What builds write and readers ask. */
import type { Row, RowKind } from './rows.ts';
import type { Version, Versions } from './versions.ts';

export interface VersionStore {
  getVersions(): Promise<Versions | undefined>;
  /** Throws Conflict unless it is the revision after the one that is there. */
  putVersions(versions: Versions): Promise<void>;
}

export interface RowWriter {
  putRows(version: Pick<Version, 'id' | 'builtAt'>, rows: readonly Row[]): Promise<void>;
}

export interface RowReader {
  /** The newest content that the version, or one that it rests on, has. */
  getContent(kind: RowKind, of: string, version: Pick<Version, 'id' | 'full'>): Promise<string | undefined>;
}

/** Tables of a version as files, for the next build. */
export interface VersionFiles {
  putFile(version: string, name: string, file: string): Promise<void>;
  fetchFile(version: string, name: string, file: string): Promise<void>;
  listVersions(): Promise<readonly string[]>;
  deleteVersion(version: string): Promise<void>;
}

/** Where the files of exports lie: `exports/<segment>/<export>/<run>/members.csv`. */
import type { ExportFormat } from './export.ts';

export const EXPORTS_PREFIX = 'exports/';

/** Each run has a folder of its own: one that was taken for dead writes over nobody's files. `run`: the record's revision as it began. */
export const folderOf = ({
  segment,
  id,
  run,
}: {
  readonly segment: string;
  readonly id: string;
  readonly run: number;
}) => `${EXPORTS_PREFIX}${segment}/${id}/${run}/`;

/** The tag by which the lake forgets an object, and for how many days it may be kept. */
export const KEEP_DAYS_TAG = 'keepDays';
export const KEEP_DAYS_MOST = 30;

export interface FileKind {
  readonly extension: string;
  readonly contentType: string;
}
export const FILE_KINDS: Readonly<Record<ExportFormat | 'json', FileKind>> = {
  csv: { extension: 'csv', contentType: 'text/csv; charset=utf-8' },
  ndjson: { extension: 'ndjson', contentType: 'application/x-ndjson' },
  parquet: { extension: 'parquet', contentType: 'application/vnd.apache.parquet' },
  json: { extension: 'json', contentType: 'application/json' },
};

/** One file on its way. It is there as a whole once finished, else not at all. */
export interface Upload {
  /** Waits while too much is on its way; rejects where the upload has failed. */
  write(bytes: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  /** Gives up what was written. */
  abort(): Promise<void>;
}

export interface ExportFiles {
  open(key: string, options: { readonly contentType: string; readonly keepDays: number }): Upload;
  /** An address at which anybody may fetch it, for so many seconds. `disposition`: the header that names the file. */
  link(key: string, options: { readonly disposition: string; readonly seconds: number }): Promise<string>;
}

/** A file as it is written: its rows and bytes counted and its digest taken on the way, so that nobody has to read it again. */
import { createHash } from 'node:crypto';
import type { ExportFile, ExportFormat } from './export.ts';
import type { Upload } from './export-files.ts';
import type { FileColumn, Row, RowEncoder } from './table.ts';
import { csvEncoder } from './write-csv.ts';
import { ndjsonEncoder } from './write-ndjson.ts';
import { parquetEncoder } from './write-parquet.ts';

const ENCODERS: Readonly<Record<ExportFormat, (columns: readonly FileColumn[]) => RowEncoder>> = {
  csv: csvEncoder,
  ndjson: ndjsonEncoder,
  parquet: parquetEncoder,
};

export type Written = Pick<ExportFile, 'rows' | 'bytes' | 'sha256'>;

export interface FileWriter {
  /** So far. */
  rows(): number;
  write(rows: readonly Row[]): Promise<void>;
  finish(): Promise<Written>;
  abort(): Promise<void>;
}

export function writeRows(format: ExportFormat, columns: readonly FileColumn[], upload: Upload): FileWriter {
  const encoder = ENCODERS[format](columns);
  const file = writeBytes(upload);
  let count = 0;
  return {
    rows: () => count,
    async write(rows) {
      await file.write(encoder.encode(rows));
      count += rows.length;
    },
    async finish() {
      await file.write(encoder.end());
      return { rows: count, ...(await file.finish()) };
    },
    abort: () => upload.abort(),
  };
}

export function writeBytes(upload: Upload) {
  const hash = createHash('sha256');
  let count = 0;
  return {
    async write(bytes: Uint8Array): Promise<void> {
      if (bytes.length === 0) return;
      hash.update(bytes);
      count += bytes.length;
      await upload.write(bytes);
    },
    async finish(): Promise<Omit<Written, 'rows'>> {
      await upload.finish();
      return { bytes: count, sha256: hash.digest('hex') };
    },
  };
}

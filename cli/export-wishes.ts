/** What an export is to be, as typed. */
import { type Command, Option } from 'commander';
import { EXPORT_COLUMNS, EXPORT_FORMATS, ExportColumn, type ExportFormat } from '../shared/exports/export.ts';
import { KEEP_DAYS_MOST } from '../shared/exports/export-files.ts';
import { UsageError } from './errors.ts';
import { didYouMean } from './nearest.ts';
import { readCount } from './session.ts';

export interface WishOptions {
  readonly format?: ExportFormat;
  readonly columns?: ExportColumn[];
  readonly keepDays?: number;
}

export const withWishes = (command: Command): Command =>
  command
    .addOption(new Option('--format <format>', 'of the files, if not csv').choices(EXPORT_FORMATS))
    .option('--columns <names>', 'separated by commas; all but personal ones unless given', readColumns)
    .option('--keep-days <n>', 'for how long files and links hold (7 unless given)', (text) =>
      readCount('--keep-days', text, KEEP_DAYS_MOST),
    );

export const COLUMNS_HELP = `\nColumns: ${EXPORT_COLUMNS.join(', ')}.\nThe last four are personal: who may not see persons gets them masked.`;

function readColumns(text: string): ExportColumn[] {
  const names = text.split(',').map((name) => name.trim());
  return names.map((name) => {
    const read = ExportColumn.safeParse(name);
    if (read.success) return read.data;
    const hint = didYouMean(name, EXPORT_COLUMNS);
    throw new UsageError(
      `There is no column ${name || '(empty)'}.${hint} Known: ${EXPORT_COLUMNS.join(', ')}.`,
      'column_unknown',
    );
  });
}

/** Those that were given, as the API takes them. */
export const wishesOf = ({ format, columns, keepDays }: WishOptions) => ({
  ...(format !== undefined && { format }),
  ...(columns !== undefined && { columns }),
  ...(keepDays !== undefined && { keepDays }),
});

export const FORMAT_OF: Readonly<Record<string, ExportFormat>> = {
  '.csv': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.parquet': 'parquet',
};

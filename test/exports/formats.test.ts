/** Rows → CSV, NDJSON, Parquet → rows, by readers that are not ours. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXPORT_FORMATS, type ExportFormat } from '../../shared/exports/export.ts';
import type { Cell, FileColumn, Row } from '../../shared/exports/table.ts';
import { writeRows } from '../../shared/exports/write-file.ts';
import { parquetEncoder } from '../../shared/exports/write-parquet.ts';
import { memoryExportFiles } from '../simulation/models/exports.ts';
import { ask, type ReadRow, readBack } from './read-back.ts';

const COLUMNS: readonly FileColumn[] = [
  { name: 'profile', type: 'text' },
  { name: 'orders', type: 'integer' },
  { name: 'netSpend', type: 'amount' },
  { name: 'refundRate', type: 'ratio' },
  { name: 'since', type: 'instant' },
  { name: 'names', type: 'texts' },
];

const FORMULAS = ['=1+1', '+8613812345678', '-1', '@SUM(A1)', '\tx', '\rx', '\n=1', '＝1', '＋1', '－1', '＠x'];
/** Where a semicolon parts cells, as in Excel of countries with a decimal comma. */
const WITHIN = ['x;=HYPERLINK("https://evil.example");y', 'x"\n=1+1;y', 'x\r@SUM(A1)', 'x\t+1'];
const TEXTS = [
  '陈小雨',
  'a "b" c',
  'a,b',
  'two\nlines',
  'two\r\nlines',
  "'quoted",
  ' ',
  ';',
  'null',
  '𠮷野家',
  ...FORMULAS,
  ...WITHIN,
];

const text = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'grapheme', minLength: 1 }));
const orUnknown = <T extends Cell>(of: fc.Arbitrary<T>): fc.Arbitrary<Cell> =>
  fc.option<Cell, undefined>(of, { nil: undefined });
const row: fc.Arbitrary<Row> = fc.tuple(
  text,
  orUnknown(fc.integer()),
  orUnknown(fc.maxSafeInteger()),
  orUnknown(fc.double({ min: 0, max: 1, noNaN: true }).map((ratio) => ratio + 0)), // no −0
  orUnknown(
    fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true }).map((at) => at.toISOString()),
  ),
  orUnknown(fc.array(text, { maxLength: 3 })),
);

async function write(format: ExportFormat, rows: readonly Row[], atOnce = 3) {
  const store = memoryExportFiles();
  const file = writeRows(format, COLUMNS, store.open('file', { contentType: 'x', keepDays: 1 }));
  for (let from = 0; from < rows.length; from += atOnce) await file.write(rows.slice(from, from + atOnce));
  const written = await file.finish();
  return { written, content: store.files.get('file')?.content ?? Buffer.alloc(0) };
}

/** What a reader must find, by what the formats promise. */
const EXPECTED: Readonly<Record<ExportFormat, (row: Row) => ReadRow>> = {
  csv: (cells) =>
    byName(cells, (cell) => {
      const shown = Array.isArray(cell) ? cell.join(';') : cell;
      if (shown === undefined || shown === '') return null;
      return typeof shown === 'string' ? withoutFormulas(shown) : String(shown);
    }),
  ndjson: (cells) => JSON.parse(JSON.stringify(byName(cells, (cell) => cell))),
  parquet: (cells) =>
    byName(cells, (cell, { type }) => {
      if (cell === undefined) return null;
      if (type === 'amount') return String(cell);
      return type === 'instant' ? readable(String(cell)) : cell;
    }),
};
const BEGINS_FORMULA = [...'=+-@\t\r\n＝＋－＠'];
const BEGINS_CELL = [undefined, ...';\t\r\n'];
function withoutFormulas(text: string): string {
  const letters = [...text];
  return letters
    .map((letter, index) =>
      BEGINS_FORMULA.includes(letter) && BEGINS_CELL.includes(letters[index - 1]) ? `'${letter}` : letter,
    )
    .join('');
}
const byName = (cells: Row, show: (cell: Cell, column: FileColumn) => unknown) =>
  // The cast: what JSON can say, and for NDJSON made so above.
  Object.fromEntries(COLUMNS.map((column, index) => [column.name, show(cells[index], column)])) as ReadRow;
/** 2026-11-24T10:00:00.120Z, as DuckDB shows it: 2026-11-24 10:00:00.12+00 */
const readable = (at: string): string =>
  `${at
    .replace('T', ' ')
    .replace(/\.?0*Z$/, '')
    .replace('Z', '')}+00`;

describe.each(EXPORT_FORMATS)('%s', (format) => {
  it('is read as it was written, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), async (rows) => {
        const { content } = await write(format, rows);
        expect(await readBack(format, content)).toEqual(rows.map(EXPECTED[format]));
      }),
      { numRuns: 25 },
    );
  });

  it('counts its rows and bytes, and takes the digest of just those bytes', async () => {
    const rows: Row[] = TEXTS.map((name) => [name, 1, 2, 0.5, '2026-11-24T10:00:00.000Z', [name, name]]);
    const { written, content } = await write(format, rows);
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(written).toEqual({ rows: rows.length, bytes: content.length, sha256 });
  });

  it('does not depend on how many rows come at once', async () => {
    const rows: Row[] = TEXTS.map((name, index) => [name, index, index, 0, undefined, []]);
    const digests = await Promise.all([1, 4, 100].map(async (atOnce) => (await write(format, rows, atOnce)).written));
    expect(new Set(digests.map(({ sha256 }) => sha256)).size).toBe(1);
  });

  it('without rows is a file that can be read, with its columns', async () => {
    const { content } = await write(format, []);
    expect(await readBack(format, content)).toEqual([]);
    if (format === 'csv')
      expect(content.toString('utf8')).toBe(`\uFEFF${COLUMNS.map(({ name }) => name).join(',')}\r\n`);
  });
});

it('CSV begins with a byte order mark and ends its lines as RFC 4180 says', async () => {
  const { content } = await write('csv', [['陈', 1, -5, 0.25, '2026-11-24T10:00:00.000Z', ['a', 'b,c']]]);
  expect(content.toString('utf8')).toBe(
    '\uFEFFprofile,orders,netSpend,refundRate,since,names\r\n陈,1,-5,0.25,2026-11-24T10:00:00.000Z,"a;b,c"\r\n',
  );
});

it.each([',', ';'])('CSV begins no cell as a formula where %s parts cells', async (separator) => {
  const texts = [...FORMULAS, ...WITHIN];
  const { content } = await write(
    'csv',
    texts.map((text) => [text, 1, 2, 0.5, undefined, [text, text, 'x']]),
  );
  // As a program that minds quotes only at the start of a cell.
  const cells = content.toString('utf8').split(separator === ',' ? /,|\r\n/ : /[;\t\r\n]/);
  for (const cell of cells) expect(cell).not.toMatch(/^"?[=+\-@＝＋－＠]/);
});

it('Parquet has typed columns, and row groups no larger than asked for', async () => {
  const encoder = parquetEncoder(COLUMNS, 10);
  const rows: Row[] = Array.from({ length: 25 }, (_, index) => [
    `p${index}`,
    index,
    index,
    0.5,
    '2026-11-24T10:00:00.000Z',
    [],
  ]);
  const content = Buffer.concat([encoder.encode(rows), encoder.end()]);
  const types = await ask(content, 'SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(FILE))');
  expect(types.map(({ column_type }) => column_type)).toEqual([
    'VARCHAR',
    'INTEGER',
    'BIGINT',
    'DOUBLE',
    'TIMESTAMP WITH TIME ZONE',
    'VARCHAR[]',
  ]);
  const groups = await ask(
    content,
    'SELECT DISTINCT row_group_id AS id, row_group_num_rows AS n FROM parquet_metadata(FILE) ORDER BY id',
  );
  expect(groups.map(({ n }) => Number(n))).toEqual([10, 10, 5]);
});

/**
 * RFC 4180, in UTF-8 with a byte order mark, without which Excel reads no Chinese. Instants are ISO 8601, lists are joined by `;`,
 * what is not known and an empty list are both empty cells.
 *
 * A text that begins with = + - @ (or one of these in full width), a tab or an end of line has an apostrophe before it: a
 * spreadsheet would take it for a formula, and anybody may choose their name. So phones do: `'+8613812345678`. So does what comes after
 * a `;`, a tab or an end of line within a text: where a comma is the decimal sign, Excel parts cells there, and minds quotes only at
 * the start of what it takes for a cell. Numbers stay as they are. Who wants the very text takes another format.
 */
import { stringify } from 'csv-stringify/sync';
import type { Cell, FileColumn, Row, RowEncoder } from './table.ts';

const BYTE_ORDER_MARK = '\uFEFF';
const LIST_SEPARATOR = ';';

export function csvEncoder(columns: readonly FileColumn[]): RowEncoder {
  let heading = BYTE_ORDER_MARK + linesOf([columns.map(({ name }) => name)]);
  const take = (lines: string): Uint8Array => {
    const text = heading + lines;
    heading = '';
    return Buffer.from(text);
  };
  return {
    encode: (rows) => take(linesOf(rows)),
    end: () => take(''),
  };
}

const linesOf = (rows: readonly Row[]): string =>
  stringify(
    rows.map((row) => row.map(cellOf)),
    // Of a library that by itself quotes no lone end of line where lines end in two characters.
    { record_delimiter: 'windows', quote_record_delimiter: true },
  );

function cellOf(cell: Cell): string | number | undefined {
  const text = typeof cell === 'object' ? cell.join(LIST_SEPARATOR) : cell;
  return typeof text === 'string' ? text.replace(BEFORE_FORMULA, "'") : text;
}

/** The places, for one may follow on another. */
const BEFORE_FORMULA = /(?<=^|[;\t\r\n])(?=[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20])/g;

/**
 * RFC 4180, in UTF-8 with a byte order mark, without which Excel reads no Chinese. Instants are ISO 8601, lists are joined by `;`,
 * what is not known and an empty list are both empty cells.
 *
 * A text that begins with = + - @ (or one of these in full width), a tab or a carriage return has an apostrophe before it: a
 * spreadsheet would take it for a formula, and anybody may choose their name. So phones do: `'+8613812345678`. Numbers stay as
 * they are. Who wants the very text takes another format.
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
    { record_delimiter: 'windows', quote_record_delimiter: true, escape_formulas: true },
  );

const cellOf = (cell: Cell): string | number | undefined =>
  typeof cell === 'object' ? cell.join(LIST_SEPARATOR) : cell;

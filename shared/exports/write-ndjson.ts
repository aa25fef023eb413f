/** A JSON object a line, in UTF-8. What is not known is absent; an empty list is there. */
import type { Cell, FileColumn, Row, RowEncoder } from './table.ts';

export function ndjsonEncoder(columns: readonly FileColumn[]): RowEncoder {
  const lineOf = (row: Row): string => {
    const fields: Record<string, Cell> = {};
    for (const [index, { name }] of columns.entries()) fields[name] = row[index];
    return `${JSON.stringify(fields)}\n`;
  };
  return {
    encode: (rows) => Buffer.from(rows.map(lineOf).join('')),
    end: () => new Uint8Array(),
  };
}

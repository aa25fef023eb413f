/** The rows of a file, whatever its format. */

/**
 * `amount`: money in minor units; `ratio`: 0 to 1; `instant`: UTC, ISO 8601 with milliseconds; `texts`: a list. What is not known
 * is undefined, of any type; a list that is known to have nothing in it is empty.
 */
export type CellType = 'text' | 'integer' | 'amount' | 'ratio' | 'instant' | 'texts';

export interface FileColumn {
  readonly name: string;
  readonly type: CellType;
}

export type Cell = string | number | readonly string[] | undefined;
/** In the order of the file's columns. */
export type Row = readonly Cell[];

/** Rows → the bytes of one file, from its first to its last. What it holds back is bounded, however many rows there are. */
export interface RowEncoder {
  /** The bytes that are complete by then; none where rows are held back to be written together. */
  encode(rows: readonly Row[]): Uint8Array;
  /** All that is left. */
  end(): Uint8Array;
}

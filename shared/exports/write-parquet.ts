/**
 * Parquet: typed columns, all optional; instants as timestamps in UTC, amounts as 64-bit integers, lists as lists of strings. Rows
 * are held back until there is a row group of them, so its size is what bounds the memory.
 *
 * SNAPPY, which the writer has built in and every reader knows: ZSTD needs a newer Node than may be found locally.
 */
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { Cell, CellType, FileColumn, RowEncoder } from './table.ts';

/** Some 300 MB with all columns; larger ones are hardly smaller in the file. */
const GROUP_ROWS = 20_000;

export function parquetEncoder(columns: readonly FileColumn[], groupRows = GROUP_ROWS): RowEncoder {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({ writer, schema: schemaOf(columns), createdBy: 'tributary' });
  let held: Stored[][] = columns.map(() => []);

  const writeGroup = () => {
    const rows = held[0]?.length ?? 0;
    if (rows === 0) return;
    const columnData = columns.map(({ name }, index) => ({ name, data: held[index] ?? [] }));
    // Nothing to wait for: its writer is memory.
    void parquet.write({ columnData, rowGroupSize: rows });
    held = columns.map(() => []);
  };
  const takeBytes = (): Uint8Array => {
    const bytes = writer.getBytes().slice();
    // The offset, from which the places in the file are counted, goes on.
    writer.index = 0;
    return bytes;
  };

  return {
    encode(rows) {
      for (const row of rows) {
        for (const [index, { type }] of columns.entries()) held[index]?.push(stored(type, row[index]));
        if (held[0]?.length === groupRows) writeGroup();
      }
      return takeBytes();
    },
    end() {
      writeGroup();
      void parquet.finish();
      return takeBytes();
    },
  };
}

type Stored = Cell | bigint | Date;

function stored(type: CellType, cell: Cell): Stored {
  if (type === 'amount' && typeof cell === 'number') return BigInt(cell);
  if (type === 'instant' && typeof cell === 'string') return new Date(cell);
  return cell;
}

function schemaOf(columns: readonly FileColumn[]): SchemaElement[] {
  return [{ name: 'root', num_children: columns.length }, ...columns.flatMap(elementsOf)];
}

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const;
const PRIMITIVES = {
  text: TEXT,
  integer: { type: 'INT32' },
  amount: { type: 'INT64' },
  ratio: { type: 'DOUBLE' },
  instant: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
} as const satisfies Record<Exclude<CellType, 'texts'>, Partial<SchemaElement>>;

function elementsOf({ name, type }: FileColumn): SchemaElement[] {
  if (type !== 'texts') return [{ name, repetition_type: 'OPTIONAL', ...PRIMITIVES[type] }];
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'REQUIRED', ...TEXT },
  ];
}

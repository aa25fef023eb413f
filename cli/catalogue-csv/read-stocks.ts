/** Rows of a CSV file → what is in stock of each variant. Columns that say other things of the catalogue may stay in it. */
import { ProductId, SkuId, STOCK_MOST } from '../../shared/catalogue/product.ts';
import type { Instant } from '../../shared/time/instant.ts';
import { type Read, readId, readStock, readTime } from './cells.ts';
import { COLUMNS, type Field, type Header, type Problem, readHeader } from './columns.ts';
import { cellsOf } from './read-products.ts';
import type { Row } from './table.ts';

export interface StockLine {
  readonly line: number;
  readonly productId: string;
  readonly skuId: string;
  readonly stock: number | null;
  readonly at: string;
}

const NEEDS: readonly (readonly Field[])[] = [['id'], ['sku'], ['stock']];

/** `now`: of those that say no time. */
export async function* readStocks(rows: AsyncIterable<Row>, now: Instant): AsyncGenerator<StockLine | Problem> {
  let header: Header | undefined;
  for await (const row of rows) {
    if (!header) {
      const read = readHeader(row, NEEDS);
      if ('columns' in read) {
        header = read;
        continue;
      }
      yield* read;
      return;
    }
    yield readLine(row, header, now);
  }
}

function readLine(row: Row, header: Header, now: Instant): StockLine | Problem {
  const { line } = row;
  const cells = cellsOf(row, header);
  if ('message' in cells) return cells;
  const values = new Map<Field, unknown>();
  for (const [field, read] of READERS) {
    const cell = cells.get(field);
    if (!cell) {
      if (field === 'stockAt') continue;
      return { line, message: `The row does not say the ${field}.`, valid: COLUMNS[field].valid };
    }
    const it = read(cell.text);
    if ('wrong' in it) return { line, column: cell.name, message: it.wrong, valid: COLUMNS[field].valid };
    values.set(field, it.value);
  }
  // The casts: the readers give these.
  return {
    line,
    productId: values.get('id') as string,
    skuId: values.get('sku') as string,
    stock: values.get('stock') as number | null,
    at: (values.get('stockAt') as string | undefined) ?? now,
  };
}

const asId =
  (schema: typeof ProductId) =>
  (text: string): Read<string> => {
    const read = readId(text);
    return 'value' in read && !schema.safeParse(text).success ? { wrong: `${text} is no id.` } : read;
  };
const READERS: readonly (readonly [Field, (text: string) => Read<unknown>])[] = [
  ['id', asId(ProductId)],
  ['sku', asId(SkuId)],
  [
    'stock',
    (text) => {
      const read = readStock(text);
      return 'value' in read && (read.value ?? 0) > STOCK_MOST ? { wrong: `${text} is too large a count.` } : read;
    },
  ],
  ['stockAt', readTime],
];

/**
 * Baskets as the tables that the recommender reads. A basket without a date is put one day after the one before, so that the last
 * one that is known of anybody is today's: of training customers the last basket, of the others what is to be predicted is missing
 * today. Half-lives in days therefore count baskets here.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  type Columns,
  CUSTOMER_COLUMNS,
  EVENT_COLUMNS,
  LINE_COLUMNS,
  PRODUCT_COLUMNS,
} from '../../shared/recommend/inputs.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import type { Fold } from './split.ts';
import type { Shopper } from './tafeng.ts';

const TODAY_MS = Date.UTC(2001, 1, 28);
export const AS_OF: Instant = instant(TODAY_MS);

/** Wide enough that names sort as numbers do. */
const productName = (product: number): string => String(product).padStart(6, '0');

/** Fills `lines`, `products`, `events` (empty), `customers` (of validation and test), `bought` (by those of validation). Without `lastBaskets`, training customers tell no more than the others. */
export async function loadFold(
  db: DuckDBConnection,
  { train, validation, test }: Fold,
  { lastBaskets = true }: { readonly lastBaskets?: boolean } = {},
): Promise<void> {
  await createTable(db, 'lines', LINE_COLUMNS);
  await createTable(db, 'events', EVENT_COLUMNS);
  await createTable(db, 'products', PRODUCT_COLUMNS);
  await createTable(db, 'customers', CUSTOMER_COLUMNS);
  await createTable(db, 'bought', { customer: 'VARCHAR', product: 'VARCHAR' });
  await db.run('CREATE OR REPLACE TABLE baskets (customer VARCHAR, product VARCHAR, day INTEGER)');
  const baskets = await db.createAppender('baskets');
  const addBaskets = (id: string, known: readonly (readonly number[])[], newestDay: number) => {
    known.forEach((basket, index) => {
      for (const product of basket) {
        baskets.appendVarchar(id);
        baskets.appendVarchar(productName(product));
        baskets.appendInteger(newestDay - (known.length - 1 - index));
        baskets.endRow();
      }
    });
  };
  for (const { id, history, future } of train) {
    if (lastBaskets) addBaskets(id, [...history, future], 0);
    else addBaskets(id, history, -1);
  }
  for (const { id, history } of [...validation, ...test]) addBaskets(id, history, -1);
  baskets.closeSync();
  await db.run(`
    INSERT INTO lines (customer, product, ordered_at, quantity, order_key)
    SELECT customer, product, TIMESTAMP '${AS_OF.slice(0, 10)} 00:00:00' + to_days(day), 1, customer || '/' || (1000 + day) FROM baskets`);
  await db.run('DROP TABLE baskets');
  await fill(
    db,
    'customers',
    [...validation, ...test].map(({ id }) => [id]),
  );
  await fill(
    db,
    'bought',
    validation.flatMap(({ id, future }) => future.map((product) => [id, productName(product)])),
  );
  const products = new Set(
    [...train, ...validation, ...test].flatMap(({ history, future }) => [...history.flat(), ...future]),
  );
  await fill(
    db,
    'products',
    [...products].map((product) => [productName(product)]),
  );
  // A supermarket: nearly all of it runs out.
  await db.run('UPDATE products SET in_stock = true, consumable = true');
}

/** All customers with all of their baskets, as a shop would have it on the day after. */
export async function loadAll(db: DuckDBConnection, shoppers: readonly Shopper[]): Promise<void> {
  await loadFold(db, { seed: 0, train: shoppers, validation: [], test: [] });
  await fill(
    db,
    'customers',
    shoppers.map(({ id }) => [id]),
  );
}

async function createTable(db: DuckDBConnection, name: string, columns: Columns): Promise<void> {
  const list = Object.entries(columns).map(([column, type]) => `"${column}" ${type}`);
  await db.run(`CREATE OR REPLACE TABLE ${name} (${list.join(', ')})`);
}

/** The first columns of a table; the others stay null. */
async function fill(db: DuckDBConnection, table: string, rows: readonly (readonly string[])[]): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = (
    await db.runAndReadAll(
      `SELECT column_name FROM duckdb_columns() WHERE table_name = '${table}' ORDER BY column_index`,
    )
  ).getRows();
  const appender = await db.createAppender(table);
  for (const row of rows) {
    for (const value of row) appender.appendVarchar(value);
    for (let rest = row.length; rest < columns.length; rest++) appender.appendDefault();
    appender.endRow();
  }
  appender.closeSync();
}

/** A small shop as rows, and what a build makes of it. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { buildRecommendations } from '../../shared/recommend/build.ts';
import { text, timestamp } from '../../shared/recommend/dialect.ts';
import {
  type Columns,
  CUSTOMER_COLUMNS,
  EVENT_COLUMNS,
  LINE_COLUMNS,
  PRODUCT_COLUMNS,
} from '../../shared/recommend/inputs.ts';
import type { RecommendSettings, Tuning } from '../../shared/recommend/options.ts';
import { DEFAULT_OUTPUTS } from '../../shared/recommend/outputs.ts';
import { instant } from '../../shared/time/instant.ts';

const NOW_MS = Date.UTC(2026, 10, 25, 12);
export const AS_OF = instant(NOW_MS);

type Value = string | number | boolean | null | readonly string[];
type Row = Readonly<Record<string, Value>>;

export interface World {
  readonly lines?: readonly Row[];
  readonly events?: readonly Row[];
  readonly products?: readonly Row[];
  readonly customers?: readonly Row[];
}

const daysAgo = (days: number): string => instant(NOW_MS - days * 86_400_000);

/** One of a product, in an order of its own unless `order` says otherwise. */
export const line = (
  customer: string,
  product: string,
  days: number,
  rest: Row & { readonly order?: string } = {},
): Row => {
  const { order, ...others } = rest;
  return {
    ...{ customer, product, ordered_at: daysAgo(days), quantity: 1, channel: 'shopify', region: 'CN' },
    ...{ order_key: order ?? `${customer}/${days}`, ...others },
  };
};
/** In stock, sold everywhere, bought once. */
export const product = (id: string, rest: Row = {}): Row => ({ product: id, in_stock: true, ...rest });
export const customer = (id: string, rest: Row = {}): Row => ({ customer: id, region: 'CN', currency: 'CNY', ...rest });
export const view = (customerId: string, productId: string, days: number, kind = 'view'): Row => ({
  ...{ customer: customerId, product: productId, at: daysAgo(days), kind },
});

export interface Recommended {
  readonly customer: string;
  readonly rank: number;
  readonly product: string;
  readonly score: number;
  readonly reason: string;
  readonly values: unknown;
}

export interface Shop {
  readonly db: DuckDBConnection;
  readonly close: () => void;
}

export async function openShop(world: World): Promise<Shop> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const db = await instance.connect();
  await load(db, world);
  return {
    db,
    close: () => {
      db.disconnectSync();
      instance.closeSync();
    },
  };
}

export async function load(db: DuckDBConnection, world: World): Promise<void> {
  await fill(db, 'lines', LINE_COLUMNS, world.lines ?? []);
  await fill(db, 'events', EVENT_COLUMNS, world.events ?? []);
  await fill(db, 'products', PRODUCT_COLUMNS, world.products ?? []);
  await fill(db, 'customers', CUSTOMER_COLUMNS, world.customers ?? []);
}

/** Small worlds have few coincidences: one is enough, and nothing is pulled away from it, unless told. */
export const SMALL: Partial<Tuning> = { affinitySupport: 1 };

export async function buildIn(
  db: DuckDBConnection,
  settings: Partial<RecommendSettings> = {},
): Promise<readonly Recommended[]> {
  for (const table of Object.values(settings.outputs ?? DEFAULT_OUTPUTS)) await db.run(`DROP TABLE IF EXISTS ${table}`);
  await buildRecommendations(db, { asOf: AS_OF, ...settings, tuning: { ...SMALL, ...settings.tuning } });
  return readRecommendations(db, settings.outputs?.recommendations);
}

export async function readRecommendations(
  db: DuckDBConnection,
  table = 'recommendations',
): Promise<readonly Recommended[]> {
  const rows = await db.runAndReadAll(
    `SELECT customer, rank, product, score, reason, "values" FROM ${table} ORDER BY customer, rank`,
  );
  return rows.getRows().map(([customerId, rank, productId, score, reason, values]) => ({
    ...{ customer: String(customerId), rank: Number(rank), product: String(productId), score: Number(score) },
    ...{ reason: String(reason), values: JSON.parse(String(values)) },
  }));
}

/** A build in a shop of its own. */
export async function recommend(
  world: World,
  settings: Partial<RecommendSettings> = {},
): Promise<readonly Recommended[]> {
  const { db, close } = await openShop(world);
  try {
    return await buildIn(db, settings);
  } finally {
    close();
  }
}

export const productsOf = (recommended: readonly Recommended[], id: string): readonly string[] =>
  recommended.filter((one) => one.customer === id).map((one) => one.product);

export const find = (
  recommended: readonly Recommended[],
  customerId: string,
  productId: string,
): Recommended | undefined => recommended.find((one) => one.customer === customerId && one.product === productId);

async function fill(db: DuckDBConnection, table: string, columns: Columns, rows: readonly Row[]): Promise<void> {
  const defined = Object.entries(columns).map(([name, type]) => `"${name}" ${type}`);
  await db.run(`CREATE OR REPLACE TABLE ${table} (${defined.join(', ')})`);
  if (rows.length === 0) return;
  const tuples = rows.map(
    (row) =>
      `(${Object.keys(columns)
        .map((name) => literal(name, row[name] ?? null))
        .join(', ')})`,
  );
  await db.run(`INSERT INTO ${table} VALUES ${tuples.join(', ')}`);
}

function literal(column: string, value: Value): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return column === 'ordered_at' || column === 'at' ? timestamp(value) : text(value);
  if (typeof value === 'object') return `[${value.map(text).join(', ')}]`;
  return String(value);
}

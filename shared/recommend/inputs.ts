/**
 * What the recommender reads: four relations of the lake. Each may be a table, a view or any text that can follow FROM
 * (`read_parquet('…')`). Rows may come in any order and repeated lines of one order and product add up.
 */
export interface Inputs {
  /** Order lines that were kept: {@link LINE_COLUMNS}. */
  readonly lines: string;
  /** What was looked at without being bought: {@link EVENT_COLUMNS}. */
  readonly events: string;
  /** The catalogue. What is not in it teaches, but is never recommended: {@link PRODUCT_COLUMNS}. */
  readonly products: string;
  /** Who gets recommendations. Lines of others teach: {@link CUSTOMER_COLUMNS}. */
  readonly customers: string;
}

export const DEFAULT_INPUTS: Inputs = {
  lines: 'lines',
  events: 'events',
  products: 'products',
  customers: 'customers',
};

/** A column's type in words that both engines know. */
type ColumnType = 'VARCHAR' | 'INTEGER' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'TIMESTAMP' | 'VARCHAR[]';
export type Columns = Readonly<Record<string, ColumnType>>;

export const LINE_COLUMNS = {
  /** Whom profiles say it is. */
  customer: 'VARCHAR',
  product: 'VARCHAR',
  /** Path of the category when it was sold; used where the catalogue knows no better. */
  category: 'VARCHAR',
  /** UTC. */
  ordered_at: 'TIMESTAMP',
  /** Kept: what was returned is subtracted. A line of 0 or less is no purchase. */
  quantity: 'INTEGER',
  /** Kept, minor units of `currency`. Not used in scores. */
  net_minor: 'BIGINT',
  currency: 'VARCHAR',
  channel: 'VARCHAR',
  region: 'VARCHAR',
  /** Lines of one order are one basket. */
  order_key: 'VARCHAR',
} as const satisfies Columns;

export const EVENT_COLUMNS = {
  /** Of a visitor who is known; others are left out by who makes the relation. */
  customer: 'VARCHAR',
  product: 'VARCHAR',
  /** `view`, `favorite`, `cart`; others count as a view. */
  kind: 'VARCHAR',
  /** UTC. */
  at: 'TIMESTAMP',
} as const satisfies Columns;

export const PRODUCT_COLUMNS = {
  product: 'VARCHAR',
  /** `Food/Rice`; null where unknown. */
  category_path: 'VARCHAR',
  in_stock: 'BOOLEAN',
  /** Where it is sold; null for everywhere. */
  regions: 'VARCHAR[]',
  /** In which it is sold; null for any. */
  currency: 'VARCHAR',
  price_minor: 'BIGINT',
  /** Products that this one goes with. */
  accessory_of: 'VARCHAR[]',
  /** Products that this one replaces by something better. */
  upgrade_of: 'VARCHAR[]',
  /** Runs out, so is bought again. */
  consumable: 'BOOLEAN',
  /** Never to be recommended. */
  excluded: 'BOOLEAN',
} as const satisfies Columns;

export const CUSTOMER_COLUMNS = {
  customer: 'VARCHAR',
  tier: 'VARCHAR',
  /** Null where unknown: then only what is sold everywhere is recommended. */
  region: 'VARCHAR',
  channel: 'VARCHAR',
  /** Null where unknown: then any. */
  currency: 'VARCHAR',
} as const satisfies Columns;

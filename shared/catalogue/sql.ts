/**
 * The catalogue and what orders name, as tables for DuckDB. Products that orders name but nobody brought are derived of their
 * lines at each build, so nothing of them is stored, and an import takes their place by a listing.
 *
 *     catalogue      the file that writeCatalogue wrote, a row a product
 *     listings       whose a line is: channel, connection, product_id, sku_id (null: all of the product's), product
 *     listed_lines   lines of orders that count and are no gift cards, with `product`
 *     products       all there are: of the catalogue, and derived (`derived`)
 *
 * They want a table `lines` (shared/lines/layout.ts). A derived product is called `channel/connection/<the platform's id>`.
 */
import { quoted } from '../snapshots/duckdb.ts';
import { LONGEST_ROW_BYTES } from '../snapshots/rows.ts';

const COLUMNS: Readonly<Record<string, string>> = {
  id: 'VARCHAR',
  revision: 'BIGINT',
  title_zh: 'VARCHAR',
  title_en: 'VARCHAR',
  category_path: 'VARCHAR',
  url: 'VARCHAR',
  image_url: 'VARCHAR',
  variants: 'STRUCT(sku_id VARCHAR, title VARCHAR, price BIGINT, compare_at BIGINT, currency VARCHAR, stock BIGINT)[]',
  listings: 'STRUCT(channel VARCHAR, connection VARCHAR, product_id VARCHAR, sku_id VARCHAR)[]',
  regions: 'VARCHAR[]',
  accessory_of: 'VARCHAR[]',
  upgrade_of: 'VARCHAR[]',
  consumable: 'BOOLEAN',
  excluded: 'BOOLEAN',
  available_from: 'TIMESTAMP_MS',
  available_until: 'TIMESTAMP_MS',
};

/** `file`: the catalogue's, fetched; undefined: there is none. */
export function catalogueView(file: string | undefined): string {
  const columns = Object.entries(COLUMNS);
  const types = columns.map(([name, type]) => `${quoted(name)}: ${quoted(type)}`).join(', ');
  const none = columns.map(([name, type]) => `NULL::${type} AS ${name}`).join(', ');
  const from =
    file === undefined
      ? `SELECT ${none} WHERE false`
      : `SELECT * FROM read_json(${quoted(file)}, format = 'newline_delimited', compression = 'gzip', maximum_object_size = ${LONGEST_ROW_BYTES}, columns = {${types}})`;
  return `CREATE OR REPLACE TEMP VIEW catalogue AS ${from}`;
}

const LISTINGS = `
  CREATE OR REPLACE TEMP VIEW listings AS
  SELECT listing.channel, listing.connection, listing.product_id, listing.sku_id, id AS product
  FROM (SELECT id, unnest(listings) AS listing FROM catalogue)`;

/** Square names the variation only: it stands in for the product. */
const LISTED_LINES = `
  CREATE OR REPLACE TEMP VIEW listed_lines AS
  SELECT named.* EXCLUDE (item),
         coalesce(
           of_sku.product,
           of_product.product,
           named.channel || '/' || named.connection || '/' || named.item
         ) AS product
  FROM (SELECT *, coalesce(product_id, sku_id) AS item FROM lines WHERE counts AND NOT gift_card) AS named
  LEFT JOIN listings AS of_sku
    ON of_sku.channel = named.channel AND of_sku.connection = named.connection
   AND of_sku.product_id = named.item AND of_sku.sku_id = named.sku_id
  LEFT JOIN listings AS of_product
    ON of_product.channel = named.channel AND of_product.connection = named.connection
   AND of_product.product_id = named.item AND of_product.sku_id IS NULL
  WHERE named.item IS NOT NULL`;

/**
 * `price`: the lowest of the variants that are in stock, else of all; of a derived one the last that it was sold at. `skus`: those
 * in stock. `sold_by`: connections that sold it. Of lines of one instant the greatest order key stands, so that one build is as
 * the next.
 */
const PRODUCTS = `
  CREATE OR REPLACE TEMP VIEW products AS
  WITH sold AS (
    SELECT product, list(DISTINCT channel || '/' || connection ORDER BY channel || '/' || connection) AS sold_by
    FROM listed_lines GROUP BY product
  ),
  brought AS (
    SELECT *, list_filter(variants, lambda variant: variant.stock IS NULL OR variant.stock > 0) AS available FROM catalogue
  ),
  priced AS (
    SELECT *,
           list_sort(list_filter(
             CASE WHEN len(available) > 0 THEN available ELSE variants END, lambda variant: variant.price IS NOT NULL
           ).list_transform(lambda variant: {'price': variant.price, 'currency': variant.currency}))[1] AS cheapest
    FROM brought
  ),
  last_lines AS (
    SELECT * FROM listed_lines ANTI JOIN catalogue ON catalogue.id = listed_lines.product
    QUALIFY row_number() OVER (PARTITION BY product ORDER BY ordered_at DESC, order_key DESC, line_no DESC) = 1
  )
  SELECT priced.id, coalesce(title_zh, title_en) AS title, title_zh, title_en, category_path, url, image_url,
         cheapest.price AS price, cheapest.currency AS currency,
         list_transform(available, lambda variant: variant.sku_id) AS skus,
         len(available) > 0 AS in_stock, regions, accessory_of, upgrade_of, consumable, excluded, available_from,
         available_until, coalesce(sold_by, CAST([] AS VARCHAR[])) AS sold_by, false AS derived
  FROM priced LEFT JOIN sold ON sold.product = priced.id
  UNION ALL
  SELECT last_lines.product, title, NULL, NULL, category_path, NULL, NULL, unit_price, currency,
         CASE WHEN sku_id IS NULL THEN CAST([] AS VARCHAR[]) ELSE [sku_id] END,
         true, NULL, CAST([] AS VARCHAR[]), CAST([] AS VARCHAR[]), false, false, NULL, NULL, sold_by, true
  FROM last_lines JOIN sold USING (product)`;

/** In this order, after `catalogue` and `lines`. Of a connection. */
export const CATALOGUE_VIEWS: readonly string[] = [LISTINGS, LISTED_LINES, PRODUCTS];

/**
 * The lake as the recommender wants it (shared/recommend/inputs.ts): lines and events of customers as they are joined now, the
 * catalogue with what orders name, and who may be recommended anything.
 *
 * They want the views of `openLines`, `CATALOGUE_VIEWS` and `knowEvents`, and the files of a snapshot.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { isSoldIn } from '../catalogue/product.ts';
import type { Inputs } from '../recommend/inputs.ts';
import { quoted } from '../snapshots/duckdb.ts';
import type { Instant } from '../time/instant.ts';

export interface SnapshotFiles {
  readonly profiles: string;
  readonly places: string;
  readonly marks: string;
}

export const INPUTS: Inputs = {
  lines: 'shopped_lines',
  events: 'shopped_events',
  products: 'offered_products',
  customers: 'shoppers',
};

/** Tables and views of this connection. `asOf`: what is offered then. */
export async function openInputs(
  db: DuckDBConnection,
  { profiles, places, marks }: SnapshotFiles,
  asOf: Instant,
): Promise<void> {
  const at = `TIMESTAMP ${quoted(asOf.slice(0, 23))}`;
  const view = (name: string, query: string) => db.run(`CREATE OR REPLACE TEMP VIEW ${name} AS ${query}`);
  const table = (name: string, query: string) => db.run(`CREATE OR REPLACE TEMP TABLE ${name} AS ${query}`);
  await view('snapshot_profiles', `SELECT * FROM read_parquet(${quoted(profiles)})`);
  await table('memberships', 'SELECT unnest(members) AS persona, id AS profile FROM snapshot_profiles');
  // While a join is being written a persona may be in both: what it did must not count twice.
  await table('owners', 'SELECT persona, min(profile) AS profile FROM memberships GROUP BY persona');
  await table('refusers', refusersOf(places, marks));
  await db.run('DROP TABLE memberships');
  await view('shopped_lines', LINES);
  await table('shoppers', SHOPPERS);
  await view('shopped_events', EVENTS);
  await table('sold_regions', 'SELECT NULL::VARCHAR AS sold, NULL::VARCHAR AS region WHERE false');
  await fillRegions(db);
  await table('offered_products', offered(at));
}

/** More pieces of one line say nothing more. */
const PIECES_MOST = 1_000_000;

/** Goods by weight are bought once a line; what was returned is not bought. Lines of nobody teach, each order a customer of its own. */
const LINES = `
  SELECT coalesce(owners.profile, line.persona, line.order_key) AS customer, line.product, line.category_path AS category,
         line.ordered_at,
         CAST(CASE WHEN kept <= 0 THEN 0 ELSE least(greatest(1, round(kept)), ${PIECES_MOST}) END AS INTEGER) AS quantity,
         CAST(CASE WHEN line.quantity > 0 THEN round(line.total * kept / line.quantity) ELSE 0 END AS BIGINT) AS net_minor,
         line.currency, line.channel, line.region, line.order_key
  FROM (SELECT *, quantity - coalesce(refunded_quantity, 0) AS kept FROM listed_lines) AS line
  LEFT JOIN owners USING (persona)`;

/** The newest word of any persona of the profile stands, as in a snapshot; of one instant, the one that refuses. Of who is in two, for both. */
const refusersOf = (places: string, marks: string): string => `
  SELECT profile FROM (
    SELECT own.profile, mark.name, mark.given
    FROM read_parquet(${quoted(marks)}) AS mark
    JOIN read_parquet(${quoted(places)}) AS place ON place.number = mark.persona
    JOIN memberships AS own ON own.persona = place.id
    WHERE mark.kind = 'consent' AND (mark.name = '*' OR mark.name LIKE 'personalisation/%')
    QUALIFY row_number() OVER (PARTITION BY own.profile, mark.name ORDER BY mark.said_at DESC, mark.given) = 1
  ) WHERE NOT given GROUP BY profile`;

/** Where, by what channel and in which currency they bought last. Whoever has refused to be profiled is left out. */
const SHOPPERS = `
  WITH last AS (
    SELECT customer,
           arg_max(region, (ordered_at, order_key)) FILTER (WHERE region IS NOT NULL) AS region,
           arg_max(channel, (ordered_at, order_key)) AS channel,
           arg_max(currency, (ordered_at, order_key)) AS currency
    FROM shopped_lines GROUP BY customer
  )
  SELECT profile.id AS customer, profile.tier, coalesce(last.region, profile.regions[1]) AS region,
         coalesce(last.channel, profile.channels[1]) AS channel, last.currency
  FROM snapshot_profiles AS profile
  LEFT JOIN last ON last.customer = profile.id
  WHERE profile.id NOT IN (SELECT profile FROM refusers)`;

/** Shops name a product as the brand does, or as the platform that sells it; what only orders name is looked for last. */
const EVENTS = `
  SELECT owners.profile AS customer, coalesce(catalogue.id, listed.product, sold.product, event.product) AS product,
         event.kind, event."at"
  FROM (
    SELECT coalesce(seen.persona, link.persona) AS persona,
           CASE seen.kind WHEN 'product_viewed' THEN 'view' ELSE 'cart' END AS kind, seen."at",
           unnest(list_transform(seen.products, lambda one: one."productId")) AS product
    FROM behaviour_events AS seen LEFT JOIN behaviour_links AS link USING (visitor)
    WHERE seen.kind IN ('product_viewed', 'product_added')
  ) AS event
  JOIN owners USING (persona)
  LEFT JOIN catalogue ON catalogue.id = event.product
  LEFT JOIN (
    SELECT product_id, min(product) AS product FROM listings GROUP BY product_id HAVING count(DISTINCT product) = 1
  ) AS listed ON listed.product_id = event.product
  LEFT JOIN (
    SELECT coalesce(product_id, sku_id) AS item, min(product) AS product FROM listed_lines
    GROUP BY item HAVING count(DISTINCT product) = 1
  ) AS sold ON sold.item = event.product`;

/** In words of customers' regions (\`CN/广东省\`), of which there are few, as products name whole countries, or provinces by short names. */
async function fillRegions(db: DuckDBConnection): Promise<void> {
  const texts = async (query: string) =>
    (await db.runAndReadAll(query)).getRowsJson().flatMap(([text]) => (typeof text === 'string' ? [text] : []));
  const regions = await texts('SELECT DISTINCT region FROM shoppers WHERE region IS NOT NULL ORDER BY 1');
  const sold = await texts('SELECT DISTINCT unnest(regions) FROM products WHERE regions IS NOT NULL ORDER BY 1');
  for (const one of sold)
    for (const region of regions)
      if (isSoldIn({ regions: [one] }, region)) await db.run('INSERT INTO sold_regions VALUES ($1, $2)', [one, region]);
}

const offered = (at: string): string => `
  SELECT id AS product, category_path,
         in_stock AND coalesce(available_from <= ${at}, true) AND coalesce(available_until > ${at}, true) AS in_stock,
         CASE WHEN regions IS NULL THEN NULL ELSE (
           SELECT coalesce(list(DISTINCT region ORDER BY region), CAST([] AS VARCHAR[]))
           FROM sold_regions WHERE list_contains(products.regions, sold)
         ) END AS regions,
         -- That of the cheapest is not the only one.
         CASE WHEN id IN (
           SELECT id FROM (SELECT id, unnest(variants).currency AS priced FROM catalogue) GROUP BY id HAVING count(DISTINCT priced) > 1
         ) THEN NULL ELSE currency END AS currency,
         price AS price_minor, accessory_of, upgrade_of, consumable, excluded
  FROM products`;

/**
 * What is known of each customer as one number, by which the next build sees who changed: \`shopper_states\` (customer, state).
 * Sums, so the order of rows is of no matter.
 */
export const SHOPPER_STATES = `
  CREATE OR REPLACE TEMP TABLE shopper_states AS
  WITH bought AS (
    SELECT customer, sum(hash(product, ordered_at, quantity, order_key) % 1000000007) AS state FROM shopped_lines GROUP BY customer
  ), seen AS (
    SELECT customer, sum(hash(product, kind, "at") % 1000000007) AS state FROM shopped_events GROUP BY customer
  )
  SELECT shoppers.customer,
         CAST(hash(tier, region, channel, currency, coalesce(bought.state, 0), coalesce(seen.state, 0)) AS VARCHAR) AS state
  FROM shoppers LEFT JOIN bought USING (customer) LEFT JOIN seen USING (customer)`;

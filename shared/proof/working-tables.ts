/**
 * The tables of one run in DuckDB: messages, orders and whose they are now, read back customer by customer, so that neither messages nor
 * orders have to fit into the process's own memory; and what was found, against what is kept.
 */
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { AttributableOrder } from '../campaigns/attribution.ts';
import type { PersonaId } from '../identity/persona.ts';
import { quoted } from '../snapshots/duckdb.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import { type AttributedOrder, claimText, type OrderClaim, readClaim } from './attributed-order.ts';
import type { ProvenCustomer } from './customer-proof.ts';
import type { Opened } from './result.ts';
import type { Touch, TouchKind } from './touch.ts';

const TABLES = `
  CREATE TABLE touches (
    campaign VARCHAR, key VARCHAR, profile VARCHAR, kind VARCHAR, decided_ms DOUBLE, sent_ms DOUBLE, days INTEGER, version INTEGER, variant VARCHAR
  );
  CREATE TABLE found (
    campaign VARCHAR, order_key VARCHAR, profile VARCHAR, send VARCHAR, variant VARCHAR, sent_ms DOUBLE, paid_ms DOUBLE, net DOUBLE,
    currency VARCHAR, assisted INTEGER, claim VARCHAR
  );
  CREATE TABLE kept (campaign VARCHAR, order_key VARCHAR, revision INTEGER, stands BOOLEAN, claim VARCHAR);`;

export const createTables = (db: DuckDBConnection) => db.run(TABLES);

interface Writing<Row> {
  add(row: Row): void;
  close(): void;
}

/** Of a connection that reads nothing meanwhile. */
async function writingTo<Row>(
  db: DuckDBConnection,
  table: string,
  append: (row: Row, into: DuckDBAppender) => void,
): Promise<Writing<Row>> {
  const appender = await db.createAppender(table);
  return {
    add(row) {
      append(row, appender);
      appender.endRow();
    },
    close: () => appender.closeSync(),
  };
}

const appendText = (appender: DuckDBAppender, text: string | undefined): void =>
  text === undefined ? appender.appendNull() : appender.appendVarchar(text);

export const writeTouches = (db: DuckDBConnection): Promise<Writing<Touch>> =>
  writingTo<Touch>(db, 'touches', (touch, into) => {
    for (const text of [touch.campaign, touch.key, touch.profile, touch.kind]) into.appendVarchar(text);
    for (const at of [touch.decidedAt, touch.at]) into.appendDouble(epochMs(at));
    for (const number of [touch.attributionDays, touch.version]) into.appendInteger(number);
    appendText(into, touch.variant);
  });

export interface Found {
  readonly campaign: string;
  readonly order: string;
  readonly claim: OrderClaim;
}

export const writeFound = (db: DuckDBConnection): Promise<Writing<Found>> =>
  writingTo<Found>(db, 'found', ({ campaign, order, claim }, into) => {
    for (const text of [campaign, order, claim.profile, claim.send]) into.appendVarchar(text);
    appendText(into, claim.variant);
    for (const at of [claim.sentAt, claim.paidAt]) into.appendDouble(epochMs(at));
    into.appendDouble(claim.net);
    into.appendVarchar(claim.currency);
    into.appendInteger(claim.assisted.length);
    into.appendVarchar(claimText(claim));
  });

export const writeKept = (db: DuckDBConnection): Promise<Writing<AttributedOrder>> =>
  writingTo<AttributedOrder>(db, 'kept', (order, into) => {
    for (const text of [order.campaign, order.order]) into.appendVarchar(text);
    into.appendInteger(order.revision);
    into.appendBoolean(order.state === 'attributed');
    into.appendVarchar(claimText(order));
  });

/** `lines`: a view of them. `profiles`: the file of the snapshot; undefined: there is none yet, so each persona is a customer. */
export async function joinCustomers(db: DuckDBConnection, profiles: string | undefined): Promise<void> {
  const members =
    profiles === undefined
      ? 'SELECT NULL::VARCHAR AS persona, NULL::VARCHAR AS customer WHERE false'
      : // While a join is being written a persona may be in both: it must not count twice.
        `SELECT persona, min(id) AS customer FROM (SELECT id, unnest(members) AS persona FROM read_parquet(${quoted(profiles)})) GROUP BY persona`;
  await db.run(`CREATE TABLE people AS ${members}`);
  await db.run(`
    CREATE TABLE touched AS
    SELECT coalesce(customer, profile) AS customer, touches.* FROM touches LEFT JOIN people ON people.persona = touches.profile`);
  await db.run(`
    CREATE TABLE paid AS
    SELECT order_key, coalesce(customer, persona) AS customer, epoch_ms(ordered_at)::DOUBLE AS paid_ms, currency, net::DOUBLE AS net
    FROM (${NET_OF_ORDERS}) LEFT JOIN people USING (persona)
    WHERE coalesce(customer, persona) IN (SELECT customer FROM touched)`);
}

/**
 * What is kept of the goods: a line's total, less the part of its quantity that was returned. Gift cards count when they are spent. Money
 * that was given back without goods is not seen until all of it was: then the order counts nowhere.
 */
const NET_OF_ORDERS = `
  SELECT order_key, persona, ordered_at, currency, sum(
    CASE WHEN gift_card THEN 0
         WHEN quantity > 0 THEN round(total * (1 - least(1, greatest(0, coalesce(refunded_quantity, 0) / quantity))))
         ELSE total END
  ) AS net
  FROM lines WHERE counts AND persona IS NOT NULL AND ordered_at IS NOT NULL AND currency IS NOT NULL
  GROUP BY order_key, persona, ordered_at, currency`;

/**
 * Of messages that were sent, those whose key is among the opened ones; by campaign, without those of which none is. `opened`: a file of
 * keys (`message`).
 */
export async function countOpened(db: DuckDBConnection, opened: string): Promise<ReadonlyMap<string, Opened>> {
  const counted = await db.runAndReadAll(`
    SELECT campaign, variant, count(*) FROM touches WHERE kind = 'sent' AND key IN (SELECT message FROM read_parquet(${quoted(opened)}))
    GROUP BY campaign, variant ORDER BY campaign, variant`);
  const all = new Map<string, { messages: number; readonly variants: Record<string, number> }>();
  for (const [campaign, variant, count] of counted.getRowsJS()) {
    const own = all.get(String(campaign)) ?? { messages: 0, variants: {} };
    own.messages += Number(count);
    if (typeof variant === 'string') own.variants[variant] = Number(count);
    all.set(String(campaign), own);
  }
  return all;
}

/** One after the other, each with all messages and orders of theirs. */
export async function* readCustomers(
  db: DuckDBConnection,
): AsyncGenerator<ProvenCustomer & { readonly profile: PersonaId }> {
  const result = await db.stream(`
    SELECT customer, order_key, paid_ms, currency, net, campaign, key, profile, kind, decided_ms, sent_ms, days, version, variant
    FROM (
      SELECT customer, NULL AS order_key, NULL AS paid_ms, NULL AS currency, NULL AS net,
             campaign, key, profile, kind, decided_ms, sent_ms, days, version, variant FROM touched
      UNION ALL BY NAME
      SELECT customer, order_key, paid_ms, currency, net FROM paid
    ) ORDER BY customer`);
  let current: { readonly profile: PersonaId; touches: Touch[]; orders: AttributableOrder[] } | undefined;
  for await (const rows of result.yieldRowsJs()) {
    for (const row of rows) {
      // The cast: a customer is named after a persona.
      const profile = String(row[0]) as PersonaId;
      if (current?.profile !== profile) {
        if (current) yield current;
        current = { profile, touches: [], orders: [] };
      }
      if (row[1] === null) current.touches.push(readTouch(row));
      else current.orders.push(readOrder(row));
    }
  }
  if (current) yield current;
}

type Row = readonly unknown[];
const at = (ms: unknown): Instant => instant(Number(ms));

const readOrder = ([, key, paidMs, currency, net]: Row): AttributableOrder => ({
  ...{ key: String(key), paidAt: at(paidMs), currency: String(currency), net: Number(net) },
});

function readTouch(row: Row): Touch {
  const [campaign, key, profile, kind, decidedMs, sentMs, days, version, variant] = row.slice(5);
  return {
    ...{ campaign: String(campaign), key: String(key) },
    // The casts: written above.
    profile: String(profile) as PersonaId,
    kind: String(kind) as TouchKind,
    ...{ decidedAt: at(decidedMs), at: at(sentMs), attributionDays: Number(days), version: Number(version) },
    ...(typeof variant === 'string' && { variant }),
  };
}

export interface Change {
  readonly campaign: string;
  readonly order: string;
  readonly before?: { readonly revision: number; readonly claim: OrderClaim };
  /** Absent: it counts for it no longer. */
  readonly now?: OrderClaim;
}

/** Where what was found is not what is kept, in portions. */
export async function* readChanges(db: DuckDBConnection): AsyncGenerator<readonly Change[]> {
  const result = await db.stream(`
    SELECT campaign, order_key, revision, kept.claim, found.claim
    FROM found FULL OUTER JOIN kept USING (campaign, order_key)
    WHERE CASE WHEN found.claim IS NULL THEN stands ELSE kept.claim IS NULL OR NOT stands OR kept.claim <> found.claim END
    ORDER BY campaign, order_key`);
  for await (const rows of result.yieldRowsJs())
    yield rows.map(([campaign, order, revision, before, now]) => ({
      ...{ campaign: String(campaign), order: String(order) },
      ...(before !== null && { before: { revision: Number(revision), claim: readClaim(String(before)) } }),
      ...(now !== null && { now: readClaim(String(now)) }),
    }));
}

/** By campaign that orders count for: the same where all of them are, and say, the same. */
export async function digestsOf(db: DuckDBConnection): Promise<ReadonlyMap<string, string>> {
  const found = await db.runAndReadAll(`
    SELECT campaign, concat(count(*), '-', bit_xor(hash(order_key, claim))) FROM found GROUP BY campaign`);
  return new Map(found.getRowsJS().map(([campaign, digest]) => [String(campaign), String(digest)]));
}

/** Of no order. */
export const EMPTY_DIGEST = '0';

/** The orders of a campaign as a file of columns. */
export const copyOrders = (db: DuckDBConnection, campaign: string, file: string) =>
  db.run(`
    COPY (
      SELECT campaign, order_key, profile, send, variant, epoch_ms(sent_ms::BIGINT) AS sent_at, epoch_ms(paid_ms::BIGINT) AS paid_at,
             net::BIGINT AS net, currency, assisted
      FROM found WHERE campaign = ${quoted(campaign)} ORDER BY order_key
    ) TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd)`);

/** What a build finds to be running out, for campaigns about replenishment. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Instant } from '../time/instant.ts';
import type { DueProduct, DueProducts } from './recommendation.ts';

/** Of `recommended`, and whether `previous_recommendations` had it, where there are any. The days of a reason count up to `day`, in dates. */
const dueSql = (hasPrevious: boolean): string => `
  WITH due AS (${duesOf('recommended')})
  SELECT due.customer, due.product, CAST(due.last_day AS VARCHAR), CAST(due.last_day + due.cycle_days AS VARCHAR),
         ${hasPrevious ? 'known.customer IS NOT NULL' : 'false'}
  FROM due
  ${hasPrevious ? `LEFT JOIN (${duesOf('previous_recommendations')}) AS known USING (customer, product, last_day)` : ''}
  ORDER BY due.customer, due.rank`;

const duesOf = (table: string): string => `
  SELECT customer, product, rank, day - CAST("values"->>'lastDays' AS INTEGER) AS last_day,
         CAST("values"->>'cycleDays' AS INTEGER) AS cycle_days
  FROM ${table} WHERE reason = 'repurchase_due'`;

export function dueProducts(db: DuckDBConnection, asOf: Instant, before: Instant | undefined): DueProducts {
  return {
    day: asOf.slice(0, 10),
    ...(before !== undefined && { dayBefore: before.slice(0, 10) }),
    rows: read(db, before !== undefined),
  };
}

async function* read(db: DuckDBConnection, hasPrevious: boolean): AsyncGenerator<DueProduct> {
  const result = await db.stream(dueSql(hasPrevious));
  for await (const chunk of result.yieldRowsJson())
    for (const [customer, product, lastDay, dueDay, wasKnown] of chunk)
      yield {
        // The cast: profiles are what a snapshot is made of.
        customer: String(customer) as DueProduct['customer'],
        product: String(product),
        lastDay: String(lastDay),
        dueDay: String(dueDay),
        wasKnown: wasKnown === true,
      };
}

/**
 * Who could be recommended what: everything owned, akin to it, looked at, related to it or popular, less what the customer must not be
 * offered. One row per customer and product, with what `features.ts` reads.
 */

import { SIMILARITY_UNIT } from './affinity.ts';
import { double } from './dialect.ts';
import { UNIT } from './exact.ts';
import type { RecommendOptions } from './options.ts';
import { soldTo } from './popularity.ts';
import { cycleDays } from './rhythm.ts';
import { packed, unpacked, type WorkingTables } from './working-tables.ts';

/** Of customers for whom a condition over `known` holds. */
export const candidates = (options: RecommendOptions, work: WorkingTables, where: string): string => `
  WITH chosen AS (SELECT * FROM ${work.customer} AS known WHERE known.scored AND ${where}),
  akin AS (
    SELECT source.c, link.other AS p, sum(source.frequency * link.similarity) AS affinity,
      max(${packed('source.frequency * link.similarity', 'source.p')}) AS via, max(source.taste) AS taste
    FROM chosen JOIN ${work.source} AS source ON source.c = chosen.c
    JOIN ${work.similar} AS link ON link.p = source.p
    GROUP BY source.c, link.other
  ),
  otherwise AS (
    SELECT c, p, max(orders) AS orders, max(frequency) AS frequency, max(last_age) AS last_age, max(first_age) AS first_age,
      max(accessory_via) AS accessory_via, max(upgrade_via) AS upgrade_via, max(views) AS views, max(viewed_age) AS viewed_age,
      max(segment_share) AS segment_share, max(s) AS s
    FROM (${SOURCES.map((source) => source(work)).join(' UNION ALL ')}) AS each_one GROUP BY c, p
  ),
  found AS (
    SELECT coalesce(akin.c, otherwise.c) AS c, coalesce(akin.p, otherwise.p) AS p,
      coalesce(CAST(akin.affinity AS DOUBLE) / ${double(UNIT * SIMILARITY_UNIT)} / akin.taste, 0E0) AS affinity,
      ${unpacked('akin.via')} AS via,
      coalesce(otherwise.orders, 0) AS orders, coalesce(CAST(otherwise.frequency AS DOUBLE) / ${double(UNIT)}, 0E0) AS frequency,
      otherwise.last_age, otherwise.first_age, otherwise.accessory_via, otherwise.upgrade_via,
      -- What was bought since it was looked at is settled.
      CASE WHEN otherwise.last_age <= otherwise.viewed_age THEN 0E0 ELSE coalesce(otherwise.views, 0E0) END AS views,
      otherwise.viewed_age, otherwise.segment_share, otherwise.s
    FROM akin FULL JOIN otherwise ON otherwise.c = akin.c AND otherwise.p = akin.p
  )
  SELECT found.c, found.p, found.affinity, found.via, found.orders, found.frequency, found.last_age, found.accessory_via,
    found.upgrade_via, found.views, found.viewed_age, found.s, item.category, item.repeat_rate, item.intervals,
    coalesce(found.segment_share, item.trend) AS trend, coalesce(shopper.orders, 0) AS customer_orders,
    CASE WHEN item.consumable AND found.orders > 0 THEN ${cycleDays(options)} END AS cycle_days
  FROM found
  JOIN ${work.item} AS item ON item.p = found.p
  JOIN chosen ON chosen.c = found.c
  LEFT JOIN ${work.shopper} AS shopper ON shopper.c = found.c
  WHERE item.offered AND ${soldTo(options.dialect, 'item', 'chosen')}
    AND (found.orders = 0 OR item.consumable OR found.last_age >= ${options.tuning.notAgainDays})`;

/** Columns of a source of candidates, and what they are where it says nothing of them. */
const NOTHING = {
  orders: 'CAST(NULL AS INTEGER)',
  frequency: 'CAST(NULL AS BIGINT)',
  last_age: 'CAST(NULL AS DOUBLE)',
  first_age: 'CAST(NULL AS DOUBLE)',
  accessory_via: 'CAST(NULL AS BIGINT)',
  upgrade_via: 'CAST(NULL AS BIGINT)',
  views: 'CAST(NULL AS DOUBLE)',
  viewed_age: 'CAST(NULL AS DOUBLE)',
  segment_share: 'CAST(NULL AS DOUBLE)',
  s: 'CAST(NULL AS BIGINT)',
} as const;

const columns = (said: Partial<Record<keyof typeof NOTHING, string>>): string =>
  Object.entries({ ...NOTHING, ...said })
    .map(([name, sql]) => `${sql} AS ${name}`)
    .join(', ');

const SOURCES: readonly ((work: WorkingTables) => string)[] = [
  ({ owned }) =>
    `SELECT source.c, source.p, ${columns({ orders: 'source.orders', frequency: 'source.frequency', last_age: 'source.last_age', first_age: 'source.first_age' })}
     FROM chosen JOIN ${owned} AS source ON source.c = chosen.c`,
  ({ market }) =>
    `SELECT chosen.c, source.p, ${columns({})} FROM chosen JOIN ${market} AS source ON source.m = chosen.m`,
  ({ newcomer, shopper }) =>
    `SELECT chosen.c, source.p, ${columns({ segment_share: 'source.share', s: 'source.s' })}
     FROM chosen JOIN ${newcomer} AS source
       ON ${['tier', 'region', 'channel'].map((column) => `coalesce(source.${column}, '') = coalesce(chosen.${column}, '')`).join(' AND ')}
     WHERE chosen.c NOT IN (SELECT c FROM ${shopper})`,
  ({ related }) =>
    `SELECT source.c, source.p, ${columns({ accessory_via: 'source.accessory_via', upgrade_via: 'source.upgrade_via' })}
     FROM chosen JOIN ${related} AS source ON source.c = chosen.c`,
  ({ viewed }) =>
    `SELECT source.c, source.p, ${columns({ views: 'source.views', viewed_age: 'source.viewed_age' })}
     FROM chosen JOIN ${viewed} AS source ON source.c = chosen.c`,
];

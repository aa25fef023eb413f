/**
 * What follows upon what. An earlier purchase by the same customer leads to each later one, newer ones counting more: a directed
 * cosine of item to item (Sarwar et al., WWW 2001; decay as in Ding and Li, CIKM 2005), with support and shrinkage against chance.
 */
import { double } from './dialect.ts';
import { asNumber, decayed, whole } from './exact.ts';
import type { RecommendOptions } from './options.ts';
import { create, type Statement } from './statement.ts';
import type { WorkingTables } from './working-tables.ts';

/** Of similarities in `similar`: a millionth. With a frequency in thousandths, a product of both is in billionths. */
export const SIMILARITY_UNIT = 1_000_000;
/** A product of two weights in thousandths. */
const PAIR_UNIT = 1_000_000;

export const affinity = ({ tuning }: RecommendOptions, work: WorkingTables): readonly Statement[] => [
  // Later purchases that teach.
  create(
    work.target,
    `SELECT c, nth, p, ${whole(decayed('age', tuning.affinityHalfLifeDays))} AS weight FROM ${work.purchase}
     WHERE products <= ${tuning.productsPerOrder} AND age <= ${double(tuning.affinityHalfLifeDays * Math.log2(10))}`,
  ),
  // What had been bought before each of their orders, once each.
  create(
    work.context,
    `SELECT later.c, later.nth, earlier.p, later.weight AS order_weight,
       max(${whole(`power(${double(tuning.affinityDecay)}, earlier.nth - later.nth - 1)`)}) AS weight
     FROM (SELECT c, nth, max(weight) AS weight FROM ${work.target} GROUP BY c, nth) AS later
     JOIN ${work.purchase} AS earlier
       ON earlier.c = later.c AND earlier.nth > later.nth AND earlier.nth <= later.nth + ${tuning.affinityOrders}
     WHERE earlier.products <= ${tuning.productsPerOrder}
     GROUP BY later.c, later.nth, later.weight, earlier.p`,
  ),
  create(
    work.pair,
    `SELECT context.p, target.p AS other, ${asNumber('sum(context.weight * target.weight)', PAIR_UNIT)} AS together, count(*) AS times
     FROM ${work.context} AS context JOIN ${work.target} AS target ON target.c = context.c AND target.nth = context.nth
     GROUP BY context.p, target.p HAVING count(*) >= ${tuning.affinitySupport} OR context.p = target.p`,
  ),
  create(
    work.followed,
    `SELECT item.p, coalesce(led.weight, 0E0) AS leads, coalesce(ensued.weight, 0E0) AS follows
     FROM ${work.product} AS item
     LEFT JOIN (SELECT p, ${asNumber('sum(weight * order_weight)', PAIR_UNIT)} AS weight FROM ${work.context} GROUP BY p) AS led
       ON led.p = item.p
     LEFT JOIN (SELECT p, ${asNumber('sum(weight)', 1_000)} AS weight FROM ${work.target} GROUP BY p) AS ensued
       ON ensued.p = item.p`,
  ),
  create(
    work.similar,
    `SELECT p, other, CAST(place AS INTEGER) AS place, similarity FROM (
       SELECT p, other, similarity, row_number() OVER (PARTITION BY p ORDER BY similarity DESC, other) AS place FROM (
         SELECT pair.p, pair.other,
           CAST(round(${double(SIMILARITY_UNIT)} * pair.together / sqrt((one.leads + ${double(tuning.affinityShrinkage)}) * (two.follows + ${double(tuning.affinityShrinkage)}))) AS BIGINT) AS similarity
         FROM ${work.pair} AS pair
         JOIN ${work.followed} AS one ON one.p = pair.p
         JOIN ${work.followed} AS two ON two.p = pair.other
         JOIN ${work.product} AS item ON item.p = pair.other
         WHERE pair.p <> pair.other AND item.offered
       ) AS scored WHERE similarity > 0
     ) AS placed WHERE place <= ${tuning.similarPerProduct}`,
  ),
];

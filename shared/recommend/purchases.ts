/** Lines → who bought what in which order, and what each customer owns. */
import { double, timestamp } from './dialect.ts';
import { asNumber, UNIT, whole } from './exact.ts';
import type { RecommendOptions } from './options.ts';
import { since } from './since.ts';
import { create, type Statement } from './statement.ts';
import type { WorkingTables } from './working-tables.ts';

export const purchases = (
  { asOf, dialect, inputs, tuning }: RecommendOptions,
  work: WorkingTables,
): readonly Statement[] => [
  // nth: 1 is the customer's newest order. age: days. products: in the order.
  create(
    work.purchase,
    `WITH bought AS (
       SELECT customer, order_key, product, max(ordered_at) AS bought_at, max(region) AS region, max(channel) AS channel
       FROM ${inputs.lines}
       WHERE ordered_at <= ${timestamp(asOf)} AND ordered_at > ${since(asOf, tuning.historyDays)}
       GROUP BY customer, order_key, product HAVING sum(quantity) > 0
     ), baskets AS (
       SELECT customer, order_key, max(bought_at) AS bought_at, count(*) AS products FROM bought GROUP BY customer, order_key
     ), counted AS (
       SELECT customer, order_key, bought_at, products,
         row_number() OVER (PARTITION BY customer ORDER BY bought_at DESC, order_key DESC) AS nth
       FROM baskets
     )
     SELECT known.c, item.p, CAST(counted.nth AS INTEGER) AS nth, CAST(counted.products AS INTEGER) AS products,
       ${dialect.daysBetween('counted.bought_at', timestamp(asOf))} AS age, bought.region, bought.channel
     FROM bought
     JOIN counted ON counted.customer = bought.customer AND counted.order_key = bought.order_key
     JOIN ${work.customer} AS known ON known.customer = bought.customer
     JOIN ${work.product} AS item ON item.product = bought.product
     WHERE counted.nth <= ${tuning.ordersPerCustomer}`,
  ),
  create(
    work.owned,
    `SELECT c, p, CAST(count(*) AS INTEGER) AS orders, min(age) AS last_age, max(age) AS first_age, min(nth) AS last_nth,
       CAST(sum(${whole(`power(${double(tuning.frequencyDecay)}, nth - 1)`)}) AS BIGINT) AS frequency
     FROM ${work.purchase} GROUP BY c, p`,
  ),
  create(work.shopper, `SELECT c, CAST(max(nth) AS INTEGER) AS orders FROM ${work.purchase} GROUP BY c`),
  // taste: what affinities are divided by, so that who owns much is not akin to everything.
  create(
    work.source,
    `SELECT c, p, frequency, sqrt(${asNumber('sum(frequency) OVER (PARTITION BY c)', UNIT)}) AS taste
     FROM (
       SELECT c, p, frequency, row_number() OVER (PARTITION BY c ORDER BY last_nth, p) AS place FROM ${work.owned}
       WHERE c IN (SELECT c FROM ${work.customer} WHERE scored)
     ) AS newest WHERE place <= ${tuning.sourcesPerCustomer}`,
  ),
];

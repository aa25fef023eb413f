/** What is bought now: overall, and by tier, region and channel for who has bought nothing yet. */
import { double } from './dialect.ts';
import { asNumber, decayed, UNIT, whole } from './exact.ts';
import type { RecommendOptions } from './options.ts';
import { create, type Statement } from './statement.ts';
import type { WorkingTables } from './working-tables.ts';

/** Of shares: a billionth. */
const SHARE_UNIT = 1_000_000_000;
/** Lifts, that is, shares in a scope by those overall, are told apart to a thousandth, up to a million. */
const LIFT_UNIT = 1_000;
const MOST_LIFT = 1_000_000;
const MOST_SCOPES = 1_000_000;

export const popularity = (options: RecommendOptions, work: WorkingTables): readonly Statement[] => [
  create(
    work.trend,
    `SELECT p, weight, weight / sum(weight) OVER () AS share FROM (
       SELECT p, CAST(sum(${weight(options)}) AS DOUBLE) AS weight FROM ${work.purchase} GROUP BY p
     ) AS counted WHERE weight > 0`,
  ),
  create(work.scope, scopes(options, work)),
  create(work.newcomer, newcomers(options, work)),
  create(work.market, markets(options, work)),
];

const weight = ({ tuning }: RecommendOptions): string => whole(decayed('age', tuning.trendHalfLifeDays));

/** Kinds of scopes: how a purchase falls into one. */
const KINDS = [
  [`'all'`, ''],
  [`'tier:' || known.tier`, 'known.tier IS NOT NULL'],
  [`'region:' || bought.region`, 'bought.region IS NOT NULL'],
  [`'channel:' || bought.channel`, 'bought.channel IS NOT NULL'],
] as const;

function scopes(options: RecommendOptions, work: WorkingTables): string {
  const { tuning, dialect } = options;
  const each = KINDS.map(
    ([scope, where]) =>
      `SELECT ${scope} AS scope, bought.p, ${weight(options)} AS weight
       FROM ${work.purchase} AS bought JOIN ${work.customer} AS known ON known.c = bought.c ${where && `WHERE ${where}`}`,
  );
  const added = `${double(tuning.scopeShrinkage * UNIT)}`;
  return `WITH counted AS (
      SELECT scope, p, CAST(sum(weight) AS DOUBLE) AS weight FROM (${each.join(' UNION ALL ')}) AS each_one GROUP BY scope, p
    ), shared AS (
      SELECT scope, p, (weight + ${added} * share) / (total + ${added}) AS share, share AS overall FROM (
        SELECT counted.scope, counted.p, counted.weight, sum(counted.weight) OVER (PARTITION BY counted.scope) AS total, trend.share
        FROM counted JOIN ${work.trend} AS trend ON trend.p = counted.p
      ) AS beside
    )
    SELECT scope, CAST(dense_rank() OVER (ORDER BY scope) AS INTEGER) AS s, p, CAST(place AS INTEGER) AS place,
      CAST(round(share * ${double(SHARE_UNIT)}) AS BIGINT) AS share,
      CAST(round(least(share / overall, ${double(MOST_LIFT)}) * ${double(LIFT_UNIT)}) AS BIGINT) AS lift
    FROM (
      SELECT shared.scope, shared.p, shared.share, shared.overall,
        row_number() OVER (PARTITION BY shared.scope ORDER BY round(shared.share, 12) DESC, shared.p) AS place
      FROM shared JOIN ${work.product} AS item ON item.p = shared.p
      WHERE item.offered AND (item.regions IS NULL OR shared.scope NOT LIKE 'region:%'
        OR ${dialect.contains('item.regions', 'substr(shared.scope, 8)')})
    ) AS placed WHERE place <= ${tuning.popularPerScope}`;
}

/**
 * For who has bought nothing: the mean share over the customer's scopes, and the scope in which the product stands out most. All
 * customers of equal scopes get the same, so it is made once for each kind of newcomer.
 */
function newcomers({ tuning }: RecommendOptions, work: WorkingTables): string {
  const own = [`'all'`, `'tier:' || kind.tier`, `'region:' || kind.region`, `'channel:' || kind.channel`];
  const named = own.map((scope, index) => `SELECT tier, region, channel, ${scope} AS scope, ${index} AS nth FROM kind`);
  return `WITH kind AS (
      SELECT DISTINCT tier, region, channel FROM ${work.customer} WHERE scored AND c NOT IN (SELECT c FROM ${work.shopper})
    ), named AS (SELECT * FROM (${named.join(' UNION ALL ')}) AS each_one WHERE scope IS NOT NULL),
    counted AS (SELECT tier, region, channel, count(*) AS scopes FROM named GROUP BY tier, region, channel),
    summed AS (
      SELECT named.tier, named.region, named.channel, scope.p, sum(scope.share) AS share,
        max(scope.lift * ${MOST_SCOPES} + (${MOST_SCOPES - 1} - scope.s)) AS standing
      FROM named JOIN ${work.scope} AS scope ON scope.scope = named.scope
      GROUP BY named.tier, named.region, named.channel, scope.p
    )
    SELECT tier, region, channel, p, share, s FROM (
      SELECT summed.tier, summed.region, summed.channel, summed.p,
        ${asNumber('summed.share', SHARE_UNIT)} / counted.scopes AS share,
        ${MOST_SCOPES - 1} - summed.standing % ${MOST_SCOPES} AS s,
        row_number() OVER (PARTITION BY summed.tier, summed.region, summed.channel ORDER BY summed.share DESC, summed.p) AS place
      FROM summed JOIN counted
        ON ${['tier', 'region', 'channel'].map((column) => `coalesce(summed.${column}, '') = coalesce(counted.${column}, '')`).join(' AND ')}
    ) AS placed WHERE place <= ${tuning.popularCandidates}`;
}

/** What anybody of one region and currency could be offered, most bought first. */
const markets = ({ tuning, dialect }: RecommendOptions, work: WorkingTables): string => `
  SELECT m, p FROM (
    SELECT market.m, item.p, row_number() OVER (PARTITION BY market.m ORDER BY trend.weight DESC, item.p) AS place
    FROM (SELECT DISTINCT m, region, currency FROM ${work.customer} WHERE scored) AS market
    JOIN ${work.product} AS item ON ${soldTo(dialect, 'item', 'market')}
    JOIN ${work.trend} AS trend ON trend.p = item.p
    WHERE item.offered
  ) AS placed WHERE place <= ${tuning.popularCandidates}`;

/** Whether a product can be had where the customer is, in the currency that the customer pays in. */
export const soldTo = (dialect: RecommendOptions['dialect'], product: string, customer: string): string =>
  `(${product}.regions IS NULL OR ${dialect.contains(`${product}.regions`, `${customer}.region`)})
   AND (${product}.currency IS NULL OR ${customer}.currency IS NULL OR ${product}.currency = ${customer}.currency)`;

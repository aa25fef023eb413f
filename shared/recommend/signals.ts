/** What else speaks for a product: it was looked at, it goes with or is better than something bought. */
import { double, timestamp } from './dialect.ts';
import { asNumber, decayed, UNIT, whole } from './exact.ts';
import type { RecommendOptions } from './options.ts';
import { since } from './since.ts';
import { create, type Statement } from './statement.ts';
import { packed, unpacked, type WorkingTables } from './working-tables.ts';

/** What one event counts. A prior: no public data of ours tells. */
const KINDS = { cart: 3, favorite: 2 } as const;
const KIND = `CASE kind ${Object.entries(KINDS)
  .map(([kind, count]) => `WHEN '${kind}' THEN ${double(count)}`)
  .join(' ')} ELSE 1E0 END`;

export const signals = (options: RecommendOptions, work: WorkingTables): readonly Statement[] => {
  const { asOf, dialect, inputs, tuning } = options;
  return [
    create(
      work.viewed,
      `SELECT c, p, ${asNumber(`sum(${whole(`${KIND} * ${decayed('age', tuning.viewHalfLifeDays)}`)})`, UNIT)} AS views, min(age) AS viewed_age
       FROM (
         SELECT known.c, item.p, event.kind, ${dialect.daysBetween('event.at', timestamp(asOf))} AS age
         FROM ${inputs.events} AS event
         JOIN ${work.customer} AS known ON known.customer = event.customer
         JOIN ${work.product} AS item ON item.product = event.product
         WHERE known.scored AND item.offered AND event.at <= ${timestamp(asOf)} AND event.at > ${since(asOf, tuning.viewDays)}
       ) AS lately GROUP BY c, p`,
    ),
    // Of several things that it goes with, the one bought last is named.
    create(
      work.related,
      `SELECT c, p, ${unpacked('max(accessory)')} AS accessory_via, ${unpacked('max(upgrade)')} AS upgrade_via
       FROM (
         ${related('accessory_of', `${via}, CAST(NULL AS BIGINT) AS upgrade`, options, work)}
         UNION ALL
         ${related('upgrade_of', `CAST(NULL AS BIGINT) AS accessory, ${via.replace('accessory', 'upgrade')}`, options, work)}
       ) AS each_one GROUP BY c, p`,
    ),
  ];
};

const via = `${packed('1000000 - owned.last_nth', 'owned.p')} AS accessory`;

const related = (
  column: 'accessory_of' | 'upgrade_of',
  columns: string,
  { inputs, tuning }: RecommendOptions,
  work: WorkingTables,
): string => `
  SELECT owned.c, item.p, ${columns}
  FROM (SELECT product, base FROM ${inputs.products} CROSS JOIN UNNEST(${column}) AS each_base (base)) AS link
  JOIN ${work.product} AS item ON item.product = link.product
  JOIN ${work.product} AS base ON base.product = link.base
  JOIN ${work.owned} AS owned ON owned.p = base.p
  JOIN ${work.customer} AS known ON known.c = owned.c
  WHERE item.offered AND known.scored AND owned.last_age <= ${tuning.relatedDays}`;

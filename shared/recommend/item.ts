/** All that is known of a product, in one table. */
import { double } from './dialect.ts';
import { wholeFine } from './exact.ts';
import type { RecommendOptions } from './options.ts';
import { create, type Statement } from './statement.ts';
import type { WorkingTables } from './working-tables.ts';

const exactSum = (column: string): string => `CAST(sum(${wholeFine(column)}) AS DOUBLE)`;

export const items = ({ tuning }: RecommendOptions, work: WorkingTables): readonly Statement[] => [
  create(
    work.item,
    `WITH again AS (
       SELECT followed.p, followed.leads, coalesce(pair.together, 0E0) AS together
       FROM ${work.followed} AS followed
       LEFT JOIN ${work.pair} AS pair ON pair.p = followed.p AND pair.other = followed.p
     ), mean AS (
       SELECT coalesce(${exactSum('together')} / nullif(${exactSum('leads')}, 0E0), 0E0) AS rate FROM again
     )
     SELECT product.p, product.category, product.regions, product.currency, product.consumable, product.offered,
       coalesce(trend.share, 0E0) AS trend, rhythm.typical_days, rhythm.intervals,
       greatest((again.together + ${double(tuning.repeatShrinkage)} * mean.rate) / (again.leads + ${double(tuning.repeatShrinkage)}), 1E-4) AS repeat_rate
     FROM ${work.product} AS product CROSS JOIN mean
     JOIN again ON again.p = product.p
     JOIN ${work.rhythm} AS rhythm ON rhythm.p = product.p
     LEFT JOIN ${work.trend} AS trend ON trend.p = product.p`,
  ),
];

/**
 * Orders that count for campaigns, as files in the lake. Apart from what is in the table, which those ask who need no files.
 * # | question                       | function  | key                                         | read
 * 1 | all that count for a campaign  | putOrders | attributions/campaign=<id>/orders.parquet   | -
 * Asked by: 1 attribute.
 */
import { type LakePlace, lakeFiles } from '../../lake/files/store.ts';
import type { AttributionFiles } from '../attributed-order.ts';

export const ATTRIBUTIONS_PREFIX = 'attributions/';

export function s3Attributions(place: LakePlace): AttributionFiles {
  const files = lakeFiles(place);
  return {
    putOrders: (campaign, file) => files.putParquet(`${ATTRIBUTIONS_PREFIX}campaign=${campaign}/orders.parquet`, file),
  };
}

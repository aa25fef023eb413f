/**
 * Stream of the orders table → rows of order lines in the lake. A record that cannot be read is named, and the others are written
 * all the same: Lambda comes again from the first that is named, and a row that is written twice does not matter.
 */
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { LineRowStore } from '../../shared/lines/lines.ts';
import { type ReadingDependencies, rowsOfChange } from '../../shared/lines/record-orders.ts';
import type { LineRow } from '../../shared/lines/rows.ts';
import type { OrderImages } from '../../shared/orders/store.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { itemOf } from '../../shared/runtime/stream-image.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { instant } from '../../shared/time/instant.ts';

export interface RecordOrdersDependencies extends ReadingDependencies {
  readonly images: OrderImages;
  readonly rows: Pick<LineRowStore, 'putRows'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export function createRecordOrders(dependencies: RecordOrdersDependencies) {
  const { images, rows, clock, telemetry } = dependencies;
  return async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const at = instant(clock().getTime());
    const read: LineRow[] = [];
    const failed: DynamoDBRecord[] = [];
    for (const record of Records) {
      const { NewImage, OldImage } = record.dynamodb ?? {};
      // Orders are never removed.
      if (!NewImage) continue;
      try {
        const now = await images.readImage(itemOf(NewImage));
        const before = OldImage && (() => images.readImage(itemOf(OldImage)));
        read.push(...(await rowsOfChange({ now, ...(before && { before }) }, at, dependencies)));
      } catch (error) {
        failed.push(record);
        telemetry.error('Lines of an order could not be recorded', error, about(record));
      }
    }
    if (read.length > 0) {
      await rows.putRows(read, at);
      telemetry.measure('recorded', read.length, { event: 'lines' });
    }
    return { batchItemFailures: failed.map(itemFailure) };
  };
}

const about = ({ dynamodb }: DynamoDBRecord) => {
  const order = dynamodb?.Keys?.key?.S;
  return { ...(order !== undefined && { order }), record: dynamodb?.SequenceNumber };
};

/** Without a number Lambda takes all for failed, which is as well. */
const itemFailure = ({ dynamodb }: DynamoDBRecord) => ({ itemIdentifier: dynamodb?.SequenceNumber ?? '' });

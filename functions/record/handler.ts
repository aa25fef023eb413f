/**
 * Stream of the customers table → rows in the lake: what became of profiles, months of personas and marks, without anything
 * personal. A record that cannot be read is named, and the others are written all the same: Lambda comes again from the first
 * that is named, and a row that is written twice does not matter.
 */
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { Sealer } from '../../shared/identity/seal.ts';
import type { KeyStore } from '../../shared/identity/store.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { MARK_PREFIX, MONTH_PREFIX, markOf, monthOf, PLACE, personaOf, placeOf } from '../../shared/profiles/store.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { itemOf } from '../../shared/runtime/stream-image.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { ROW_KINDS, type RowKind } from '../../shared/snapshots/row-object.ts';
import { markRow, monthRow, profileRow } from '../../shared/snapshots/rows.ts';
import type { RowStore } from '../../shared/snapshots/snapshot.ts';
import { instant } from '../../shared/time/instant.ts';

export interface RecordDependencies {
  readonly rows: Pick<RowStore, 'putRows'>;
  readonly keys: KeyStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export function createRecord({ rows, keys, clock, telemetry }: RecordDependencies) {
  return async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const records = Records.filter(({ eventName }) => eventName !== 'REMOVE').flatMap((record) => {
      const kind = kindOf(record);
      return kind === undefined ? [] : [{ record, kind }];
    });
    if (records.length === 0) return { batchItemFailures: [] };
    const { sealer } = await keys.load();
    const read: Record<RowKind, object[]> = { profiles: [], months: [], marks: [] };
    const failed: DynamoDBRecord[] = [];
    for (const { record, kind } of records) {
      try {
        read[kind].push(READ[kind](itemOf(record.dynamodb?.NewImage ?? {}), sealer));
      } catch (error) {
        failed.push(record);
        telemetry.error('Change of a customer could not be recorded', error, about(record));
      }
    }
    const at = instant(clock().getTime());
    for (const kind of ROW_KINDS) {
      if (read[kind].length === 0) continue;
      await rows.putRows(kind, read[kind], at);
      telemetry.measure('recorded', read[kind].length, { event: kind });
    }
    return { batchItemFailures: failed.map(itemFailure) };
  };
}

const READ: Readonly<Record<RowKind, (item: Record<string, unknown>, sealer: Sealer) => object>> = {
  profiles: (item, sealer) => profileRow(placeOf<StoredProfile>(item, sealer)),
  months: (item, sealer) => monthRow(monthOf(item, sealer)),
  marks: (item, sealer) => markRow(personaOf(item), markOf(item, sealer)),
};

/** The mapping lets nothing else through, but not every emulator minds its filter. */
function kindOf({ dynamodb }: DynamoDBRecord): RowKind | undefined {
  const sk = dynamodb?.Keys?.sk?.S;
  if (sk === PLACE) return 'profiles';
  if (sk?.startsWith(MONTH_PREFIX)) return 'months';
  return sk?.startsWith(MARK_PREFIX) ? 'marks' : undefined;
}

const about = ({ dynamodb }: DynamoDBRecord) => ({
  persona: dynamodb?.Keys?.pk?.S?.replace('persona#', ''),
  record: dynamodb?.SequenceNumber,
});

/** Without a number Lambda takes all for failed, which is as well. */
const itemFailure = ({ dynamodb }: DynamoDBRecord) => ({ itemIdentifier: dynamodb?.SequenceNumber ?? '' });

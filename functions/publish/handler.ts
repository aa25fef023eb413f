/**
 * Stream of the customers table → events on the bus and to subscribers, then the history of the profiles and who is in which
 * segment. In this order, so that who dies in between repeats and never loses. A record that fails is named, the others are done all the same: Lambda comes again from the
 * first that is named, and when it gives up what is left of the batch, only what failed is lost.
 */
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import pMap from 'p-map';
import type { Sealer } from '../../shared/identity/seal.ts';
import type { KeyStore } from '../../shared/identity/store.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { PLACE, placeOf } from '../../shared/profiles/store.ts';
import { type EventBus, NotPublished } from '../../shared/publish/bus.ts';
import type { Deliveries } from '../../shared/publish/deliveries.ts';
import { eventsBetween, type ProfileEvent } from '../../shared/publish/events.ts';
import { type HistoryStore, rowsOf } from '../../shared/publish/history.ts';
import { membershipOf } from '../../shared/publish/memberships.ts';
import { itemOf } from '../../shared/runtime/stream-image.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import type { MembershipStore } from '../../shared/segments/segment-store.ts';

export interface PublishDependencies {
  readonly bus: EventBus;
  /** Subscribers. */
  readonly deliveries: Deliveries;
  /** Campaigns. */
  readonly triggers: Deliveries;
  readonly history: Pick<HistoryStore, 'putHistory'>;
  readonly memberships: Pick<MembershipStore, 'putMembership'>;
  readonly keys: KeyStore;
  readonly telemetry: Telemetry;
}

const ROWS_AT_ONCE = 16;

/** What a record says. */
interface Change {
  readonly record: DynamoDBRecord;
  readonly events: readonly ProfileEvent[];
}

export function createPublish({
  bus,
  deliveries,
  triggers,
  history,
  memberships,
  keys,
  telemetry,
}: PublishDependencies) {
  return async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const places = Records.filter(isPlace);
    if (places.length === 0) return { batchItemFailures: [] };
    const { sealer } = await keys.load();
    const failed = new Set<DynamoDBRecord>();
    const fail = (record: DynamoDBRecord, error: unknown) => {
      failed.add(record);
      telemetry.error('Change of a profile could not be told', error, about(record));
    };

    const changes: Change[] = [];
    for (const record of places) {
      try {
        changes.push({ record, events: read(record, sealer) });
      } catch (error) {
        fail(record, error);
      }
    }
    const refused = await publish(
      changes.flatMap(({ events }) => events),
      bus,
    );
    const told: Change[] = [];
    for (const change of changes) {
      if (change.events.some(({ id }) => refused?.events.has(id))) fail(change.record, refused);
      else told.push(change);
    }
    await pMap(
      told,
      async ({ record, events }) => {
        try {
          await deliveries.tell(events);
          await triggers.tell(events);
          for (const { profile, entry } of events.flatMap(rowsOf)) await history.putHistory(profile, entry);
          for (const row of events.flatMap(membershipOf)) await memberships.putMembership(row);
        } catch (error) {
          fail(record, error);
        }
      },
      { concurrency: ROWS_AT_ONCE },
    );
    report(
      told.flatMap(({ events }) => events),
      telemetry,
    );
    return { batchItemFailures: places.filter((record) => failed.has(record)).map(itemFailure) };
  };
}

/** The mapping lets nothing else through, but not every emulator minds its filter. What is gone is told by whoever removes it. */
const isPlace = ({ eventName, dynamodb }: DynamoDBRecord): boolean =>
  dynamodb?.Keys?.sk?.S === PLACE && eventName !== 'REMOVE';

function read({ dynamodb }: DynamoDBRecord, sealer: Sealer): ProfileEvent[] {
  const { OldImage, NewImage = {} } = dynamodb ?? {};
  const place = (image: typeof NewImage) => placeOf<StoredProfile>(itemOf(image), sealer);
  return eventsBetween(OldImage && place(OldImage), place(NewImage));
}

async function publish(events: readonly ProfileEvent[], bus: EventBus): Promise<NotPublished | undefined> {
  if (events.length === 0) return undefined;
  try {
    await bus.put(events);
    return undefined;
  } catch (error) {
    if (!(error instanceof NotPublished)) throw error;
    return error;
  }
}

function report(events: readonly ProfileEvent[], telemetry: Telemetry): void {
  if (events.length === 0) return;
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  for (const [event, count] of counts) telemetry.measure('published', count, { event });
  const published = events.map(({ id, type, subject, revision }) => ({ id, type, subject, revision }));
  telemetry.info('Events published', { published });
}

const about = ({ dynamodb }: DynamoDBRecord) => ({
  persona: dynamodb?.Keys?.pk?.S?.replace('persona#', ''),
  record: dynamodb?.SequenceNumber,
});

/** Without a number Lambda takes all for failed, which is as well. */
const itemFailure = ({ dynamodb }: DynamoDBRecord) => ({ itemIdentifier: dynamodb?.SequenceNumber ?? '' });

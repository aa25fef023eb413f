/**
 * Behaviour queue → rows in the lake, visitors, and users linked to customers. First the rows of the whole batch, in one object: a
 * message that comes again writes its rows twice, which does not matter. A bad message never blocks good ones.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import pMap from 'p-map';
import { cartHeard, cartsConcerned } from '../../shared/behaviour/cart-signal.ts';
import { CollectedEvents } from '../../shared/behaviour/collected.ts';
import { type BehaviourEvent, readEvents } from '../../shared/behaviour/event.ts';
import { type EventRowStore, eventRow } from '../../shared/behaviour/event-rows.ts';
import { userPersona } from '../../shared/behaviour/names.ts';
import { type IdentityLinker, updateVisitor, visitorsFrom } from '../../shared/behaviour/update-visitors.ts';
import type { VisitorStore } from '../../shared/behaviour/visitor-store.ts';
import type { HashKey } from '../../shared/identity/key.ts';
import type { CartListener } from '../../shared/push/carts.ts';
import { failedItems, parseRecord } from '../../shared/queues/sqs-batch.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { measureEach } from '../../shared/runtime/measure-each.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { instant } from '../../shared/time/instant.ts';

export interface BehaviourDependencies {
  readonly rows: EventRowStore;
  readonly visitors: VisitorStore;
  readonly linker: IdentityLinker;
  /** Campaigns about carts that were left. */
  readonly carts: CartListener;
  /** That of guests, which never changes. */
  readonly key: HashKey;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

interface Read {
  readonly id: string;
  readonly events: readonly BehaviourEvent[];
}

/** Messages at once; visitors of one, one after the other. */
const AT_ONCE = 4;

export function createBehaviour(dependencies: BehaviourDependencies) {
  const { rows, key, clock, telemetry } = dependencies;
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failed: string[] = [];
    const read: Read[] = [];
    for (const record of event.Records) {
      const message = parseRecord(CollectedEvents, record, telemetry);
      if (message) read.push({ id: record.messageId, events: readEvents(message) });
      else failed.push(record.messageId);
    }
    const all = read.flatMap(({ events }) => events);
    // What rejects here makes all of the batch come again, as nothing is done yet.
    if (all.length > 0)
      await rows.putEventRows(
        all.map((one) => eventRow(one, key)),
        instant(clock().getTime()),
      );
    await pMap(
      read,
      async ({ id, events }) => {
        try {
          await take(events, dependencies);
          count(events, telemetry);
        } catch (error) {
          telemetry.error('Events could not be taken', error, { message: id });
          failed.push(id);
        }
      },
      { concurrency: AT_ONCE },
    );
    return failedItems(failed);
  };
}

async function take(events: readonly BehaviourEvent[], its: BehaviourDependencies): Promise<void> {
  const { visitors, linker, carts, key, telemetry } = its;
  const isConcerned = cartsConcerned(events, key);
  for (const [visitor, said] of visitorsFrom(events, key)) {
    const updated = await updateVisitor(visitor, said, visitors);
    const heard = isConcerned(visitor, said) ? cartHeard(updated) : undefined;
    if (heard) await carts.heard(heard.persona, heard.at);
  }
  for (const event of events) {
    const persona = userPersona(event, key);
    if (event.kind !== 'identify' || persona === undefined || !event.traits || event.test) continue;
    await linker.link({ persona, event });
    telemetry.measure('identified', 1, { event: 'identify' });
  }
}

function count(events: readonly BehaviourEvent[], telemetry: Telemetry): void {
  measureEach(
    'behaved',
    events.map(({ kind }) => kind),
    telemetry,
  );
  measureEach(
    'disregarded',
    events.flatMap(({ bot, test }) => (bot ? ['bot'] : test ? ['test'] : [])),
    telemetry,
  );
}

/**
 * Events → a row in the lane of each subscriber that wants them, and a message that wakes the lane. The row is the event's, under
 * its id: telling again what still waits changes nothing. Who is paused gets it among the dead letters.
 */
import pMap from 'p-map';
import { deliveryParty, type LaneStore } from '../lanes/lane.ts';
import { createWaker } from '../lanes/waker.ts';
import type { Deliveries } from '../publish/deliveries.ts';
import type { WakeMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import { createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import { Conflict } from '../runtime/errors.ts';
import { instant } from '../time/instant.ts';
import type { DeadLetterStore } from './dead-letter.ts';
import { type Message, messageOf } from './message.ts';
import { type Subscriber, type SubscriberStore, stopOf, type ToldEvent, wants } from './subscriber.ts';

export interface FanOutDependencies {
  readonly subscribers: Pick<SubscriberStore, 'listSubscribers'>;
  readonly lanes: Pick<LaneStore<Message>, 'putWork'>;
  readonly wakes: Queue<WakeMessage>;
  readonly deadLetters: Pick<DeadLetterStore, 'putDeadLetter'>;
  readonly clock: Clock;
}

/** A subscriber that is new, changed or gone is known to be so after this at the latest. */
const KNOWN_FOR_MS = 10_000;
const ROWS_AT_ONCE = 16;

export function createFanOut(dependencies: FanOutDependencies): Deliveries<ToldEvent> {
  const { subscribers, clock } = dependencies;
  const cache = createCache({
    load: () => subscribers.listSubscribers(),
    clock,
    maxAgeMs: KNOWN_FOR_MS,
    maxEntries: 1,
  });
  const waker = createWaker(dependencies);
  return {
    async tell(events) {
      if (events.length === 0) return;
      const all = (await cache.get('all')) ?? [];
      const parcels = events.flatMap((event) => parcelsOf(event, all));
      const touched = new Set<string>();
      try {
        await pMap(
          parcels,
          async ({ subscriber, message }) => {
            if (await put(subscriber, message, dependencies)) touched.add(subscriber.id);
          },
          { concurrency: ROWS_AT_ONCE, stopOnError: false },
        );
      } finally {
        // Also where one failed: those that are there need not wait until all comes again.
        await pMap(touched, (id) => waker.wake(deliveryParty(id)), { concurrency: ROWS_AT_ONCE, stopOnError: false });
      }
    },
  };
}

interface Parcel {
  readonly subscriber: Subscriber;
  readonly message: Message;
}

function parcelsOf(event: ToldEvent, all: readonly Subscriber[]): Parcel[] {
  const listening = all.filter((subscriber) => wants(subscriber, event));
  if (listening.length === 0) return [];
  const message = messageOf(event);
  return listening.map((subscriber) => ({ subscriber, message }));
}

/** Whether it waits in the lane now. */
async function put(
  subscriber: Subscriber,
  message: Message,
  { lanes, deadLetters, clock }: FanOutDependencies,
): Promise<boolean> {
  const nowMs = clock().getTime();
  const stop = stopOf(subscriber);
  if (stop !== undefined) {
    await deadLetters.putDeadLetter({
      subscriber: subscriber.id,
      message,
      code: stop,
      attempts: 0,
      diedAt: instant(nowMs),
    });
    return false;
  }
  await putMessage(subscriber.id, message, lanes, nowMs);
  return true;
}

/** In one write and no read: whatever is there already is the same event. */
export async function putMessage(
  subscriber: string,
  message: Message,
  lanes: Pick<LaneStore<Message>, 'putWork'>,
  nowMs: number,
): Promise<void> {
  try {
    await lanes.putWork(
      {
        party: deliveryParty(subscriber),
        subject: message.id,
        revision: 1,
        dueAt: nowMs,
        askedAt: nowMs,
        attempts: 0,
        detail: message,
      },
      0,
    );
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

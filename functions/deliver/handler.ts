/**
 * Wake queue → messages to subscribers. One message wakes the lane of one subscriber; a sweep, each minute, looks for lanes whose
 * wake was lost or is due later than a message can wait. What is left of a subscriber that was removed goes here, too.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import pMap from 'p-map';
import { deliveryParty, type LaneStore, type LaneUpkeep, subscriberOf } from '../../shared/lanes/lane.ts';
import { type Runner, runLane } from '../../shared/lanes/run.ts';
import { WakeMessage } from '../../shared/queues/messages.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import { consumeBatch } from '../../shared/queues/sqs-batch.ts';
import { createCache } from '../../shared/runtime/cache.ts';
import { clearSubscriber } from '../../shared/subscribers/clear.ts';
import type { DeadLetterStore } from '../../shared/subscribers/dead-letter.ts';
import { DELIVERY_LIMITS, type DeliveryDependencies, openDelivery } from '../../shared/subscribers/delivery.ts';
import type { Message } from '../../shared/subscribers/message.ts';
import {
  type SigningSecretStore,
  SUBSCRIBERS_MOST,
  type SubscriberStore,
} from '../../shared/subscribers/subscriber.ts';

export interface DeliverDependencies
  extends Omit<DeliveryDependencies, 'secrets' | 'subscribers' | 'deadLetters'>,
    Runner<Message> {
  readonly subscribers: Omit<SubscriberStore, 'removeSubscriber'>;
  readonly secrets: Pick<SigningSecretStore, 'getSecrets'>;
  readonly deadLetters: Pick<DeadLetterStore, 'putDeadLetter' | 'listDeadLetters' | 'removeDeadLetter'>;
  readonly lanes: LaneStore<Message> & Pick<LaneUpkeep, 'removeLane'>;
  readonly wakes: Queue<WakeMessage>;
}

const LANES_AT_ONCE = 16;
/** A rotated secret is in use after this. Parameter Store answers 40 questions a second for all of an account's functions. */
const SECRETS_MAX_AGE_MS = 60_000;
/** Of a subscriber that was removed, at one go: some seconds of work. */
const CLEARED_MOST = 5_000;

export function createDeliver(given: DeliverDependencies) {
  const secrets = createCache({
    load: (id) => given.secrets.getSecrets(id),
    clock: given.clock,
    maxAgeMs: SECRETS_MAX_AGE_MS,
    maxEntries: SUBSCRIBERS_MOST,
  });
  const delivery: DeliveryDependencies = { ...given, secrets };
  return (event: SQSEvent): Promise<SQSBatchResponse> =>
    consumeBatch(event, WakeMessage, given.telemetry, {
      atOnce: 1,
      handle: (message) => ('sweep' in message ? sweep(given) : wake(message.wake, given, delivery)),
      failure: 'Lane could not be run',
      about: (message) => ('wake' in message ? { party: message.wake } : {}),
    });
}

async function wake(text: string, given: DeliverDependencies, delivery: DeliveryDependencies): Promise<void> {
  const id = subscriberOf(text);
  if (id === undefined) return;
  const party = deliveryParty(id);
  if (!(await given.subscribers.getSubscriber(id))) {
    const isCleared = await clearSubscriber(id, given, CLEARED_MOST);
    if (!isCleared) await given.wakes.send({ wake: party });
    return;
  }
  const runner: Runner<Message> = given;
  await runLane({ party, limits: DELIVERY_LIMITS, open: (opening) => openDelivery(id, opening, delivery) }, runner);
}

/** Work that is due while nobody holds its lane and nothing says to wait; lanes of those that are gone, too. */
async function sweep({ subscribers, lanes, wakes, clock }: DeliverDependencies): Promise<void> {
  const nowMs = clock().getTime();
  const states = new Map((await lanes.listLanes()).map((state) => [state.party, state]));
  const known = (await subscribers.listSubscribers()).map(({ id }) => deliveryParty(id));
  const others = [...states.keys()].filter((party) => subscriberOf(party) !== undefined);
  await pMap(
    new Set([...known, ...others]),
    async (party) => {
      const { holder, notBefore = 0 } = states.get(party) ?? {};
      if (notBefore > nowMs || (holder && holder.until > nowMs)) return;
      const [due] = await lanes.listDue(party, nowMs, 1);
      if (due) await wakes.send({ wake: party });
    },
    { concurrency: LANES_AT_ONCE, stopOnError: false },
  );
}

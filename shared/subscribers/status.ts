/** How a subscriber is doing, for whoever runs it: what was taken last, what failed, what waits. */
import { deliveryParty, type LaneState, type LaneStore, type LaneUpkeep } from '../lanes/lane.ts';
import { type Instant, instant } from '../time/instant.ts';
import type { DeadLetterStore } from './dead-letter.ts';
import type { Message } from './message.ts';
import { type Subscriber, stopOf } from './subscriber.ts';

/** Counted only so far: more than that is read `100+`. */
export const COUNTED_MOST = 100;

export interface Count {
  readonly count: number;
  /** There are more than that. */
  readonly more: boolean;
}

export interface SubscriberStatus {
  /** `gave_up`: by itself, after lasting failure. */
  readonly state: 'active' | 'paused' | 'gave_up';
  readonly lastSuccessAt?: Instant;
  readonly lastFailure?: { readonly at: Instant; readonly code: string };
  /** Nothing was taken since then, though tried. */
  readonly failingSince?: Instant;
  /** Messages in its lane. */
  readonly waiting: Count;
  readonly deadLetters: Count;
}

export interface StatusStores {
  readonly lanes: Pick<LaneStore<Message>, 'getLane'> & Pick<LaneUpkeep, 'countWork'>;
  readonly deadLetters: Pick<DeadLetterStore, 'countDeadLetters'>;
}

export async function statusOf(
  subscriber: Subscriber,
  { lanes, deadLetters }: StatusStores,
): Promise<SubscriberStatus> {
  const party = deliveryParty(subscriber.id);
  const [lane, waiting, dead] = await Promise.all([
    lanes.getLane(party),
    lanes.countWork(party, COUNTED_MOST + 1),
    deadLetters.countDeadLetters(subscriber.id, COUNTED_MOST + 1),
  ]);
  return {
    state: stopOf(subscriber) ?? 'active',
    ...healthOf(lane),
    waiting: countOf(waiting),
    deadLetters: countOf(dead),
  };
}

function healthOf(lane: LaneState | undefined) {
  const { lastSuccessAt, lastFailure, failingSince } = lane?.health ?? {};
  return {
    ...(lastSuccessAt !== undefined && { lastSuccessAt: instant(lastSuccessAt) }),
    ...(lastFailure && { lastFailure: { at: instant(lastFailure.at), code: lastFailure.code } }),
    ...(failingSince !== undefined && { failingSince: instant(failingSince) }),
  };
}

const countOf = (counted: number): Count => ({
  count: Math.min(counted, COUNTED_MOST),
  more: counted > COUNTED_MOST,
});

/** What is left of a subscriber that was removed: its messages, its dead letters, the state of its lane. */
import pMap from 'p-map';
import { deliveryParty, type LaneStore, type LaneUpkeep } from '../lanes/lane.ts';
import { Conflict } from '../runtime/errors.ts';
import type { DeadLetterStore } from './dead-letter.ts';
import type { Message } from './message.ts';

export interface ClearStores {
  readonly lanes: Pick<LaneStore<Message>, 'listDue' | 'removeWork'> & Pick<LaneUpkeep, 'removeLane'>;
  readonly deadLetters: Pick<DeadLetterStore, 'listDeadLetters' | 'removeDeadLetter'>;
}

const PAGE = 100;
const AT_ONCE = 16;

/** Removes at most about `most` items; whether nothing is left. The subscriber itself is gone before, so nothing new comes. */
export async function clearSubscriber(
  subscriber: string,
  { lanes, deadLetters }: ClearStores,
  most: number,
): Promise<boolean> {
  const party = deliveryParty(subscriber);
  let removed = 0;
  for (;;) {
    const works = await lanes.listDue(party, Number.MAX_SAFE_INTEGER, PAGE);
    const { items } = await deadLetters.listDeadLetters(subscriber, PAGE);
    if (works.length === 0 && items.length === 0) break;
    if (removed >= most) return false;
    await pMap(works, (work) => lanes.removeWork(work).catch(unlessChanged), { concurrency: AT_ONCE });
    await pMap(items, ({ message }) => deadLetters.removeDeadLetter(subscriber, message.id), { concurrency: AT_ONCE });
    removed += works.length + items.length;
  }
  await lanes.removeLane(party);
  return true;
}

/** A holder is at it: it is found again, or gone. */
function unlessChanged(error: unknown): void {
  if (!(error instanceof Conflict)) throw error;
}

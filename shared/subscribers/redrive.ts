/** Dead letters of a subscriber: what there is, and back into its lane with it. */
import pMap from 'p-map';
import { deliveryParty } from '../lanes/lane.ts';
import type { PageOf } from '../profiles/customer.ts';
import { Conflict, NotFound } from '../runtime/errors.ts';
import type { DeadLetter } from './dead-letter.ts';
import { putMessage } from './fan-out.ts';
import { findSubscriber, type Needs } from './manage.ts';
import { stopOf } from './subscriber.ts';
import { type DeadLetterView, deadLetterView, type Redriven } from './views.ts';

/** @throws NotFound */
export async function listDeadLetters(
  { id, limit, after }: { readonly id: string; readonly limit: number; readonly after?: string | undefined },
  { subscribers, deadLetters }: Needs<'subscribers' | 'deadLetters'>,
): Promise<PageOf<DeadLetterView>> {
  await findSubscriber(id, subscribers);
  const { items, ...rest } = await deadLetters.listDeadLetters(id, limit, after);
  return { items: items.map(deadLetterView), ...rest };
}

const REDRIVEN_MOST = 500;
const PAGE = 100;
const AT_ONCE = 16;

/**
 * Back into the lane, as if new, under the same ids: one `message`, or all, so many at a call.
 *
 * @throws NotFound · Conflict where it is paused or given up, for then they would come back
 */
export async function redrive(
  { id, message }: { readonly id: string; readonly message?: string | undefined },
  { subscribers, lanes, deadLetters, wakes, clock }: Needs<'subscribers' | 'lanes' | 'deadLetters' | 'wakes' | 'clock'>,
): Promise<Redriven> {
  const stop = stopOf(await findSubscriber(id, subscribers));
  if (stop !== undefined)
    throw new Conflict(`subscriber_${stop}`, `Subscriber ${id} is ${STOPPED[stop]}. Change it to paused: false first.`);
  const one = async (letter: DeadLetter) => {
    // Who dies in between leaves both, and the message is sent twice under one id.
    await putMessage(id, letter.message, lanes, clock().getTime());
    await deadLetters.removeDeadLetter(id, letter.message.id);
  };
  let redriven = 0;
  let more = false;
  if (message !== undefined) {
    const letter = await deadLetters.getDeadLetter(id, message);
    if (!letter) throw new NotFound('dead_letter_not_found', `Subscriber ${id} has no dead letter ${message}.`);
    await one(letter);
    redriven = 1;
  } else {
    do {
      const { items, next } = await deadLetters.listDeadLetters(id, PAGE);
      await pMap(items, one, { concurrency: AT_ONCE });
      redriven += items.length;
      more = next !== undefined;
    } while (more && redriven < REDRIVEN_MOST);
  }
  if (redriven > 0) await wakes.send({ wake: deliveryParty(id) });
  return { redriven, more };
}

const STOPPED = { paused: 'paused', gave_up: 'given up' } as const;

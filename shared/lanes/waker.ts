/** Waking lanes that were given work, not once a row: of a busy lane, one wake in so many seconds does for all that was put before it. */
import type { WakeMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Party } from './lane.ts';

export interface Waker {
  /** To be called after the row was put. */
  wake(party: Party): Promise<void>;
}

/** Rows that are put before a wake can be seen are covered by it. */
const GATHERING_S = 1;
const MOST_LANES = 1_000;

export function createWaker({ wakes, clock }: { readonly wakes: Queue<WakeMessage>; readonly clock: Clock }): Waker {
  /** Epoch ms: when the last wake was sent, and before when nobody can have seen it. */
  const last = new Map<Party, { readonly sentAt: number; readonly unseenUntil: number }>();
  return {
    async wake(party) {
      const nowMs = clock().getTime();
      const known = last.get(party);
      if (known && nowMs < known.unseenUntil) return;
      const isBusy = known !== undefined && nowMs - known.sentAt < GATHERING_S * 1000;
      if (last.size >= MOST_LANES) last.clear();
      last.set(party, { sentAt: nowMs, unseenUntil: isBusy ? nowMs + GATHERING_S * 1000 : nowMs });
      try {
        await (isBusy ? wakes.send({ wake: party }, { delaySeconds: GATHERING_S }) : wakes.send({ wake: party }));
      } catch (error) {
        last.delete(party); // what was left to this one comes again with it
        throw error;
      }
    },
  };
}

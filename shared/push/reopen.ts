/** A provider has other credentials → what campaigns could not send is tried again at once, not when their lanes would have been. */
import type { LaneStore } from '../lanes/lane.ts';
import { reopenLane } from '../lanes/reopen.ts';
import type { WakeMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { campaignOf } from './push-work.ts';

export interface ReopenDependencies {
  readonly lanes: Pick<LaneStore<unknown>, 'listLanes' | 'getLane' | 'putLane'>;
  /** Push's. */
  readonly wakes: Queue<WakeMessage>;
  readonly clock: Clock;
}

/** Of all campaigns that fail: which providers their customers are reached by, no lane knows. */
export async function reopenCampaigns({ lanes, wakes, clock }: ReopenDependencies): Promise<void> {
  const nowMs = clock().getTime();
  for (const { party, failures, notBefore } of await lanes.listLanes()) {
    if (campaignOf(party) === undefined || (failures === 0 && notBefore <= nowMs)) continue;
    await reopenLane(lanes, party, nowMs);
    await wakes.send({ wake: party });
  }
}

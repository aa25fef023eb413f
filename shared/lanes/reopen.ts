/** A person has changed what a lane failed on. */
import { Conflict } from '../runtime/errors.ts';
import type { LaneStore, Party } from './lane.ts';

const ATTEMPTS = 5;

/** A lane that waits, waits no longer, and its failures are of the past; a holder begins anew. Who calls wakes it. */
export async function reopenLane(
  lanes: Pick<LaneStore<unknown>, 'getLane' | 'putLane'>,
  party: Party,
  nowMs: number,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const lane = await lanes.getLane(party);
    if (!lane) return;
    const isHeld = lane.holder !== undefined && lane.holder.until > nowMs;
    const { failedSubjects: _, wakeAt: __, ...rest } = lane;
    const opened = isHeld
      ? { ...lane, nudged: true, reopened: true }
      : { ...rest, notBefore: 0, failures: 0, health: { ...lane.health, failingSince: undefined } };
    try {
      return await lanes.putLane({ ...opened, revision: lane.revision + 1 }, lane.revision);
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Exports that come by themselves: asked for each quarter of an hour, and made once each, whoever looks and however often. */
import pMap from 'p-map';
import { Conflict } from '../runtime/errors.ts';
import { type Instant, instant } from '../time/instant.ts';
import type { StoredSchedule } from './export.ts';
import { scheduledExportId } from './export-id.ts';
import { type ExportManagement, newExport } from './manage.ts';
import { nextTime } from './next-time.ts';

type Needs = Pick<ExportManagement, 'exports' | 'segments' | 'queue' | 'clock'>;

const AT_ONCE = 8;

/**
 * What was missed while nobody looked is made up for by one export, not one for each time. Gives their names.
 *
 * @throws where one failed, after all others were made: the next look finds it still due
 */
export async function dueSchedules(needs: Needs): Promise<string[]> {
  const now = instant(needs.clock().getTime());
  const due = (await needs.exports.listSchedules()).filter(({ nextAt }) => nextAt <= now);
  const made = await pMap(due, (schedule) => take(schedule, now, needs), { concurrency: AT_ONCE, stopOnError: false });
  return made.flat();
}

/** Record, message, next time: who dies in between does them again, and none of the three is done twice. */
async function take(schedule: StoredSchedule, now: Instant, needs: Needs): Promise<string[]> {
  const { exports, segments, queue } = needs;
  const { segment, wishes, by, masked, nextAt, revision } = schedule;
  const made: string[] = [];
  const known = await segments.getSegment(segment);
  if (known && !known.isArchived) {
    const id = scheduledExportId(segment, nextAt);
    await unlessThere(() => exports.putExport(newExport(wishes, { id, segment, by, masked, requestedAt: now })));
    await queue.send({ export: id });
    made.push(id);
  }
  // Another look, or a person who has put another schedule, was first: theirs stands.
  await unlessThere(() =>
    exports.putSchedule({ ...schedule, revision: revision + 1, nextAt: nextTime(schedule, now) }),
  );
  return made;
}

async function unlessThere(put: () => Promise<void>): Promise<void> {
  try {
    await put();
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

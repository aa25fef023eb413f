/**
 * When a schedule is due next: at an hour of the clocks of a zone, every day, on Mondays, or on the first of the month. Where clocks
 * are put forward past that hour, at the first moment after the gap; where they are put back to it, the first of the two times.
 */
import { epochMs, type Instant, instant } from '../time/instant.ts';
import type { ExportSchedule } from './export.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;
const MONDAY = 1;

/** IANA names only: an offset (`+08:00`), which some runtimes take, too, has no summer. */
export function isZone(timezone: string): boolean {
  if (!/^[A-Za-z]/.test(timezone)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: timezone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The first time after `after`, never at it. Throws RangeError where the zone is none. */
export function nextTime(
  { every, hour, timezone }: Pick<ExportSchedule, 'every' | 'hour' | 'timezone'>,
  after: Instant,
): Instant {
  const offsetAt = offsetsOf(timezone);
  const wallNow = new Date(epochMs(after) + offsetAt(epochMs(after)));
  // A third try is only needed where a zone leaves out a whole day.
  for (let step = 0; ; step++) {
    const at = toEpochMs(dayOf(every, wallNow, step) + hour * HOUR_MS, offsetAt);
    if (at > epochMs(after)) return instant(at);
  }
}

/** Wall clocks as if they were UTC: midnight of the `step`th day, week or month from the one that `wall` is in. */
function dayOf(every: ExportSchedule['every'], wall: Date, step: number): number {
  const [year, month, day] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate()];
  switch (every) {
    case 'day':
      return Date.UTC(year, month, day + step);
    case 'week':
      return Date.UTC(year, month, day - ((wall.getUTCDay() + 7 - MONDAY) % 7) + 7 * step);
    case 'month':
      return Date.UTC(year, month + step, 1);
  }
}

type OffsetAt = (epochMs: number) => number;

function toEpochMs(wallMs: number, offsetAt: OffsetAt): number {
  // Zones change their offset at most once in two days.
  const [before, after] = [offsetAt(wallMs - DAY_MS), offsetAt(wallMs + DAY_MS)];
  const shown = [wallMs - before, wallMs - after].filter((ms) => ms + offsetAt(ms) === wallMs);
  return shown.length > 0 ? Math.min(...shown) : wallMs - before;
}

/** How far the zone's clocks are ahead of UTC at an instant, in milliseconds. */
function offsetsOf(timezone: string): OffsetAt {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
    return wall - Math.floor(ms / 1000) * 1000;
  };
}

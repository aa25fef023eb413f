/** Hours of the day in which nobody is disturbed, by the clock on the customer's wall. */
import { Temporal } from 'temporal-polyfill';
import { type Instant, instant } from '../time/instant.ts';
import type { HourSpan } from './hours.ts';

/** Where it is quiet now: the first instant at which it no longer is. */
export function quietUntil(now: Instant, hours: HourSpan, zone: string): Instant | undefined {
  const local = Temporal.Instant.from(now).toZonedDateTimeISO(zone);
  if (!isWithin(local.toPlainTime(), hours)) return undefined;
  const end = nextTime(local, Temporal.PlainTime.from(hours.to));
  // What was between two quiet spans may have been left out when the clock was put forward.
  return quietUntil(end, hours, zone) ?? end;
}

/** When the clock on the wall shows that time next, or has just gone past it. */
function nextTime(local: Temporal.ZonedDateTime, time: Temporal.PlainTime): Instant {
  const day = local.toPlainDate();
  const isToday = Temporal.PlainTime.compare(local.toPlainTime(), time) < 0;
  const wall = (isToday ? day : day.add({ days: 1 })).toPlainDateTime(time);
  // The clock may show it twice in autumn: the second is meant, as we may be past the first.
  const at = wall.toZonedDateTime(local.timeZoneId, { disambiguation: 'later' });
  if (at.toPlainDateTime().equals(wall)) return instant(at.epochMilliseconds);
  // In spring it may not show it at all: it is past when the clock is put forward.
  const before = wall.toZonedDateTime(local.timeZoneId, { disambiguation: 'earlier' });
  return instant((before.getTimeZoneTransition('next') ?? at).epochMilliseconds);
}

function isWithin(time: Temporal.PlainTime, { from, to }: HourSpan): boolean {
  const [start, end] = [Temporal.PlainTime.from(from), Temporal.PlainTime.from(to)];
  const isAfterStart = Temporal.PlainTime.compare(time, start) >= 0;
  const isBeforeEnd = Temporal.PlainTime.compare(time, end) < 0;
  return Temporal.PlainTime.compare(start, end) < 0 ? isAfterStart && isBeforeEnd : isAfterStart || isBeforeEnd;
}

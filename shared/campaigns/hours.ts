/** Hours and zones as people write them. Apart from what reckons with them, which brings the time zones of the world. */
import * as z from 'zod';

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day, as 22:00');

/** From the first to just before the second; over midnight where the second is the earlier. */
export const HourSpan = z
  .strictObject({ from: TimeOfDay, to: TimeOfDay })
  .refine(({ from, to }) => from !== to, 'from and to are the same: that would be never, or always');
export type HourSpan = z.infer<typeof HourSpan>;

export const ZoneName = z.string().max(64).refine(isZone, 'a time zone of the IANA database, as Asia/Shanghai');

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

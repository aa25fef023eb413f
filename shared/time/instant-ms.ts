/**
 * Text of an instant → epoch ms, by its digits. Date.parse takes five times as long, and to decide on one customer dozens are read.
 */
const [T, Z, ZERO] = [0x54, 0x5a, 0x30];
const DAY_MS = 24 * 60 * 60 * 1000;

/** Of an instant; of a time in any other form what Date.parse says. */
export function instantMs(at: string): number {
  const hasForm = at.length === 24 && at.charCodeAt(10) === T && at.charCodeAt(23) === Z;
  if (!hasForm) return Date.parse(at);
  const time = digits(at, 11) * 3_600_000 + digits(at, 14) * 60_000 + digits(at, 17) * 1000;
  return dayNumber(at) * DAY_MS + time + digits(at, 20) * 10 + at.charCodeAt(22) - ZERO;
}

/** Days since 1970. Years begin in March here, so that a leap day is the last of its year. */
function dayNumber(at: string): number {
  const month = digits(at, 5);
  const isOfYearBefore = month < 3;
  const year = digits(at, 0) * 100 + digits(at, 2) - (isOfYearBefore ? 1 : 0);
  const monthsSinceMarch = month + (isOfYearBefore ? 9 : -3);
  const dayOfYear = Math.floor((153 * monthsSinceMarch + 2) / 5) + digits(at, 8) - 1;
  const leapDays = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
  return year * 365 + leapDays + dayOfYear - MARCH_OF_YEAR_0;
}

/** Days from there to 1970. */
const MARCH_OF_YEAR_0 = 719_468;

const digits = (text: string, index: number): number =>
  (text.charCodeAt(index) - ZERO) * 10 + text.charCodeAt(index + 1) - ZERO;

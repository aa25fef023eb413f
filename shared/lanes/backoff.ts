/** How long to wait after a failure: twice as long each time, up to a limit, with jitter so that the many don't return together. */
const FIRST_MS = 2_000;
const LONGEST_MS = 15 * 60_000;

/** `failures` counts from 0; `random` gives 0 ≤ x < 1. Between half and all of the doubled time. */
export function backoffMs(failures: number, random: () => number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 20));
  return Math.round(whole / 2 + (whole / 2) * random());
}

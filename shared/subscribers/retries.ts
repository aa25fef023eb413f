/** When a message that was not taken is sent again: over a day, further apart each time, with jitter so that the many don't return together. */
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** After the first try, the second, …; the last of them again and again. */
const WAITS_MS = [
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
];
const LONGEST_WAIT_MS = 4 * HOUR_MS;
/** Of a wait, up and down. */
const JITTER = 0.2;

/** From the first try to the last. */
export const PATIENCE_MS = 24 * HOUR_MS;

/**
 * Epoch ms; undefined once the patience is over. `failures`: tries before this one. `random` gives 0 ≤ x < 1. The last try is made
 * just when the patience ends.
 */
export function nextTryAt(
  { failures, firstTriedAt }: { readonly failures: number; readonly firstTriedAt: number },
  nowMs: number,
  random: () => number,
): number | undefined {
  const endMs = firstTriedAt + PATIENCE_MS;
  if (nowMs >= endMs) return undefined;
  const wait = (WAITS_MS[failures] ?? LONGEST_WAIT_MS) * (1 - JITTER + 2 * JITTER * random());
  return Math.min(Math.round(nowMs + wait), endMs);
}

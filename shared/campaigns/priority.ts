/**
 * Of campaigns that want a customer at once, the higher one is to claim what the caps leave first. No lane waits for another: work of a
 * lower campaign is due a little later, while a higher one is running. So it is an order by time, and no promise: a lane that is slow,
 * closed or has a long queue may be overtaken by a lower one.
 */
import type { Instant } from '../time/instant.ts';
import { type Campaign, PRIORITIES, stateAt } from './campaign.ts';

/** What comes of an event is decided on in a second or two, unless there is much of it. */
export const EVENT_STEP_MS = 20_000;
/** What was held for the morning is due at once, all of the night's: a lane gets through some hundred thousand in this time. */
export const MORNING_STEP_MS = 5 * 60_000;

/** How much later its work is due: a step for each higher priority that a running campaign has. */
export function behindMs(
  { priority }: Pick<Campaign, 'priority'>,
  all: readonly Campaign[],
  now: Instant,
  stepMs: number,
): number {
  const own = PRIORITIES.indexOf(priority);
  const running = new Set(all.filter((one) => stateAt(one, now) === 'running').map((one) => one.priority));
  return stepMs * PRIORITIES.slice(0, own).filter((higher) => running.has(higher)).length;
}

/**
 * A profile's windows at a later instant than the one it was derived at. Profiles are derived anew only when something can change
 * for them: who bought once, long ago, still has that order "within 365 days" in the facts, and by those the population would
 * spend more each year than it does.
 */
import type { Facts } from '../profiles/facts.ts';
import { DAY_MS, dayStartMs, type Timeline, type TimelineDay } from '../tiers/timeline.ts';
import { instant } from '../time/instant.ts';

/**
 * From the months of the facts: an order that is alone in the first or the last month is on its day, others are in the middle of
 * their month. So a customer is right to within half a month at a window's edge, and of many as many are early as late. Undefined
 * for what was derived within a day: its windows are exact.
 */
export function agedTimeline(facts: Facts, atMs: number): Timeline | undefined {
  const { asOf, months, firstPaidAt, lastPaidAt } = facts;
  if (atMs - Date.parse(asOf) < DAY_MS || firstPaidAt === undefined || lastPaidAt === undefined) return undefined;
  return Object.entries(months).map(([month, { orders, netSpend }]): TimelineDay => {
    const only = orders === 1 ? [lastPaidAt, firstPaidAt].find((paidAt) => paidAt.startsWith(month)) : undefined;
    return { day: (only ?? middleOf(month, firstPaidAt, lastPaidAt)).slice(0, 10), orders, netSpend };
  });
}

/** Of the days that can be meant. */
function middleOf(month: string, firstPaidAt: string, lastPaidAt: string): string {
  const middle = instant(dayStartMs(`${month}-15`));
  if (middle < firstPaidAt) return firstPaidAt;
  return middle > lastPaidAt ? lastPaidAt : middle;
}

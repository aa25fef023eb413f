/** When a scheduled campaign runs. */
import { Cron } from 'croner';
import { type Instant, instant } from '../time/instant.ts';

/** Why it is no schedule that can be meant; undefined: it is one. */
export function problemOfCron(cron: string): string | undefined {
  if (cron.trim().split(/\s+/).length !== 5)
    return 'five fields: minute, hour, day of the month, month, day of the week';
  try {
    const next = new Cron(cron, { paused: true }).nextRun();
    return next ? undefined : 'it never comes';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The last time that it should have run, after `since` and no later than `now`: runs that were missed are one. */
export function lastRun(cron: string, zone: string, since: Instant, now: Instant): Instant | undefined {
  const [last] = new Cron(cron, { timezone: zone, paused: true }).previousRuns(1, new Date(Date.parse(now) + 1));
  const at = last && instant(last.getTime());
  return at !== undefined && at > since && at <= now ? at : undefined;
}

export function nextRun(cron: string, zone: string, after: Instant): Instant | undefined {
  const next = new Cron(cron, { timezone: zone, paused: true }).nextRun(new Date(after));
  return next ? instant(next.getTime()) : undefined;
}

/** Which campaigns' records are read, so that what ended long ago costs nothing, and no order counts twice for all that. */
import { type Campaign, stateAt } from '../campaigns/campaign.ts';
import { DAY_MS } from '../campaigns/past-sends.ts';
import { type Instant, instant } from '../time/instant.ts';
import type { CampaignResult } from './result.ts';

/** A campaign's longest window. */
export const WINDOW_DAYS_MOST = 90;
/** So long after the last window has ended returns are still taken off; then the result stays as it is. */
const RETURNS_DAYS = 60;
/** Orders that were paid before are left as they are: records of messages are kept for 400 days, and these were up to 90 days before. */
const LOOK_BACK_DAYS = 300;

export interface Which {
  /** Whose results are made anew. */
  readonly open: readonly Campaign[];
  /** Whose messages may be before an order that counts for one of the open ones, these included. */
  readonly read: readonly Campaign[];
}

export function whichToRead(
  campaigns: readonly Campaign[],
  results: ReadonlyMap<string, Pick<CampaignResult, 'sent'>>,
  now: Instant,
): Which {
  // A draft was never started, so nothing was ever sent.
  const started = campaigns.filter(({ wanted }) => wanted !== 'draft');
  const lastSent = ({ id }: Campaign) => results.get(id)?.sent?.last;
  const isOpen = (campaign: Campaign): boolean => {
    const last = lastSent(campaign);
    const state = stateAt(campaign, now);
    if (last === undefined || state === 'running' || state === 'scheduled') return true;
    return last >= daysBefore(now, WINDOW_DAYS_MOST + RETURNS_DAYS);
  };
  const open = started.filter(isOpen);
  // Of one that has no result yet nobody knows.
  const [earliest = now] = open.map(({ id }) => results.get(id)?.sent?.first ?? lookBack(now)).sort();
  const others = started.filter((campaign) => {
    const last = lastSent(campaign);
    return !isOpen(campaign) && last !== undefined && last >= daysBefore(earliest, WINDOW_DAYS_MOST);
  });
  return { open, read: [...open, ...others] };
}

export const lookBack = (now: Instant): Instant => daysBefore(now, LOOK_BACK_DAYS);

export const daysBefore = (at: string, days: number): Instant => instant(Date.parse(at) - days * DAY_MS);

/** What a customer was sent before, and how much of it is too much. */
import { epochMs, type Instant, instant } from '../time/instant.ts';
import type { Campaign } from './campaign.ts';
import type { PushPolicy } from './push-policy.ts';

const HOUR_MS = 60 * 60 * 1000;
export const DAY_MS = 24 * HOUR_MS;

/** One message to a customer, under whichever id the profile had. */
export interface PastSend {
  readonly key: string;
  readonly campaign: string;
  readonly at: Instant;
  /** Those for service are not counted, and not limited, with the others. */
  readonly isMarketing: boolean;
}

export type CapReached = 'cap_of_day' | 'cap_of_week' | 'cap_of_campaign';

/** Windows roll: they end now, so that midnight lets nobody be sent twice as much within an hour. */
export function capsReached(
  sent: readonly PastSend[],
  campaign: Pick<Campaign, 'id' | 'limits' | 'purpose'>,
  policy: Pick<PushPolicy, 'perDay' | 'perWeek'>,
  now: Instant,
): CapReached[] {
  const within = (days: number) => {
    // As text, which sorts by time: to read the time of each message took longer than all else here.
    const since = instant(epochMs(now) - days * DAY_MS);
    return (send: PastSend) => send.at > since;
  };
  const reached: CapReached[] = [];
  if (campaign.purpose === 'marketing') {
    const marketing = sent.filter(({ isMarketing }) => isMarketing);
    if (marketing.filter(within(1)).length >= policy.perDay) reached.push('cap_of_day');
    if (marketing.filter(within(7)).length >= policy.perWeek) reached.push('cap_of_week');
  }
  const { perCustomer } = campaign.limits;
  if (perCustomer) {
    const own = sent.filter((send) => send.campaign === campaign.id);
    if (own.filter(within(perCustomer.days)).length >= perCustomer.times) reached.push('cap_of_campaign');
  }
  return reached;
}

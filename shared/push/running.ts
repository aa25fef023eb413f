/** Which campaigns wait for something to happen, as whoever puts work into their lanes asks. */
import { type Campaign, stateAt, type Trigger } from '../campaigns/campaign.ts';
import type { CampaignStore } from '../campaigns/campaign-store.ts';
import { behindMs, EVENT_STEP_MS } from '../campaigns/priority.ts';
import { createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Instant, instant } from '../time/instant.ts';

export interface WaitingCampaign<On extends Trigger['on'] = Trigger['on']> {
  readonly campaign: Campaign & { readonly trigger: Extract<Trigger, { readonly on: On }> };
  /** For how long those of a higher priority go first. */
  readonly behindMs: number;
}

export interface WaitingCampaigns {
  /** Running ones with one of these triggers. */
  waitFor<On extends Trigger['on']>(triggers: readonly On[], now: Instant): Promise<readonly WaitingCampaign<On>[]>;
}

/** A campaign that was started, paused or changed is known to be so after this at the latest. */
const KNOWN_FOR_MS = 10_000;

export function waitingCampaigns({
  campaigns,
  clock,
}: {
  readonly campaigns: Pick<CampaignStore, 'listCampaigns'>;
  readonly clock: Clock;
}): WaitingCampaigns {
  const cache = createCache({
    load: () => campaigns.listCampaigns(),
    clock,
    maxAgeMs: KNOWN_FOR_MS,
    maxEntries: 1,
  });
  return {
    async waitFor<On extends Trigger['on']>(triggers: readonly On[], now: Instant) {
      const all = (await cache.get('all')) ?? [];
      const has = (campaign: Campaign): campaign is WaitingCampaign<On>['campaign'] =>
        triggers.some((on) => on === campaign.trigger.on);
      return all
        .filter(has)
        .filter((campaign) => stateAt(campaign, now) === 'running')
        .map((campaign) => ({ campaign, behindMs: behindMs(campaign, all, now, EVENT_STEP_MS) }));
    },
  };
}

/** From when on it waits, as it stands now: an edit begins it anew. */
export const waitsSince = ({ at, startsAt }: Pick<Campaign, 'at' | 'startsAt'>): Instant =>
  startsAt !== undefined && startsAt > at ? instant(Date.parse(startsAt)) : at;

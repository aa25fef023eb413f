/** Campaigns and the push policy, each with all of its versions. */
import type { Instant } from '../time/instant.ts';
import type { Campaign } from './campaign.ts';
import type { PushPolicy } from './push-policy.ts';

export interface StoredPushPolicy {
  /** 1, 2, … */
  readonly version: number;
  readonly policy: PushPolicy;
  readonly by: string;
  readonly at: Instant;
}

export interface CampaignStore {
  /** The newest version of each. */
  listCampaigns(): Promise<Campaign[]>;
  getCampaign(id: string): Promise<Campaign | undefined>;
  /** Newest first. */
  listVersions(id: string): Promise<Campaign[]>;
  /** Throws Conflict unless its version is the next. */
  putCampaign(campaign: Campaign): Promise<void>;
  /** Undefined before the first: then the default holds. */
  getPushPolicy(): Promise<StoredPushPolicy | undefined>;
  /** Throws Conflict unless its version is the next. */
  putPushPolicy(policy: StoredPushPolicy): Promise<void>;
}

export const CAMPAIGNS_MOST = 200;

/** A campaign and a customer, as far as a test does not say otherwise. */

import { type Campaign, CampaignDefinition, Limits } from '../../shared/campaigns/campaign.ts';
import type { Recipient, Situation } from '../../shared/campaigns/decide.ts';
import { sendKey } from '../../shared/campaigns/occurrence.ts';
import { DEFAULT_PUSH_POLICY } from '../../shared/campaigns/push-policy.ts';
import { instant } from '../../shared/time/instant.ts';
import { personaId } from '../profiles/people.ts';

/** Noon in Shanghai. */
export const NOON = instant(Date.parse('2026-11-25T04:00:00.000Z'));

type Changes = Partial<Omit<Campaign, 'limits'>> & { readonly limits?: Partial<Campaign['limits']> };

export function campaign({ limits, ...changes }: Changes = {}): Campaign {
  const definition = CampaignDefinition.parse({
    id: 'spring',
    name: '春季新品',
    trigger: { on: 'segment_entered', segment: 'tea-lovers' },
    content: {
      defaultLocale: 'zh',
      variants: [{ id: 'a', messages: { zh: { title: '春茶上市', body: '新茶已到' } } }],
    },
  });
  return {
    ...definition,
    ...{ version: 1, wanted: 'started', by: 'a marketer', at: NOON },
    ...changes,
    limits: { ...Limits.parse({}), ...limits },
  };
}

export const ANNE = personaId('shopify/shop/anne');

export const recipient = (changes: Partial<Recipient> = {}): Recipient => ({
  profile: ANNE,
  aliases: [],
  tier: 'growth',
  segments: new Set(['tea-lovers']),
  consents: new Map([['push', true]]),
  isSuppressed: false,
  hasEndpoint: true,
  ...changes,
});

/** One that leads to a message. */
export const situation = (changes: Partial<Situation> = {}): Situation => ({
  campaign: campaign(),
  occurrence: { id: 'entered-1', at: NOON, cause: 'live' },
  key: sendKey('spring', ANNE, 'entered-1'),
  recipient: recipient(),
  sent: [],
  policy: { ...DEFAULT_PUSH_POLICY, holdout: 0 },
  firstSeenAt: NOON,
  now: NOON,
  ...changes,
});

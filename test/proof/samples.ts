/** What a campaign brought, as it is kept. */
import type { AttributedOrder } from '../../shared/proof/attributed-order.ts';
import type { CampaignResult } from '../../shared/proof/result.ts';
import { instant } from '../../shared/time/instant.ts';
import { personaId } from '../profiles/people.ts';

const AT = instant(Date.parse('2026-11-25T09:00:00.000Z'));
const before = (minutes: number) => instant(Date.parse(AT) - minutes * 60_000);

export const attributedOrder = (changes: Partial<AttributedOrder> = {}): AttributedOrder => ({
  ...{ campaign: 'spring', order: 'shopify/shop/1', revision: 1, state: 'attributed', changedAt: AT },
  ...{ profile: personaId('shopify/shop/anne'), send: 'm1', variant: 'a', sentAt: before(90), paidAt: before(50) },
  ...{ net: 12_800, currency: 'CNY', assisted: [{ campaign: 'winter', send: 'm0' }] },
  ...changes,
});

/** Of a hundred customers, too few of whose windows have ended. */
export const campaignResult = (changes: Partial<CampaignResult> = {}): CampaignResult => ({
  campaign: 'spring',
  asOf: AT,
  sent: { first: before(90), last: before(80) },
  attributed: {
    ...{ orders: 1, assisted: 2, net: { CNY: { orders: 1, net: 12_800 } } },
    variants: { a: { CNY: { orders: 1, net: 12_800 } } },
  },
  holdout: {
    ...{ against: 'global', sentTo: 90, heldOut: 10, open: { sentTo: 50, heldOut: 5 } },
    balance: { kind: 'balanced', expected: 0.05, found: 0.1 },
  },
  lift: { kind: 'not_enough_data', why: 'few_customers' },
  digest: '1-1',
  ...changes,
});

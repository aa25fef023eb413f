import * as z from 'zod';
import { CampaignId } from '../campaigns/campaign.ts';
import { TEST_STATES, TESTS_A_MINUTE } from '../push/campaign-test.ts';
import { DeviceId } from '../push/device.ts';
import { PROVIDERS } from '../push/endpoint.ts';
import { ProfileId } from './names.ts';
import { operation } from './route.ts';

const CampaignTestAnswer = z
  .object({
    id: z.string(),
    campaign: z.string(),
    profile: z.string(),
    device: z.string(),
    variant: z.string().optional(),
    locale: z.string().optional(),
    by: z.string(),
    /** Of the state. */
    at: z.iso.datetime(),
    state: z.enum(TEST_STATES),
    provider: z.enum(PROVIDERS).optional(),
    /** Why it failed: a word of ours, or the provider's own. */
    code: z.string().optional(),
  })
  .meta({ id: 'CampaignTest' });
const ID = { id: '$response.body#/campaign', testId: '$response.body#/id' };

export const testCampaign = operation({
  tag: 'campaigns',
  summary: 'Send a campaign, as it is now, to a device of your own',
  description: `A real message, made of what is known of the customer that is named; the customer is sent nothing. The device has to be registered as a test device. No consent, cap, quiet hours or holdout are asked, and nothing is counted. At most ${TESTS_A_MINUTE} a minute of a campaign.`,
  params: z.object({ id: CampaignId }),
  body: z
    .strictObject({
      profile: ProfileId.describe('whose data fill the template'),
      device: DeviceId,
      variant: z.string().max(32).optional().describe('absent: the one that the customer would get'),
      locale: z.string().max(35).optional().describe('absent: that of the device'),
    })
    .meta({ id: 'CampaignTestWish' }),
  answers: {
    202: {
      description: 'It is on its way; ask again what came of it.',
      schema: CampaignTestAnswer,
      links: { getCampaignTest: ID },
    },
  },
  problems: {
    404: 'There is no such campaign, variant, profile or device.',
    409: 'The device is not registered as a test device.',
    429: 'There were too many within this minute.',
  },
  idempotencyKey: true,
  audited: true,
  example: { params: { id: 'welcome-up' }, body: { profile: 'shopify/my-shop/6210', device: 'qa-phone' } },
});

export const getCampaignTest = operation({
  tag: 'campaigns',
  summary: 'What came of a test',
  params: z.object({ id: CampaignId, testId: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'as it was answered') }),
  answers: {
    200: { description: 'Sent, failed, or not known; kept for a week.', schema: CampaignTestAnswer },
  },
  problems: { 404: 'There is no such test, or it is forgotten.' },
  example: { params: { id: 'welcome-up', testId: '01890a5d-ac96-774b-bcce-b302099a8057' } },
});

import * as z from 'zod';
import { CAMPAIGN_STATES, CampaignDefinition, CampaignId, Message } from '../campaigns/campaign.ts';
import { SUPPRESSION_CODES } from '../campaigns/suppression.ts';
import { ProductId } from '../catalogue/product.ts';
import { ATTRIBUTED_STATES } from '../proof/attributed-order.ts';
import { ProofReport } from '../proof/report.ts';
import { SEND_STATES } from '../push/send-record.ts';
import { ProfileId } from './names.ts';
import { PageQuery, pageOf } from './page.ts';
import { operation } from './route.ts';

const At = z.iso.datetime();
const params = z.object({ id: CampaignId });
const NOT_FOUND = { 404: 'There is no such campaign.' };
const INVALID = { 422: 'It is no campaign that can be meant: each problem is named with its place.' };
const ID = { id: '$response.body#/id' };
const example = { params: { id: 'welcome-up' } };
const WRITTEN = {
  name: '升级祝贺',
  trigger: { on: 'tier_changed', to: ['growth', 'high_value'] },
  content: {
    defaultLocale: 'zh',
    variants: [{ id: 'a', messages: { zh: { title: '恭喜升级', body: '您已成为{{ customer.tier }}会员' } } }],
    nonPersonalised: { zh: { title: '新品上市', body: '新品已到，欢迎选购' } },
  },
  priority: 'high' as const,
  limits: { holdout: 0.1, perCustomer: { times: 1, days: 30 } },
};

const { id: _, ...written } = CampaignDefinition.shape;

export const CampaignAnswer = z
  .object({
    ...CampaignDefinition.shape,
    /** 1, 2, … each edit, start and pause is a version; it is the ETag. */
    version: z.int(),
    state: z.enum(CAMPAIGN_STATES),
    /** Of a schedule that is running: when it runs next. */
    nextRunAt: At.optional(),
    by: z.string(),
    at: At,
  })
  .meta({ id: 'Campaign' });
export type CampaignAnswer = z.infer<typeof CampaignAnswer>;

export const listCampaigns = operation({
  tag: 'campaigns',
  summary: 'All campaigns, by id',
  query: PageQuery,
  answers: { 200: { description: 'A page of them, each as its newest version.', schema: pageOf(CampaignAnswer) } },
});

export const createCampaign = operation({
  tag: 'campaigns',
  summary: 'Define a campaign',
  description: 'A draft: nothing is sent until it is started.',
  body: z.strictObject(CampaignDefinition.shape).meta({ id: 'NewCampaign' }),
  answers: {
    201: {
      description: 'Its first version.',
      schema: CampaignAnswer,
      links: { getCampaign: ID, startCampaign: ID, pauseCampaign: ID, reportCampaign: ID },
    },
  },
  problems: { ...INVALID, 409: 'There is one of that id, or there are as many as may be.' },
  idempotencyKey: true,
  etag: true,
  audited: true,
  example: { body: { id: 'welcome-up', ...WRITTEN } },
});

export const getCampaign = operation({
  tag: 'campaigns',
  summary: 'A campaign, as its newest version',
  params,
  answers: { 200: { description: 'And in which state it is now.', schema: CampaignAnswer } },
  problems: NOT_FOUND,
  etag: true,
  example,
});

export const putCampaign = operation({
  tag: 'campaigns',
  summary: 'Put the next version of a campaign',
  description: 'One that is running goes on, by the new version.',
  params,
  body: z.strictObject(written).meta({ id: 'CampaignEdit' }),
  answers: { 200: { description: 'The version that was put.', schema: CampaignAnswer } },
  problems: { ...NOT_FOUND, ...INVALID },
  etag: true,
  ifMatch: 'required',
  audited: true,
  example: { ...example, body: WRITTEN },
});

const edited = {
  tag: 'campaigns',
  params,
  answers: { 200: { description: 'As it is now.', schema: CampaignAnswer } },
  problems: { ...NOT_FOUND, ...INVALID, 409: 'It was changed meanwhile.' },
  idempotencyKey: true,
  etag: true,
  ifMatch: 'allowed',
  audited: true,
  example,
} as const;

export const startCampaign = operation({ ...edited, summary: 'Start a campaign, or go on with one that was paused' });
export const pauseCampaign = operation({
  ...edited,
  summary: 'Pause a campaign',
  description:
    'Within seconds nothing more is sent. What waits is sent when it goes on, unless it is out of date by then.',
});

const Reason = z.enum(SUPPRESSION_CODES);
const Words = z.object({ zh: z.string(), en: z.string() });

export const dryRunCampaign = operation({
  tag: 'campaigns',
  summary: 'Who would be sent what now, and who would not, and why',
  description: 'As if its trigger came for each of them at this moment. Nothing is sent, counted or kept.',
  params,
  body: z
    .strictObject({
      segment: z
        .string()
        .min(1)
        .max(64)
        .optional()
        .describe('its members; absent: the audience, or what the trigger names'),
      limit: z.int().min(1).max(200).default(50),
    })
    .optional(),
  answers: {
    200: {
      description: 'Of so many customers.',
      schema: z
        .object({
          asked: z.int(),
          /** There are more that were not asked about. */
          more: z.boolean(),
          counts: z.object({ send: z.int(), hold: z.int(), held_out: z.int(), suppress: z.int() }),
          items: z.array(
            z.object({
              profile: z.string(),
              decision: z.enum(['send', 'hold', 'held_out', 'suppress']),
              variant: z.string().optional(),
              /** Of those held for the morning. */
              until: At.optional(),
              reasons: z.array(z.object({ code: Reason, ...Words.shape })).optional(),
            }),
          ),
        })
        .meta({ id: 'DryRun' }),
    },
  },
  problems: { ...NOT_FOUND, 422: 'It says of no segment whom to ask about: name one.' },
  example: { ...example, body: { limit: 20 } },
});

export const previewCampaign = operation({
  tag: 'campaigns',
  summary: 'What a customer would be sent',
  params,
  body: z.strictObject({
    profile: ProfileId,
    variant: z.string().max(32).optional().describe('absent: the one that the customer would get'),
    locale: z.string().max(35).optional(),
    personalised: z.boolean().default(true),
    products: z
      .array(ProductId)
      .min(1)
      .max(20)
      .optional()
      .describe(
        'ids of what it would be about: what runs out, was left in the cart, or is in stock again; absent: what is recommended',
      ),
  }),
  answers: {
    200: {
      description:
        'The text; `missing`: it needs what is not known of the customer, or what can be recommended to them.',
      schema: z.object({ message: Message.optional(), missing: z.boolean() }).meta({ id: 'CampaignPreview' }),
    },
  },
  problems: { 404: 'There is no such campaign, variant or profile.' },
  example: { ...example, body: { profile: 'shopify/my-shop/6210' } },
});

const Counts = z.object({ sent: z.int(), failed: z.int(), unknown: z.int(), waiting: z.int() });

export const reportCampaign = operation({
  tag: 'campaigns',
  summary: 'What became of a campaign, and what it brought',
  description:
    'Counts of messages are as of now; orders, holdout and lift as of `attributed.asOf`, as they are reckoned each hour or as often as is set. Money is minor units, by currency; returns are taken off. See docs/push.md.',
  params,
  answers: {
    200: {
      description: 'Of all occurrences so far.',
      schema: z
        .object({
          campaign: z.string(),
          asOf: At,
          /** Occurrences that were decided on: who was sent to, held out or kept back. */
          audience: z.int(),
          occurrences: z.int(),
          ...Counts.shape,
          heldOut: z.object({ global: z.int(), campaign: z.int() }),
          /** By the reason that is counted. */
          suppressed: z.partialRecord(Reason, z.int()),
          variants: z.record(z.string(), Counts),
          /** By device: why a provider did not take it. */
          refusedBy: z.record(z.string(), z.int()),
          ...ProofReport.shape,
        })
        .meta({ id: 'CampaignReport' }),
    },
  },
  problems: NOT_FOUND,
  example,
});

export const listOrdersOfCampaign = operation({
  tag: 'campaigns',
  summary: "Orders that count for a campaign's messages",
  description:
    'Each for the last message before it, within the window; those that were returned, or count for another message by now, are taken back.',
  params,
  query: PageQuery,
  answers: {
    200: {
      description: 'A page of them, by order.',
      schema: pageOf(
        z.object({
          order: z.string(),
          state: z.enum(ATTRIBUTED_STATES),
          /** 1, 2, … each change of how it counts. */
          revision: z.int(),
          changedAt: At,
          profile: z.string(),
          /** Key of the message. */
          send: z.string(),
          variant: z.string().optional(),
          sentAt: At,
          paidAt: At,
          /** Minor units; returns are taken off. */
          net: z.int(),
          currency: z.string(),
          /** Earlier messages, of this campaign or of others, whose window it is in, too; oldest first. */
          assisted: z.array(z.object({ campaign: z.string(), send: z.string() })),
        }),
      ),
    },
  },
  problems: NOT_FOUND,
  example,
});

export const listSendsOfCampaign = operation({
  tag: 'campaigns',
  summary: 'Each occurrence of a campaign, and what became of it',
  params,
  query: PageQuery,
  answers: {
    200: {
      description: 'A page of them, in an order that says nothing.',
      schema: pageOf(
        z.object({
          key: z.string(),
          profile: z.string(),
          state: z.enum(SEND_STATES),
          at: At,
          version: z.int(),
          variant: z.string().optional(),
          personalised: z.boolean().optional(),
          reasons: z.array(z.object({ code: Reason, ...Words.shape })).optional(),
          devices: z
            .array(
              z.object({ device: z.string(), provider: z.string(), outcome: z.string(), code: z.string().optional() }),
            )
            .optional(),
        }),
      ),
    },
  },
  problems: NOT_FOUND,
  example,
});

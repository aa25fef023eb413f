/** What a customer was sent, and why, or why not: for whoever has to answer a customer that asks. */
import * as z from 'zod';
import { CampaignId } from '../campaigns/campaign.ts';
import { SUPPRESSION_CODES } from '../campaigns/suppression.ts';
import { SEND_STATES } from '../push/send-record.ts';
import { ProfileId } from './names.ts';
import { PageQuery, pageOf } from './page.ts';
import { operation } from './route.ts';
import { Language, Sentence } from './words.ts';

const At = z.iso.datetime();
export const SendKey = z.string().regex(/^[0-9a-f]{40}$/, '40 hex digits, as the list of sends has it');
const Coded = z.object({ code: z.string(), ...Sentence });

export const SendExplanationAnswer = z
  .object({
    campaign: z.object({ id: z.string(), name: z.string(), version: z.int(), purpose: z.string() }),
    key: z.string(),
    profile: z.string(),
    at: At,
    state: z.enum(SEND_STATES),
    outcome: z.object(Sentence),
    /** That it was automatic, and by which rules. */
    decidedBy: z.object(Sentence),
    /** The trigger, and the audience. */
    because: z.array(Coded),
    personalised: z.object({ value: z.boolean(), ...Sentence }),
    /** Which of the customer's data it was decided by, and made of. */
    data: z.array(Coded),
    /** The words of the customer that stood at that moment. */
    consents: z.array(
      z.object({
        name: z.string(),
        given: z.boolean(),
        at: At,
        source: z.string().optional(),
        wording: z.string().optional(),
        ...Sentence,
      }),
    ),
    /** All that stood against it; the first is the one that reports count. */
    against: z.array(z.object({ code: z.enum(SUPPRESSION_CODES), ...Sentence })),
    heldOut: z.object({ by: z.string(), ...Sentence }).optional(),
    howToRefuse: z.array(Coded),
  })
  .meta({ id: 'SendExplanation' });

export const explainSend = operation({
  tag: 'campaigns',
  summary: 'Why a message was sent to a customer, or was not',
  description:
    'By which campaign, trigger and audience, which data, which consent on record (time, source, wording), whether personalised, and how to refuse: as PIPL article 24 asks. By what held then.',
  params: z.object({ id: CampaignId, key: SendKey }),
  query: z.strictObject({ lang: Language.optional().describe('only in this language; absent: in both') }),
  answers: { 200: { description: 'Each statement as data, and as a sentence.', schema: SendExplanationAnswer } },
  problems: { 404: 'There is no such campaign, or it decided about no such message.' },
  example: {
    params: { id: 'welcome-up', key: '7b1d5f3a0c9e8b7a6d5c4f3e2d1c0b9a8f7e6d5c' },
    query: { lang: 'zh' },
  },
});

export const listSendsOfProfile = operation({
  tag: 'profiles',
  summary: 'What a customer was sent by campaigns, newest first',
  description:
    'By all names that the customer has had, of the last 366 days. What was kept back is with its campaign. Each can be explained by its campaign and key.',
  params: z.object({ id: ProfileId }),
  query: PageQuery,
  answers: {
    200: {
      description: 'A page of it.',
      schema: pageOf(z.object({ campaign: z.string(), key: z.string(), at: At, marketing: z.boolean() })),
    },
  },
  problems: { 404: 'There is no such profile.' },
  example: { params: { id: 'shopify/my-shop/6210' } },
});

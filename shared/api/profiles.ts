import * as z from 'zod';
import { UnifiedProfile } from '../profiles/unified.ts';
import { HistoryEntry } from '../publish/history.ts';
import { Explanation } from './explanation.ts';
import { OrderKeyText, ProfileId } from './names.ts';
import { OrderAnswer } from './orders.ts';
import { PageQuery, pageOf } from './page.ts';
import { operation } from './route.ts';
import { Language } from './words.ts';

const params = z.object({ id: ProfileId });
const NOT_FOUND = { 404: 'There is no such profile.' };
const example = { params: { id: 'shopify/my-shop/6210' } };
const OF_PROFILE = { id: '$response.body#/id' };

export const ProfileAnswer = UnifiedProfile.meta({
  id: 'Profile',
  description: 'Money of `facts` is in minor units of `facts.currency`. Readers see identifiers masked.',
});

export const getProfile = operation({
  tag: 'profiles',
  summary: 'The unified profile, by its id or that of any of its personas',
  params,
  answers: {
    200: {
      description: 'One whose orders are all gone is still there, with none.',
      schema: ProfileAnswer,
      links: { explainProfile: OF_PROFILE, listOrdersOfProfile: OF_PROFILE, listHistoryOfProfile: OF_PROFILE },
    },
  },
  problems: NOT_FOUND,
  example,
});

const Region = z
  .string()
  .regex(/^[A-Z]{2}$/, 'ISO 3166-1 alpha-2, as CN')
  .default('CN')
  .describe('of a phone without a country code');
const LookupValue = z.string().min(1).max(300);
export const Lookup = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('phone'), value: LookupValue, region: Region }),
    z.strictObject({ type: z.enum(['email', 'member_card', 'union_id']), value: LookupValue }),
    z.strictObject({ type: z.literal('order'), value: OrderKeyText }),
  ])
  .meta({ id: 'Lookup' });
export type Lookup = z.infer<typeof Lookup>;

export const lookUpProfiles = operation({
  tag: 'profiles',
  summary: 'The profiles that an identifier, or an order, leads to',
  body: Lookup,
  answers: {
    200: {
      description: 'None, one, or several: a family has one phone, or a person has said that they are not one.',
      schema: z
        .object({
          profiles: z.array(z.string()),
          /** Held by so many that it links nobody: then these are some of them. */
          shared: z.boolean(),
        })
        .meta({ id: 'Found' }),
      links: { getProfile: { id: '$response.body#/profiles/0' } },
    },
  },
  problems: { 422: "Nobody can be found by such a value: it is masked, mistyped, or never kept as anybody's." },
  example: { body: { type: 'phone', value: '13912345678', region: 'CN' } },
});

export const explainProfile = operation({
  tag: 'profiles',
  summary: 'Why these personas are one customer, why in this tier, and why in these segments',
  params,
  query: z.strictObject({ lang: Language.optional().describe('only in this language; absent: in both') }),
  answers: { 200: { description: 'Each statement as data, and as a sentence.', schema: Explanation } },
  problems: NOT_FOUND,
  example: { ...example, query: { lang: 'zh' } },
});

export const listOrdersOfProfile = operation({
  tag: 'profiles',
  summary: 'The orders that count for a profile, those of the newest days first',
  params,
  query: PageQuery,
  answers: { 200: { description: 'A page of them.', schema: pageOf(OrderAnswer) } },
  problems: NOT_FOUND,
  example,
});

const Pair = z.array(z.string()).length(2);
const Made = { id: z.string(), at: z.iso.datetime(), by: z.string(), reason: z.string() };
const PersonsDecision = z.object({
  type: z.literal('decision'),
  occurredAt: z.iso.datetime(),
  decision: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('unlink'), ...Made, off: z.array(z.string()), kept: z.array(z.string()) }),
    z.object({ kind: z.literal('accept'), ...Made, between: Pair }),
    z.object({ kind: z.literal('withdraw'), ...Made, of: z.string() }),
  ]),
});

export const listHistoryOfProfile = operation({
  tag: 'profiles',
  summary: 'What became of a profile, newest first: tiers, segments, merges, splits, and what people decided',
  params,
  query: PageQuery,
  answers: { 200: { description: 'A page of it.', schema: pageOf(z.union([HistoryEntry, PersonsDecision])) } },
  problems: NOT_FOUND,
  example,
});

import * as z from 'zod';
import { ProductId } from '../catalogue/product.ts';
import { Reason } from '../recommend/reasons.ts';
import { ProfileId } from './names.ts';
import { PageQuery, pageOf } from './page.ts';
import { operation } from './route.ts';

const At = z.iso.datetime();
const Words = z.object({ zh: z.string(), en: z.string() });

export const RecommendationsAnswer = z
  .object({
    profile: z.string(),
    /** Best first. */
    items: z.array(
      z.object({
        product: z.string(),
        /** As the catalogue has it; a product that only orders name has none. */
        title: z.object({ zh: z.string().optional(), en: z.string().optional() }).optional(),
        url: z.string().optional(),
        imageUrl: z.string().optional(),
        reason: Reason,
        why: Words.describe('the reason as a sentence to the customer'),
      }),
    ),
    /** Of the build that they are of; null: there was none yet, and they are by what was looked at. */
    builtAt: At.nullable(),
  })
  .meta({ id: 'Recommendations' });

export const recommendToProfile = operation({
  tag: 'profiles',
  summary: 'What a customer is most likely to want, and why',
  description:
    'Made every hour for customers who have changed. Who came since gets what goes with what they looked at, and what is popular among their like. What sold out a moment ago is left out.',
  params: z.object({ id: ProfileId }),
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(20).default(10) }),
  answers: { 200: { description: 'So many at most.', schema: RecommendationsAnswer } },
  problems: { 404: 'There is no such profile.' },
  example: { params: { id: 'shopify/my-shop/6210' }, query: { limit: 5 } },
});

export const listAudienceOfProduct = operation({
  tag: 'products',
  summary: 'The customers most likely to want a product',
  description:
    'As the last build has it; of a product that sold out, the last one before. As a segment: `{ "tag": "likely:<product>" }` (docs/recommend.md).',
  params: z.object({ id: ProductId }),
  query: PageQuery,
  answers: {
    200: {
      description: 'A page of them, the likeliest first.',
      schema: pageOf(z.object({ profile: z.string(), score: z.number().describe('0 to 1') })),
    },
  },
  example: { params: { id: 'dongding-500g' }, query: { limit: 50 } },
});

const Version = z.object({
  id: z.string(),
  full: z.string().describe('the build of everybody that it rests on'),
  builtAt: At,
  customers: z.int(),
  written: z.int(),
});
export const VersionsAnswer = z
  .object({
    /** Null: nothing was made yet. */
    current: Version.nullable(),
    previous: z.array(Version).describe('newest first; the first is what a roll back leads to'),
    held: z
      .object({ by: z.string(), at: At })
      .nullable()
      .describe('somebody has rolled back: nothing is made until it is resumed'),
  })
  .meta({ id: 'RecommendationVersions' });
export type VersionsAnswer = z.infer<typeof VersionsAnswer>;

const versions = { 200: { description: 'As it is now.', schema: VersionsAnswer } };

export const getRecommendationVersions = operation({
  tag: 'recommendations',
  summary: 'Which version of recommendations is read, and those before it',
  answers: versions,
});

export const rollBackRecommendations = operation({
  tag: 'recommendations',
  summary: 'Read the version before, and make no other',
  description: 'Within ten seconds. Until it is resumed nothing is made, as that would bring back what was wrong.',
  answers: versions,
  problems: { 409: 'There is no version before, or it was changed meanwhile.' },
  idempotencyKey: true,
  audited: true,
});

export const resumeRecommendations = operation({
  tag: 'recommendations',
  summary: 'Make recommendations again after a roll back',
  description: 'The next version is of everybody.',
  answers: versions,
  problems: { 409: 'It was changed meanwhile.' },
  idempotencyKey: true,
  audited: true,
});

export const makeRecommendations = operation({
  tag: 'recommendations',
  summary: 'Make the next version now, and not within the hour',
  body: z
    .strictObject({ full: z.boolean().default(false).describe('of everybody, not only those who have changed') })
    .optional(),
  answers: {
    202: {
      description: 'It has begun. Its version is read once it is made, if anything has changed.',
      schema: VersionsAnswer,
    },
  },
  problems: { 409: 'Somebody has rolled back: resume first.' },
  idempotencyKey: true,
  audited: true,
  example: { body: { full: true } },
});

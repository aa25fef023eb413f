import * as z from 'zod';
import { Preview, PreviewQuestion } from '../preview/preview.ts';
import { Condition, SegmentId } from '../segments/condition.ts';
import { SegmentDefinition } from '../segments/definition.ts';
import { Fill } from '../segments/fill.ts';
import { Membership } from '../segments/membership.ts';
import { PageQuery, pageOf } from './page.ts';
import { operation } from './route.ts';

// It refers to itself, so a document of JSON schemas needs a name for it.
if (!z.globalRegistry.has(Condition)) z.globalRegistry.add(Condition, { id: 'Condition' });

/**
 * A condition that was not looked into: a union can only say that none of its forms fits, where readDefinition says which was
 * probably meant. In documents it is what it is to be.
 */
const When = z
  .custom<Condition>((value) => value !== undefined)
  .meta({ override: { $ref: '#/components/schemas/Condition' } });

const At = z.iso.datetime();
const params = z.object({ id: SegmentId });
const Why = z.string().trim().min(1).max(500).optional().describe('kept with the version');

const { id: _, ...written } = SegmentDefinition.shape;

const SegmentVersionAnswer = z
  .object({
    ...SegmentDefinition.shape,
    /** 1, 2, … each edit is a version; it is the ETag. */
    version: z.int(),
    /** Nobody is in it. */
    archived: z.boolean(),
    by: z.string(),
    at: At,
    why: z.string().optional(),
  })
  .meta({ id: 'SegmentVersion' });
export const SegmentAnswer = SegmentVersionAnswer.extend({
  /** How far its newest version has been found everywhere. */
  fill: Fill,
}).meta({ id: 'Segment' });
export type SegmentAnswer = z.infer<typeof SegmentAnswer>;

const CountedSegment = SegmentAnswer.extend({
  /** Of a segment that is filling, those who were found so far. */
  members: z.object({
    count: z.int().min(0),
    more: z
      .boolean()
      .describe(
        'not all were counted, as there are 100,000 or more, or as many have just left: `count` is the least that there are',
      ),
  }),
}).meta({ id: 'CountedSegment' });

const NOT_FOUND = { 404: 'There is no such segment.' };
const INVALID = {
  422: 'The definition can not be meant, or asks about a segment that is not there: each problem is named with its place.',
};
const ID = { id: '$response.body#/id' };
const example = { params: { id: 'sleeping' } };
const WHEN = {
  all: [
    { field: 'tier', is: 'high_value' },
    { field: 'daysSinceLastOrder', atLeast: 60 },
  ],
};
const WRITTEN = { name: '高价值沉睡客户', description: 'To be woken', when: WHEN };

export const listSegments = operation({
  tag: 'segments',
  summary: 'All segments, by id',
  query: PageQuery.extend({
    archived: z.enum(['true', 'false']).optional().describe('only those that are, or are not; absent: all'),
  }),
  answers: { 200: { description: 'A page of them, each as its newest version.', schema: pageOf(SegmentAnswer) } },
});

export const createSegment = operation({
  tag: 'segments',
  summary: 'Define a segment',
  description: 'Who is in it is found from then on, in a run over all profiles: `fill` tells how far it has come.',
  body: z.strictObject({ ...SegmentDefinition.shape, when: When, why: Why }).meta({ id: 'NewSegment' }),
  answers: {
    201: {
      description: 'Its first version.',
      schema: SegmentAnswer,
      links: {
        getSegment: ID,
        listVersionsOfSegment: ID,
        listMembersOfSegment: ID,
        archiveSegment: ID,
        requestExport: ID,
      },
    },
  },
  problems: { ...INVALID, 409: 'There is one of that id, or there are as many segments as may be.' },
  idempotencyKey: true,
  etag: true,
  audited: true,
  example: { body: { id: 'sleeping', ...WRITTEN, why: 'the spring campaign' } },
});

export const getSegment = operation({
  tag: 'segments',
  summary: 'A segment, as its newest version, and how many are in it',
  params,
  answers: { 200: { description: 'An archived one, too.', schema: CountedSegment } },
  problems: NOT_FOUND,
  etag: true,
  example,
});

export const putSegment = operation({
  tag: 'segments',
  summary: 'Put the next version of a segment',
  description:
    'Who is in both versions stays in it, with the same `since`. One with the same condition only says otherwise what the segment is: memberships stay those of the version before, and nothing is filled.',
  params,
  body: z.strictObject({ ...written, when: When, why: Why }).meta({ id: 'SegmentEdit' }),
  answers: { 200: { description: 'The version that was put.', schema: SegmentAnswer } },
  problems: { ...NOT_FOUND, ...INVALID, 409: 'It is archived: restore it first.' },
  etag: true,
  ifMatch: 'required',
  audited: true,
  example: { ...example, body: { ...WRITTEN, name: '沉睡的高价值客户' } },
});

export const archiveSegment = operation({
  tag: 'segments',
  summary: 'Archive a segment',
  description: 'Everybody leaves it. Its versions stay, and it can be restored.',
  params,
  answers: { 200: { description: 'The version that says so.', schema: SegmentAnswer, links: { restoreSegment: ID } } },
  problems: { ...NOT_FOUND, 409: 'Others ask about it, or it is archived already.' },
  etag: true,
  ifMatch: 'allowed',
  audited: true,
  example,
});

export const restoreSegment = operation({
  tag: 'segments',
  summary: 'Restore an archived segment',
  params,
  answers: { 200: { description: 'As it was when it was archived, as a new version.', schema: SegmentAnswer } },
  problems: { ...NOT_FOUND, ...INVALID, 409: 'It is not archived.' },
  idempotencyKey: true,
  etag: true,
  ifMatch: 'allowed',
  audited: true,
  example,
});

export const listVersionsOfSegment = operation({
  tag: 'segments',
  summary: 'All versions of a segment, newest first',
  params,
  query: PageQuery,
  answers: { 200: { description: 'A page of them.', schema: pageOf(SegmentVersionAnswer) } },
  problems: NOT_FOUND,
  example,
});

export const listMembersOfSegment = operation({
  tag: 'segments',
  summary: 'Who is in a segment, since when and because of what',
  params,
  query: PageQuery,
  answers: {
    200: {
      description: 'A page of them, in an order that says nothing.',
      schema: pageOf(
        z.object({
          profile: z.string(),
          since: At,
          /** Of the definition, by which it entered. */
          version: Membership.shape.version,
          /** What was found at the leaves of the condition as it entered; `at` is the place in its tree. */
          because: Membership.shape.because,
        }),
      ),
      links: { getProfile: { id: '$response.body#/items/0/profile' } },
    },
  },
  problems: NOT_FOUND,
  example,
});

export const previewSegment = operation({
  tag: 'segments',
  summary: 'How many would be in a segment, before it is defined',
  body: z.strictObject({ ...PreviewQuestion.shape, when: When }).meta({ id: 'SegmentQuestion' }),
  answers: {
    200: { description: 'Counted over the latest snapshot.', schema: Preview.meta({ id: 'SegmentPreview' }) },
  },
  problems: { ...INVALID, 409: 'There is no snapshot yet: the first is taken within minutes of the first orders.' },
  example: { body: { when: WHEN } },
});

export const listReadyMadeSegments = operation({
  tag: 'segments',
  summary: 'Definitions to begin with',
  answers: {
    200: { description: 'All of them.', schema: z.object({ items: z.array(SegmentDefinition) }) },
  },
});

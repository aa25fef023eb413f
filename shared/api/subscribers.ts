import * as z from 'zod';
import { SubscriberId, SubscriberWishes } from '../subscribers/subscriber.ts';
import {
  AddedSubscriber,
  DeadLetterView,
  Redriven,
  RotatedSecret,
  SubscriberView,
  TestResult,
} from '../subscribers/views.ts';
import { PageQuery, pageOf } from './page.ts';
import { operation } from './route.ts';

const params = z.object({ id: SubscriberId });
const NOT_FOUND = { 404: 'There is no such subscriber.' };
const REFUSED = { 422: 'Messages may not go to such a URL.' };
const ID = { id: '$response.body#/id' };
const example = { params: { id: 'crm' } };

const Subscriber = SubscriberView.meta({ id: 'Subscriber' });
const WISHES = {
  url: 'https://crm.example/webhooks',
  events: ['segment.entered', 'segment.exited'],
  segments: ['sleeping'],
};

export const listSubscribers = operation({
  tag: 'subscribers',
  summary: 'All subscribers, by id, and how each is doing',
  query: PageQuery,
  answers: { 200: { description: 'A page of them.', schema: pageOf(Subscriber) } },
});

export const addSubscriber = operation({
  tag: 'subscribers',
  summary: 'Add a subscriber',
  description: 'The answer holds the secret that its messages are signed with. It is shown this once.',
  body: z
    .strictObject({ id: SubscriberId.optional().describe('absent: one is made up'), ...SubscriberWishes.shape })
    .meta({ id: 'NewSubscriber' }),
  answers: {
    201: {
      description: 'It hears of what happens from some seconds later on.',
      schema: AddedSubscriber.meta({ id: 'AddedSubscriber' }),
      links: {
        getSubscriber: ID,
        removeSubscriber: ID,
        rotateSubscriberSecret: ID,
        redriveSubscriber: ID,
        listDeadLettersOfSubscriber: ID,
      },
    },
  },
  problems: { 409: 'There is one of that id, or there are as many as may be.', ...REFUSED },
  idempotencyKey: true,
  etag: true,
  audited: true,
  example: { body: { id: 'crm', ...WISHES } },
});

export const getSubscriber = operation({
  tag: 'subscribers',
  summary: 'A subscriber, and how it is doing',
  params,
  answers: { 200: { description: 'Without its secret.', schema: Subscriber } },
  problems: NOT_FOUND,
  etag: true,
  example,
});

export const putSubscriber = operation({
  tag: 'subscribers',
  summary: 'Change a subscriber',
  description: 'With `paused: false` one that was given up is tried again.',
  params,
  body: SubscriberWishes.meta({ id: 'SubscriberEdit' }),
  answers: { 200: { description: 'As it is now.', schema: Subscriber } },
  problems: { ...NOT_FOUND, ...REFUSED },
  etag: true,
  ifMatch: 'required',
  audited: true,
  example: { ...example, body: { ...WISHES, paused: true } },
});

export const removeSubscriber = operation({
  tag: 'subscribers',
  summary: 'Remove a subscriber, with its secret, its messages and dead letters',
  params,
  answers: { 204: { description: 'It is gone.' } },
  problems: { ...NOT_FOUND, 409: 'It was changed meanwhile.' },
  ifMatch: 'allowed',
  audited: true,
  example,
});

export const testSubscriber = operation({
  tag: 'subscribers',
  summary: 'Send a message now, and see what comes of it',
  description: 'Also to one that is paused. Nothing is stored, nothing is tried again.',
  params,
  answers: { 200: { description: 'Delivered, or why not.', schema: TestResult.meta({ id: 'TestResult' }) } },
  problems: NOT_FOUND,
  idempotencyKey: true,
  audited: true,
  example,
});

const LONGEST_OVERLAP_MS = 7 * 24 * 60 * 60 * 1000;

export const rotateSubscriberSecret = operation({
  tag: 'subscribers',
  summary: 'Sign with a new secret',
  params,
  body: z
    .strictObject({
      overlapMs: z
        .int()
        .min(0)
        .max(LONGEST_OVERLAP_MS)
        .optional()
        .describe('how long the secret before signs as well; absent: a day'),
    })
    .optional(),
  answers: {
    200: { description: 'The new secret. It is shown this once.', schema: RotatedSecret.meta({ id: 'RotatedSecret' }) },
  },
  problems: NOT_FOUND,
  idempotencyKey: true,
  audited: true,
  example: { ...example, body: { overlapMs: 3_600_000 } },
});

export const redriveSubscriber = operation({
  tag: 'subscribers',
  summary: 'Send dead letters again, under their ids',
  params,
  body: z
    .strictObject({ message: z.string().min(1).max(100).optional().describe('only this one; absent: all') })
    .optional(),
  answers: {
    200: {
      description: 'So many at a call: ask again while there are more.',
      schema: Redriven.meta({ id: 'Redriven' }),
    },
  },
  problems: { 404: 'There is no such subscriber, or no such dead letter.', 409: 'It is paused, or was given up.' },
  idempotencyKey: true,
  audited: true,
  example: { ...example, body: {} },
});

export const listDeadLettersOfSubscriber = operation({
  tag: 'subscribers',
  summary: 'Messages that a subscriber did not take, or was not sent',
  params,
  query: PageQuery,
  answers: { 200: { description: 'A page of them, in an order that says nothing.', schema: pageOf(DeadLetterView) } },
  problems: NOT_FOUND,
  example,
});

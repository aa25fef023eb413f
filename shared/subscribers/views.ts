/** What the API answers of subscribers. A secret is shown once, when it is made. */
import * as z from 'zod';
import { Cause } from '../queues/messages.ts';
import { SegmentId } from '../segments/condition.ts';
import { epochMs, instant } from '../time/instant.ts';
import { type DeadLetter, keptUntilMs } from './dead-letter.ts';
import type { SubscriberStatus } from './status.ts';
import { EVENT_TYPES, type Subscriber, SubscriberId } from './subscriber.ts';

const At = z.iso.datetime();
/** Counted no further than 100. */
const Count = z.object({ count: z.int().min(0), more: z.boolean() });
/** `http_500`, `timeout`, `redirected`, `address_not_allowed` …; `gone`: it answered 410. */
const Code = z.string();

const SubscriberStatusView = z.object({
  /** `gave_up`: by itself, after lasting failure; a change with `paused: false` lifts it. */
  state: z.enum(['active', 'paused', 'gave_up']),
  lastSuccessAt: At.optional(),
  lastFailure: z.object({ at: At, code: Code }).optional(),
  failingSince: At.optional(),
  waiting: Count,
  deadLetters: Count,
});

export const SubscriberView = z.object({
  id: SubscriberId,
  url: z.string(),
  description: z.string().optional(),
  events: z.array(z.enum(EVENT_TYPES)),
  segments: z.array(SegmentId).optional(),
  causes: z.array(Cause).optional(),
  paused: z.boolean(),
  revision: z.int().positive(),
  createdAt: At,
  by: z.string(),
  gaveUp: z.object({ at: At, code: Code }).optional(),
  status: SubscriberStatusView,
});
export type SubscriberView = z.infer<typeof SubscriberView>;

export const viewOf = (subscriber: Subscriber, status: SubscriberStatus): SubscriberView => ({ ...subscriber, status });

/** `whsec_…`, to verify with. It can not be shown again. */
const Secret = z.string();
export const AddedSubscriber = SubscriberView.extend({ secret: Secret });
export type AddedSubscriber = z.infer<typeof AddedSubscriber>;

export const RotatedSecret = z.object({
  secret: Secret,
  /** Until then the secret before signs as well; absent: it does not. */
  previousValidUntil: At.optional(),
});
export type RotatedSecret = z.infer<typeof RotatedSecret>;

export const TestResult = z.object({
  /** It answered 2xx. */
  delivered: z.boolean(),
  /** HTTP; absent where there was no answer. */
  status: z.int().optional(),
  tookMs: z.int().min(0),
  /** Why it was not delivered. */
  code: Code.optional(),
});
export type TestResult = z.infer<typeof TestResult>;

export const DeadLetterView = z.object({
  /** Of the message: `webhook-id`. */
  id: z.string(),
  type: z.string(),
  occurredAt: At,
  /** Of the last try; `paused` or `gave_up` where none was made because of that. */
  code: Code,
  attempts: z.int().min(0),
  firstTriedAt: At.optional(),
  lastTriedAt: At.optional(),
  diedAt: At,
  /** Then it is forgotten. */
  keptUntil: At,
});
export type DeadLetterView = z.infer<typeof DeadLetterView>;

export const deadLetterView = ({ message, subscriber: _, ...letter }: DeadLetter): DeadLetterView => ({
  id: message.id,
  type: message.type,
  occurredAt: message.occurredAt,
  ...letter,
  keptUntil: instant(keptUntilMs(epochMs(letter.diedAt))),
});

export const Redriven = z.object({
  redriven: z.int().min(0),
  /** There are more: ask again. */
  more: z.boolean(),
});
export type Redriven = z.infer<typeof Redriven>;

/**
 * Who is told of events over HTTP: an address of the brand's, or of a system it uses. Each message is signed by the scheme of
 * Standard Webhooks (https://www.standardwebhooks.com) with a secret of the subscriber's own.
 */
import * as z from 'zod';
import { PROOF_EVENTS, type PushAttributed } from '../proof/attributed-event.ts';
import { EVENTS, type ProfileEvent } from '../publish/events.ts';
import { PUSH_EVENTS, type PushEvent } from '../push/push-event.ts';
import { Cause } from '../queues/messages.ts';
import { SegmentId } from '../segments/condition.ts';
import type { Instant } from '../time/instant.ts';

export const SubscriberId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'letters, digits, - and _, at most 64, the first a letter or digit');

/** What subscribers are told of. */
export type ToldEvent = ProfileEvent | PushEvent | PushAttributed;

// The cast: Object.keys forgets that these are the keys of the tables.
export const EVENT_TYPES = Object.keys({ ...EVENTS, ...PUSH_EVENTS, ...PROOF_EVENTS }) as [
  ToldEvent['type'],
  ...ToldEvent['type'][],
];

const SEGMENTS_MOST = 100;

/** A list in which each is once. */
const unique = <Item extends z.core.$ZodType>(item: Item, most: number) =>
  z
    .array(item)
    .min(1)
    .max(most)
    .refine((items) => new Set(items).size === items.length, 'each once')
    .meta({ uniqueItems: true });

/** What people say of it. */
export const SubscriberWishes = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(2000),
  description: z.string().trim().max(500).optional(),
  events: unique(z.enum(EVENT_TYPES), EVENT_TYPES.length).default(['segment.entered', 'segment.exited']),
  /** Only of these segments; absent: of all. Events that are of no segment are not held back by it. */
  segments: unique(SegmentId, SEGMENTS_MOST).optional(),
  /** Only what has one of these causes; absent: of any. */
  causes: unique(Cause, Cause.options.length).optional(),
  /** Nothing is sent, all of it is kept to be redriven. */
  paused: z.boolean().default(false),
});
export type SubscriberWishes = z.infer<typeof SubscriberWishes>;

export interface Subscriber extends SubscriberWishes {
  readonly id: string;
  /** Grows by one with each put. */
  readonly revision: number;
  readonly createdAt: Instant;
  readonly by: string;
  /** Paused by itself, after lasting failure: since when, and the code of the last one. A put with `paused: false` lifts it. */
  readonly gaveUp?: { readonly at: Instant; readonly code: string };
}

/** Whether it wants to hear of it. */
export const wants = ({ events, segments, causes }: Subscriber, event: ToldEvent): boolean =>
  events.includes(event.type) &&
  (causes === undefined || causes.includes(event.cause)) &&
  (segments === undefined || !('segment' in event) || segments.includes(event.segment));

/** Why nothing is sent to it, where nothing is. */
export const stopOf = ({ paused, gaveUp }: Subscriber): 'paused' | 'gave_up' | undefined =>
  paused ? 'paused' : gaveUp ? 'gave_up' : undefined;

export interface SubscriberStore {
  getSubscriber(id: string): Promise<Subscriber | undefined>;
  listSubscribers(): Promise<Subscriber[]>;
  /** Throws Conflict unless its revision is the next (1: there was none). */
  putSubscriber(subscriber: Subscriber): Promise<void>;
  /** Throws Conflict unless the revision is the one there. */
  removeSubscriber(id: string, revision: number): Promise<void>;
}

/** `whsec_` and the base64 of 32 random bytes, as Standard Webhooks has it. */
export interface SigningSecrets {
  readonly current: string;
  /** Signs as well, until then. */
  readonly previous?: { readonly secret: string; readonly until: Instant };
}

/** One SSM SecureString parameter a subscriber. */
export interface SigningSecretStore {
  getSecrets(subscriber: string): Promise<SigningSecrets | undefined>;
  putSecrets(subscriber: string, secrets: SigningSecrets): Promise<void>;
  removeSecrets(subscriber: string): Promise<void>;
}

export const SUBSCRIBERS_MOST = 100;

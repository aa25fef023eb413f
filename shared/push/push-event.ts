/**
 * What others are told of messages to customers: the detail of each event on the bus. Made of the record of the message, so whatever is
 * told again is the same under the same id. Nothing personal is in it. See docs/events.md.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { SUPPRESSION_CODES } from '../campaigns/suppression.ts';
import { Cause } from '../queues/messages.ts';
import { PROVIDERS } from './endpoint.ts';
import type { SendRecord, SendState } from './send-record.ts';

const Told = {
  /** Of the message and what became of it: whatever is told again has it again. */
  id: z.string().min(1),
  /** When that was known. */
  occurredAt: z.iso.datetime(),
  /** Of the trigger. */
  cause: Cause,
  /** The key of the message. */
  subject: z.string().min(1),
  /** A message is settled once. */
  revision: z.int().positive(),
  /** As it was named then. */
  profile: z.string().min(1),
  campaign: z.string().min(1),
  /** Of the campaign. */
  version: z.int().positive(),
};

/** A provider has taken it, for one device at least. */
export const PushSent = z.object({
  type: z.literal('push.sent'),
  ...Told,
  variant: z.string(),
  personalised: z.boolean(),
  /** Those that took it, sorted. */
  providers: z.array(z.enum(PROVIDERS)),
});
/** The campaign's trigger came, and nothing was sent. Who is held out is not told: nothing may come of that. */
export const PushSuppressed = z.object({
  type: z.literal('push.suppressed'),
  ...Told,
  /** All that stood against it; the first is the one that reports count. */
  reasons: z.array(z.enum(SUPPRESSION_CODES)).min(1),
});

/** By type: what is published as JSON Schema is made of these. */
export const PUSH_EVENTS = { 'push.sent': PushSent, 'push.suppressed': PushSuppressed } as const;
export type PushEvent = z.infer<typeof PushSent> | z.infer<typeof PushSuppressed>;

/** Undefined: of such a state nobody is told. */
export function pushEventOf(record: SendRecord): PushEvent | undefined {
  const { state, variant = '', isPersonalised = false, reasons = [], devices = [] } = record;
  if (state === 'sent') {
    const providers = devices.flatMap(({ outcome, provider }) => (outcome === 'sent' ? [provider] : []));
    const taken = [...new Set(providers)].sort();
    return { type: 'push.sent', ...told(record), variant, personalised: isPersonalised, providers: taken };
  }
  return state === 'suppressed' && reasons.length > 0
    ? { type: 'push.suppressed', ...told(record), reasons: [...reasons] }
    : undefined;
}

const told = ({ campaign, key, version, profile, at, state, cause = 'live' }: SendRecord) => ({
  ...{ id: idOf(key, state), occurredAt: at, cause, subject: key, revision: 1, profile, campaign, version },
});

const idOf = (key: string, state: SendState): string =>
  createHash('sha256')
    .update(JSON.stringify([key, state]))
    .digest('base64url')
    .slice(0, 22);

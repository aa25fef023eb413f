/**
 * `push.attributed`: an order counts for a campaign's message, counts otherwise than before, or no longer does. Whoever keeps the greatest
 * revision of each campaign and order has what the campaign brought, in whatever order and however often events come.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { AttributedOrder } from './attributed-order.ts';
import { ATTRIBUTED_STATES } from './attributed-order.ts';

const At = z.iso.datetime();

export const PushAttributed = z.object({
  type: z.literal('push.attributed'),
  /** Of the campaign, the order and what is told: whatever is told again has it again. */
  id: z.string().min(1),
  /** When it was found. */
  occurredAt: At,
  /** Never leads to a message. */
  cause: z.literal('live'),
  /** The order; its revision here is of what is told of it and this campaign, and no revision of the order. */
  subject: z.string(),
  revision: z.int().positive(),
  campaign: z.string(),
  state: z.enum(ATTRIBUTED_STATES),
  profile: z.string(),
  /** Key of the message. */
  send: z.string(),
  variant: z.string().optional(),
  sentAt: At,
  paidAt: At,
  /** Minor units of `currency`, returns taken off; 0 where it was taken back. */
  net: z.int(),
  currency: z.string(),
  /** Earlier messages within whose window it is, oldest first. */
  assisted: z.array(z.object({ campaign: z.string(), send: z.string() })),
});
export type PushAttributed = z.infer<typeof PushAttributed>;
/** By type, as those of profiles and of messages. */
export const PROOF_EVENTS = { 'push.attributed': PushAttributed } as const;

export function attributedEvent(attributed: AttributedOrder): PushAttributed {
  const { campaign, order, revision, changedAt, state, ...claim } = attributed;
  const type = 'push.attributed';
  // With what it says: whoever died before it was kept may tell the same revision again, of another content by then.
  const id = createHash('sha256')
    .update(JSON.stringify([type, campaign, order, revision, state, claim]))
    .digest('base64url')
    .slice(0, 22);
  return { type, id, occurredAt: changedAt, cause: 'live', subject: order, revision, campaign, state, ...claim };
}

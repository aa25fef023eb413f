/** An order that counts for a campaign's message, as it is kept and listed. */
import * as z from 'zod';
import type { Attribution } from '../campaigns/attribution.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { PageOf } from '../profiles/customer.ts';
import type { Instant } from '../time/instant.ts';

// The casts: written by us, of an instant and of a persona.
const At = z.iso.datetime().transform((at) => at as Instant);
const Persona = z.string().transform((id) => id as PersonaId);

/** What may change: by a return, by a merge or a cut of profiles, or as an order came late. */
export const OrderClaim = z.object({
  /** As it is named now. */
  profile: Persona,
  /** Key of the message. */
  send: z.string(),
  variant: z.string().exactOptional(),
  sentAt: At,
  paidAt: At,
  /** Minor units; what was returned is taken off. */
  net: z.int(),
  currency: z.string(),
  /** Earlier messages whose window it is in, oldest first. */
  assisted: z.array(z.object({ campaign: z.string(), send: z.string() })),
});
export type OrderClaim = z.infer<typeof OrderClaim>;

/** `taken_back`: it was returned, or is another message's by now. What it was stays, but for the money. */
export const ATTRIBUTED_STATES = ['attributed', 'taken_back'] as const;

export const AttributedOrder = z.object({
  campaign: z.string(),
  order: z.string(),
  /** 1, 2, … */
  revision: z.int().positive(),
  state: z.enum(ATTRIBUTED_STATES),
  changedAt: At,
  ...OrderClaim.shape,
});
export type AttributedOrder = z.infer<typeof AttributedOrder>;

export interface AttributedOrderStore {
  /** By order. */
  listOrders(campaign: string, limit: number, after?: string): Promise<PageOf<AttributedOrder>>;
  /** Throws Conflict unless its revision is the next. */
  putOrder(order: AttributedOrder): Promise<void>;
}

export interface AttributionFiles {
  /** A campaign's orders, as a file of columns, in place of those before. */
  putOrders(campaign: string, file: string): Promise<void>;
}

export const claimOf = (
  { order, last, assisted }: Attribution,
  profile: PersonaId,
  variant: string | undefined,
): OrderClaim => ({
  profile,
  send: last.key,
  ...(variant !== undefined && { variant }),
  sentAt: last.at,
  paidAt: order.paidAt,
  net: order.net,
  currency: order.currency,
  assisted: assisted.map(({ campaign, key }) => ({ campaign, send: key })),
});

/** The same text of the same claim. */
export const claimText = ({ profile, send, variant, sentAt, paidAt, net, currency, assisted }: OrderClaim): string =>
  JSON.stringify({ profile, send, variant, sentAt, paidAt, net, currency, assisted });

export const readClaim = (text: string): OrderClaim => OrderClaim.parse(JSON.parse(text));

/** What stands in place of `before`, which is what is kept; `now` undefined: it counts for this campaign no longer. */
export function nextOrder(
  { campaign, order }: Pick<AttributedOrder, 'campaign' | 'order'>,
  before: { readonly revision: number; readonly claim: OrderClaim } | undefined,
  now: OrderClaim | undefined,
  changedAt: Instant,
): AttributedOrder | undefined {
  const claim = now ?? before?.claim;
  if (!claim) return undefined;
  const revision = (before?.revision ?? 0) + 1;
  const of = { campaign, order, revision, changedAt };
  return now ? { ...of, state: 'attributed', ...now } : { ...of, state: 'taken_back', ...claim, net: 0 };
}

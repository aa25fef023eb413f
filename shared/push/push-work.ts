/** The lane of a campaign: occurrences that are to be decided on, now or when quiet hours end. Named by the key of the message. */
import * as z from 'zod';
import type { PersonaId } from '../identity/persona.ts';
import type { Party } from '../lanes/lane.ts';
import { Cause } from '../queues/messages.ts';
import type { Instant } from '../time/instant.ts';

export const PUSH_PREFIX = 'push/';
// The cast is the constructor of the brand.
export const pushParty = (campaign: string): Party => `${PUSH_PREFIX}${campaign}` as Party;
/** Undefined if the text is none. */
export const campaignOf = (party: string): string | undefined => /^push\/(.+)$/.exec(party)?.[1];

// The casts: written by us, of an instant and of a persona.
const At = z.iso.datetime().transform((at) => at as Instant);
const Persona = z.string().transform((id) => id as PersonaId);

export const PushWork = z.object({
  /** As it was named when the trigger came. */
  profile: Persona,
  occurrence: z.object({
    id: z.string(),
    at: At,
    cause: Cause,
    products: z.array(z.string()).exactOptional(),
  }),
  /** What of a budget it is of: a run, or a day. */
  period: z.string(),
  /**
   * Of a cart that is being left: when it was last heard of. Such a row is named by whose cart it is, not by the message, and moves with
   * each word of it; when it is due, it makes room for a row of the message.
   */
  heardAt: At.exactOptional(),
});
export type PushWork = z.infer<typeof PushWork>;

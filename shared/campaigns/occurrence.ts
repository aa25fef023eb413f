/** One time that a campaign's trigger came true for a customer, and the keys that let it lead to one message at most. */
import { createHash } from 'node:crypto';
import type { PersonaId } from '../identity/persona.ts';
import type { Cause } from '../queues/messages.ts';
import type { Instant } from '../time/instant.ts';

export interface Occurrence {
  /** The same each time that it is told: the id of the event, the run of the schedule, the cart, the product and due day. */
  readonly id: string;
  readonly at: Instant;
  readonly cause: Cause;
  /** What it is about, for templates: products that run out, are back, or were left in the cart. */
  readonly products?: readonly string[];
}

/** Only these may lead to a message: what a policy, a merge or a replay brought to light is no news to the customer. */
export const NEWS: ReadonlySet<Cause> = new Set<Cause>(['live', 'review']);

const KEY_HEX = 40;

/** Names a message: for our own records, and for providers that drop a second one of the same key. Says nothing of whom it is to. */
export const sendKey = (campaign: string, profile: PersonaId, occurrence: string): string =>
  createHash('sha256')
    .update(JSON.stringify([campaign, profile, occurrence]))
    .digest('hex')
    .slice(0, KEY_HEX);

/** Whether it has the form of one: an app may say anything of what was opened. */
export const isSendKey = (text: string): boolean => SEND_KEY.test(text);
const SEND_KEY = new RegExp(`^[0-9a-f]{${KEY_HEX}}$`);

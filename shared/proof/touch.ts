/** What of a campaign's records says anything of what it sold: who was sent to and when, and who was held out and when. */
import type { PersonaId } from '../identity/persona.ts';
import type { SendRecord } from '../push/send-record.ts';
import type { Instant } from '../time/instant.ts';

/** `not_sent`: it was meant to be, and failed, or nobody knows. Such a customer is like those held out, of whom as many would have failed. */
export type TouchKind = 'sent' | 'not_sent' | 'held_out' | 'held_out_of_all';

export interface Touch {
  readonly campaign: string;
  /** Of the message. */
  readonly key: string;
  /** As it was named then. */
  readonly profile: PersonaId;
  readonly kind: TouchKind;
  /** From then on both arms are looked at: when one was about to be sent to, and the other was not. */
  readonly decidedAt: Instant;
  /** When the provider had taken it, or as decided. */
  readonly at: Instant;
  readonly attributionDays: number;
  /** Of the campaign. */
  readonly version: number;
  readonly variant?: string;
}

/** Undefined of what was kept back, and of what is under way. */
export function touchOf(record: SendRecord): Touch | undefined {
  const { campaign, key, profile, at, claimedAt = at, attributionDays, version, variant } = record;
  const kind = kindOf(record);
  if (kind === undefined) return undefined;
  const of = { campaign, key, profile, kind, decidedAt: claimedAt, at, attributionDays, version };
  return { ...of, ...(variant !== undefined && { variant }) };
}

function kindOf({ state, heldOut }: SendRecord): TouchKind | undefined {
  switch (state) {
    case 'sent':
      return state;
    case 'failed':
    case 'unknown':
      return 'not_sent';
    case 'held_out':
      return heldOut === 'global' ? 'held_out_of_all' : 'held_out';
    case 'claimed':
    case 'sending':
    case 'suppressed':
      return undefined;
  }
}

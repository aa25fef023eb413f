/**
 * What became of one occurrence for one customer, for reports and for whoever asks why. Its key is made of campaign, customer and
 * occurrence, so what is done again lands on the same record.
 *
 * claimed → sending → sent | failed | unknown; or at once held_out or suppressed. A record that is found `sending` was left by a function
 * that died between the call and its answer.
 */
import type { HeldOut } from '../campaigns/assignment.ts';
import type { Suppression } from '../campaigns/suppression.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Cause } from '../queues/messages.ts';
import type { Provider } from '../senders/sender.ts';
import type { Instant } from '../time/instant.ts';
import type { Basis } from './basis.ts';

export const SEND_STATES = ['claimed', 'sending', 'sent', 'failed', 'unknown', 'held_out', 'suppressed'] as const;
export type SendState = (typeof SEND_STATES)[number];

export interface SendRecord {
  readonly campaign: string;
  readonly key: string;
  readonly version: number;
  /** As it was named then. */
  readonly profile: PersonaId;
  readonly occurrence: string;
  /** Of the occurrence. */
  readonly cause?: Cause;
  /** Absent where nobody was found to decide about. */
  readonly basis?: Basis;
  /** Of the state. */
  readonly at: Instant;
  readonly state: SendState;
  /** When it was first going to be sent. */
  readonly claimedAt?: Instant;
  readonly variant?: string;
  readonly isPersonalised?: boolean;
  readonly heldOut?: HeldOut;
  /** All that stood against it; the first is counted. */
  readonly reasons?: readonly Suppression[];
  /** By device: what came of it. */
  readonly devices?: readonly DeviceOutcome[];
  readonly attributionDays: number;
}

export interface DeviceOutcome {
  readonly device: string;
  readonly provider: Provider;
  readonly outcome: 'sent' | 'gone' | 'rejected' | 'refused' | 'later' | 'unknown';
  readonly code?: string;
}

export interface SendRecordPage {
  readonly items: readonly SendRecord[];
  readonly next?: string;
}

export interface SendRecordStore {
  getRecord(campaign: string, key: string): Promise<SendRecord | undefined>;
  putRecord(record: SendRecord): Promise<void>;
  /** In an order that says nothing. */
  listRecords(campaign: string, limit: number, after?: string): Promise<SendRecordPage>;
  /** One more of so many in that period; whether there was one left. Not given back: what fails costs, too. */
  takeOfBudget(campaign: string, period: string, most: number): Promise<boolean>;
}

/** Quarantine: authentic messages that could not be understood, with the reason and a pointer to their bytes. */
import * as z from 'zod';
import { EnvelopeId } from '../lake/envelope.ts';

export const QuarantineStatus = z.enum(['open', 'resolved', 'dismissed']);
export type QuarantineStatus = z.infer<typeof QuarantineStatus>;

export const QuarantineEntry = z.object({
  envelopeId: EnvelopeId,
  channel: z.string(),
  connection: z.string(),
  receivedAt: z.iso.datetime(),
  /** Why: stable code, zod path in the body, what was expected there. Never a value: it may be personal. */
  code: z.string(),
  path: z.string(),
  expected: z.string(),
  /** Where the bytes are: the object of the lake, in which the envelope has the id above. */
  object: z.string(),
  status: QuarantineStatus,
  /** Why a person dismissed it, in their words. */
  why: z.string().optional(),
});
export type QuarantineEntry = z.infer<typeof QuarantineEntry>;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export interface Quarantine {
  /** Opens the entry; one that was dismissed for the very same reason stays dismissed. */
  open(entry: Omit<QuarantineEntry, 'status' | 'why'>): Promise<void>;
  get(id: EnvelopeId): Promise<QuarantineEntry | undefined>;
  /** Newest first. */
  list(query: {
    readonly status: QuarantineStatus;
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<Page<QuarantineEntry>>;
  /** Closes an entry and keeps it for a month; does nothing where there is none. */
  close(id: EnvelopeId, status: 'resolved' | 'dismissed', now: Date, why?: string): Promise<void>;
}

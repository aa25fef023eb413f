/** Who changed what, and how it ended. Nothing of what was written: no personal data, no secret. */
import * as z from 'zod';
import type { PageOf } from '../profiles/customer.ts';
import { PageQuery, pageOf } from './page.ts';
import { operation } from './route.ts';

export const AuditEntry = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    /** The `sub` of the token. */
    caller: z.string(),
    /** Name of the operation, as in the document: `putSegment`. */
    operation: z.string(),
    /** What it was about: the id of a segment, a subscriber … */
    subject: z.string().optional(),
    /** HTTP status of the answer; absent: it broke off, and may have been done or not. */
    status: z.int().optional(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AUDIT_KEPT_DAYS = 400;

export interface AuditLog {
  /** One an id and time: the last that is put stands. */
  putEntry(entry: AuditEntry): Promise<void>;
  /** Newest first, of those that are kept; `now` is where it begins. Throws a SyntaxError where `after` is none of its own. */
  listEntries(now: Date, limit: number, after?: string): Promise<PageOf<AuditEntry>>;
}

export const listAudit = operation({
  tag: 'audit',
  summary: 'Who changed what through this API, newest first',
  description: 'Kept for 400 days. A refusal for want of a role is there, too.',
  query: PageQuery,
  answers: { 200: { description: 'A page of it.', schema: pageOf(AuditEntry) } },
});

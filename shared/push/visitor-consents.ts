/**
 * What an anonymous visitor has agreed to, or refused, before anybody knew who it is: kept of the visitor, so that it outlives a device
 * that goes, and counts for the customer that the visitor turns out to be. If it turns out otherwise, it goes with the visitor.
 */
import type { VisitorKey } from '../behaviour/names.ts';
import type { Mark } from '../profiles/marks.ts';

export interface VisitorConsentStore {
  /** Unless one of that name is there that is as new: of one instant, the one that takes back stands. */
  putConsent(visitor: VisitorKey, mark: Mark): Promise<void>;
  listConsents(visitor: VisitorKey): Promise<Mark[]>;
}

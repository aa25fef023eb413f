/** Who is in which segment, as its events tell: a row each, of which the newest revision stands. */
import type { MembershipRow } from '../segments/membership.ts';
import type { Instant } from '../time/instant.ts';
import type { ProfileEvent } from './events.ts';

export function membershipOf(event: ProfileEvent): MembershipRow[] {
  if (event.type !== 'segment.entered' && event.type !== 'segment.exited') return [];
  const { segment, subject: profile, revision, version } = event;
  // The casts: events are made of instants.
  const row = { segment, profile, revision, version, since: event.since as Instant };
  if (event.type === 'segment.entered') return [{ ...row, because: event.because }];
  return [{ ...row, because: [], leftAt: event.occurredAt as Instant }];
}

/**
 * What a customer was sent, in one item: whoever wants to send reads it and writes it back on condition that it is still the one, so that
 * of two campaigns that want the same customer at once the later sees the earlier, and no cap is passed.
 */
import type { PastSend } from '../campaigns/past-sends.ts';
import type { PersonaId } from '../identity/persona.ts';
import { epochMs, type Instant } from '../time/instant.ts';

export interface ContactLog {
  readonly profile: PersonaId;
  readonly revision: number;
  /** Oldest first. */
  readonly sends: readonly PastSend[];
}

export interface ContactLogStore {
  getLog(profile: PersonaId): Promise<ContactLog | undefined>;
  /** Throws Conflict unless its revision is the next. */
  putLog(log: ContactLog): Promise<void>;
}

/** As far back as a campaign's own cap may look. */
const KEPT_MS = 366 * 24 * 60 * 60 * 1000;
const KEPT_MOST = 400;

export const withSend = (log: ContactLog, send: PastSend, now: Instant): ContactLog => ({
  ...log,
  revision: log.revision + 1,
  sends: [...log.sends.filter(({ key, at }) => key !== send.key && epochMs(at) > epochMs(now) - KEPT_MS), send].slice(
    -KEPT_MOST,
  ),
});

/** What was claimed and then not sent after all must not count. */
export const withoutSend = (log: ContactLog, key: string): ContactLog => ({
  ...log,
  revision: log.revision + 1,
  sends: log.sends.filter((send) => send.key !== key),
});

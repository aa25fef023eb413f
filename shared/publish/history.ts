/**
 * The history of a profile: its tiers, segments, merges and splits, as they were told but for the sentences, which follow from the findings.
 * Each of its orders is an event, too, but no history: the orders are there, and a row each would cost as much as the profile.
 * Who decided a cut is in the decisions, which are only ever added: they are put between the entries when they are shown.
 */
import * as z from 'zod';
import type { Decision } from '../identity/cuts.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { PageOf } from '../profiles/customer.ts';
import { Finding } from '../tiers/reasons.ts';
import {
  ProfileCreated,
  type ProfileEvent,
  ProfileMerged,
  ProfileSplit,
  SegmentEntered,
  SegmentExited,
  TierChanged,
} from './events.ts';

/** Not its personas, 99 of them, nor its segments: they have entries of their own. */
const withoutLists = { personas: true, segments: true } as const;

export const HistoryEntry = z.discriminatedUnion('type', [
  ProfileCreated.omit(withoutLists),
  ProfileSplit.omit(withoutLists),
  ProfileMerged,
  TierChanged.extend({ reasons: z.array(Finding) }),
  SegmentEntered,
  SegmentExited,
]);
export type HistoryEntry = z.infer<typeof HistoryEntry>;

export interface HistoryStore {
  /** Idempotent by the id of the event. */
  putHistory(profile: PersonaId, entry: HistoryEntry): Promise<void>;
  /** Newest first. */
  listHistory(profile: PersonaId, limit: number, after?: string): Promise<PageOf<HistoryEntry>>;
}

export interface HistoryRow {
  readonly profile: PersonaId;
  readonly entry: HistoryEntry;
}

/** Two profiles that join or part both have it in their history; none for what is only another order. */
export function rowsOf(event: ProfileEvent): HistoryRow[] {
  if (event.type === 'profile.changed') return [];
  const entry = HistoryEntry.parse(event);
  const { subject, profile } = event;
  const other = event.type === 'profile.split' ? event.from : profile;
  return [...new Set([subject, other])].map((name) => ({ profile: name, entry }));
}

/** What people decided, as an entry. */
export interface DecisionEntry {
  readonly type: 'decision';
  readonly occurredAt: string;
  readonly decision: Decision;
}

/** Newest first. Of decisions that several personas have, one. */
export function withDecisions(
  entries: readonly HistoryEntry[],
  decisions: readonly Decision[],
): (HistoryEntry | DecisionEntry)[] {
  const byId = new Map(decisions.map((decision) => [decision.id, decision]));
  const decided = [...byId.values()].map(
    (decision): DecisionEntry => ({ type: 'decision', occurredAt: decision.at, decision }),
  );
  return [...entries, ...decided].sort((a, b) =>
    a.occurredAt < b.occurredAt ? 1 : a.occurredAt > b.occurredAt ? -1 : 0,
  );
}

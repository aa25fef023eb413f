/** The history of a customer as text to read, the newest first. */
import type { DecisionEntry, HistoryEntry } from '../shared/publish/history.ts';
import { type Language, reasonOf, TIER_NAMES } from '../shared/tiers/reasons.ts';
import { oneLine, table } from './output.ts';

export function renderHistory(entries: readonly (HistoryEntry | DecisionEntry)[], language: Language): string {
  if (entries.length === 0) return language === 'zh' ? '尚无记录。' : 'Nothing happened yet.';
  return table(
    ['at', 'what', 'why'],
    entries.map((entry) => [entry.occurredAt, ...whatAndWhy(entry, language).map(oneLine)]),
  );
}

function whatAndWhy(entry: HistoryEntry | DecisionEntry, language: Language): readonly [what: string, why: string] {
  switch (entry.type) {
    case 'decision': {
      const { decision } = entry;
      return [decision.kind, `${decision.by}: ${decision.reason}`];
    }
    case 'profile.created':
      return ['created', entry.cause];
    case 'profile.split':
      return [`parted from ${entry.from}`, entry.cause];
    case 'profile.merged':
      return [`${entry.absorbed} joined ${entry.profile}`, entry.cause];
    case 'segment.entered':
      return [`entered ${entry.segment}`, entry.cause];
    case 'segment.exited':
      return [`left ${entry.segment}`, entry.cause];
    case 'tier.changed': {
      const names = [...(entry.from === undefined ? [] : [entry.from]), entry.to].map(
        (tier) => TIER_NAMES[tier][language],
      );
      const [reason] = entry.reasons;
      return [names.join(' → '), reason ? reasonOf(reason)[language] : entry.cause];
    }
  }
}

/** The history of profiles in memory. */
import type { PersonaId } from '../../../shared/identity/persona.ts';
import { HistoryEntry, type HistoryStore } from '../../../shared/publish/history.ts';

export function memoryHistory(): HistoryStore {
  // As JSON, so that nobody holds on to what is stored.
  const rows = new Map<PersonaId, Map<string, string>>();
  return {
    async putHistory(profile, entry) {
      const mine = rows.get(profile) ?? new Map<string, string>();
      rows.set(profile, mine);
      mine.set(`${entry.occurredAt}#${entry.id}`, JSON.stringify(entry));
    },
    async listHistory(profile, limit, after) {
      const newestFirst = [...(rows.get(profile) ?? [])]
        .filter(([key]) => after === undefined || key < after)
        .sort(([a], [b]) => (a < b ? 1 : -1));
      const page = newestFirst.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(([, json]) => HistoryEntry.parse(JSON.parse(json))),
        ...(newestFirst.length > limit && last && { next: last[0] }),
      };
    },
  };
}

/** Quarantine in memory, with the conditions, order and pages of `shared/quarantine/store.ts`. Closed entries never expire. */
import type { EnvelopeId } from '../../../shared/lake/envelope.ts';
import type { Quarantine, QuarantineEntry } from '../../../shared/quarantine/quarantine.ts';

export function memoryQuarantine(): Quarantine {
  const entries = new Map<EnvelopeId, QuarantineEntry>();
  return {
    async open(entry) {
      const known = entries.get(entry.envelopeId);
      const wasDismissed = known?.status === 'dismissed' && known.code === entry.code && known.path === entry.path;
      if (!wasDismissed) entries.set(entry.envelopeId, { ...entry, status: 'open' });
    },

    async get(id) {
      const entry = entries.get(id);
      return entry && { ...entry };
    },

    async list({ status, limit, cursor }) {
      const newestFirst = [...entries.values()]
        .filter((entry) => entry.status === status && (cursor === undefined || entry.envelopeId < cursor))
        .sort((a, b) => (a.envelopeId < b.envelopeId ? 1 : -1));
      const items = newestFirst.slice(0, limit).map((entry) => ({ ...entry }));
      return { items, nextCursor: newestFirst.length > limit ? (items.at(-1)?.envelopeId ?? null) : null };
    },

    async close(id, status, _now, why) {
      const entry = entries.get(id);
      if (entry) entries.set(id, { ...entry, status, ...(why !== undefined && { why }) });
    },
  };
}

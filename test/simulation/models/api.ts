/** What the API keeps for itself, in memory, as `shared/api/store.ts` does. */
import { AUDIT_KEPT_DAYS, AuditEntry, type AuditLog } from '../../../shared/api/audit.ts';
import {
  ANSWERS_KEPT_MS,
  ATTEMPT_LASTS_MS,
  type Attempt,
  type IdempotencyStore,
  type KeptAnswer,
} from '../../../shared/api/idempotency.ts';

interface Held {
  readonly attempt: string;
  readonly digest: string;
  readonly heldUntil: number;
  readonly expiresAt: number;
  /** JSON, so that nobody holds on to what is stored. */
  readonly answer?: string;
}

export function memoryIdempotency(): IdempotencyStore {
  const items = new Map<string, Held>();
  const keyOf = ({ caller, key }: Attempt) => JSON.stringify([caller, key]);
  const isOurs = (attempt: Attempt) => items.get(keyOf(attempt))?.attempt === attempt.id;
  return {
    async begin(attempt, now) {
      const nowMs = now.getTime();
      const known = items.get(keyOf(attempt));
      const isFree =
        !known ||
        known.expiresAt <= nowMs ||
        (known.answer === undefined && known.heldUntil <= nowMs && known.digest === attempt.digest);
      if (isFree) {
        const { id, digest } = attempt;
        items.set(keyOf(attempt), {
          attempt: id,
          digest,
          heldUntil: nowMs + ATTEMPT_LASTS_MS,
          expiresAt: nowMs + ANSWERS_KEPT_MS,
        });
        return { kind: 'begun' };
      }
      if (known.digest !== attempt.digest) return { kind: 'other_request' };
      if (known.answer === undefined) return { kind: 'in_flight' };
      // The cast: only finish writes here.
      return { kind: 'answered', answer: JSON.parse(known.answer) as KeptAnswer };
    },
    async finish(attempt, answer) {
      const known = items.get(keyOf(attempt));
      if (known && isOurs(attempt)) items.set(keyOf(attempt), { ...known, answer: JSON.stringify(answer) });
    },
    async release(attempt) {
      if (isOurs(attempt)) items.delete(keyOf(attempt));
    },
  };
}

const DAY_MS = 24 * 60 * 60_000;

export function memoryAudit(): AuditLog {
  const items = new Map<string, string>();
  return {
    async putEntry(entry) {
      items.set(`${entry.at}#${entry.id}`, JSON.stringify(entry));
    },
    async listEntries(now, limit, after) {
      const oldest = new Date(now.getTime() - AUDIT_KEPT_DAYS * DAY_MS).toISOString();
      const found = [...items]
        .filter(([key]) => key >= oldest && (after === undefined || key < after))
        .sort(([a], [b]) => (a < b ? 1 : -1));
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(([, json]) => AuditEntry.parse(JSON.parse(json))),
        ...(found.length > limit && last && { next: last[0] }),
      };
    },
  };
}

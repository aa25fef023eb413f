/** What every store of the API's own does. */
import { describe, expect, it } from 'vitest';
import type { AuditEntry, AuditLog } from '../../../shared/api/audit.ts';
import {
  ANSWERS_KEPT_MS,
  ATTEMPT_LASTS_MS,
  type Attempt,
  type IdempotencyStore,
} from '../../../shared/api/idempotency.ts';
import { unique } from './samples.ts';

const NOW = new Date();
const later = (ms: number) => new Date(NOW.getTime() + ms);

export function idempotencyStoreContract(name: string, make: () => Promise<IdempotencyStore>): void {
  describe(`idempotency: ${name}`, () => {
    const attempt = (id: string, of: Partial<Attempt> = {}): Attempt => ({
      caller: 'ann',
      key: 'first',
      digest: 'abc',
      id,
      ...of,
    });
    const ANSWER = { status: 201, headers: { etag: '"1"' }, body: { id: 'sub_1', secret: 'whsec_1', none: null } };

    it('lets one begin, tells the others that it is under way, and gives them its answer', async () => {
      const store = await make();
      const mine = attempt('a', { caller: unique() });
      expect(await store.begin(mine, NOW)).toEqual({ kind: 'begun' });
      expect(await store.begin({ ...mine, id: 'b' }, NOW)).toEqual({ kind: 'in_flight' });
      await store.finish(mine, ANSWER);
      expect(await store.begin({ ...mine, id: 'c' }, NOW)).toEqual({ kind: 'answered', answer: ANSWER });
      expect(await store.begin({ ...mine, id: 'd', digest: 'other' }, NOW)).toEqual({ kind: 'other_request' });
    });

    it('keeps callers and keys apart', async () => {
      const store = await make();
      const mine = attempt('a', { caller: unique() });
      await store.begin(mine, NOW);
      for (const other of [{ caller: unique() }, { key: 'second' }])
        expect(await store.begin({ ...mine, ...other, id: 'b' }, NOW)).toEqual({ kind: 'begun' });
    });

    it('lets it be tried again once it was released, or has died', async () => {
      const store = await make();
      const mine = attempt('a', { caller: unique() });
      await store.begin(mine, NOW);
      await store.release({ ...mine, id: 'somebody' });
      expect(await store.begin({ ...mine, id: 'b' }, NOW)).toEqual({ kind: 'in_flight' });
      await store.release(mine);
      expect(await store.begin({ ...mine, id: 'c' }, NOW)).toEqual({ kind: 'begun' });
      const afterwards = later(ATTEMPT_LASTS_MS);
      expect(await store.begin({ ...mine, id: 'd', digest: 'other' }, afterwards)).toEqual({ kind: 'other_request' });
      expect(await store.begin({ ...mine, id: 'd' }, afterwards)).toEqual({ kind: 'begun' });
      // The one that was thought dead answers: too late.
      await store.finish({ ...mine, id: 'c' }, ANSWER);
      expect(await store.begin({ ...mine, id: 'e' }, afterwards)).toEqual({ kind: 'in_flight' });
    });

    it('forgets after a day', async () => {
      const store = await make();
      const mine = attempt('a', { caller: unique() });
      await store.begin(mine, NOW);
      await store.finish(mine, ANSWER);
      const next = { ...mine, id: 'b', digest: 'other' };
      expect(await store.begin(next, later(ANSWERS_KEPT_MS - 2_000))).toEqual({ kind: 'other_request' });
      expect(await store.begin(next, later(ANSWERS_KEPT_MS + 2_000))).toEqual({ kind: 'begun' });
    });

    it('keeps an answer without a body as such', async () => {
      const store = await make();
      const mine = attempt('a', { caller: unique() });
      await store.begin(mine, NOW);
      await store.finish(mine, { status: 204, headers: {} });
      expect(await store.begin({ ...mine, id: 'b' }, NOW)).toEqual({
        kind: 'answered',
        answer: { status: 204, headers: {} },
      });
    });
  });
}

export function auditLogContract(name: string, make: () => Promise<AuditLog>): void {
  describe(`audit: ${name}`, () => {
    const at = Date.UTC(2026, 10, 25);
    const DAY_MS = 24 * 60 * 60_000;
    const entry = (id: string, daysAgo: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
      id,
      at: new Date(at - daysAgo * DAY_MS).toISOString(),
      caller: 'ann',
      operation: 'putSegment',
      subject: 'sleeping',
      status: 200,
      ...more,
    });

    it('gives what was put, newest first, page by page over the months', async () => {
      const log = await make();
      const entries = [0, 0.5, 1, 20, 40, 90, 91, 92, 200, 390].map((days, index) => entry(`e${index}`, days));
      for (const one of entries.toReversed()) await log.putEntry(one);
      for (const limit of [1, 2, 3, 10, 100]) {
        const found: AuditEntry[] = [];
        let after: string | undefined;
        do {
          const { items, next } = await log.listEntries(new Date(at), limit, after);
          expect(items.length).toBeLessThanOrEqual(limit);
          found.push(...items);
          after = next;
        } while (after !== undefined);
        expect(found).toEqual(entries);
      }
    });

    it('has how it ended in place of that it began', async () => {
      const log = await make();
      const { status: _, ...begun } = entry('e', 1);
      await log.putEntry(begun);
      expect((await log.listEntries(new Date(at), 10)).items).toEqual([begun]);
      await log.putEntry({ ...begun, status: 409 });
      expect((await log.listEntries(new Date(at), 10)).items).toEqual([{ ...begun, status: 409 }]);
    });
  });
}

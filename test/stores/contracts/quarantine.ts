/** What every quarantine does. It is this suite's alone: lists hold nothing but what is put here. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Quarantine, QuarantineEntry, QuarantineStatus } from '../../../shared/quarantine/quarantine.ts';
import { newEnvelopeId } from './samples.ts';

type NewEntry = Omit<QuarantineEntry, 'status'>;
const NOW = new Date('2026-11-24T10:00:00.000Z');

function newEntry(change: Partial<NewEntry> = {}): NewEntry {
  return {
    envelopeId: newEnvelopeId(),
    channel: 'shopify',
    connection: 'tea',
    receivedAt: '2026-11-24T09:30:00.000Z',
    code: 'wire_mismatch',
    path: 'line_items.0.price',
    expected: 'a decimal',
    object: 'raw/channel=shopify/date=2026-11-24/hour=09/abc.ndjson.gz',
    ...change,
  };
}

export function quarantineContract(
  name: string,
  make: () => Promise<Quarantine>,
  { beyondOnePage }: { readonly beyondOnePage: boolean },
): void {
  describe(`quarantine: ${name}`, () => {
    let quarantine: Quarantine;
    beforeAll(async () => {
      quarantine = await make();
    });

    async function listAll(status: QuarantineStatus, limit: number): Promise<QuarantineEntry[]> {
      const found: QuarantineEntry[] = [];
      let cursor: string | undefined;
      do {
        const page = await quarantine.list({ status, limit, ...(cursor !== undefined && { cursor }) });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        found.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return found;
    }

    it('opens, gives back, closes', async () => {
      const entry = newEntry();
      expect(await quarantine.get(entry.envelopeId)).toBeUndefined();
      await quarantine.open(entry);
      expect(await quarantine.get(entry.envelopeId)).toEqual({ ...entry, status: 'open' });
      await quarantine.close(entry.envelopeId, 'resolved', NOW);
      expect(await quarantine.get(entry.envelopeId)).toMatchObject({ status: 'resolved' });
    });

    it('closes nothing where there is nothing', async () => {
      const id = newEnvelopeId();
      await quarantine.close(id, 'resolved', NOW);
      expect(await quarantine.get(id)).toBeUndefined();
    });

    it('holds an entry once, with the newest reason', async () => {
      const entry = newEntry();
      await quarantine.open(entry);
      await quarantine.open({ ...entry, code: 'adapter_defect', path: '' });
      expect(await quarantine.get(entry.envelopeId)).toMatchObject({ code: 'adapter_defect', status: 'open' });
      expect((await listAll('open', 50)).filter(({ envelopeId }) => envelopeId === entry.envelopeId)).toHaveLength(1);
    });

    it('leaves dismissed what comes again for the very same reason, and opens it for another', async () => {
      const entry = newEntry();
      await quarantine.open(entry);
      await quarantine.close(entry.envelopeId, 'dismissed', NOW);
      await quarantine.open(entry);
      expect(await quarantine.get(entry.envelopeId)).toMatchObject({ status: 'dismissed' });
      for (const change of [{ path: 'line_items.1.price' }, { code: 'body_not_json' }]) {
        await quarantine.open({ ...entry, ...change });
        expect(await quarantine.get(entry.envelopeId)).toMatchObject({ ...change, status: 'open' });
        await quarantine.open(entry);
        await quarantine.close(entry.envelopeId, 'dismissed', NOW);
      }
    });

    it('opens again what was resolved and fails anew', async () => {
      const entry = newEntry();
      await quarantine.open(entry);
      await quarantine.close(entry.envelopeId, 'resolved', NOW);
      await quarantine.open(entry);
      expect(await quarantine.get(entry.envelopeId)).toMatchObject({ status: 'open' });
    });

    it('lists by status, newest first, page by page, each entry once', async () => {
      const before = new Set((await listAll('open', 50)).map(({ envelopeId }) => envelopeId));
      const entries = Array.from({ length: 45 }, () => newEntry());
      for (const entry of entries) await quarantine.open(entry);
      for (const entry of entries.slice(0, 5)) await quarantine.close(entry.envelopeId, 'dismissed', NOW);
      const newestFirst = entries
        .slice(5)
        .map(({ envelopeId }) => envelopeId)
        .reverse();
      for (const limit of [1, 7, 40, 1_000]) {
        const listed = (await listAll('open', limit)).map(({ envelopeId }) => envelopeId);
        expect(listed.filter((id) => !before.has(id))).toEqual(newestFirst);
      }
      expect((await listAll('dismissed', 3)).map(({ envelopeId }) => envelopeId)).toEqual(
        expect.arrayContaining(entries.slice(0, 5).map(({ envelopeId }) => envelopeId)),
      );
    });

    it.runIf(beyondOnePage)('lists beyond the megabyte that one answer of DynamoDB holds', async () => {
      const long = 'x'.repeat(60_000);
      const entries = Array.from({ length: 240 }, () => newEntry({ expected: long }));
      for (const entry of entries) await quarantine.open(entry);
      const known = new Set<string>(entries.map(({ envelopeId }) => envelopeId));
      const listed = (await listAll('open', 50)).filter(({ envelopeId }) => known.has(envelopeId));
      expect(listed.map(({ envelopeId }) => envelopeId)).toEqual([...known].reverse());
    });
  });
}

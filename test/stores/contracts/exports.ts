/** What every store of exports, and of their files, does. */
import { describe, expect, it } from 'vitest';
import type { Export, ExportStore, StoredSchedule } from '../../../shared/exports/export.ts';
import { ExportWishes } from '../../../shared/exports/export.ts';
import type { ExportFiles } from '../../../shared/exports/export-files.ts';
import { exportId } from '../../../shared/exports/export-id.ts';
import { newExport } from '../../../shared/exports/manage.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { instant } from '../../../shared/time/instant.ts';

const START_MS = Date.UTC(2026, 10, 24, 10);
const minute = (minutes: number) => instant(START_MS + minutes * 60_000);

const waiting = (minutes: number, { segment = 'sleeping', tail = 'x' } = {}): Export => {
  const requestedAt = minute(minutes);
  const id = exportId({ segment, at: requestedAt, tail });
  return newExport(ExportWishes.parse({}), { id, segment, by: 'a marketer', masked: false, requestedAt });
};

const done = (record: Export): Export => ({
  ...record,
  status: 'done',
  revision: record.revision + 1,
  startedAt: minute(1),
  finishedAt: minute(2),
  rows: 7,
  files: [{ name: 'members.csv', key: 'exports/sleeping/1/2/members.csv', rows: 7, bytes: 900, sha256: 'ab' }],
  version: 3,
  eventsFrom: minute(-1440),
});

export function exportStoreContract(name: string, make: () => Promise<ExportStore>): void {
  describe(`exports: ${name}`, () => {
    it('gives back what was put last, exactly, and nothing before', async () => {
      const store = await make();
      const record = waiting(0);
      expect(await store.getExport(record.id)).toBeUndefined();
      expect(await store.getExport('nonsense')).toBeUndefined();
      await store.putExport(record);
      expect(await store.getExport(record.id)).toEqual(record);
      await store.putExport(done(record));
      expect(await store.getExport(record.id)).toEqual(done(record));
      const failed: Export = { ...done(record), revision: 3, status: 'failed', code: 'took_too_long' };
      await store.putExport(failed);
      expect(await store.getExport(record.id)).toEqual(failed);
    });

    it('puts nothing over a revision that was not seen', async () => {
      const store = await make();
      const record = waiting(0);
      await expect(store.putExport({ ...record, revision: 2 })).rejects.toThrow(Conflict);
      await store.putExport(record);
      await expect(store.putExport({ ...record, by: 'another' })).rejects.toThrow(Conflict);
      await expect(store.putExport({ ...record, revision: 3 })).rejects.toThrow(Conflict);
      const tries = await Promise.allSettled(
        [1, 2, 3].map((rows) => store.putExport({ ...record, revision: 2, status: 'running', rows })),
      );
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it.each([1, 2, 100])('lists those of a segment, newest first, %i at a time', async (limit) => {
      const store = await make();
      const records = [3, 1, 5, 2, 4].map((minutes) => waiting(minutes));
      for (const record of [...records, waiting(9, { segment: 'sleeping-2' })]) await store.putExport(record);
      const found: Export[] = [];
      let after: string | undefined;
      do {
        const { items, next } = await store.listExports('sleeping', limit, after);
        expect(items.length).toBeLessThanOrEqual(limit);
        found.push(...items);
        after = next;
      } while (after !== undefined);
      expect(found).toEqual(records.toSorted((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1)));
      expect((await store.listExports('nobody', limit)).items).toEqual([]);
    });

    it('keeps a schedule a segment, put and removed by its revision', async () => {
      const store = await make();
      const schedule: StoredSchedule = {
        segment: 'sleeping',
        every: 'week',
        hour: 6,
        timezone: 'Asia/Shanghai',
        wishes: ExportWishes.parse({ format: 'parquet', columns: ['names'] }),
        revision: 1,
        masked: true,
        by: 'a marketer',
        nextAt: minute(0),
      };
      const other = { ...schedule, segment: 'new', wishes: ExportWishes.parse({}) };
      expect(await store.getSchedule('sleeping')).toBeUndefined();
      await store.putSchedule(schedule);
      await store.putSchedule(other);
      await expect(store.putSchedule(schedule)).rejects.toThrow(Conflict);
      const next = { ...schedule, revision: 2, nextAt: minute(9) };
      await store.putSchedule(next);
      expect(await store.getSchedule('sleeping')).toEqual(next);
      expect(await store.listSchedules()).toEqual([other, next]);
      await expect(store.removeSchedule('sleeping', 1)).rejects.toThrow(Conflict);
      await store.removeSchedule('sleeping', 2);
      await expect(store.removeSchedule('sleeping', 2)).rejects.toThrow(Conflict);
      await expect(store.putSchedule({ ...next, revision: 3 })).rejects.toThrow(Conflict);
      expect(await store.listSchedules()).toEqual([other]);
    });
  });
}

export interface ReadableFiles {
  readonly files: ExportFiles;
  /** What is at a key now; undefined where nothing is. */
  read(key: string): Promise<Uint8Array | undefined>;
}

const KIND = { contentType: 'text/csv; charset=utf-8', keepDays: 3 };
const MIB = 1024 * 1024;

export function exportFilesContract(name: string, make: () => Promise<ReadableFiles>): void {
  describe(`files of exports: ${name}`, () => {
    const KEY = 'exports/sleeping/sleeping.1.x/2/members.csv';
    const bytesOf = async (from: ReadableFiles) => Buffer.from((await from.read(KEY)) ?? 'nothing is there');

    it.each([
      ['nothing', []],
      ['a line', ['一,二\r\n']],
      ['several parts, the last one short', Array.from({ length: 20 }, (_, index) => String(index % 10).repeat(MIB))],
    ])('holds just what was written: %s', async (_, texts) => {
      const from = await make();
      const upload = from.files.open(KEY, KIND);
      for (const text of texts) await upload.write(Buffer.from(text));
      expect(await from.read(KEY)).toBeUndefined();
      await upload.finish();
      expect((await bytesOf(from)).equals(Buffer.from(texts.join('')))).toBe(true);
    });

    it.each([0, 1, 20])('leaves nothing where it was given up after %i MB', async (parts) => {
      const from = await make();
      const upload = from.files.open(KEY, KIND);
      for (let part = 0; part < parts; part++) await upload.write(Buffer.alloc(MIB, 'x'));
      await upload.abort();
      expect(await from.read(KEY)).toBeUndefined();
    });
  });
}

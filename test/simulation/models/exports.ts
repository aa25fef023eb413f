/** Exports, their schedules and their files in memory, as `shared/exports/store.ts` keeps them. */
import type { Export, ExportStore, StoredSchedule } from '../../../shared/exports/export.ts';
import type { ExportFiles } from '../../../shared/exports/export-files.ts';
import { readExportId } from '../../../shared/exports/export-id.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';

export function memoryExports(): ExportStore {
  // As JSON, so that nobody holds on to what is stored. The casts: only this file writes what it reads.
  const exports = new Map<string, string>();
  const schedules = new Map<string, string>();
  const readExport = (json: string) => JSON.parse(json) as Export;
  const readSchedule = (json: string) => JSON.parse(json) as StoredSchedule;
  const unlessChanged = (json: string | undefined, seen: number) => {
    const revision = json === undefined ? 0 : (JSON.parse(json) as { revision: number }).revision;
    if (revision !== seen) throw new Conflict('export_changed', 'It was changed meanwhile.');
  };
  return {
    async getExport(id) {
      const json = exports.get(id);
      return json === undefined ? undefined : readExport(json);
    },
    async putExport(record) {
      unlessChanged(exports.get(record.id), record.revision - 1);
      exports.set(record.id, JSON.stringify(record));
    },
    async listExports(segment, limit, after) {
      const newestFirst = [...exports.keys()]
        .flatMap((id) => readExportId(id) ?? [])
        .filter((id) => id.segment === segment && (after === undefined || id.rest < after))
        .map(({ rest }) => rest)
        .sort()
        .reverse();
      const page = newestFirst.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.flatMap((rest) => exports.get(`${segment}.${rest}`) ?? []).map(readExport),
        ...(newestFirst.length > limit && last !== undefined && { next: last }),
      };
    },
    async getSchedule(segment) {
      const json = schedules.get(segment);
      return json === undefined ? undefined : readSchedule(json);
    },
    async putSchedule(schedule) {
      unlessChanged(schedules.get(schedule.segment), schedule.revision - 1);
      schedules.set(schedule.segment, JSON.stringify(schedule));
    },
    async removeSchedule(segment, revision) {
      unlessChanged(schedules.get(segment), revision);
      schedules.delete(segment);
    },
    listSchedules: async () =>
      [...schedules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, json]) => readSchedule(json)),
  };
}

export interface MemoryExportFiles extends ExportFiles {
  /** Of those that are finished, by key. */
  readonly files: ReadonlyMap<
    string,
    { readonly content: Buffer; readonly contentType: string; readonly keepDays: number }
  >;
  /** How many are begun, and neither finished nor given up. */
  unfinished(): number;
}

export function memoryExportFiles(): MemoryExportFiles {
  const files = new Map<string, { content: Buffer; contentType: string; keepDays: number }>();
  let open = 0;
  return {
    files,
    unfinished: () => open,
    open(key, kind) {
      const chunks: Uint8Array[] = [];
      open++;
      return {
        async write(bytes) {
          // A copy: whoever wrote it may use it again.
          chunks.push(Uint8Array.from(bytes));
        },
        async finish() {
          open--;
          files.set(key, { content: Buffer.concat(chunks), ...kind });
        },
        async abort() {
          open--;
        },
      };
    },
    link: async (key, { disposition, seconds }) =>
      `memory:${key}?seconds=${seconds}&disposition=${encodeURIComponent(disposition)}`,
  };
}

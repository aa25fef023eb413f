/** What the API answers of exports and their schedules. */
import * as z from 'zod';
import { SegmentId } from '../segments/condition.ts';
import {
  EXPORT_STATUSES,
  type Export,
  ExportColumn,
  ExportFormat,
  ExportSchedule,
  type StoredSchedule,
} from './export.ts';

const At = z.iso.datetime();
const Count = z.int().min(0);

const ExportFileView = z.object({
  /** `members.csv`, `left.csv`, `manifest.json` */
  name: z.string(),
  rows: Count,
  bytes: Count,
  /** Hex. */
  sha256: z.string(),
  /** Anybody who has it may fetch the file, until `urlExpiresAt` at the latest: ask again for another. */
  url: z.string().optional(),
  urlExpiresAt: At.optional(),
});

export const ExportView = z.object({
  id: z.string(),
  segment: SegmentId,
  status: z.enum(EXPORT_STATUSES),
  format: ExportFormat,
  columns: z.array(ExportColumn),
  /** Names and contacts in it are masked. */
  masked: z.boolean(),
  by: z.string(),
  requestedAt: At,
  startedAt: At.optional(),
  finishedAt: At.optional(),
  /** Until then there are files. */
  expiresAt: At,
  /** Members written by then. */
  rows: Count.optional(),
  /** Of the segment's definition. */
  version: z.int().optional(),
  /** Events from then on go on where the files end. */
  eventsFrom: At.optional(),
  /** Why it failed: `took_too_long`, `interrupted`, `segment_missing`, `expired` … */
  code: z.string().optional(),
  /** Once it is done. */
  files: z.array(ExportFileView).optional(),
  /** Names and contacts are in it, in the clear, and whoever asks may not see them: so there are no links. */
  linksWithheld: z.boolean(),
});
export type ExportView = z.infer<typeof ExportView>;

export interface Link {
  readonly url: string;
  readonly urlExpiresAt: string;
}

export const exportView = (
  { files, revision: _, ...record }: Export,
  { links = new Map(), linksWithheld }: { readonly links?: ReadonlyMap<string, Link>; readonly linksWithheld: boolean },
): ExportView => ({
  ...record,
  columns: [...record.columns],
  ...(files && { files: files.map(({ key: __, ...file }) => ({ ...file, ...links.get(file.name) })) }),
  linksWithheld,
});

export const ScheduleView = z.object({
  ...ExportSchedule.shape,
  segment: SegmentId,
  revision: z.int().positive(),
  /** Names and contacts in its exports will be masked. */
  masked: z.boolean(),
  by: z.string(),
  /** It comes within a quarter of an hour after that. */
  nextAt: At,
});
export type ScheduleView = z.infer<typeof ScheduleView>;

export const scheduleView = (schedule: StoredSchedule): ScheduleView => ({ ...schedule });

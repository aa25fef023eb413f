/**
 * A file of who is in a segment, in the lake for some days. Its rows bear the revision of each profile, and those who left of
 * late are in a file of their own: so the files and the events from `eventsFrom` on, the greatest revision of each profile
 * standing, are the membership at any later time.
 */
import * as z from 'zod';
import type { Instant } from '../time/instant.ts';

export const EXPORT_FORMATS = ['csv', 'ndjson', 'parquet'] as const;
export const ExportFormat = z.enum(EXPORT_FORMATS);
export type ExportFormat = z.infer<typeof ExportFormat>;

/** `profile`, `revision` and `since` are always there. The last four are personal: masked for who may not see them. */
export const EXPORT_COLUMNS = [
  'profile',
  'revision',
  'since',
  'segmentVersion',
  'tier',
  'orders',
  'netSpend',
  'currency',
  'netSpend365d',
  'averageOrder',
  'refundRate',
  'firstPaidAt',
  'lastPaidAt',
  'clv12m',
  'aliveProbability',
  'nextOrderAt',
  'channels',
  'categories',
  'regions',
  'personas',
  'names',
  'phones',
  'emails',
  'memberCards',
] as const;
export const ExportColumn = z.enum(EXPORT_COLUMNS);
export type ExportColumn = z.infer<typeof ExportColumn>;
export const PERSONAL_COLUMNS: ReadonlySet<ExportColumn> = new Set(['names', 'phones', 'emails', 'memberCards']);
export const DEFAULT_COLUMNS: readonly ExportColumn[] = EXPORT_COLUMNS.filter((one) => !PERSONAL_COLUMNS.has(one));

export const ExportWishes = z.strictObject({
  format: ExportFormat.default('csv'),
  columns: z.array(ExportColumn).min(1).max(EXPORT_COLUMNS.length).optional(),
  /** How long its links hold, and the files are kept. */
  keepDays: z.int().min(1).max(30).default(7),
});
export type ExportWishes = z.infer<typeof ExportWishes>;

export const EXPORT_STATUSES = ['waiting', 'running', 'done', 'failed'] as const;

export interface ExportFile {
  readonly name: string;
  readonly key: string;
  readonly rows: number;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** The record of an export, kept a year after its files are gone: who took what, when. */
export interface Export {
  readonly id: string;
  readonly segment: string;
  readonly status: (typeof EXPORT_STATUSES)[number];
  readonly revision: number;
  readonly format: ExportFormat;
  readonly columns: readonly ExportColumn[];
  /** Whether what is personal was asked for by who may not see it. */
  readonly masked: boolean;
  readonly by: string;
  readonly requestedAt: Instant;
  readonly startedAt?: Instant;
  readonly finishedAt?: Instant;
  readonly expiresAt: Instant;
  /** Rows written by then. */
  readonly rows?: number;
  readonly files?: readonly ExportFile[];
  /** Of the definition. */
  readonly version?: number;
  /** Whatever happened before is in the files; of later events the greatest revision of each profile stands. */
  readonly eventsFrom?: Instant;
  readonly code?: string;
}

/** Exports that come by themselves, at an hour of a zone: every day, on Mondays, or on the first of the month. One a segment. */
export const ExportSchedule = z.strictObject({
  every: z.enum(['day', 'week', 'month']),
  /** 0 to 23, in the zone. */
  hour: z.int().min(0).max(23),
  timezone: z.string().max(64).default('Asia/Shanghai'),
  wishes: ExportWishes,
});
export type ExportSchedule = z.infer<typeof ExportSchedule>;
export interface StoredSchedule extends ExportSchedule {
  readonly segment: string;
  readonly revision: number;
  readonly masked: boolean;
  readonly by: string;
  readonly nextAt: Instant;
}

export interface ExportStore {
  getExport(id: string): Promise<Export | undefined>;
  /** Throws Conflict unless its revision is the next (1: there was none). */
  putExport(record: Export): Promise<void>;
  /** Newest first. */
  listExports(
    segment: string,
    limit: number,
    after?: string,
  ): Promise<{ readonly items: readonly Export[]; readonly next?: string }>;
  getSchedule(segment: string): Promise<StoredSchedule | undefined>;
  /** Throws Conflict likewise. */
  putSchedule(schedule: StoredSchedule): Promise<void>;
  removeSchedule(segment: string, revision: number): Promise<void>;
  listSchedules(): Promise<StoredSchedule[]>;
}

/** On the exports queue. */
export const ExportsMessage = z.union([
  z.object({ export: z.string().min(1) }),
  z.object({ schedules: z.literal(true) }),
]);
export type ExportsMessage = z.infer<typeof ExportsMessage>;

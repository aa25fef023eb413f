/** What people do with exports and their schedules. Whoever calls has checked who asks, and the form of what is asked. */
import { randomBytes } from 'node:crypto';
import type { PageOf } from '../profiles/customer.ts';
import type { Queue } from '../queues/queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { NotFound } from '../runtime/errors.ts';
import type { SegmentVersion } from '../segments/definition.ts';
import type { SegmentStore } from '../segments/segment-store.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import { isPersonal, wholeColumns } from './columns.ts';
import type {
  Export,
  ExportColumn,
  ExportFile,
  ExportSchedule,
  ExportStore,
  ExportsMessage,
  ExportWishes,
  StoredSchedule,
} from './export.ts';
import type { ExportFiles } from './export-files.ts';
import { exportId } from './export-id.ts';
import { attachment } from './file-name.ts';
import { isZone, nextTime } from './next-time.ts';
import { type ExportView, exportView, type Link, type ScheduleView, scheduleView } from './views.ts';

/** All that the functions below need; each says which of it. */
export interface ExportManagement {
  readonly exports: ExportStore;
  readonly files: Pick<ExportFiles, 'link'>;
  readonly segments: Pick<SegmentStore, 'getSegment'>;
  readonly queue: Queue<ExportsMessage>;
  readonly clock: Clock;
  /** Makes an export of a segment and time one of several. */
  readonly newTail: () => string;
}
type Needs<Name extends keyof ExportManagement> = Pick<ExportManagement, Name>;

/** For `newTail`. */
export const randomTail = (): string => randomBytes(6).toString('base64url');

export interface ExportCaller {
  /** Kept in the record. */
  readonly by: string;
  readonly maySeePersonal: boolean;
}

/** Expected: the person can do something about it. */
export interface ExportRefused {
  readonly kind: 'refused';
  readonly code: 'too_many_waiting' | 'segment_archived' | 'timezone_unknown';
  readonly message: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Of one segment, at once. */
export const WAITING_MOST = 3;
/** What was asked for before and is not done is lost, or waits for an operator: it is no reason to refuse another. */
const WAITS_MS = DAY_MS;
const LINK_SECONDS = 12 * 60 * 60;

export type RequestOutcome = ExportRefused | { readonly kind: 'requested'; readonly export: ExportView };

/** @throws NotFound if there is no such segment */
export async function requestExport(
  {
    segment,
    wishes,
    caller,
  }: { readonly segment: string; readonly wishes: ExportWishes; readonly caller: ExportCaller },
  { exports, segments, queue, clock, newTail }: Needs<'exports' | 'segments' | 'queue' | 'clock' | 'newTail'>,
): Promise<RequestOutcome> {
  const known = await requireSegment(segment, segments);
  if (known.isArchived) return archived(segment);
  const requestedAt = instant(clock().getTime());
  if ((await countWaiting(segment, requestedAt, exports)) >= WAITING_MOST) {
    const message = `${WAITING_MOST} exports of segment ${segment} are waiting or being written. Ask again when one is done.`;
    return { kind: 'refused', code: 'too_many_waiting', message };
  }
  const id = exportId({ segment, at: requestedAt, tail: newTail() });
  const { by } = caller;
  const record = newExport(wishes, { id, segment, by, masked: isMasked(wishes, caller), requestedAt });
  // First the record: a message about nothing would come to nothing.
  await exports.putExport(record);
  try {
    await queue.send({ export: id });
  } catch (error) {
    await giveUp(record, requestedAt, exports);
    throw error;
  }
  return { kind: 'requested', export: exportView(record, { linksWithheld: false }) };
}

/** Nobody comes for it, so it is not to be among those that wait; if the message arrived all the same, whoever has it stands. */
async function giveUp(record: Export, at: Instant, exports: Pick<ExportStore, 'putExport'>): Promise<void> {
  const failed: Export = {
    ...record,
    revision: record.revision + 1,
    status: 'failed',
    finishedAt: at,
    code: 'interrupted',
  };
  // Why it could not be sent matters more than this.
  await exports.putExport(failed).catch(() => undefined);
}

/** As it is first put. */
export function newExport(
  { format, columns, keepDays }: ExportWishes,
  { requestedAt, ...known }: Pick<Export, 'id' | 'segment' | 'by' | 'masked' | 'requestedAt'>,
): Export {
  return {
    ...known,
    status: 'waiting',
    revision: 1,
    format,
    columns: wholeColumns(columns),
    requestedAt,
    expiresAt: instant(epochMs(requestedAt) + keepDays * DAY_MS),
  };
}

const isMasked = ({ columns = [] }: { readonly columns?: readonly ExportColumn[] | undefined }, caller: ExportCaller) =>
  isPersonal(columns) && !caller.maySeePersonal;

/** About: two who ask at the same moment may both be let in. */
async function countWaiting(segment: string, now: Instant, exports: Pick<ExportStore, 'listExports'>): Promise<number> {
  const { items } = await exports.listExports(segment, 100);
  const isWaiting = ({ status, requestedAt }: Export) =>
    (status === 'waiting' || status === 'running') && epochMs(requestedAt) > epochMs(now) - WAITS_MS;
  return items.filter(isWaiting).length;
}

/**
 * With links to its files while there are any, unless they show what whoever asks may not see.
 *
 * @throws NotFound
 */
export async function getExport(
  { id, caller }: { readonly id: string; readonly caller: Pick<ExportCaller, 'maySeePersonal'> },
  { exports, files, segments, clock }: Needs<'exports' | 'files' | 'segments' | 'clock'>,
): Promise<ExportView> {
  const record = await exports.getExport(id);
  if (!record) throw new NotFound('export_not_found', `There is no export ${id}.`);
  const linksWithheld = isWithheld(record, caller);
  const seconds = Math.min(LINK_SECONDS, Math.floor((epochMs(record.expiresAt) - clock().getTime()) / 1000));
  if (record.status !== 'done' || linksWithheld || seconds <= 0) return exportView(record, { linksWithheld });
  const name = (await segments.getSegment(record.segment))?.name ?? record.segment;
  const urlExpiresAt = instant(clock().getTime() + seconds * 1000);
  const links = new Map<string, Link>();
  for (const file of record.files ?? []) {
    const disposition = attachment(namesOf(file, record, name));
    links.set(file.name, { url: await files.link(file.key, { disposition, seconds }), urlExpiresAt });
  }
  return exportView(record, { links, linksWithheld });
}

/** 高价值沉睡客户-2026-11-24-members.csv */
function namesOf({ name }: ExportFile, { segment, requestedAt }: Export, title: string) {
  const ofFile = `${requestedAt.slice(0, 10)}-${name}`;
  return { name: `${title}-${ofFile}`, plain: `${segment}-${ofFile}` };
}

const isWithheld = ({ columns, masked }: Export, { maySeePersonal }: Pick<ExportCaller, 'maySeePersonal'>): boolean =>
  isPersonal(columns) && !masked && !maySeePersonal;

/** Newest first, without links. */
export async function listExports(
  {
    segment,
    limit,
    after,
    caller,
  }: {
    readonly segment: string;
    readonly limit: number;
    readonly after?: string | undefined;
    readonly caller: Pick<ExportCaller, 'maySeePersonal'>;
  },
  { exports }: Needs<'exports'>,
): Promise<PageOf<ExportView>> {
  const { items, ...more } = await exports.listExports(segment, limit, after);
  return {
    items: items.map((record) => exportView(record, { linksWithheld: isWithheld(record, caller) })),
    ...more,
  };
}

export type ScheduleOutcome = ExportRefused | { readonly kind: 'put'; readonly schedule: ScheduleView };

/**
 * In place of the one there is. Its exports are masked, or not, as those of who puts it are now.
 * `revision`: the one that was seen, 0 for none; absent: whichever it is.
 *
 * @throws NotFound if there is no such segment · Conflict if the schedule was changed meanwhile
 */
export async function putSchedule(
  {
    segment,
    schedule,
    caller,
    revision,
  }: {
    readonly segment: string;
    readonly schedule: ExportSchedule;
    readonly caller: ExportCaller;
    readonly revision?: number | undefined;
  },
  { exports, segments, clock }: Needs<'exports' | 'segments' | 'clock'>,
): Promise<ScheduleOutcome> {
  const known = await requireSegment(segment, segments);
  if (known.isArchived) return archived(segment);
  const { timezone, wishes } = schedule;
  if (!isZone(timezone)) {
    const message = `There is no time zone ${timezone}. It has a name such as Asia/Shanghai or Europe/Berlin.`;
    return { kind: 'refused', code: 'timezone_unknown', message };
  }
  const seen = revision ?? (await exports.getSchedule(segment))?.revision ?? 0;
  const stored: StoredSchedule = {
    ...schedule,
    segment,
    revision: seen + 1,
    masked: isMasked(wishes, caller),
    by: caller.by,
    nextAt: nextTime(schedule, instant(clock().getTime())),
  };
  await exports.putSchedule(stored);
  return { kind: 'put', schedule: scheduleView(stored) };
}

/** @throws NotFound */
export async function getSchedule(
  { segment }: { readonly segment: string },
  { exports }: Needs<'exports'>,
): Promise<ScheduleView> {
  const schedule = await exports.getSchedule(segment);
  if (!schedule) throw noSchedule(segment);
  return scheduleView(schedule);
}

/**
 * `revision`: as above.
 *
 * @throws NotFound · Conflict if it was changed meanwhile
 */
export async function removeSchedule(
  { segment, revision }: { readonly segment: string; readonly revision?: number | undefined },
  { exports }: Needs<'exports'>,
): Promise<void> {
  const known = await exports.getSchedule(segment);
  if (!known) throw noSchedule(segment);
  await exports.removeSchedule(segment, revision ?? known.revision);
}

const noSchedule = (segment: string) =>
  new NotFound('schedule_not_found', `Segment ${segment} is exported on request only.`);

/** Archived ones, too. Throws NotFound. */
export async function requireSegment(id: string, segments: Pick<SegmentStore, 'getSegment'>): Promise<SegmentVersion> {
  const known = await segments.getSegment(id);
  if (!known) throw new NotFound('segment_not_found', `There is no segment ${id}.`);
  return known;
}

const archived = (segment: string): ExportRefused => ({
  kind: 'refused',
  code: 'segment_archived',
  message: `Segment ${segment} is archived, so nobody is in it.`,
});

/**
 * One export, from its record to its files. A message may come twice and its holder may die: the record says how far it is. Who runs
 * it holds it by the record's revision, for as long as a function can live; after that the next one begins anew, in a folder of its own.
 *
 * Reading takes minutes, and rows change meanwhile. That breaks nothing: each row bears the revision of its profile, and whatever
 * changed while it was read, or shortly before, is told by an event from `eventsFrom` on.
 */
import { pMapIterable } from 'p-map';
import type { Clock } from '../runtime/clock.ts';
import { Conflict, Defect, isPassing, NotFound } from '../runtime/errors.ts';
import type { SegmentVersion } from '../segments/definition.ts';
import type { SegmentStore } from '../segments/segment-store.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import { fileColumns, LEFT_COLUMNS } from './columns.ts';
import type { Export, ExportFile, ExportStore } from './export.ts';
import { type ExportFiles, FILE_KINDS, type FileKind, folderOf } from './export-files.ts';
import { manifestOf } from './manifest.ts';
import { type MemberReads, pagesOf, readPage } from './read-members.ts';
import { writeBytes, writeRows } from './write-file.ts';

export interface RunDependencies extends MemberReads {
  readonly exports: Pick<ExportStore, 'getExport' | 'putExport'>;
  readonly files: Pick<ExportFiles, 'open'>;
  readonly segments: Pick<SegmentStore, 'getSegment'>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<unknown>;
}

export type RunOutcome =
  | { readonly kind: 'done'; readonly record: Export }
  /** It will not come by itself again: the person asks anew. */
  | { readonly kind: 'failed'; readonly record: Export; readonly error: unknown }
  /** It was done before, or nobody asked for it. */
  | { readonly kind: 'nothing' };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * A row is put after its event was told, which may be late: publish falls behind, or fails for a while. An alarm rings after an hour of
 * that (infra/publish-stage.ts), and what is not told within 23 hours never is (infra/defaults/stream.ts). So of what occurred a day
 * before the reading began, the row is there; the hour between is for clocks, for reads that lag, and for how long writing a profile took.
 */
export const EVENTS_MARGIN_MS = 24 * HOUR_MS;
/** Longer than a function lives, so who has not ended it by then never will. */
export const LEASE_MS = 16 * MINUTE_MS;
const ATTEMPTS = 3;
const PAUSE_MS = 5_000;
/** Pages that are read at once, ahead of the one that is written. */
const PAGES_AT_ONCE = 4;
/** How often the record says how far it is. */
const PROGRESS_MS = 5_000;

/**
 * `deadlineMs`: what is not done by then has failed.
 *
 * @throws Conflict where another may be at it: the message is to come again.
 */
export async function runExport(
  id: string,
  { deadlineMs }: { readonly deadlineMs: number },
  dependencies: RunDependencies,
): Promise<RunOutcome> {
  const { exports, clock, sleep } = dependencies;
  const known = await exports.getExport(id);
  if (!known || known.status === 'done' || known.status === 'failed') return { kind: 'nothing' };
  const { startedAt } = known;
  if (startedAt !== undefined && epochMs(startedAt) + LEASE_MS > clock().getTime())
    throw new Conflict('export_running', `Another may be writing export ${id}.`);
  const held = hold(known, exports);
  for (let attempt = 1; ; attempt++) {
    try {
      return { kind: 'done', record: await write(held, deadlineMs, dependencies) };
    } catch (error) {
      // Whoever has it now goes on.
      if (error instanceof Conflict) throw error;
      const hasTime = clock().getTime() + PAUSE_MS * attempt < deadlineMs;
      if (!isPassing(error) || attempt === ATTEMPTS || !hasTime) {
        const record = await held.put({
          status: 'failed',
          finishedAt: instant(clock().getTime()),
          code: codeOf(error),
        });
        return { kind: 'failed', record, error };
      }
      await sleep(PAUSE_MS * attempt);
    }
  }
}

/** The record as its holder put it last: a put over what another has put throws, and ends the run. */
interface Held {
  record(): Export;
  put(change: Partial<Export>): Promise<Export>;
}

function hold(known: Export, { putExport }: Pick<ExportStore, 'putExport'>): Held {
  let record = known;
  return {
    record: () => record,
    async put(change) {
      const next = { ...record, ...change, revision: record.revision + 1 };
      await putExport(next);
      record = next;
      return next;
    },
  };
}

async function write(held: Held, deadlineMs: number, dependencies: RunDependencies): Promise<Export> {
  const { segments, clock } = dependencies;
  // Before anything is read.
  const startedMs = clock().getTime();
  const { id, segment, expiresAt } = held.record();
  if (epochMs(expiresAt) <= startedMs)
    throw new NotFound('expired', `The files of export ${id} are not wanted any more.`);
  const definition = await segments.getSegment(segment);
  if (!definition) throw new NotFound('segment_missing', `There is no segment ${segment}.`);
  const times = { startedAt: instant(startedMs), eventsFrom: instant(startedMs - EVENTS_MARGIN_MS) };
  await held.put({ status: 'running', ...times, version: definition.version, rows: 0 });
  const files = await writeFiles(held, { definition, deadlineMs, ...times }, dependencies);
  return held.put({
    status: 'done',
    finishedAt: instant(clock().getTime()),
    rows: files.members.rows,
    files: [files.members, files.left, files.manifest],
  });
}

interface Run {
  readonly definition: SegmentVersion;
  readonly deadlineMs: number;
  readonly startedAt: Instant;
  readonly eventsFrom: Instant;
}

async function writeFiles(held: Held, run: Run, dependencies: RunDependencies) {
  const { files } = dependencies;
  const record = held.record();
  const { segment, id, revision, format, columns, expiresAt, requestedAt } = record;
  const folder = folderOf({ segment, id, run: revision });
  const keepDays = Math.round((epochMs(expiresAt) - epochMs(requestedAt)) / (24 * HOUR_MS));
  const open = (title: string, { extension, contentType }: FileKind) => {
    const name = `${title}.${extension}`;
    const key = `${folder}${name}`;
    return { named: { name, key }, upload: files.open(key, { contentType, keepDays }) };
  };
  const [toMembers, toLeft] = [open('members', FILE_KINDS[format]), open('left', FILE_KINDS[format])];
  const members = writeRows(format, fileColumns(columns), toMembers.upload);
  const left = writeRows(format, LEFT_COLUMNS, toLeft.upload);
  const written = await orAbort([toMembers.upload, toLeft.upload], async () => {
    const progress = progressOf(held, dependencies.clock);
    const read = (rows: Parameters<typeof readPage>[0]) => readPage(rows, record, dependencies);
    for await (const page of pMapIterable(pagesOf(segment, dependencies), read, { concurrency: PAGES_AT_ONCE })) {
      if (dependencies.clock().getTime() >= run.deadlineMs) throw new TookTooLong();
      await members.write(page.members);
      await left.write(page.left);
      await progress(members.rows());
    }
    return {
      members: { ...toMembers.named, ...(await members.finish()) },
      left: { ...toLeft.named, ...(await left.finish()) },
    };
  });
  const toManifest = open('manifest', FILE_KINDS.json);
  const manifest = await orAbort([toManifest.upload], async (): Promise<ExportFile> => {
    const file = writeBytes(toManifest.upload);
    const content = manifestOf(record, run.definition, { ...run, ...written });
    await file.write(Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`));
    return { ...toManifest.named, rows: 0, ...(await file.finish()) };
  });
  return { ...written, manifest };
}

async function orAbort<Result>(
  uploads: readonly { abort(): Promise<void> }[],
  writeAll: () => Promise<Result>,
): Promise<Result> {
  try {
    return await writeAll();
  } catch (error) {
    // What they say of it matters less than why.
    await Promise.allSettled(uploads.map((upload) => upload.abort()));
    throw error;
  }
}

/** Says so in the record now and then: and finds out whether the record is still ours. */
function progressOf(held: Held, clock: Clock): (rows: number) => Promise<void> {
  let toldMs = clock().getTime();
  return async (rows) => {
    if (clock().getTime() - toldMs < PROGRESS_MS) return;
    await held.put({ rows });
    toldMs = clock().getTime();
  };
}

class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
  constructor() {
    super('The time of a function was not enough.');
  }
}

/** For the person who asked. */
function codeOf(error: unknown): string {
  if (error instanceof TookTooLong) return 'took_too_long';
  if (error instanceof Defect || error instanceof NotFound) return error.code;
  return isPassing(error) ? 'interrupted' : 'unexpected';
}

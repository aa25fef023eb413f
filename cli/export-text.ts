/** Exports and their schedules as text to read. */
import type { ExportView, ScheduleView } from '../shared/exports/views.ts';
import { facts, minute, plural, table } from './output.ts';

export interface Saved {
  readonly name: string;
  /** Where it is now. */
  readonly file: string;
  readonly bytes: number;
}

export function exportInWords({ status, rows = 0, code }: ExportView): string {
  switch (status) {
    case 'waiting':
      return 'waits for its turn';
    case 'running':
      return rows === 0 ? 'being written' : `being written: ${plural(rows, 'member')} so far`;
    case 'done':
      return `done: ${plural(rows, 'member')}`;
    case 'failed':
      return `failed (${code ?? 'unknown'})`;
  }
}

export function renderExport(view: ExportView, saved: readonly Saved[]): string {
  const { id, segment, format, columns, masked, requestedAt, by, expiresAt, files = [], linksWithheld } = view;
  const told = facts([
    ['export', id],
    ['segment', segment],
    ['state', exportInWords(view)],
    ['asked', `${minute(requestedAt)} by ${by}`],
    ['format', format],
    ['columns', columns.join(', ')],
    ['masked', masked ? 'names and contacts' : undefined],
    ['kept until', minute(expiresAt)],
  ]);
  const links = files.flatMap(({ name, url }) => (url === undefined ? [] : [[name, url] as const]));
  const sections = [
    told,
    files.length === 0 ? undefined : renderFiles(files),
    saved.length === 0
      ? undefined
      : saved.map(({ name, file }) => `${name} is in ${file}, as it was written.`).join('\n'),
    // What was asked for is here; whoever sees the link may fetch the file.
    saved.length > 0 || links.length === 0
      ? undefined
      : `Links, for whoever has them, for 12 hours at most\n${facts(links)}`,
    whatNow(view, linksWithheld),
  ];
  return sections.filter((section) => section !== undefined).join('\n\n');
}

/** Of which rows say nothing. */
const MANIFEST = 'manifest.json';

const renderFiles = (files: NonNullable<ExportView['files']>): string =>
  table(
    ['file', { name: 'rows', align: 'right' }, { name: 'bytes', align: 'right' }, 'sha256'],
    files.map(({ name, rows, bytes, sha256 }) => [name, name === MANIFEST ? '-' : String(rows), String(bytes), sha256]),
  );

function whatNow({ id, status, segment }: ExportView, linksWithheld: boolean): string | undefined {
  if (linksWithheld) return 'There are no links: names and contacts are in it, which the role marketer may see.';
  switch (status) {
    case 'done':
      return undefined;
    case 'failed':
      return `Ask for it anew: tributary segment export ${segment}`;
    case 'waiting':
    case 'running':
      return `Take it when it is done: tributary segment export ${id} --out FILE`;
  }
}

export function renderExports(items: readonly ExportView[], segment: string): string {
  if (items.length === 0) return `Segment ${segment} was not exported yet.`;
  return table(
    ['export', 'asked', 'by', 'format', 'state', { name: 'members', align: 'right' }, 'masked', 'kept until'],
    items.map(({ id, requestedAt, by, format, status, code, rows, masked, expiresAt }) => [
      id,
      minute(requestedAt),
      by,
      format,
      status === 'failed' ? `failed (${code ?? 'unknown'})` : status,
      rows === undefined ? '-' : String(rows),
      masked ? 'yes' : '-',
      minute(expiresAt),
    ]),
  );
}

const EVERY = { day: 'every day', week: 'on Mondays', month: 'on the first of each month' } as const;

export const scheduleInWords = ({ segment, every, hour, timezone, wishes, masked, nextAt, by }: ScheduleView): string =>
  [
    `Segment ${segment} is exported ${EVERY[every]} at ${String(hour).padStart(2, '0')}:00 (${timezone}), as ${wishes.format}, kept for ${plural(wishes.keepDays, 'day')}${masked ? ', names and contacts masked' : ''}.`,
    `Next: ${minute(nextAt)} UTC, within a quarter of an hour. Put by ${by}.`,
  ].join('\n');

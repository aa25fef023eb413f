/** Names of exports: `<segment>.<time in milliseconds>.<what makes it one>`. So the name leads to its place, and sorts by time. */
import { epochMs, type Instant } from '../time/instant.ts';

const SEPARATOR = '.';
const MS_DIGITS = 13;

/** A segment's id has no dot in it. */
export function exportId({
  segment,
  at,
  tail,
}: {
  readonly segment: string;
  readonly at: Instant;
  readonly tail: string;
}) {
  return [segment, String(epochMs(at)).padStart(MS_DIGITS, '0'), tail].join(SEPARATOR);
}

/** Of the schedule of its segment: one a due time, whoever makes it and however often. */
export const scheduledExportId = (segment: string, dueAt: Instant): string =>
  exportId({ segment, at: dueAt, tail: 'scheduled' });

/** Its segment, and all the rest; undefined for what is no name of an export. */
export function readExportId(id: string): { readonly segment: string; readonly rest: string } | undefined {
  const end = id.indexOf(SEPARATOR);
  return end < 1 ? undefined : { segment: id.slice(0, end), rest: id.slice(end + 1) };
}

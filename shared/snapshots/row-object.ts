/**
 * Names of the objects that rows lie in: `rows/profiles/date=2026-11-24/hour=09/091502.123-<hash>.ndjson.gz`. They sort by the
 * time of writing, so that what came since is what is listed after a name.
 */
import { createHash } from 'node:crypto';
import { type Instant, instant } from '../time/instant.ts';

export const ROWS_PREFIX = 'rows/';
export const ROW_KINDS = ['profiles', 'months', 'marks'] as const;
export type RowKind = (typeof ROW_KINDS)[number];

export const rowsPrefix = (kind: RowKind): string => `${ROWS_PREFIX}${kind}/`;

/** `content`: so that two who write at one time do not write over each other. */
export function rowsKey(kind: RowKind, at: Instant, content: string): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return `${rowsKeyAt(kind, at)}-${hash}.ndjson.gz`;
}

/** Sorts before all that was written then or later, and after all that was before. */
export const rowsKeyAt = (kind: RowKind, at: Instant): string =>
  `${rowsPrefix(kind)}date=${at.slice(0, 10)}/hour=${at.slice(11, 13)}/${at.slice(11, 23).replaceAll(':', '')}`;

/** When it was written; undefined for the name of another thing. */
export function rowsWrittenAt(key: string): Instant | undefined {
  const match = /\/date=(\d{4}-\d{2}-\d{2})\/hour=\d{2}\/(\d{2})(\d{2})(\d{2}\.\d{3})-/.exec(key);
  if (!match) return undefined;
  const [, day, hour, minute, second] = match;
  const ms = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : instant(ms);
}

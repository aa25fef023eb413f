/**
 * Versions of recommendations. A build writes its rows beside those of the versions before, and then one item that says which version
 * is read: so it is swapped at once, and a roll back is that item alone. A full build writes a row of every customer; those after it
 * write only what differs, and are read together with it.
 */
import type { Instant } from '../time/instant.ts';

export interface Version {
  /** Sorts by time. */
  readonly id: string;
  /** The full build that it rests on; its own id if it is one. */
  readonly full: string;
  readonly builtAt: Instant;
  /** With recommendations. */
  readonly customers: number;
  /** Rows that it wrote. */
  readonly written: number;
}

export interface Versions {
  readonly revision: number;
  /** The one that is read. */
  readonly current?: Version;
  /** Newest first. */
  readonly previous: readonly Version[];
  /** The last build that began to write rows, whether it came to its end or not. */
  readonly begun?: string;
  /** Somebody has rolled back: nothing is built until somebody says so. */
  readonly held?: { readonly by: string; readonly at: Instant };
}

export const NO_VERSIONS: Versions = { revision: 0, previous: [] };

const PREVIOUS_KEPT = 5;
/** So soon after a full build comes the next. Days count on, and what sold out has to go. */
export const FULL_AFTER_MS = 23 * 60 * 60_000;

export const versionId = (at: Instant): string => at.replaceAll(':', '-');

/**
 * What a build may rest on; undefined: it has to be full. Rows of a build that came to nothing, or was rolled back, would show
 * through whatever rests on an older one.
 */
export function baseOf({ current, begun }: Versions, now: Instant): Version | undefined {
  if (!current || current.id !== begun) return undefined;
  const fullAt = Date.parse(current.full.replace(/T(\d{2})-(\d{2})-/, 'T$1:$2:'));
  return Date.parse(now) - fullAt < FULL_AFTER_MS ? current : undefined;
}

/** Whether rows of a version of that name are read after those of all before: not where another's clock is ahead of ours. */
export const isNext = ({ begun }: Versions, id: string): boolean => begun === undefined || id > begun;

export const begin = (versions: Versions, id: string): Versions => ({ ...next(versions), begun: id });

export const swap = (versions: Versions, version: Version): Versions => ({
  ...next(versions),
  current: version,
  previous: [...(versions.current ? [versions.current] : []), ...versions.previous].slice(0, PREVIOUS_KEPT),
});

/** To the version before, and hold. Undefined where there is none. */
export function rollBack(versions: Versions, by: string, at: Instant): Versions | undefined {
  const [current, ...previous] = versions.previous;
  if (!current) return undefined;
  return { ...next(versions), current, previous, held: { by, at } };
}

export function resume(versions: Versions): Versions {
  const { held: _, ...rest } = next(versions);
  return rest;
}

const next = (versions: Versions): Versions => ({ ...versions, revision: versions.revision + 1 });

/** The oldest that may still be read. */
export const oldestKept = ({ current, previous }: Versions): string | undefined =>
  [current, ...previous].flatMap((version) => (version ? [version.full] : [])).sort()[0];

/**
 * Versions of parts: a total order, so that the greatest one is the same whatever comes first, twice or together.
 *
 * Compared left to right: the source's own time or number · when we fetched it · the platform's tie-breaker · how good
 * our reading of it is · how far along it says the order is (platforms reopen what they closed, so this only breaks
 * ties) · a digest of what it says, so that even then there is one winner. Never the time of receipt: retries carry
 * old payloads.
 */
import { createHash } from 'node:crypto';
import type { SourceVersion } from './parts.ts';

export interface Version extends SourceVersion {
  /** Revision of the adapter plus that of the connection's settings: a better reading of the same news wins on replay. */
  readonly reading: number;
  readonly rank: number;
  readonly digest: string;
}

/** Negative, zero or positive, as `sort` wants it. Zero only for the same news, read the same way. */
export function compareVersions(a: Version, b: Version): number {
  return (
    a.source - b.source ||
    a.fetchedAt - b.fetchedAt ||
    compareText(a.tie, b.tie) ||
    a.reading - b.reading ||
    a.rank - b.rank ||
    compareText(a.digest, b.digest)
  );
}

/** 48 bits, enough to tell apart the few readings of one order that tie on all else. */
export function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 8);
}

// By code unit, not by locale: the order must be the same on every machine.
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * Objects that are named by when they were written, `<prefix>date=2026-11-25/hour=09/091502.123-<hash>.ndjson.gz`: names sort by time,
 * so what came since is what is listed after a name. And how far a run over them has come.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { epochMs, type Instant, instant } from '../time/instant.ts';

/** `content`: so that two who write at one time do not write over each other, and one that writes again does. */
export const keyByTime = (prefix: string, at: Instant, content: string): string =>
  `${keyFrom(prefix, at)}-${createHash('sha256').update(content).digest('hex').slice(0, 16)}.ndjson.gz`;

/** Sorts before all that was written then or later, and after all that was before. */
const keyFrom = (prefix: string, at: Instant): string =>
  `${prefix}date=${at.slice(0, 10)}/hour=${at.slice(11, 13)}/${at.slice(11, 23).replaceAll(':', '')}`;

/** When it was written; undefined for the name of another thing. */
export function writtenAt(key: string): Instant | undefined {
  const match = /\/date=(\d{4}-\d{2}-\d{2})\/hour=\d{2}\/(\d{2})(\d{2})(\d{2}\.\d{3})-/.exec(key);
  if (!match) return undefined;
  const [, day, hour, minute, second] = match;
  const ms = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : instant(ms);
}

/** Objects that a run has taken in. */
export const Taken = z.object({
  /** The last one, by name. */
  until: z.string(),
  /** Those shortly before it, too: others may come among them yet, from writers that are slower. */
  recent: z.array(z.string()),
});
export type Taken = z.infer<typeof Taken>;

export interface WrittenObject {
  readonly key: string;
  readonly bytes: number;
}

/** Of one portion. */
export interface Limits {
  readonly objects: number;
  readonly bytes: number;
}
export const PORTION: Limits = { objects: 4_000, bytes: 256 * 1024 * 1024 };

export interface Portion {
  readonly objects: readonly WrittenObject[];
  /** With these; absent where there never was any. */
  readonly taken?: Taken;
  /** Younger ones that did not fit. */
  readonly isMore: boolean;
}

/**
 * Names tell when a writer began: its object appears up to its timeout later (a minute), and the clocks of two may differ. So as
 * much before the last one taken is listed again.
 */
export const OVERLAP_MS = 10 * 60_000;

/** The oldest that are not taken, at least one if there is one. `list`: those below the prefix, after a name, in order of their names. */
export async function nextPortion(
  {
    prefix,
    list,
  }: { readonly prefix: string; readonly list: (after: string, limit: number) => Promise<readonly WrittenObject[]> },
  known: Taken | undefined,
  { objects: most, bytes }: Limits = PORTION,
): Promise<Portion> {
  const recent = new Set(known?.recent);
  const listed = await list(listedFrom(prefix, known?.until), most + recent.size + 1);
  const fresh = listed.filter(({ key }) => !recent.has(key));
  let total = 0;
  const past = fresh.findIndex((object, index) => {
    total += object.bytes;
    return index >= most || (index > 0 && total > bytes);
  });
  const objects = past < 0 ? fresh : fresh.slice(0, past);
  const taken = takenBy(prefix, known, objects);
  return { objects, ...(taken && { taken }), isMore: past >= 0 };
}

function listedFrom(prefix: string, until: string | undefined): string {
  const at = until === undefined ? undefined : writtenAt(until);
  return at ? keyFrom(prefix, instant(epochMs(at) - OVERLAP_MS)) : prefix;
}

function takenBy(prefix: string, known: Taken | undefined, objects: readonly WrittenObject[]): Taken | undefined {
  const all = [...(known?.recent ?? []), ...objects.map(({ key }) => key)].sort();
  const until = all.at(-1);
  if (until === undefined) return known;
  const from = listedFrom(prefix, until);
  return { until, recent: all.filter((key) => key > from) };
}

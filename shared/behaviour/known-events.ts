/** What is known of browse events: of which files it is, and how far rows in the lake have been taken in (know-events.ts). */
import * as z from 'zod';
import { Taken, type WrittenObject } from '../lake/by-time.ts';

export const KNOWN_EVENTS_PREFIX = 'behaviour/';

export const KnownEvents = z.object({
  /** Of its files, which never change; ids sort by time. */
  id: z.string().min(1),
  events: z.string(),
  links: z.string(),
  /** Messages that people opened. Absent in what was known before there was any. */
  opened: z.string().exactOptional(),
  taken: Taken,
});
export type KnownEvents = z.infer<typeof KnownEvents>;

export interface KnownEventsStore {
  /** Rows after that name, in order of their names. */
  listRows(after: string, limit: number): Promise<readonly WrittenObject[]>;
  getLatest(): Promise<{ readonly known: KnownEvents; readonly etag: string } | undefined>;
  /** Unless it is no longer the one seen: throws Conflict. */
  putLatest(known: KnownEvents, seen: string | undefined): Promise<void>;
  fetch(key: string, file: string): Promise<void>;
  put(key: string, file: string): Promise<void>;
  /** Keys of all files. */
  listFiles(): Promise<readonly string[]>;
  delete(key: string): Promise<void>;
}

/**
 * Rows of all that is in the customers table: for one that was there before anybody recorded its changes, or whose changes got
 * lost. As far as there is time for; the next goes on. What changes meanwhile is recorded besides, and the newer row stands.
 */
import pMap from 'p-map';
import type { PersonaId } from '../identity/persona.ts';
import { type CustomerIndex, type CustomerStore, INDEX_SHARDS, type Place } from '../profiles/customer.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import type { Instant } from '../time/instant.ts';
import { ROW_KINDS } from './row-object.ts';
import { type MarkRow, type MonthRow, markRow, monthRow, type ProfileRow, profileRow } from './rows.ts';
import type { RowStore } from './snapshot.ts';

/** How far it has come. */
export interface Recording {
  /** Of the index; all of those before are recorded. */
  readonly shard: number;
  /** Within the shard. */
  readonly after?: string;
  /** Seen so far. */
  readonly profiles: number;
  readonly startedAt: Instant;
  readonly finishedAt?: Instant;
}

export interface SeenRecording {
  readonly recording: Recording;
  /** Of what was read, or written. */
  readonly etag: string;
}

export interface RecordingStore {
  getRecording(): Promise<SeenRecording | undefined>;
  /** Unless it is no longer the one seen (undefined: there was none): throws Conflict. Gives its etag. */
  putRecording(recording: Recording, seen: string | undefined): Promise<string>;
}

export interface RecordAllDependencies {
  readonly customers: Pick<CustomerStore<StoredProfile>, 'getProfiles' | 'getPlace' | 'getContent'> &
    Pick<CustomerIndex, 'listRoots'>;
  readonly rows: Pick<RowStore, 'putRows'>;
  readonly recordings: RecordingStore;
  readonly now: () => Instant;
  readonly isTimeUp: () => boolean;
}

/** Profiles of a page of the index, whose rows make an object of each kind. */
const PAGE = 500;
const READS_AT_ONCE = 16;

/**
 * `again`: from the beginning, however far it had come. Throws Conflict where another run goes on instead: of two at once one ends,
 * so that neither says of the other's part that it was recorded.
 */
export async function recordAll(again: boolean, dependencies: RecordAllDependencies): Promise<Recording> {
  const { recordings, now, isTimeUp } = dependencies;
  const seen = await recordings.getRecording();
  let etag = seen?.etag;
  let recording = seen?.recording;
  if (recording === undefined || again) {
    recording = { shard: 0, profiles: 0, startedAt: now() };
    etag = await recordings.putRecording(recording, etag);
  }
  while (recording.finishedAt === undefined && !isTimeUp()) {
    recording = await recordPage(recording, dependencies);
    etag = await recordings.putRecording(recording, etag);
  }
  return recording;
}

async function recordPage(recording: Recording, dependencies: RecordAllDependencies): Promise<Recording> {
  const { customers, rows, now } = dependencies;
  const { shard, after, profiles, startedAt } = recording;
  const page = await customers.listRoots(shard, PAGE, after);
  const found = await readProfiles(page.items, dependencies);
  for (const kind of ROW_KINDS) if (found[kind].length > 0) await rows.putRows(kind, found[kind], now());
  const seen = { profiles: profiles + page.items.length, startedAt };
  if (page.next !== undefined) return { shard, after: page.next, ...seen };
  return { shard: shard + 1, ...seen, ...(shard + 1 >= INDEX_SHARDS && { finishedAt: now() }) };
}

async function readProfiles(roots: readonly PersonaId[], { customers }: RecordAllDependencies) {
  const places = await customers.getProfiles(roots);
  const aliasesOf = ({ persona, members }: Place<StoredProfile>) => members.filter((member) => member !== persona);
  const personas = places.flatMap(({ members }) => members);
  const options = { concurrency: READS_AT_ONCE };
  const aliases = await pMap(places.flatMap(aliasesOf), (alias) => customers.getPlace(alias), options);
  const contents = await pMap(
    personas,
    async (persona) => ({ persona, ...(await customers.getContent(persona)) }),
    options,
  );
  return {
    profiles: [...places, ...aliases.flatMap((place) => place ?? [])].map((place): ProfileRow => profileRow(place)),
    months: contents.flatMap(({ months }) => months.map((month): MonthRow => monthRow(month))),
    marks: contents.flatMap(({ persona, marks }) => marks.map((mark): MarkRow => markRow(persona, mark))),
  };
}

/**
 * Rows, snapshots and how far all was recorded, in the lake.
 * # | question                          | function       | key                                                     | read
 * 1 | keep these rows                   | putRows        | rows/<kind>/date=…/hour=…/<time>-<hash>.ndjson.gz       | -
 * 2 | rows written since                | listRows       | rows/<kind>/…, after a name                             | strong
 * 3 | their object                      | fetchRows      | likewise                                                | strong
 * 4 | the newest snapshot               | getLatest      | snapshots/latest.json                                   | strong
 * 5 | another is the newest             | putLatest      | likewise, condition on its etag                         | -
 * 6 | a file of a snapshot              | fetch-, putFile | snapshots/<id>/<name>                                  | strong
 * 7 | which files a table is made of    | putTable       | snapshots/tables/<table>/files                          | -
 * 8 | all snapshots; delete one         | listSnapshots, deleteSnapshot | snapshots/<id>/…                        | strong
 * 9 | how far all was recorded          | get-, putRecording | snapshots/recording.json                            | strong
 * Asked by: 1 record, record-all · 2–8 snapshot · 4, 6 preview, recommend, attribute · 9 record-all.
 */
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { keyByTime } from '../lake/by-time.ts';
import { type LakePlace, lakeFiles } from '../lake/files/store.ts';
import type { Instant } from '../time/instant.ts';
import type { RecordingStore } from './record-all.ts';
import { rowsPrefix } from './row-object.ts';
import { ndjson } from './rows.ts';
import { type RowStore, SNAPSHOTS_PREFIX, Snapshot, type SnapshotStore } from './snapshot.ts';

const LATEST = `${SNAPSHOTS_PREFIX}latest.json`;
export const RECORDING_KEY = `${SNAPSHOTS_PREFIX}recording.json`;
const TABLES = 'tables';

export function s3Rows(place: LakePlace): RowStore {
  const files = lakeFiles(place);
  return {
    putRows(kind, rows, at) {
      const text = ndjson(rows);
      return files.putGzip(keyByTime(rowsPrefix(kind), at, text), text);
    },
    listRows: (kind, after, limit) => files.list(rowsPrefix(kind), after, limit),
    fetchRows: (key, file) => files.fetch(key, file),
  };
}

export function s3Snapshots(place: LakePlace): SnapshotStore {
  const { client, bucket } = place;
  const files = lakeFiles(place);
  const keyOf = (snapshot: string, name: string) => `${SNAPSHOTS_PREFIX}${snapshot}/${name}`;
  return {
    async getLatest() {
      const found = await files.getText(LATEST);
      if (!found) return undefined;
      return { snapshot: Snapshot.parse(JSON.parse(found.text)), etag: found.etag };
    },

    async putLatest(snapshot, seen) {
      await files.putIfSeen(LATEST, snapshot, seen);
    },

    fetchFile: (snapshot, name, file) => files.fetch(keyOf(snapshot, name), file),
    putFile: (snapshot, name, file) => files.putParquet(keyOf(snapshot, name), file),

    async putTable(table, snapshot, names) {
      const addresses = names.map((name) => `s3://${bucket}/${keyOf(snapshot, name)}\n`).join('');
      const Key = `${SNAPSHOTS_PREFIX}${TABLES}/${table}/files`;
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: addresses, ContentType: 'text/plain' }));
    },

    async listSnapshots() {
      const ids: string[] = [];
      let token: string | undefined;
      do {
        const { CommonPrefixes = [], NextContinuationToken } = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: SNAPSHOTS_PREFIX,
            Delimiter: '/',
            ContinuationToken: token,
          }),
        );
        for (const { Prefix = '' } of CommonPrefixes) ids.push(Prefix.slice(SNAPSHOTS_PREFIX.length, -1));
        token = NextContinuationToken;
      } while (token !== undefined);
      return ids.filter((id) => id !== TABLES).sort();
    },

    async deleteSnapshot(id) {
      const below = `${SNAPSHOTS_PREFIX}${id}/`;
      for (const { key } of await files.list(below, below, Number.POSITIVE_INFINITY)) await files.remove(key);
    },
  };
}

// The casts: written below, of instants.
const At = z.iso.datetime().transform((at) => at as Instant);
const StoredRecording = z.object({
  shard: z.int(),
  after: z.string().exactOptional(),
  profiles: z.int(),
  startedAt: At,
  finishedAt: At.exactOptional(),
});

export function s3Recordings(place: LakePlace): RecordingStore {
  const files = lakeFiles(place);
  return {
    async getRecording() {
      const found = await files.getText(RECORDING_KEY);
      return found && { recording: StoredRecording.parse(JSON.parse(found.text)), etag: found.etag };
    },
    putRecording: (recording, seen) => files.putIfSeen(RECORDING_KEY, recording, seen),
  };
}

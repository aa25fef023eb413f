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
 * Asked by: 1 record, record-all · 2–8 snapshot · 4, 6 preview · 9 record-all.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import * as z from 'zod';
import { Conflict, Defect, NotFound } from '../runtime/errors.ts';
import type { Instant } from '../time/instant.ts';
import type { RecordingStore } from './record-all.ts';
import { rowsKey, rowsPrefix } from './row-object.ts';
import { ndjson } from './rows.ts';
import { type RowObject, type RowStore, SNAPSHOTS_PREFIX, Snapshot, type SnapshotStore } from './snapshot.ts';

interface Place {
  readonly client: S3Client;
  readonly bucket: string;
}

const LATEST = `${SNAPSHOTS_PREFIX}latest.json`;
export const RECORDING_KEY = `${SNAPSHOTS_PREFIX}recording.json`;
const TABLES = 'tables';
const PAGE = 1000;

const compress = promisify(gzip);

export function s3Rows({ client, bucket }: Place): RowStore {
  return {
    async putRows(kind, rows, at) {
      const text = ndjson(rows);
      // No ContentEncoding: the object is a gzip file, which readers are to receive as it is.
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: rowsKey(kind, at, text),
          Body: await compress(text),
          ContentType: 'application/gzip',
        }),
      );
    },

    async listRows(kind, after, limit) {
      const objects: RowObject[] = [];
      let start = after;
      for (;;) {
        const { Contents = [], IsTruncated } = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: rowsPrefix(kind),
            StartAfter: start,
            MaxKeys: Math.min(PAGE, limit - objects.length),
          }),
        );
        for (const { Key = '', Size = 0 } of Contents) objects.push({ key: Key, bytes: Size });
        const last = Contents.at(-1)?.Key;
        if (!IsTruncated || last === undefined || objects.length >= limit) return objects;
        start = last;
      }
    },

    fetchRows: (key, file) => fetchFile({ client, bucket }, key, file),
  };
}

export function s3Snapshots({ client, bucket }: Place): SnapshotStore {
  const keyOf = (snapshot: string, name: string) => `${SNAPSHOTS_PREFIX}${snapshot}/${name}`;
  return {
    async getLatest() {
      const found = await getText({ client, bucket }, LATEST);
      if (!found) return undefined;
      return { snapshot: Snapshot.parse(JSON.parse(found.text)), etag: found.etag };
    },

    async putLatest(snapshot, seen) {
      try {
        await putIfSeen({ client, bucket }, LATEST, snapshot, seen);
      } catch (error) {
        if (!isRefused(error)) throw error;
        throw new Conflict('snapshot_changed', 'Another snapshot was taken meanwhile.', { cause: error });
      }
    },

    fetchFile: (snapshot, name, file) => fetchFile({ client, bucket }, keyOf(snapshot, name), file),

    async putFile(snapshot, name, file) {
      const params = {
        Bucket: bucket,
        Key: keyOf(snapshot, name),
        Body: createReadStream(file),
        ContentType: 'application/vnd.apache.parquet',
      };
      await new Upload({ client, params }).done();
    },

    async putTable(table, snapshot, files) {
      const addresses = files.map((name) => `s3://${bucket}/${keyOf(snapshot, name)}\n`).join('');
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
      // A dozen files: they are on one page.
      const { Contents = [] } = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: `${SNAPSHOTS_PREFIX}${id}/` }),
      );
      for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
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

export function s3Recordings(place: Place): RecordingStore {
  return {
    async getRecording() {
      const found = await getText(place, RECORDING_KEY);
      return found && { recording: StoredRecording.parse(JSON.parse(found.text)), etag: found.etag };
    },

    async putRecording(recording, seen) {
      try {
        return await putIfSeen(place, RECORDING_KEY, recording, seen);
      } catch (error) {
        if (!isRefused(error)) throw error;
        throw new Conflict('recording_changed', 'Another run records all, too.', { cause: error });
      }
    },
  };
}

async function getText({ client, bucket }: Place, key: string) {
  try {
    const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (!Body || ETag === undefined) throw new Defect('lake_object_empty', `S3 answered without content for ${key}.`);
    return { text: await Body.transformToString(), etag: ETag };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** Gives its etag. */
async function putIfSeen(
  { client, bucket }: Place,
  key: string,
  content: object,
  seen: string | undefined,
): Promise<string> {
  const { ETag } = await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: JSON.stringify(content),
      ContentType: 'application/json',
      ...(seen === undefined ? { IfNoneMatch: '*' } : { IfMatch: seen }),
    }),
  );
  if (ETag === undefined) throw new Defect('lake_object_unnamed', `S3 gave no ETag of ${key}.`);
  return ETag;
}

async function fetchFile({ client, bucket }: Place, key: string, file: string): Promise<void> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (!(Body instanceof Readable)) throw new Defect('lake_object_empty', `S3 answered without a body for ${key}.`);
    await pipeline(Body, createWriteStream(file));
  } catch (error) {
    if (error instanceof NoSuchKey) throw new NotFound('lake_object_missing', `No object ${key} in the lake.`);
    throw error;
  }
}

/** Precondition failed, or another write of the same was under way. */
const isRefused = (error: unknown): boolean => {
  const { $metadata } = Object(error) as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode === 412 || $metadata?.httpStatusCode === 409;
};

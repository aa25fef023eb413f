/**
 * Lines of orders in the lake.
 * # | question                         | function           | key                                              | read
 * 1 | keep these rows                  | putRows            | rows/lines/date=…/hour=…/<time>-<hash>.ndjson.gz | -
 * 2 | rows written since               | listRows           | likewise, after a name                           | strong
 * 3 | the newest build                 | getLatest          | lines/latest.json                                | strong
 * 4 | another is the newest            | putLatest          | likewise, condition on its etag                  | -
 * 5 | an object; keep one              | fetch, put         | rows/lines/…, lines/<build>/<name>               | strong
 * 6 | all files of builds; delete one  | listFiles, delete  | lines/<build>/…                                  | strong
 * 7 | how far all orders were recorded | get-, putRecording | lines/recording.json                             | strong
 * Asked by: 1 record-orders, record-orders-all · 2–6 the build of recommendations · 7 record-orders-all.
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
import { ndjson } from '../snapshots/rows.ts';
import type { Instant } from '../time/instant.ts';
import { LINE_ROWS_PREFIX, LINES_PREFIX, lineRowsKey } from './layout.ts';
import { type LineObject, type LineStore, Lines } from './lines.ts';
import type { OrdersRecordingStore } from './record-orders.ts';

interface Place {
  readonly client: S3Client;
  readonly bucket: string;
}

const LATEST = `${LINES_PREFIX}latest.json`;
export const ORDERS_RECORDING_KEY = `${LINES_PREFIX}recording.json`;
const PAGE = 1000;

const compress = promisify(gzip);

export function s3Lines({ client, bucket }: Place): LineStore {
  async function list(prefix: string, after: string, limit: number): Promise<LineObject[]> {
    const objects: LineObject[] = [];
    let start = after;
    for (;;) {
      const { Contents = [], IsTruncated } = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          StartAfter: start,
          MaxKeys: Math.min(PAGE, limit - objects.length),
        }),
      );
      for (const { Key = '', Size = 0 } of Contents) objects.push({ key: Key, bytes: Size });
      const last = Contents.at(-1)?.Key;
      if (!IsTruncated || last === undefined || objects.length >= limit) return objects;
      start = last;
    }
  }

  return {
    async putRows(rows, at) {
      const text = ndjson(rows);
      // No ContentEncoding: the object is a gzip file, which readers are to receive as it is.
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: lineRowsKey(at, text),
          Body: await compress(text),
          ContentType: 'application/gzip',
        }),
      );
    },

    listRows: (after, limit) => list(LINE_ROWS_PREFIX, after, limit),

    async getLatest() {
      const found = await getText({ client, bucket }, LATEST);
      return found && { lines: Lines.parse(JSON.parse(found.text)), etag: found.etag };
    },

    async putLatest(lines, seen) {
      await putIfSeen({ client, bucket }, LATEST, lines, seen);
    },

    async fetch(key, file) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (!(Body instanceof Readable)) throw empty(key);
        await pipeline(Body, createWriteStream(file));
      } catch (error) {
        if (error instanceof NoSuchKey) throw new NotFound('lake_object_missing', `No object ${key} in the lake.`);
        throw error;
      }
    },

    async put(key, file) {
      const params = { Bucket: bucket, Key: key, ContentType: 'application/vnd.apache.parquet' };
      await new Upload({ client, params: { ...params, Body: createReadStream(file) } }).done();
    },

    async listFiles() {
      const objects = await list(LINES_PREFIX, LINES_PREFIX, Number.POSITIVE_INFINITY);
      return objects.map(({ key }) => key).filter((key) => key.endsWith('.parquet'));
    },

    async delete(key) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
  };
}

// The casts: written below, of instants.
const At = z.iso.datetime().transform((at) => at as Instant);
const StoredRecording = z.object({
  part: z.int(),
  after: z.string().exactOptional(),
  orders: z.int(),
  startedAt: At,
  finishedAt: At.exactOptional(),
});

export function s3OrdersRecordings(place: Place): OrdersRecordingStore {
  return {
    async getRecording() {
      const found = await getText(place, ORDERS_RECORDING_KEY);
      return found && { recording: StoredRecording.parse(JSON.parse(found.text)), etag: found.etag };
    },
    putRecording: (recording, seen) => putIfSeen(place, ORDERS_RECORDING_KEY, recording, seen),
  };
}

async function getText({ client, bucket }: Place, key: string) {
  try {
    const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (!Body || ETag === undefined) throw empty(key);
    return { text: await Body.transformToString(), etag: ETag };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** Gives its etag. Throws Conflict where it is no longer the one seen. */
async function putIfSeen(
  { client, bucket }: Place,
  key: string,
  content: object,
  seen: string | undefined,
): Promise<string> {
  const condition = seen === undefined ? { IfNoneMatch: '*' } : { IfMatch: seen };
  const params = { Bucket: bucket, Key: key, Body: JSON.stringify(content), ContentType: 'application/json' };
  try {
    const { ETag } = await client.send(new PutObjectCommand({ ...params, ...condition }));
    if (ETag === undefined) throw new Defect('lake_object_unnamed', `S3 gave no ETag of ${key}.`);
    return ETag;
  } catch (error) {
    if (!isRefused(error)) throw error;
    throw new Conflict('lake_object_changed', `Another run wrote ${key} meanwhile.`, { cause: error });
  }
}

const empty = (key: string) => new Defect('lake_object_empty', `S3 answered without content for ${key}.`);

/** Precondition failed, or another write of the same was under way. */
const isRefused = (error: unknown): boolean => {
  const { $metadata } = Object(error) as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode === 412 || $metadata?.httpStatusCode === 409;
};

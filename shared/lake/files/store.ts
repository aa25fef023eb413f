/**
 * Objects of the lake as files and texts, whatever they hold.
 * # | question                            | function       | key                    | read
 * 1 | keep this text, compressed          | putGzip        | as the caller names it | -
 * 2 | keep this file of columns           | putParquet     | likewise               | -
 * 3 | an object, as a file on the disk    | fetch          | likewise               | strong
 * 4 | objects below a prefix, after a key | list           | likewise               | strong
 * 5 | a small text, with its etag         | getText        | likewise               | strong
 * 6 | put one if it is the one that was seen | putIfSeen   | likewise, condition on its etag | -
 * 7 | delete one                          | remove         | likewise               | -
 * Asked by: the stores of envelopes, snapshots, lines and events.
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
import { Conflict, Defect, NotFound } from '../../runtime/errors.ts';

export interface LakePlace {
  readonly client: S3Client;
  readonly bucket: string;
}

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
}

export interface LakeFiles {
  putGzip(key: string, text: string): Promise<void>;
  putParquet(key: string, file: string): Promise<void>;
  /** Throws NotFound. */
  fetch(key: string, file: string): Promise<void>;
  /** Sorted by key; at most `limit`. */
  list(prefix: string, after: string, limit: number): Promise<ListedObject[]>;
  getText(key: string): Promise<{ readonly text: string; readonly etag: string } | undefined>;
  /** As JSON; gives its etag. `seen`: undefined where there was none. Throws Conflict where it is no longer the one seen. */
  putIfSeen(key: string, content: object, seen: string | undefined): Promise<string>;
  /** Idempotent. */
  remove(key: string): Promise<void>;
}

const PAGE = 1000;
const compress = promisify(gzip);

export function lakeFiles({ client, bucket: Bucket }: LakePlace): LakeFiles {
  return {
    async putGzip(Key, text) {
      const Body = await compress(text);
      // No ContentEncoding: the object is a gzip file, which readers are to receive as it is.
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/gzip' }));
    },

    async putParquet(Key, file) {
      const params = { Bucket, Key, Body: createReadStream(file), ContentType: 'application/vnd.apache.parquet' };
      await new Upload({ client, params }).done();
    },

    async fetch(Key, file) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        if (!(Body instanceof Readable)) throw empty(Key);
        await pipeline(Body, createWriteStream(file));
      } catch (error) {
        if (error instanceof NoSuchKey) throw new NotFound('lake_object_missing', `No object ${Key} in the lake.`);
        throw error;
      }
    },

    async list(prefix, after, limit) {
      const objects: ListedObject[] = [];
      let start = after;
      for (;;) {
        const MaxKeys = Math.min(PAGE, limit - objects.length);
        const { Contents = [], IsTruncated } = await client.send(
          new ListObjectsV2Command({ Bucket, Prefix: prefix, StartAfter: start, MaxKeys }),
        );
        for (const { Key = '', Size = 0 } of Contents) objects.push({ key: Key, bytes: Size });
        const last = Contents.at(-1)?.Key;
        if (!IsTruncated || last === undefined || objects.length >= limit) return objects;
        start = last;
      }
    },

    async getText(Key) {
      try {
        const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket, Key }));
        if (!Body || ETag === undefined) throw empty(Key);
        return { text: await Body.transformToString(), etag: ETag };
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },

    async putIfSeen(Key, content, seen) {
      const condition = seen === undefined ? { IfNoneMatch: '*' } : { IfMatch: seen };
      const params = { Bucket, Key, Body: JSON.stringify(content), ContentType: 'application/json' };
      try {
        const { ETag } = await client.send(new PutObjectCommand({ ...params, ...condition }));
        if (ETag === undefined) throw new Defect('lake_object_unnamed', `S3 gave no ETag of ${Key}.`);
        return ETag;
      } catch (error) {
        if (!isRefused(error)) throw error;
        throw new Conflict('lake_object_changed', `Another run wrote ${Key} meanwhile.`, { cause: error });
      }
    },

    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
  };
}

const empty = (key: string) => new Defect('lake_object_empty', `S3 answered without content for ${key}.`);

/** Precondition failed, or another write of the same was under way. */
const isRefused = (error: unknown): boolean => {
  const { $metadata } = Object(error) as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode === 412 || $metadata?.httpStatusCode === 409;
};

/**
 * The lake on S3.
 * # | question                         | function | key                                                | read
 * 1 | the envelopes of one object      | read     | raw/channel=…/date=…/hour=…/<hash of ids>.ndjson.gz | strong
 * 2 | keep these envelopes             | write    | likewise                                           | -
 * Asked by: 1 orders, cli · 2 ingest (large bodies), archive.
 */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Defect, NotFound } from '../runtime/errors.ts';
import { Envelope } from './envelope.ts';
import type { Lake } from './lake.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

export function s3Lake({ client, bucket }: { readonly client: S3Client; readonly bucket: string }): Lake {
  return {
    async write(object, envelopes) {
      const lines = envelopes.map((envelope) => JSON.stringify(envelope)).join('\n');
      // No ContentEncoding: the object is a gzip file, which readers are to receive as it is.
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: object,
          Body: await compress(`${lines}\n`),
          ContentType: 'application/gzip',
        }),
      );
    },

    async read(object) {
      const bytes = await fetchObject(client, bucket, object);
      const text = (await decompress(bytes)).toString('utf8');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const parsed = Envelope.safeParse(JSON.parse(line));
          if (!parsed.success) throw new Defect('lake_line_invalid', `A line of ${object} is no envelope.`);
          return parsed.data;
        });
    },
  };
}

async function fetchObject(client: S3Client, bucket: string, object: string): Promise<Uint8Array> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: object }));
    if (!Body) throw new Defect('lake_object_empty', `S3 answered without a body for ${object}.`);
    return await Body.transformToByteArray();
  } catch (error) {
    if (error instanceof NoSuchKey) throw new NotFound('lake_object_missing', `No object ${object} in the lake.`);
    throw error;
  }
}

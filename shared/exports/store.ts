/**
 * Exports and their schedules in the engagement table, their files in the lake.
 * # | question                          | function      | key                                                      | read
 * 1 | one export                        | getExport     | pk 'exports#'+segment, sk the rest of its id             | strong
 * 2 | put it, if unchanged              | putExport     | likewise, condition on revision                          | -
 * 3 | those of a segment, newest first  | listExports   | likewise, backwards                                      | strong
 * 4 | the schedule of a segment         | getSchedule   | pk 'export-schedules', sk segment                        | strong
 * 5 | put or remove it, if unchanged    | put-, removeSchedule | likewise, condition on revision                   | -
 * 6 | all schedules, by segment         | listSchedules | pk 'export-schedules'                                    | strong
 * 7 | write a file                      | open          | S3 exports/<segment>/<export>/<run>/<name>, in parts     | -
 * 8 | an address to fetch it from       | link          | likewise; signed by whoever asks, who must be allowed to | -
 * Asked by: 1, 2 exports, api · 3 api · 4 api · 5, 6 exports, api · 7 exports · 8 api.
 *
 * `expiresAt` of an item is DynamoDB's: when it goes by itself, in seconds. The record's own, until which there are files, is in `export`.
 */
import { PassThrough } from 'node:stream';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import * as z from 'zod';
import { onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict, Defect } from '../runtime/errors.ts';
import { epochMs, type Instant } from '../time/instant.ts';
import {
  EXPORT_STATUSES,
  type Export,
  ExportColumn,
  ExportFormat,
  ExportSchedule,
  type ExportStore,
  type StoredSchedule,
} from './export.ts';
import { type ExportFiles, KEEP_DAYS_TAG } from './export-files.ts';
import { readExportId } from './export-id.ts';

export const EXPORTS_PK_PREFIX = 'exports#';
export const SCHEDULES_PK = 'export-schedules';
/** After its files are gone. */
const RECORD_KEPT_SECONDS = 365 * 24 * 60 * 60;

// The casts: written below, of instants.
const At = z.iso.datetime().transform((at) => at as Instant);
const ExportItem = z.object({
  export: z.object({
    id: z.string(),
    segment: z.string(),
    status: z.enum(EXPORT_STATUSES),
    revision: z.int(),
    format: ExportFormat,
    columns: z.array(ExportColumn),
    masked: z.boolean(),
    by: z.string(),
    requestedAt: At,
    startedAt: At.exactOptional(),
    finishedAt: At.exactOptional(),
    expiresAt: At,
    rows: z.int().exactOptional(),
    files: z
      .array(z.object({ name: z.string(), key: z.string(), rows: z.int(), bytes: z.int(), sha256: z.string() }))
      .exactOptional(),
    version: z.int().exactOptional(),
    eventsFrom: At.exactOptional(),
    code: z.string().exactOptional(),
  }),
});
const ScheduleItem = z.object({
  schedule: z.object({
    ...ExportSchedule.shape,
    segment: z.string(),
    revision: z.int(),
    masked: z.boolean(),
    by: z.string(),
    nextAt: At,
  }),
});

export function dynamoExports({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): ExportStore {
  const read = (item: unknown): Export => ExportItem.parse(item).export;
  const readSchedule = (item: unknown): StoredSchedule => ScheduleItem.parse(item).schedule;

  return {
    async getExport(id) {
      const Key = keyOf(id);
      if (!Key) return undefined;
      const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item && read(Item);
    },

    async putExport(record) {
      const { id, revision } = record;
      const key = keyOf(id);
      if (!key) throw new Defect('export_id_malformed', `${id} is no name of an export.`);
      const expiresAt = Math.floor(epochMs(record.expiresAt) / 1000) + RECORD_KEPT_SECONDS;
      const Item = { ...key, revision, export: record, expiresAt };
      await unlessChanged(`Export ${id}`, () =>
        client.send(new PutCommand({ TableName: table, Item, ...onRevision(revision - 1) })),
      );
    },

    async listExports(segment, limit, after) {
      const { Items = [], LastEvaluatedKey: last } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': partition(segment) },
          ConsistentRead: true,
          ScanIndexForward: false,
          Limit: limit,
          ...(after !== undefined && { ExclusiveStartKey: { pk: partition(segment), sk: after } }),
        }),
      );
      return { items: Items.map(read), ...(last && { next: String(last.sk) }) };
    },

    async getSchedule(segment) {
      const Key = scheduleKey(segment);
      const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item && readSchedule(Item);
    },

    async putSchedule(schedule) {
      const { segment, revision } = schedule;
      const Item = { ...scheduleKey(segment), revision, schedule };
      await unlessChanged(`The schedule of segment ${segment}`, () =>
        client.send(new PutCommand({ TableName: table, Item, ...onRevision(revision - 1) })),
      );
    },

    async removeSchedule(segment, revision) {
      await unlessChanged(`The schedule of segment ${segment}`, () =>
        client.send(new DeleteCommand({ TableName: table, Key: scheduleKey(segment), ...onRevision(revision) })),
      );
    },

    async listSchedules() {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': SCHEDULES_PK },
      });
      return items.map(readSchedule);
    },
  };
}

const partition = (segment: string): string => `${EXPORTS_PK_PREFIX}${segment}`;
const scheduleKey = (segment: string) => ({ pk: SCHEDULES_PK, sk: segment });

function keyOf(id: string) {
  const read = readExportId(id);
  return read && { pk: partition(read.segment), sk: read.rest };
}

async function unlessChanged(what: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new Conflict('export_changed', `${what} was changed meanwhile. Look again.`, { cause: error });
  }
}

const MIB = 1024 * 1024;
/** S3 takes 10,000 parts, so a file of 80 GB. What is on its way is held in memory: two parts and a little. */
const PART_BYTES = 8 * MIB;
const PARTS_AT_ONCE = 2;

export function s3ExportFiles({ client, bucket }: { readonly client: S3Client; readonly bucket: string }): ExportFiles {
  return {
    open(key, { contentType, keepDays }) {
      const body = new PassThrough({ highWaterMark: MIB });
      const upload = new Upload({
        client,
        params: {
          Bucket: bucket,
          Key: key,
          Body: body,
          ContentType: contentType,
          Tagging: `${KEEP_DAYS_TAG}=${keepDays}`,
        },
        partSize: PART_BYTES,
        queueSize: PARTS_AT_ONCE,
      });
      // Told by `done`; without a listener it would end the process.
      body.on('error', () => undefined);
      const done = upload.done().then(
        () => undefined,
        (error: unknown) => {
          body.destroy();
          return { error };
        },
      );
      const orThrow = async () => {
        const failed = await done;
        if (failed) throw failed.error;
      };
      return {
        async write(bytes) {
          // A part that fails closes the body, a little before the upload itself has failed.
          if (!body.destroyed && !body.write(bytes)) await drained(body);
          if (body.destroyed) await orThrow();
        },
        async finish() {
          body.end();
          await orThrow();
        },
        async abort() {
          // Its end is what the upload takes for a failure, and then it gives up the parts.
          body.destroy(new Error('The file is not wanted any more.'));
          await done;
        },
      };
    },

    link: (key, { disposition, seconds }) =>
      getSignedUrl(
        client,
        new GetObjectCommand({ Bucket: bucket, Key: key, ResponseContentDisposition: disposition }),
        { expiresIn: seconds },
      ),
  };
}

/** There is room again, or it was given up. */
const drained = (body: PassThrough): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      body.off('drain', end).off('close', end);
      resolve();
    };
    body.on('drain', end).on('close', end);
  });

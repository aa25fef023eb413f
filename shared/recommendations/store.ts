/**
 * Recommendations in the engagement table, and the tables they come from in the lake.
 * # | question                             | function       | key                                                     | read
 * 1 | which version is read                | getVersions    | pk 'recommendations', sk 'versions'                     | strong
 * 2 | another is read, if unchanged        | putVersions    | likewise, condition on revision                         | -
 * 3 | keep these rows of a version         | putRows        | pk 'recommended-'+kind+'#'+of, sk version               | -
 * 4 | the row of one customer, product … that stands in a version | getContent | likewise, the last up to it      | eventual
 * 5 | tables of a version, for the next    | putFile, fetchFile | recommendations/<version>/<name>.parquet            | strong
 * 6 | whose there are; delete one's        | listVersions, deleteVersion | likewise                                   | strong
 * Asked by: 1–3, 5, 6 recommend · 1, 4 api, push · 1, 2 command line.
 *
 * Rows are not deleted: they expire. What a customer is likely to want is kept under the name of the profile, which is a keyed hash or
 * a shop's number.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import * as z from 'zod';
import { type LakePlace, lakeFiles } from '../lake/files/store.ts';
import { BATCH, onRevision, putBatch } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import { epochMs, type Instant } from '../time/instant.ts';
import type { RowReader, RowWriter, VersionFiles, VersionStore } from './recommendation-store.ts';
import type { RowKind } from './rows.ts';

export const VERSIONS = 'recommendations';
export const RECOMMENDED_PREFIX = 'recommended-';
export const RECOMMENDATIONS_PREFIX = 'recommendations/';

const VERSIONS_KEY = { pk: VERSIONS, sk: 'versions' };
const keyOf = (kind: RowKind, of: string): string => `${RECOMMENDED_PREFIX}${kind}#${of}`;

const DAY_SECONDS = 24 * 60 * 60;
/** Every day all are written anew, so this is for a fortnight of builds that fail. An audience lasts longer: a product that sold out has none. */
const KEPT_SECONDS: Readonly<Record<RowKind, number>> = {
  customer: 14 * DAY_SECONDS,
  similar: 14 * DAY_SECONDS,
  popular: 14 * DAY_SECONDS,
  audience: 60 * DAY_SECONDS,
};
const BATCHES_AT_ONCE = 16;

// The cast: written below, of instants.
const At = z.iso.datetime().transform((at) => at as Instant);
const Version = z.object({ id: z.string(), full: z.string(), builtAt: At, customers: z.int(), written: z.int() });
const Versions = z.object({
  revision: z.int(),
  current: Version.exactOptional(),
  previous: z.array(Version),
  begun: z.string().exactOptional(),
  held: z.object({ by: z.string(), at: At }).exactOptional(),
});
const RowItem = z.object({ content: z.string() });

interface Place {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

export function dynamoVersions({ client, table }: Place): VersionStore {
  return {
    async getVersions() {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: VERSIONS_KEY, ConsistentRead: true }));
      return Item && Versions.parse(Item);
    },
    async putVersions(versions) {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...VERSIONS_KEY, ...versions },
            ...onRevision(versions.revision - 1),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new Conflict('recommendations_changed', 'Another build, or a person, was faster.', { cause: error });
      }
    },
  };
}

export function dynamoRows({ client, table }: Place): RowReader & RowWriter {
  return {
    async putRows({ id, builtAt }, rows) {
      const items = rows.map(({ kind, of, content }) => ({
        ...{ pk: keyOf(kind, of), sk: id, content },
        expiresAt: Math.floor(epochMs(builtAt) / 1000) + KEPT_SECONDS[kind],
      }));
      const batches = Array.from({ length: Math.ceil(items.length / BATCH) }, (_, nth) =>
        items.slice(nth * BATCH, (nth + 1) * BATCH),
      );
      await pMap(batches, (batch) => putBatch(client, table, batch), { concurrency: BATCHES_AT_ONCE });
    },

    async getContent(kind, of, { id, full }) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :full AND :id',
          // A product that is sold out is in no build's tables: who wanted it before still does.
          ExpressionAttributeValues: { ':pk': keyOf(kind, of), ':full': kind === 'audience' ? '0' : full, ':id': id },
          ScanIndexForward: false,
          Limit: 1,
        }),
      );
      const [item] = Items;
      return item && RowItem.parse(item).content;
    },
  };
}

export function s3VersionFiles(place: LakePlace): VersionFiles {
  const files = lakeFiles(place);
  const keyOfFile = (version: string, name: string) => `${RECOMMENDATIONS_PREFIX}${version}/${name}`;
  const list = () => files.list(RECOMMENDATIONS_PREFIX, RECOMMENDATIONS_PREFIX, Number.POSITIVE_INFINITY);
  return {
    putFile: (version, name, file) => files.putParquet(keyOfFile(version, name), file),
    fetchFile: (version, name, file) => files.fetch(keyOfFile(version, name), file),
    async listVersions() {
      const names = (await list()).map(({ key }) => key.slice(RECOMMENDATIONS_PREFIX.length).split('/')[0] ?? '');
      return [...new Set(names)].sort();
    },
    async deleteVersion(version) {
      const below = keyOfFile(version, '');
      for (const { key } of await files.list(below, below, Number.POSITIVE_INFINITY)) await files.remove(key);
    },
  };
}

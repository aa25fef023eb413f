/**
 * Segments and their members, in the engagement table.
 * # | question                                 | function                 | key                                          | read
 * 1 | the newest version of all segments       | listSegments             | pk 'segments'                                | strong
 * 2 | the newest version of one                | getSegment               | pk 'segments', sk id                         | strong
 * 3 | all versions of one, newest first        | listVersions             | pk 'segment-versions#'+id, sk version        | strong
 * 4 | put a version                            | putSegment               | 2 and 3 and the revision of all, a transaction | -
 * 5 | put that a profile entered or left       | putMembership            | pk 'members#'+id+'#'+shard, sk profile       | condition: revision
 * 6 | who is in it, or left it of late         | listMembers, listRows    | each shard of it                             | eventual
 * 7 | is this one in it                        | getMembership            | as 5                                         | eventual
 * 8 | how many are in it, of so many rows      | countMembers             | each shard of it                             | eventual
 * Asked by: 1 profiles, api · 2–4 api · 5 publish · 6 api, exports · 7, 8 api.
 *
 * Rows of who left have `expiresAt`, and go by themselves.
 */
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandOutput,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import * as z from 'zod';
import type { PersonaId } from '../identity/persona.ts';
import { INDEX_SHARDS } from '../profiles/customer.ts';
import { shardOf } from '../profiles/shard.ts';
import { onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import type { Instant } from '../time/instant.ts';
import { SegmentDefinition, type SegmentVersion } from './definition.ts';
import { LeafValue, type MembershipRow } from './membership.ts';
import type { MembershipStore, SegmentStore, SegmentsNow } from './segment-store.ts';

interface Place {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

export const SEGMENTS = 'segments';
export const VERSIONS_PREFIX = 'segment-versions#';
export const MEMBERS_PREFIX = 'members#';
/** Sorts before every id. */
const REVISION = { pk: SEGMENTS, sk: '#revision' };
const VERSION_DIGITS = 10;
const ATTEMPTS = 5;
/** Those who left, for whoever takes a snapshot and the events since. */
const LEFT_KEPT_SECONDS = 30 * 24 * 60 * 60;

/** By one query; some 0.4 KB each. */
const ROWS_READ_MOST = 1_000;
/** For one page, which has fewer items than were asked for then: twice the shards, so that what is short comes as one page. */
const QUERIES_MOST = 2 * INDEX_SHARDS;

// The casts: written below, of instants.
const At = z.iso.datetime().transform((at) => at as Instant);
const SegmentItem = z.object({
  segment: z.object({
    ...SegmentDefinition.shape,
    version: z.int(),
    revision: z.int(),
    decidedBy: z.object({ version: z.int(), revision: z.int() }).exactOptional(),
    isArchived: z.boolean(),
    by: z.string(),
    at: At,
    why: z.string().exactOptional(),
  }),
});
const RevisionItem = z.object({ revision: z.int() });

export function dynamoSegments({ client, table }: Place): SegmentStore {
  const itemsOf = (pk: string, more: { readonly ScanIndexForward?: boolean } = {}) =>
    queryAll(client, {
      TableName: table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': pk },
      ...more,
    });
  const readRevision = (item: unknown) => (item === undefined ? 0 : RevisionItem.parse(item).revision);
  const readSegment = (item: unknown): SegmentVersion => asVersion(SegmentItem.parse(item).segment);

  return {
    async listSegments(): Promise<SegmentsNow> {
      for (let attempt = 1; ; attempt++) {
        const [first, ...others] = await itemsOf(SEGMENTS);
        const revision = readRevision(first);
        const { Item } = await client.send(new GetCommand({ TableName: table, Key: REVISION, ConsistentRead: true }));
        // Many lie on several pages, and a put may have come between.
        if (readRevision(Item) === revision) return { revision, segments: others.map(readSegment) };
        if (attempt === ATTEMPTS) throw new Conflict('segments_changed', 'Segments are being changed. Ask again.');
      }
    },

    async getSegment(id) {
      const Key = { pk: SEGMENTS, sk: id };
      const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item && readSegment(Item);
    },

    listVersions: async (id) => (await itemsOf(versionsKey(id), { ScanIndexForward: false })).map(readSegment),

    async putSegment(segment) {
      const { id, version, revision } = segment;
      const puts = [
        { Item: { ...REVISION, revision }, ...onRevision(revision - 1) },
        { Item: { pk: SEGMENTS, sk: id, revision: version, segment }, ...onRevision(version - 1) },
        { Item: { pk: versionsKey(id), sk: String(version).padStart(VERSION_DIGITS, '0'), segment } },
      ];
      try {
        await client.send(
          new TransactWriteCommand({ TransactItems: puts.map((put) => ({ Put: { TableName: table, ...put } })) }),
        );
      } catch (error) {
        if (!(error instanceof TransactionCanceledException) || !isOvertaken(error)) throw error;
        throw new Conflict('segment_changed', 'Segments were changed by another meanwhile.', { cause: error });
      }
    },
  };
}

/** And not because a table is throttled, say: then the same may be put later. */
const isOvertaken = ({ CancellationReasons = [] }: TransactionCanceledException): boolean =>
  CancellationReasons.some(({ Code = '' }) => OVERTAKEN.has(Code));
const OVERTAKEN: ReadonlySet<string> = new Set(['ConditionalCheckFailed', 'TransactionConflict']);

const versionsKey = (id: string): string => `${VERSIONS_PREFIX}${id}`;

/** As zod has it, an absent field may be there and undefined. */
function asVersion({ description, ...rest }: z.infer<typeof SegmentItem>['segment']): SegmentVersion {
  return { ...rest, ...(description !== undefined && { description }) };
}

const MemberItem = z.object({
  segment: z.string(),
  // The cast: written below, of a persona.
  profile: z.string().transform((id) => id as PersonaId),
  revision: z.int(),
  version: z.int(),
  since: At,
  because: z.array(LeafValue),
  leftAt: At.exactOptional(),
});

export function dynamoMemberships({ client, table }: Place): MembershipStore {
  const shards = Array.from({ length: INDEX_SHARDS }, (_, shard) => shard);

  /** Shard after shard, until there are enough, or it has asked often enough. */
  async function list(segment: string, limit: number, after: string | undefined, isLeftToo: boolean) {
    const items: MembershipRow[] = [];
    let { shard, start } = after === undefined ? { shard: 0, start: undefined } : readCursor(after);
    let rows = 0;
    for (let queries = 1; shard < INDEX_SHARDS; queries++) {
      const wanted = limit - items.length;
      const read = Math.max(wanted, rows);
      const { Items = [], LastEvaluatedKey: last } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': membersKey(segment, shard) },
          ...(!isLeftToo && { FilterExpression: 'attribute_not_exists(leftAt)' }),
          Limit: read,
          ...(start !== undefined && { ExclusiveStartKey: { pk: membersKey(segment, shard), sk: start } }),
        }),
      );
      const taken = Items.slice(0, wanted).map((item) => MemberItem.parse(item));
      items.push(...taken);
      if (taken.length < Items.length) start = taken.at(-1)?.profile;
      else if (last) start = String(last.sk);
      else [shard, start] = [shard + 1, undefined];
      // Rows of who left are read and not told: where they are many, more are read at once.
      if (last && Items.length < read) rows = Math.min(ROWS_READ_MOST, 2 * read);
      if ((items.length >= limit || queries >= QUERIES_MOST) && shard < INDEX_SHARDS)
        return { items, next: writeCursor(shard, start) };
    }
    return { items };
  }

  return {
    async putMembership(row) {
      const expiresAt = row.leftAt && Math.floor(Date.parse(row.leftAt) / 1000) + LEFT_KEPT_SECONDS;
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...memberKey(row.segment, row.profile), ...row, ...(expiresAt !== undefined && { expiresAt }) },
            ConditionExpression: 'attribute_not_exists(pk) OR #revision < :revision',
            ExpressionAttributeNames: { '#revision': 'revision' },
            ExpressionAttributeValues: { ':revision': row.revision },
          }),
        );
      } catch (error) {
        // What is there is as new.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    listMembers: (segment, limit, after) => list(segment, limit, after, false),
    listRows: (segment, limit, after) => list(segment, limit, after, true),

    async getMembership(segment, profile) {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: memberKey(segment, profile) }));
      return Item && MemberItem.parse(Item);
    },

    async countMembers(segment, rowsMost) {
      let [count, rows, more] = [0, 0, false];
      await pMap(shards, async (shard) => {
        const query = {
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': membersKey(segment, shard) },
          FilterExpression: 'attribute_not_exists(leftAt)',
          Select: 'COUNT',
        } as const;
        let start: Record<string, unknown> | undefined;
        do {
          const answer: QueryCommandOutput = await client.send(
            new QueryCommand({ ...query, ExclusiveStartKey: start }),
          );
          count += answer.Count ?? 0;
          rows += answer.ScannedCount ?? 0;
          start = answer.LastEvaluatedKey;
        } while (start && rows < rowsMost);
        more ||= start !== undefined;
      });
      return { count, more };
    },
  };
}

const membersKey = (segment: string, shard: number): string =>
  `${MEMBERS_PREFIX}${segment}#${String(shard).padStart(2, '0')}`;
const memberKey = (segment: string, profile: PersonaId) => ({
  pk: membersKey(segment, shardOf(profile)),
  sk: profile,
});

const Cursor = z.tuple([z.int().min(0).max(INDEX_SHARDS), z.string().min(1).nullable()]);
const writeCursor = (shard: number, start: string | undefined): string =>
  Buffer.from(JSON.stringify([shard, start ?? null])).toString('base64url');
/** Throws a SyntaxError where it is none of ours. */
function readCursor(text: string): { readonly shard: number; readonly start: string | undefined } {
  const cursor = Cursor.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  if (!cursor.success) throw new SyntaxError('No place in a list of members.');
  const [shard, start] = cursor.data;
  return { shard, start: start ?? undefined };
}

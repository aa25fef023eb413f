/**
 * Quarantine in the operations table, spread over shards: a broken adapter may fill it as fast as webhooks come.
 * # | question                        | function | key                                  | read
 * 1 | open an entry                   | open     | pk 'quarantine#'+shard, sk envelope  | -
 * 2 | one entry                       | get      | likewise                             | strong
 * 3 | entries of a status, newest 1st | list     | each pk, sk < cursor (ids sort by time of receipt) | eventual
 * 4 | close an entry                  | close    | likewise, if it exists               | -
 * Asked by: 1 orders · 2 cli · 3 cli · 4 orders, cli.
 */
import { createHash } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { EnvelopeId } from '../lake/envelope.ts';
import { type Quarantine, QuarantineEntry, type QuarantineStatus } from './quarantine.ts';

const SHARDS = 8;
const CLOSED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

const partition = (shard: number) => `quarantine#${shard}`;
const shardOf = (id: EnvelopeId) => (createHash('sha256').update(id).digest()[0] ?? 0) % SHARDS;
const keyOf = (id: EnvelopeId) => ({ pk: partition(shardOf(id)), sk: id });

export function dynamoQuarantine({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): Quarantine {
  async function listShard(shard: number, status: QuarantineStatus, limit: number, before: string | undefined) {
    const found: QuarantineEntry[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: before === undefined ? 'pk = :pk' : 'pk = :pk AND sk < :before',
          FilterExpression: '#status = :status',
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: {
            ':pk': partition(shard),
            ':status': status,
            ...(before !== undefined && { ':before': before }),
          },
          ScanIndexForward: false,
          ExclusiveStartKey: start,
        }),
      );
      found.push(...Items.map((item) => QuarantineEntry.parse(item)));
      start = LastEvaluatedKey;
    } while (start && found.length < limit);
    return found;
  }

  return {
    async open(entry) {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...keyOf(entry.envelopeId), ...entry, status: 'open' satisfies QuarantineStatus },
            ConditionExpression: 'NOT (#status = :dismissed AND #code = :code AND #path = :path)',
            ExpressionAttributeNames: { '#status': 'status', '#code': 'code', '#path': 'path' },
            ExpressionAttributeValues: { ':dismissed': 'dismissed', ':code': entry.code, ':path': entry.path },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async get(id) {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: keyOf(id), ConsistentRead: true }));
      return Item && QuarantineEntry.parse(Item);
    },

    async list({ status, limit, cursor }) {
      const shards = await Promise.all(
        Array.from({ length: SHARDS }, (_, shard) => listShard(shard, status, limit + 1, cursor)),
      );
      const newestFirst = shards.flat().sort((a, b) => (a.envelopeId < b.envelopeId ? 1 : -1));
      const items = newestFirst.slice(0, limit);
      return { items, nextCursor: newestFirst.length > limit ? (items.at(-1)?.envelopeId ?? null) : null };
    },

    async close(id, status, now, why) {
      try {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: keyOf(id),
            UpdateExpression: `SET #status = :status, expiresAt = :expiresAt${why === undefined ? '' : ', why = :why'}`,
            ConditionExpression: 'attribute_exists(pk)',
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: {
              ':status': status,
              ':expiresAt': Math.floor((now.getTime() + CLOSED_KEPT_MS) / 1000),
              ...(why !== undefined && { ':why': why }),
            },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

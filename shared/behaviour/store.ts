/**
 * Visitors in the engagement table, rows of events in the lake.
 * # | question                               | function       | key                                          | read
 * 1 | one visitor                            | getVisitor     | pk 'visitor#'+source#hash, sk 'state'        | strong
 * 2 | put it, if unchanged                   | putVisitor     | likewise, condition on revision              | -
 * 3 | that it may be a persona's             | putVisitorOf   | pk 'visitors#'+persona, sk source#hash       | -
 * 4 | those that may be                      | listVisitorsOf | likewise                                     | eventual
 * 5 | keep these events                      | putEventRows   | events/date=…/hour=…/<time>-<hash>.ndjson.gz | -
 * 6 | rows written since                     | listRows       | likewise, after a name                       | strong
 * 7 | what is known of events; another       | get-, putLatest | behaviour/latest.json, condition on its etag | strong
 * 8 | its files                              | fetch, put, listFiles, delete | behaviour/<id>/<name>.parquet | strong
 * Asked by: 1–3, 5 behaviour · 1, 4 api, push · 6–8 recommend · 7, 8 (getLatest, fetch) attribute.
 *
 * Visitors are named by keyed hashes, and what they did is sealed. All of it has `expiresAt`, and goes by itself.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Sealer } from '../identity/seal.ts';
import { keyByTime } from '../lake/by-time.ts';
import { type LakePlace, lakeFiles } from '../lake/files/store.ts';
import { onRevision } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import { epochMs, type Instant } from '../time/instant.ts';
import { EVENTS_PREFIX, type EventRowStore, linesOf } from './event-rows.ts';
import { KNOWN_EVENTS_PREFIX, KnownEvents, type KnownEventsStore } from './known-events.ts';
import type { VisitorKey } from './names.ts';
import type { Visitor } from './visitor.ts';
import { VISITOR_KEPT_DAYS, type VisitorStore } from './visitor-store.ts';

export const VISITOR_PREFIX = 'visitor#';
export const VISITORS_OF_PREFIX = 'visitors#';
const STATE = 'state';

export function dynamoVisitors({
  client,
  table,
  sealer,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly sealer: Sealer;
}): VisitorStore {
  const keyOf = (key: VisitorKey) => ({ pk: `${VISITOR_PREFIX}${key}`, sk: STATE });
  return {
    async getVisitor(key) {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: keyOf(key), ConsistentRead: true }));
      if (!Item) return undefined;
      // The casts: written below.
      const { revision, sealed } = Item as { readonly revision: number; readonly sealed: Uint8Array };
      return { key, revision, visitor: sealer.open(sealed) as Visitor };
    },

    async putVisitor({ key, revision, visitor }) {
      const Item = { ...keyOf(key), revision, sealed: sealer.seal(visitor), expiresAt: expiresAt(visitor.lastSeenAt) };
      try {
        await client.send(new PutCommand({ TableName: table, Item, ...onRevision(revision - 1) }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new Conflict('visitor_changed', 'The visitor moved on.', { cause: error });
      }
    },

    async putVisitorOf(persona, key, seenAt) {
      const until = expiresAt(seenAt);
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: `${VISITORS_OF_PREFIX}${persona}`, sk: key, expiresAt: until },
            ConditionExpression: 'attribute_not_exists(pk) OR expiresAt < :until',
            ExpressionAttributeValues: { ':until': until },
          }),
        );
      } catch (error) {
        // What is there stays for longer.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async listVisitorsOf(persona, limit) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': `${VISITORS_OF_PREFIX}${persona}` },
          Limit: limit,
        }),
      );
      // The cast: likewise.
      return Items.map(({ sk }) => sk as VisitorKey);
    },
  };
}

/** Whole seconds, as DynamoDB wants them. */
const expiresAt = (seenAt: Instant): number => Math.floor(epochMs(seenAt) / 1000) + VISITOR_KEPT_DAYS * 24 * 60 * 60;

export function s3EventRows(place: LakePlace): EventRowStore {
  const files = lakeFiles(place);
  return {
    putEventRows(rows, at) {
      const text = linesOf(rows);
      return files.putGzip(keyByTime(EVENTS_PREFIX, at, text), text);
    },
  };
}

const LATEST = `${KNOWN_EVENTS_PREFIX}latest.json`;

export function s3KnownEvents(place: LakePlace): KnownEventsStore {
  const files = lakeFiles(place);
  return {
    listRows: (after, limit) => files.list(EVENTS_PREFIX, after, limit),
    async getLatest() {
      const found = await files.getText(LATEST);
      return found && { known: KnownEvents.parse(JSON.parse(found.text)), etag: found.etag };
    },
    async putLatest(known, seen) {
      await files.putIfSeen(LATEST, known, seen);
    },
    fetch: (key, file) => files.fetch(key, file),
    put: (key, file) => files.putParquet(key, file),
    async listFiles() {
      const objects = await files.list(KNOWN_EVENTS_PREFIX, KNOWN_EVENTS_PREFIX, Number.POSITIVE_INFINITY);
      return objects.map(({ key }) => key).filter((key) => key.endsWith('.parquet'));
    },
    delete: (key) => files.remove(key),
  };
}

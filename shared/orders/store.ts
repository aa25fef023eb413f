/**
 * Orders on DynamoDB; the parts of one too large for an item (thousands of lines) go to S3.
 * # | question                            | function | key                                        | read
 * 1 | one order by its key                | getOrder | key                                        | strong
 * 2 | put it if the revision is unchanged | putOrder | key, condition on revision                 | -
 * 3 | its parts, where they are too large | all      | S3 orders/<hash of key>/<hash of parts>.json.gz | strong
 * 4 | all of them, in parts               | listOrders | scan                                     | eventual
 * 5 | one as the stream tells it          | orderImages | -                                       | -
 * Asked by: 1 orders, profiles, cli · 2 orders · 3 within the others · 4 profiles, record-orders-all · 5 profiles, record-orders.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Cause } from '../queues/messages.ts';
import { Conflict, Defect } from '../runtime/errors.ts';
import type { OrderScan, OrderStore, StoredOrder } from './apply.ts';
import { type PackedOrder, packOrder, unpackOrder } from './item.ts';
import type { OrderKey } from './order-key.ts';

/** An item takes 400 KB and costs a write unit a KB: past this, S3 is cheaper as well as the only way. */
export const LARGEST_ITEM_BYTES = 100 * 1024;
export const OVERFLOW_PREFIX = 'orders/';

type OrderItem = { readonly key: OrderKey; readonly revision: number; readonly cause: Cause } & (
  | PackedOrder
  | { readonly partsObject: string }
);

export interface OrderImages {
  /** An item of the table, as its stream tells it. */
  readImage(image: Record<string, unknown>): Promise<StoredOrder>;
}

interface Overflow {
  readonly client: S3Client;
  readonly bucket: string;
}

/** For whoever only follows the table's stream. */
export function orderImages({ client, bucket }: Overflow): OrderImages {
  async function fetchParts(partsObject: string): Promise<PackedOrder> {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: partsObject }));
    if (!Body) throw new Defect('parts_object_empty', `S3 answered without a body for ${partsObject}.`);
    return JSON.parse(gunzipSync(await Body.transformToByteArray()).toString('utf8'));
  }

  return {
    async readImage(image) {
      // The cast: only putOrder writes to this table.
      const item = image as OrderItem;
      const packed = 'partsObject' in item ? await fetchParts(item.partsObject) : item;
      return { key: item.key, revision: item.revision, cause: item.cause, parts: unpackOrder(packed) };
    },
  };
}

export function dynamoOrders({
  client,
  table,
  overflow,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly overflow: Overflow;
}): OrderStore & OrderScan & OrderImages {
  async function keepParts(key: OrderKey, packed: PackedOrder): Promise<PackedOrder | { partsObject: string }> {
    const text = JSON.stringify(packed);
    if (Buffer.byteLength(text) <= LARGEST_ITEM_BYTES) return packed;
    const partsObject = `${OVERFLOW_PREFIX}${hash(key)}/${hash(text)}.json.gz`;
    await overflow.client.send(
      new PutObjectCommand({ Bucket: overflow.bucket, Key: partsObject, Body: gzipSync(text) }),
    );
    return { partsObject };
  }

  const { readImage } = orderImages(overflow);

  return {
    async getOrder(key): Promise<StoredOrder | undefined> {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: { key }, ConsistentRead: true }));
      return Item && readImage(Item);
    },

    readImage,

    async listOrders({ segment, of, limit, after }) {
      const { Items = [], LastEvaluatedKey: last } = await client.send(
        new ScanCommand({
          TableName: table,
          Segment: segment,
          TotalSegments: of,
          Limit: limit,
          ...(after !== undefined && { ExclusiveStartKey: { key: after } }),
        }),
      );
      const items = await Promise.all(Items.map(readImage));
      return { items, ...(last && { next: String(last.key) }) };
    },

    async putOrder({ key, revision, cause, parts }) {
      const item: OrderItem = { key, revision, cause, ...(await keepParts(key, packOrder(parts))) };
      const isNew = revision === 1;
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: item,
            ConditionExpression: isNew ? 'attribute_not_exists(#key)' : '#revision = :seen',
            ExpressionAttributeNames: isNew ? { '#key': 'key' } : { '#revision': 'revision' },
            ...(!isNew && { ExpressionAttributeValues: { ':seen': revision - 1 } }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new Conflict('order_changed', `Order moved on from revision ${revision - 1}.`, { cause: error });
      }
    },
  };
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Tables, a bucket and a queue of our own at whatever endpoint the environment names, and their removal. */
import {
  CreateTableCommand,
  DeleteTableCommand,
  type GlobalSecondaryIndex,
  type KeySchemaElement,
  type LocalSecondaryIndex,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { sealer } from '../../shared/identity/seal.ts';
import { DUE_INDEX } from '../../shared/lanes/store.ts';
import { REVIEW_INDEX } from '../../shared/profiles/store.ts';
import { unique } from './contracts/samples.ts';

export interface Resource {
  readonly name: string;
  remove(): Promise<void>;
}

/** As infra/ makes them. */
export const ORDERS_KEY = ['key'];
export const OPERATIONS_KEY = ['pk', 'sk'];
export const CUSTOMERS_KEY = ['pk', 'sk'];
export const ENGAGEMENT_KEY = ['pk', 'sk'];
/** Of what is sealed in tests. */
export const TEST_SEALER = sealer({ current: 1, keys: new Map([[1, Buffer.alloc(32, 7)]]) });

const DUE: LocalSecondaryIndex = {
  IndexName: DUE_INDEX,
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'dueAt', KeyType: 'RANGE' },
  ],
  Projection: { ProjectionType: 'ALL' },
};

const REVIEW: GlobalSecondaryIndex = {
  IndexName: REVIEW_INDEX,
  KeySchema: [
    { AttributeName: 'shard', KeyType: 'HASH' },
    { AttributeName: 'lookAt', KeyType: 'RANGE' },
  ],
  Projection: { ProjectionType: 'KEYS_ONLY' },
};
const OTHER_KEYS: ReadonlyMap<readonly string[], { readonly [name: string]: 'S' | 'N' }> = new Map([
  [OPERATIONS_KEY, { dueAt: 'N' as const }],
  [CUSTOMERS_KEY, { shard: 'S' as const, lookAt: 'S' as const }],
]);

export async function createTable(client: DynamoDBDocumentClient, key: readonly string[]): Promise<Resource> {
  const name = `contract-${unique()}`;
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: key.map(
        (attribute, index): KeySchemaElement => ({
          AttributeName: attribute,
          KeyType: index === 0 ? 'HASH' : 'RANGE',
        }),
      ),
      AttributeDefinitions: [
        ...key.map((attribute) => ({ AttributeName: attribute, AttributeType: 'S' as const })),
        ...Object.entries(OTHER_KEYS.get(key) ?? {}).map(([AttributeName, AttributeType]) => ({
          AttributeName,
          AttributeType,
        })),
      ],
      ...(key === OPERATIONS_KEY && { LocalSecondaryIndexes: [DUE] }),
      ...(key === CUSTOMERS_KEY && { GlobalSecondaryIndexes: [REVIEW] }),
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 0.1, maxDelay: 1 }, { TableName: name });
  return {
    name,
    async remove() {
      await client.send(new DeleteTableCommand({ TableName: name }));
    },
  };
}

export async function createBucket(client: S3Client): Promise<Resource> {
  const name = `contract-${unique()}`;
  await client.send(new CreateBucketCommand({ Bucket: name }));
  return {
    name,
    async remove() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: name }));
      for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket: name, Key }));
      await client.send(new DeleteBucketCommand({ Bucket: name }));
    },
  };
}

export interface QueueResource extends Resource {
  readonly url: string;
  receive(): Promise<string | undefined>;
}

export async function createQueue(client: SQSClient): Promise<QueueResource> {
  const name = `contract-${unique()}`;
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name }));
  if (QueueUrl === undefined) throw new Error('A queue without an address');
  return {
    name,
    url: QueueUrl,
    async receive() {
      const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
      const [message] = Messages;
      if (message) await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      return message?.Body;
    },
    async remove() {
      await client.send(new DeleteQueueCommand({ QueueUrl }));
    },
  };
}

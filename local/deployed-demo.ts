/** The demo on a deployed stack: connect a shop, play its day over HTTP, wait until all is done, sum up what is stored. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { PlannedDelivery } from '../demo/day.ts';
import type { ShopOptions } from '../demo/delivery.ts';
import { shopifyDoor } from '../shared/channels/shopify/door.ts';
import { connect } from '../shared/connections/connect.ts';
import { ConnectionId } from '../shared/connections/connection.ts';
import { dynamoConnections, ssmSecrets } from '../shared/connections/store.ts';
import type { CanonicalOrder } from '../shared/orders/canonical-order.ts';
import { deriveOrder } from '../shared/orders/derive.ts';
import { type OrderKey, parseOrderKey } from '../shared/orders/order-key.ts';
import { dynamoOrders } from '../shared/orders/store.ts';
import { dynamoQuarantine } from '../shared/quarantine/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../shared/runtime/clients.ts';
import { systemClock } from '../shared/runtime/clock.ts';
import { s3Client } from '../shared/runtime/s3.ts';
import type { StackOutputs } from '../shared/runtime/stack-outputs.ts';
import type { Deployment } from './deploy.ts';
import { type Played, play, postOverHttp } from './play.ts';
import { type ConnectionSummary, sumOrders } from './summary.ts';

export interface DemoOptions {
  readonly deployment: Deployment;
  readonly webhookUrl: string;
  readonly shop: ShopOptions;
  readonly deliveries: readonly PlannedDelivery[];
  readonly onProgress: (sent: number) => void;
}

export async function connectShop({
  deployment: { outputs },
  webhookUrl,
  shop,
}: Omit<DemoOptions, 'deliveries' | 'onProgress'>): Promise<void> {
  const stores = {
    connections: dynamoConnections({ client: dynamoClient(), table: outputs.OperationsTable }),
    secrets: ssmSecrets({ client: ssmClient(), prefix: outputs.SecretsPrefix }),
  };
  const id = ConnectionId.parse(shop.connection);
  await connect(
    {
      id,
      channel: shopifyDoor.channel,
      webhookBase: webhookUrl,
      secret: shop.secret,
      settings: { currency: 'USD', region: 'US', timezone: 'America/New_York' },
    },
    stores,
    systemClock(),
  );
}

export async function playDemo(
  options: DemoOptions,
): Promise<{ readonly played: Played; readonly summary: ConnectionSummary }> {
  const { deployment, webhookUrl, shop, deliveries, onProgress } = options;
  const startedMs = Date.now();
  const played = await play(deliveries, { post: postOverHttp(webhookUrl), atOnce: 12, onProgress });
  await untilIdle(sqsClient(), deployment.outputs);
  return { played, summary: await summarize({ deployment, shop, played, sinceMs: startedMs }) };
}

/** Until both queues have been empty, with nothing in flight, three times in a row. */
export async function untilIdle(
  client: SQSClient,
  outputs: StackOutputs,
  { patienceMs = 120_000 } = {},
): Promise<void> {
  const queues = [outputs.InboxQueueUrl, outputs.WorkQueueUrl];
  const deadline = Date.now() + patienceMs;
  for (let idle = 0; idle < 3; ) {
    if (Date.now() > deadline) throw new Error('The queues did not run empty in time. `tributary doctor` says more.');
    const depths = await Promise.all(queues.map((url) => depth(client, url)));
    idle = depths.every((messages) => messages === 0) ? idle + 1 : 0;
    await sleep(200);
  }
}

export async function depth(client: SQSClient, url: string): Promise<number> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(Attributes ?? {}).reduce((sum, count) => sum + Number(count), 0);
}

async function summarize(known: {
  readonly deployment: Deployment;
  readonly shop: ShopOptions;
  readonly played: Played;
  readonly sinceMs: number;
}): Promise<ConnectionSummary> {
  const { deployment, shop, played, sinceMs } = known;
  const { outputs } = deployment;
  const dynamo = dynamoClient();
  const orders = await readOrders(dynamo, outputs, shop.connection);
  const quarantine = dynamoQuarantine({ client: dynamo, table: outputs.OperationsTable });
  const open = await quarantine.list({ status: 'open', limit: 1000 });
  return {
    connection: `shopify/${shop.connection}`,
    received: played.acknowledged,
    rejected: played.refused,
    noops: await countNoops(outputs.OrdersLogGroup, sinceMs),
    ...sumOrders(orders),
    quarantined: open.items.filter((entry) => entry.connection === shop.connection).length,
  };
}

/** Every order of a connection, derived. A scan: for a demo's hundreds, not for a shop's millions. */
export async function readOrders(
  dynamo: DynamoDBDocumentClient,
  outputs: StackOutputs,
  connection: string,
): Promise<CanonicalOrder[]> {
  const store = dynamoOrders({
    client: dynamo,
    table: outputs.OrdersTable,
    overflow: { client: s3Client(), bucket: outputs.LakeBucket },
  });
  const orders: CanonicalOrder[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await dynamo.send(
      new ScanCommand({ TableName: outputs.OrdersTable, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    for (const item of page.Items ?? []) {
      const name = parseOrderKey(String(item.key));
      if (name?.connection !== connection) continue;
      // The cast: the key of an item of the orders table is one.
      const stored = await store.getOrder(item.key as OrderKey);
      if (stored) orders.push(deriveOrder({ ...name, category: 'ecommerce', revision: stored.revision }, stored.parts));
    }
    start = page.LastEvaluatedKey;
  } while (start);
  return orders.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The `noop` metric, summed from the log lines in the embedded metric format that carry it. */
async function countNoops(logGroup: string, sinceMs: number): Promise<number> {
  const client = new CloudWatchLogsClient({});
  let count = 0;
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new FilterLogEventsCommand({ logGroupName: logGroup, startTime: sinceMs, filterPattern: '"noop"', nextToken }),
    );
    for (const { message = '' } of page.events ?? []) count += noopsIn(message);
    nextToken = page.nextToken;
  } while (nextToken);
  return count;
}

function noopsIn(line: string): number {
  try {
    const { noop } = JSON.parse(line.slice(line.indexOf('{')));
    return Array.isArray(noop) ? noop.reduce((sum: number, value: number) => sum + value, 0) : Number(noop ?? 0);
  } catch {
    return 0;
  }
}

/** The demo on a deployed stack: connect the shops, play their day over HTTP, wait until all is done, sum up what is stored. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { PlannedDelivery } from '../demo/day.ts';
import { DOORS } from '../shared/channels/registry.ts';
import { type ConnectRequest, connect } from '../shared/connections/connect.ts';
import { ConnectionId } from '../shared/connections/connection.ts';
import { dynamoConnections, ssmSecrets } from '../shared/connections/store.ts';
import { FetchDetail } from '../shared/hydration/fetch-detail.ts';
import { ssmKeys } from '../shared/identity/store.ts';
import { hydrationParty } from '../shared/lanes/lane.ts';
import { dynamoLanes } from '../shared/lanes/store.ts';
import type { CanonicalOrder } from '../shared/orders/canonical-order.ts';
import { deriveOrder } from '../shared/orders/derive.ts';
import { type OrderKey, parseOrderKey } from '../shared/orders/order-key.ts';
import { dynamoOrders } from '../shared/orders/store.ts';
import type { StoredProfile } from '../shared/profiles/profile.ts';
import { dynamoCustomers } from '../shared/profiles/store.ts';
import { dynamoQuarantine } from '../shared/quarantine/store.ts';
import type { ProfilesMessage } from '../shared/queues/messages.ts';
import { sqsQueue } from '../shared/queues/store.ts';
import { dynamoRates } from '../shared/rates/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../shared/runtime/clients.ts';
import { systemClock } from '../shared/runtime/clock.ts';
import { s3Client } from '../shared/runtime/s3.ts';
import type { StackOutputs } from '../shared/runtime/stack-outputs.ts';
import { dynamoPolicies } from '../shared/tiers/store.ts';
import type { CustomerWorld } from './customers.ts';
import { type DemoShop, publish } from './demo-shops.ts';
import type { Deployment } from './deploy.ts';
import { type Played, play, postOverHttp } from './play.ts';
import { type ConnectionSummary, countByChannel, sumOrders } from './summary.ts';

/** A shop as it is connected. */
export interface NewShop {
  readonly channel: string;
  readonly connection: string;
  readonly secret: string;
  readonly settings: ConnectRequest['settings'];
  readonly api?: ConnectRequest['api'];
}

export async function connectShop(
  { channel, connection, secret, settings, api }: NewShop,
  { deployment: { outputs }, webhookUrl }: { readonly deployment: Deployment; readonly webhookUrl: string },
): Promise<void> {
  const operations = { client: dynamoClient(), table: outputs.OperationsTable };
  const stores = {
    connections: dynamoConnections(operations),
    secrets: ssmSecrets({ client: ssmClient(), prefix: outputs.SecretsPrefix }),
    lanes: dynamoLanes({ ...operations, detail: FetchDetail }),
  };
  const id = ConnectionId.parse(connection);
  await connect({ id, channel, webhookBase: webhookUrl, secret, settings, ...(api && { api }) }, stores, systemClock());
}

/** Customers as an operator with access to the deployment reaches them. */
export async function customerWorld({ outputs }: Deployment): Promise<CustomerWorld> {
  const client = dynamoClient();
  const operations = { client, table: outputs.OperationsTable };
  const { sealer } = await ssmKeys({ client: ssmClient(), name: outputs.IdentityKeysParameter }).load();
  return {
    customers: dynamoCustomers<StoredProfile>({ client, table: outputs.CustomersTable, sealer }),
    queue: sqsQueue<ProfilesMessage>({ client: sqsClient(), url: outputs.ProfilesQueueUrl }),
    rates: dynamoRates(operations),
    policies: dynamoPolicies(operations),
  };
}

export interface DemoOptions {
  readonly deployment: Deployment;
  readonly webhookUrl: string;
  readonly shops: readonly DemoShop[];
  readonly deliveries: readonly PlannedDelivery[];
  readonly onProgress: (sent: number) => void;
  /** Once all was sent. */
  readonly onSent: (played: Played) => void;
  readonly say: (line: string) => void;
}

export async function playDemo(
  options: DemoOptions,
): Promise<{ readonly played: Played; readonly summaries: readonly ConnectionSummary[] }> {
  const { deployment, webhookUrl, shops, deliveries, onProgress, onSent, say } = options;
  const startedMs = Date.now();
  const overHttp = postOverHttp(webhookUrl);
  const post = (delivery: PlannedDelivery) => {
    publish(shops, delivery);
    return overHttp(delivery);
  };
  const played = await play(deliveries, { post, atOnce: 12, onProgress });
  onSent(played);
  const connections = shops.map(({ options: { connection } }) => connection);
  await untilIdle(sqsClient(), deployment.outputs, { connections, say });
  return { played, summaries: await summarize({ deployment, shops, played, sinceMs: startedMs }) };
}

/** A message that failed comes again after six minutes (infra/defaults/queue.ts). */
const PATIENCE_MS = 420_000;
const TOLD_AFTER_MS = 60_000;

/** Until all queues have been empty, with nothing in flight, three times in a row, and nothing waits to be fetched. */
export async function untilIdle(
  client: SQSClient,
  outputs: StackOutputs,
  {
    connections = [],
    patienceMs = PATIENCE_MS,
    say = () => {},
  }: {
    readonly connections?: readonly string[];
    readonly patienceMs?: number;
    readonly say?: (line: string) => void;
  } = {},
): Promise<void> {
  const queues = [outputs.InboxQueueUrl, outputs.WorkQueueUrl];
  const lanes = dynamoLanes({ client: dynamoClient(), table: outputs.OperationsTable, detail: FetchDetail });
  const parties = connections.map(hydrationParty);
  const startedMs = Date.now();
  for (let idle = 0, told = false; idle < 3; ) {
    const waitedMs = Date.now() - startedMs;
    if (waitedMs > patienceMs) throw new Error('The queues did not run empty in time. `tributary doctor` says more.');
    if (waitedMs > TOLD_AFTER_MS && !told) {
      say('Some webhooks are not worked on yet. One that failed is tried again after six minutes.');
      told = true;
    }
    const waiting = await Promise.all([
      ...queues.map((url) => depth(client, url)),
      ...parties.map(async (party) => (await lanes.listDue(party, Number.MAX_SAFE_INTEGER, 1)).length),
    ]);
    idle = waiting.every((count) => count === 0) ? idle + 1 : 0;
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
  readonly shops: readonly DemoShop[];
  readonly played: Played;
  readonly sinceMs: number;
}): Promise<ConnectionSummary[]> {
  const { deployment, shops, played, sinceMs } = known;
  const { outputs } = deployment;
  const dynamo = dynamoClient();
  const quarantine = dynamoQuarantine({ client: dynamo, table: outputs.OperationsTable });
  const open = await quarantine.list({ status: 'open', limit: 1000 });
  const noops = await countMetric('noop', outputs.OrdersLogGroup, sinceMs);
  const fetched = await countMetric('fetched', outputs.HydrateLogGroup, sinceMs);
  return Promise.all(
    shops.map(async ({ channel: { door }, options: { connection } }) => ({
      connection: `${door.channel}/${connection}`,
      received: played.byConnection.get(connection)?.acknowledged ?? 0,
      rejected: played.byConnection.get(connection)?.refused ?? 0,
      fetched: fetched.get(door.channel) ?? 0,
      noops: noops.get(door.channel) ?? 0,
      ...sumOrders(await readOrders(dynamo, outputs, connection)),
      quarantined: open.items.filter((entry) => entry.connection === connection).length,
    })),
  );
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
      const category = name && DOORS.get(name.channel)?.category;
      if (!category || name.connection !== connection) continue;
      // The cast: the key of an item of the orders table is one.
      const stored = await store.getOrder(item.key as OrderKey);
      if (stored) orders.push(deriveOrder({ ...name, category, revision: stored.revision }, stored.parts));
    }
    start = page.LastEvaluatedKey;
  } while (start);
  return orders.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** A metric by channel, summed from the log lines in the embedded metric format that carry it. */
async function countMetric(metric: string, logGroup: string, sinceMs: number): Promise<ReadonlyMap<string, number>> {
  const client = new CloudWatchLogsClient({});
  const lines: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new FilterLogEventsCommand({
        logGroupName: logGroup,
        startTime: sinceMs,
        filterPattern: `"${metric}"`,
        nextToken,
      }),
    );
    lines.push(...(page.events ?? []).map(({ message = '' }) => message));
    nextToken = page.nextToken;
  } while (nextToken);
  return countByChannel(metric, lines);
}

/** Write and read units, requests and bytes of one webhook after another, as DynamoDB Local counts them. */
import { v7 as uuidv7 } from 'uuid';
import { createRandom } from '../../demo/random.ts';
import { shopifyStories } from '../../demo/shopify.ts';
import { shopify } from '../../shared/channels/shopify/adapter.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import { type EnvelopeId, encodeBody } from '../../shared/lake/envelope.ts';
import { applyUpdates } from '../../shared/orders/apply.ts';
import { interpret } from '../../shared/orders/interpret.ts';
import { dynamoOrders } from '../../shared/orders/store.ts';
import { createTable, ORDERS_KEY } from '../stores/aws.ts';
import { startDynamoDbLocal, startObjects } from '../stores/dynamodb-local.ts';
import { countUnits } from './count-units.ts';
import type { Row } from './measure.ts';

const STORIES = 50;

export async function benchUnits(): Promise<Row[]> {
  const [dynamo, objects] = [await startDynamoDbLocal(), await startObjects()];
  try {
    const table = await createTable(dynamo.client, ORDERS_KEY);
    const counted = countUnits(dynamo.client);
    const orders = dynamoOrders({
      client: dynamo.client,
      table: table.name,
      overflow: { client: objects.client, bucket: 'b' },
    });
    const settings = ConnectionSettings.parse({ id: 'bench', channel: 'shopify', type: 'direct', settingsRevision: 0 });
    const shop = {
      connection: 'bench',
      secret: 's',
      startMs: Date.parse('2026-11-11T01:00:00Z'),
      everyMs: 60_000,
      webhookUrl: '',
      shop: 'tea',
    };
    const source = shopifyStories(createRandom(5), shop);
    const totals = { webhooks: 0, bytes: 0 };
    const feed = async (
      deliveries: readonly { request: { headers: Readonly<Record<string, string>>; body: Uint8Array } }[],
    ) => {
      for (const { request } of deliveries) {
        totals.webhooks++;
        totals.bytes += request.body.byteLength;
        const envelope = {
          id: uuidv7() as EnvelopeId, // the cast: it is one
          receivedAt: '2026-11-24T00:00:00.000Z',
          channel: 'shopify',
          connection: 'bench',
          headers: { ...request.headers },
          query: '',
          ...encodeBody(request.body),
        };
        const read = interpret(envelope, shopify, settings);
        if (read.kind === 'updates')
          for (const { key, update } of read.updates) await applyUpdates(orders, key, [update], 'live');
      }
    };
    const stories = Array.from({ length: STORIES }, () => source.next().value.deliveries);
    for (const deliveries of stories) await feed(deliveries);
    const first = { ...counted, ...totals };
    Object.assign(counted, { read: 0, write: 0, requests: 0 });
    Object.assign(totals, { webhooks: 0, bytes: 0 });
    for (const deliveries of stories) await feed(deliveries);
    const each = (value: number, of: number) => Math.round((value / of) * 100) / 100;
    await table.remove();
    return [
      { name: 'write units, a webhook', value: each(first.write, first.webhooks), unit: 'WRU' },
      { name: 'read units, a webhook (strong)', value: each(first.read, first.webhooks), unit: 'RRU' },
      { name: 'requests, a webhook', value: each(first.requests, first.webhooks), unit: '' },
      { name: 'bytes, a webhook', value: Math.round(first.bytes / first.webhooks), unit: 'B' },
      { name: 'write units, a duplicate', value: each(counted.write, totals.webhooks), unit: 'WRU' },
      { name: 'read units, a duplicate (strong)', value: each(counted.read, totals.webhooks), unit: 'RRU' },
    ];
  } finally {
    await dynamo.stop();
    await objects.stop();
  }
}

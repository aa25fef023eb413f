/** What a thin webhook costs in the tables, from its signal to the merged answer, as DynamoDB Local counts it. */
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { createRandom } from '../../demo/random.ts';
import { createHydrate } from '../../functions/hydrate/handler.ts';
import { demoShops } from '../../local/demo-shops.ts';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { ConnectionId, ConnectionSettings } from '../../shared/connections/connection.ts';
import { askForNews } from '../../shared/hydration/ask-for-news.ts';
import { FetchDetail } from '../../shared/hydration/fetch-detail.ts';
import { type Envelope, EnvelopeId } from '../../shared/lake/envelope.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import { applyUpdates } from '../../shared/orders/apply.ts';
import { interpret } from '../../shared/orders/interpret.ts';
import { dynamoOrders } from '../../shared/orders/store.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { toEnvelope } from '../channels/read.ts';
import { fetchFromModels, modelBase } from '../platforms/fetch.ts';
import { memoryConnections, memorySecrets } from '../simulation/models/connections.ts';
import { memoryQuarantine } from '../simulation/models/quarantine.ts';
import { createTable, OPERATIONS_KEY, ORDERS_KEY } from '../stores/aws.ts';
import { startDynamoDbLocal, startObjects } from '../stores/dynamodb-local.ts';
import { countUnits } from './count-units.ts';
import type { Row } from './measure.ts';

const STORIES = 20;
const silent: Telemetry = { info() {}, warn() {}, error() {}, measure() {}, flush() {} };

export async function benchThinUnits(): Promise<Row[]> {
  const [dynamo, objects] = [await startDynamoDbLocal(), await startObjects()];
  try {
    const { client } = dynamo;
    const [ordersTable, operations] = [
      await createTable(client, ORDERS_KEY),
      await createTable(client, OPERATIONS_KEY),
    ];
    const orders = dynamoOrders({ client, table: ordersTable.name, overflow: { client: objects.client, bucket: 'b' } });
    const lanes = dynamoLanes({ client, table: operations.name, detail: FetchDetail });
    const shop = demoShops().find(({ channel }) => channel.door.channel === 'douyin');
    const adapter = await ADAPTERS.find('douyin');
    if (!shop?.platform || !adapter) throw new Error('no thin demo shop');
    const { platform, options, settings } = shop;
    const id = ConnectionId.parse('bench');
    const stores = { connections: memoryConnections(), secrets: memorySecrets() };
    const connection = {
      ...ConnectionSettings.parse({ id, channel: 'douyin', type: 'direct', settingsRevision: 0, ...settings }),
      status: 'active' as const,
      webhookUrl: '',
      apiBase: modelBase(id),
      createdAt: '',
      updatedAt: '',
    };
    await stores.connections.putConnection(connection, undefined);
    await stores.secrets.putCredentials(id, platform.credentials);

    const answers: Envelope[] = [];
    const hydrate = createHydrate({
      adapters: ADAPTERS,
      connections: { find: async () => connection, listConnections: async () => [connection] },
      secrets: stores.secrets,
      lanes,
      wakes: { send: async () => undefined },
      inbox: { keep: async (envelope) => void answers.push(envelope) },
      quarantine: memoryQuarantine(),
      fetch: fetchFromModels(new Map([[id, platform]]), Date.now),
      anyApiBase: true,
      clock: systemClock,
      sleep: async () => undefined,
      random: () => 0,
      newEnvelopeId: () => EnvelopeId.parse(uuidv7()),
      newHolder: randomUUID,
      telemetry: silent,
    });
    const news = { lanes, wakes: { send: async () => undefined }, orders, clock: systemClock };
    const merge = async (envelope: Envelope) => {
      const read = interpret(envelope, adapter, connection);
      if (read.kind !== 'updates') return;
      for (const { key, update } of read.updates) await applyUpdates(orders, key, [update], 'live');
      await askForNews(
        read.signals.map((signal) => ({ signal, envelope, object: 'raw/' })),
        news,
      );
    };

    const counted = countUnits(client);
    let webhooks = 0;
    const source = shop.channel.stories(createRandom(5), { ...options, webhookUrl: '' });
    for (let story = 0; story < STORIES; story++) {
      for (const { request, records = [] } of source.next().value.deliveries) {
        webhooks++;
        for (const record of records) platform.put(record, 0);
        await merge(toEnvelope({ door: adapter.door, request, receivedAt: new Date(), connection, number: webhooks }));
        const body = JSON.stringify({ wake: `hydrate/${id}` });
        // The cast: all that the handler reads of a record.
        await hydrate({ Records: [{ messageId: '1', body }] } as Parameters<typeof hydrate>[0]);
        for (const answer of answers.splice(0)) await merge(answer);
      }
    }
    const each = (value: number) => Math.round((value / webhooks) * 100) / 100;
    return [
      { name: 'write units, index included', value: each(counted.write), unit: 'WRU' },
      { name: 'read units (strong)', value: each(counted.read), unit: 'RRU' },
      { name: 'requests', value: each(counted.requests), unit: '' },
    ];
  } finally {
    await dynamo.stop();
    await objects.stop();
  }
}

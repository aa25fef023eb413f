/** One address for all shops of an app: each shop's news goes to its own connection, proven at whichever door it came. */
import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { createOrders } from '../../functions/orders/handler.ts';
import { douyinDoor } from '../../shared/channels/douyin/door.ts';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { type Connection, ConnectionId } from '../../shared/connections/connection.ts';
import { connectionDirectory, shopDirectory } from '../../shared/connections/directory.ts';
import { healthNotes } from '../../shared/connections/health.ts';
import type { FetchDetail } from '../../shared/hydration/fetch-detail.ts';
import { hydrationParty } from '../../shared/lanes/lane.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { toEnvelope } from '../channels/read.ts';
import { memoryConnections, memoryHealth } from '../simulation/models/connections.ts';
import { memoryLake } from '../simulation/models/lake.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryOrders } from '../simulation/models/orders.ts';
import { memoryQuarantine } from '../simulation/models/quarantine.ts';

const NOW = new Date('2026-11-24T10:00:00.000Z');
const silent: Telemetry = { measure() {}, info() {}, warn() {}, error() {}, flush() {} };

const shop = (id: string, shopId: string, status: Connection['status'] = 'active'): Connection => ({
  id: ConnectionId.parse(id),
  channel: 'douyin',
  type: 'direct',
  shop: shopId,
  settingsRevision: 0,
  status,
  webhookUrl: '',
  createdAt: NOW.toISOString(),
  updatedAt: NOW.toISOString(),
});

const paid = (shopId: number, orderId: string) => ({
  tag: '101',
  msg_id: orderId,
  data: JSON.stringify({ shop_id: shopId, p_id: 0, pay_time: 1_763_978_000 }).replace('"p_id":0', `"p_id":${orderId}`),
});

async function tell(messages: readonly object[], connections: readonly Connection[]) {
  const [first] = connections;
  if (!first) throw new Error('no connection');
  const clock = () => NOW;
  const store = memoryConnections();
  for (const connection of connections) await store.putConnection(connection, undefined);
  const [lake, orders, quarantine, lanes, health] = [
    memoryLake(),
    memoryOrders(),
    memoryQuarantine(),
    memoryLanes<FetchDetail>(),
    memoryHealth(),
  ];
  const woken: string[] = [];
  const handler = createOrders({
    adapters: ADAPTERS,
    connections: connectionDirectory(store, clock),
    shops: shopDirectory(store, clock),
    lake,
    orders,
    quarantine,
    lanes,
    wakes: { send: async (message) => void woken.push('wake' in message ? message.wake : '') },
    health: healthNotes(health, clock),
    clock,
    telemetry: silent,
  });
  const request = { method: 'POST', url: '', query: '', headers: {}, body: Buffer.from(JSON.stringify(messages)) };
  const envelope = toEnvelope({ door: douyinDoor, request, receivedAt: NOW, connection: first, number: 1 });
  await lake.write('raw/a', [envelope]);
  const body = JSON.stringify({ object: 'raw/a', cause: 'live' });
  // The cast: all that the handler reads of a record.
  const answer = await handler({ Records: [{ messageId: '1', body }] } as SQSEvent);
  expect(answer.batchItemFailures).toEqual([]);
  const waiting = lanes.waiting().map(({ party, subject }) => `${party} ${subject}`);
  const open = await quarantine.list({ status: 'open', limit: 10 });
  return { waiting: waiting.sort(), woken: woken.sort(), health: await health.listHealth(), quarantined: open.items };
}

describe('webhooks of several shops at one address', () => {
  it('become work of the connection of each', async () => {
    const { waiting, woken, quarantined } = await tell(
      [paid(1, '6496679971677798670'), paid(2, '6496679971677798671')],
      [shop('one', '1'), shop('two', '2')],
    );
    const [one, two] = [hydrationParty('one'), hydrationParty('two')];
    expect(waiting).toEqual([`${one} order/6496679971677798670`, `${two} order/6496679971677798671`]);
    expect(woken).toEqual([one, two]);
    expect(quarantined).toEqual([]);
  });

  it('of one that is not connected, or no longer, are told to people and nothing else', async () => {
    const { waiting, health, quarantined } = await tell(
      [paid(3, '5')],
      [shop('one', '1'), shop('gone', '3', 'disabled')],
    );
    expect(waiting).toEqual([]);
    expect(quarantined).toEqual([]);
    expect(health.get('one')).toEqual({
      lastWebhookAt: NOW.toISOString(),
      unconnectedShop: { shop: '3', at: NOW.toISOString() },
    });
  });

  it('are set aside once where one of them cannot be read, and the others go on', async () => {
    const bad = { tag: '101', msg_id: 'x', data: '{"shop_id":2,"p_id":"../1"}' };
    const { waiting, quarantined } = await tell([paid(1, '5'), bad], [shop('one', '1'), shop('two', '2')]);
    expect(waiting).toEqual([`${hydrationParty('one')} order/5`]);
    expect(quarantined).toMatchObject([{ connection: 'one', code: 'wire_mismatch', path: '1.data.p_id' }]);
  });
});

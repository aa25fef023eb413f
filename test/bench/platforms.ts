/** Each platform's webhook and, where it is thin, the answer that it leads to: against the least that any receiver does. */
import { createHmac } from 'node:crypto';
import { createRandom } from '../../demo/random.ts';
import { type DemoShop, demoShops } from '../../local/demo-shops.ts';
import type { ChannelAdapter, HttpRequest } from '../../shared/channels/adapter.ts';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import type { Envelope } from '../../shared/lake/envelope.ts';
import { interpret } from '../../shared/orders/interpret.ts';
import { answerEnvelope, toEnvelope } from '../channels/read.ts';
import { openOnModel } from '../platforms/account.ts';
import { compareMs, type Row } from './measure.ts';

const NOW = Date.parse('2027-06-01T00:00:00Z');

export async function benchPlatforms(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const shop of demoShops()) {
    const adapter = await ADAPTERS.find(shop.channel.door.channel);
    if (adapter) rows.push(...(await benchPlatform(shop, adapter)));
  }
  return rows;
}

async function benchPlatform(shop: DemoShop, adapter: ChannelAdapter): Promise<Row[]> {
  const { door } = adapter;
  const connection = ConnectionSettings.parse({
    id: 'bench',
    channel: door.channel,
    type: 'direct',
    settingsRevision: 0,
    ...shop.settings,
  });
  const { request, subject } = lastWebhook(shop, adapter, connection);
  const receivedAt = new Date(NOW);
  const webhook = toEnvelope({ door, request, receivedAt, connection, number: 1 });
  const timed = compareMs([
    ['floor', () => floor(request.body)],
    [
      'webhook',
      () => [door.verify(request, [shop.options.secret], receivedAt), interpret(webhook, adapter, connection)],
    ],
  ]);
  const rows = [rowOf(`${door.channel}, webhook of ${request.body.byteLength} B`, timed)];
  if (subject === undefined || !adapter.api || !shop.platform) return rows;
  const fetchSubject = await openOnModel(adapter.api, shop.platform, () => NOW);
  const [body = ''] = await fetchSubject(subject);
  const answer: Envelope = answerEnvelope({ subject, fetchedAt: receivedAt, body: Buffer.from(body) }, connection, 2);
  const bytes = Buffer.from(body);
  const read = compareMs([
    ['floor', () => floor(bytes)],
    ['answer', () => interpret(answer, adapter, connection)],
  ]);
  return [...rows, rowOf(`${door.channel}, answer of ${bytes.byteLength} B`, read)];
}

/** The last webhook of a story that tells of its order; the platform knows all of the story by then. */
function lastWebhook(shop: DemoShop, adapter: ChannelAdapter, connection: ConnectionSettings) {
  const options = { ...shop.options, webhookUrl: 'https://hooks.example.com/webhooks/bench' };
  let found: { readonly request: HttpRequest; readonly subject?: string } | undefined;
  for (const story of shop.channel.stories(createRandom(3), options)) {
    for (const { request, records = [] } of story.deliveries) {
      for (const record of records) shop.platform?.put(record, 0);
      const envelope = toEnvelope({ door: adapter.door, request, receivedAt: new Date(NOW), connection, number: 1 });
      const outcome = adapter.normalize(envelope, connection);
      if (outcome.kind !== 'accepted') continue;
      const subject = outcome.signals?.find((signal) => signal.subject.startsWith('order/'))?.subject;
      if (subject !== undefined || !shop.platform) found = { request, ...(subject !== undefined && { subject }) };
    }
    if (found) return found;
  }
  throw new Error('the stories end');
}

const floor = (body: Uint8Array) => {
  createHmac('sha256', 'bench').update(body).digest();
  return JSON.parse(Buffer.from(body).toString('utf8'));
};

function rowOf(name: string, [least, row]: { readonly ms: number }[]): Row {
  const [floorMs, ms] = [least?.ms ?? Number.NaN, row?.ms ?? Number.NaN];
  return { name, value: Math.round(1000 / ms), unit: '/s', ratio: floorMs / ms };
}

/** From a webhook's acknowledgement to the signed entry webhook at a subscriber, through the deployed stack on the emulator. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inCurrency, OOLONG } from '../../demo/goods.ts';
import type { Person } from '../../demo/people.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyCustomerId, shopifyScene } from '../../demo/shopify.ts';
import { type Deployment, deploy, localEnvironment } from '../../local/deploy.ts';
import { connectShop } from '../../local/deployed-demo.ts';
import { startEmulator } from '../../local/emulator/emulator.ts';
import { STATE_DIR } from '../../local/endpoints.ts';
import { postOverHttp } from '../../local/play.ts';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { dynamoClient, ssmClient } from '../../shared/runtime/clients.ts';
import { dynamoSegments } from '../../shared/segments/store.ts';
import { readHosts } from '../../shared/subscribers/hosts.ts';
import { addSubscriber, RANDOM_NAMES } from '../../shared/subscribers/manage.ts';
import { dynamoSubscribers, ssmSigningSecrets } from '../../shared/subscribers/store.ts';
import { SubscriberWishes } from '../../shared/subscribers/subscriber.ts';
import { instant } from '../../shared/time/instant.ts';
import { percentile, type Row } from './measure.ts';

const SEGMENT = 'bought-once';
const SHOP = 'entries';
/** Caches of the functions have read the segment and the subscriber by then. */
const READY_MS = 12_000;
const WARM_UP = 10;
const PATIENCE_MS = 60_000;

export interface EntryBench {
  /** Webhooks a second, each the first order of a new customer. */
  readonly rate: number;
  readonly seconds: number;
}

export async function benchEntry({ rate, seconds }: EntryBench): Promise<Row[]> {
  const stateDir = `${STATE_DIR}/bench`;
  const emulator = await startEmulator({ stateDir, report: () => undefined });
  const receiver = await startReceiver();
  try {
    Object.assign(process.env, localEnvironment(emulator.endpoint));
    const deployment = await deploy({ endpoint: emulator.endpoint, stateDir, report: () => undefined });
    const webhookUrl = `${emulator.endpoint}/_aws/execute-api/${deployment.outputs.ApiId}`;
    const shop = { connection: SHOP, secret: SHOP, startMs: Date.now(), everyMs: 1_000, webhookUrl: '', shop: 'tea' };
    await connectShop({ channel: 'shopify', ...shop, settings: {} }, { deployment, webhookUrl });
    await prepare(deployment, receiver);
    const post = postOverHttp(webhookUrl);
    const random = createRandom(1);
    /** By persona, when its webhook was acknowledged. */
    const acknowledged = new Map<string, number>();
    async function buy(number: number): Promise<void> {
      const buyer = newPerson(number);
      const lines = [{ product: inCurrency(OOLONG, 'USD'), quantity: 1 }];
      const paidAtMs = Math.floor(Date.now() / 1000) * 1000 - 5_000;
      const told = {
        number,
        paidAtMs,
        buyer,
        lines,
        guest: false,
        recipientShown: false,
        handedOver: 'counter',
      } as const;
      // What is sold over the counter is paid in its first webhook.
      const [first] = shopifyScene(random, shop, told).deliveries;
      if (first) await post({ ...first, kind: 'order' });
      acknowledged.set(`shopify/${SHOP}/${shopifyCustomerId(buyer)}`, Date.now());
    }
    for (let number = 1; number <= WARM_UP; number++) await buy(number);
    await entered(receiver, WARM_UP);
    const startedMs = Date.now();
    const count = rate * seconds;
    const under: Promise<void>[] = [];
    for (let sent = 0; sent < count; sent++) {
      await sleep(Math.max(0, startedMs + (sent * 1000) / rate - Date.now()));
      under.push(buy(WARM_UP + 1 + sent));
    }
    await Promise.all(under);
    const tookS = (Date.now() - startedMs) / 1000;
    await entered(receiver, WARM_UP + count);
    const firstAt = new Map<string, number>();
    for (const { data, atMs } of receiver.received)
      if (data.subject !== undefined && !firstAt.has(data.subject)) firstAt.set(data.subject, atMs);
    const waits = [...acknowledged].slice(WARM_UP).flatMap(([persona, atMs]) => {
      const told = firstAt.get(persona);
      return told === undefined ? [] : [Math.max(0, told - atMs)];
    });
    return [
      { name: 'webhooks', value: count, unit: `at ${(count / tookS).toFixed(1)}/s` },
      { name: 'entries received, signed well', value: waits.length, unit: '' },
      { name: 'accepted to entry p50', value: Math.round(percentile(waits, 50)), unit: 'ms' },
      { name: 'accepted to entry p99', value: Math.round(percentile(waits, 99)), unit: 'ms' },
      { name: 'accepted to entry, the longest', value: Math.max(...waits), unit: 'ms' },
      { name: 'refused signatures', value: receiver.refused(), unit: '' },
    ];
  } finally {
    await receiver.close();
    await emulator.stop();
  }
}

async function prepare({ outputs }: Deployment, receiver: Receiver): Promise<void> {
  const engagement = { client: dynamoClient(), table: outputs.EngagementTable };
  const clock = () => new Date();
  await dynamoSegments(engagement).putSegment({
    id: SEGMENT,
    name: 'bought once',
    when: { field: 'orders', atLeast: 1 },
    version: 1,
    revision: 1,
    isArchived: false,
    by: 'bench',
    at: instant(Date.now()),
  });
  const added = await addSubscriber(
    { id: 'bench', wishes: SubscriberWishes.parse({ url: receiver.url }), by: 'bench' },
    {
      subscribers: dynamoSubscribers(engagement),
      secrets: ssmSigningSecrets({ client: ssmClient(), prefix: outputs.SigningSecretsPrefix }),
      hosts: readHosts('127.0.0.1'),
      clock,
      ...RANDOM_NAMES,
    },
  );
  if (added.kind === 'refused') throw new Error(added.message);
  receiver.trust(added.secret);
  await sleep(READY_MS);
}

async function entered(receiver: Receiver, count: number): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  const subjects = () => new Set(receiver.received.map(({ data }) => data.subject)).size;
  while (subjects() < count && Date.now() < deadline) await sleep(100);
}

/** Nobody whom another one could be linked with. */
const newPerson = (number: number): Person => ({
  id: 9_100_000_000_000 + number,
  firstName: 'Astrid',
  lastName: 'Lindqvist',
  email: `${randomUUID()}@example.com`,
  phone: `+1206${2_340_000 + number}`,
  city: 'Seattle',
  province: 'Washington',
  country: 'US',
  zip: String(10_000 + number),
});

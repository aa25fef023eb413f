/** Thin webhooks on the deployed stack: told of, fetched over HTTP from platforms that refuse, lag and break down, merged. */
import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import { afterAll, describe, expect, it } from 'vitest';
import type { PlatformRecord, Story } from '../../demo/delivery.ts';
import { createRandom } from '../../demo/random.ts';
import { type DemoShop, demoShops } from '../../local/demo-shops.ts';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { ConnectionId, ConnectionSettings, webhookAddress } from '../../shared/connections/connection.ts';
import { ssmSecrets } from '../../shared/connections/store.ts';
import { dynamoQuarantine } from '../../shared/quarantine/store.ts';
import { dynamoClient, ssmClient } from '../../shared/runtime/clients.ts';
import { toEnvelope } from '../channels/read.ts';
import type { PlatformModel } from '../platforms/platform.ts';
import { type PlatformServer, servePlatform } from '../platforms/server.ts';
import { comparableOrders, connectOn, endpoints, outputs, post, settle, withKind } from './deployment.ts';

const STORIES = 12;
const servers: PlatformServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

interface Open {
  readonly connection: string;
  readonly platform: PlatformModel;
  readonly stories: readonly Story[];
}

/** A shop with a platform of its own behind HTTP, connected, and what happens in it. */
async function open(channel: string, connection: string, count = STORIES): Promise<Open> {
  const shop = demoShops().find(({ channel: { door } }) => door.channel === channel);
  if (!shop?.platform) throw new Error(`no thin demo shop on ${channel}`);
  const { platform, options, settings } = shop;
  const server = await servePlatform(platform);
  servers.push(server);
  const api = { credentials: platform.credentials, base: { url: server.url } };
  await connectOn({ channel, connection, secret: options.secret, settings, api });
  return { connection, platform, stories: tell(shop, connection, count) };
}

function tell({ channel, options }: DemoShop, connection: string, count: number): Story[] {
  const webhookUrl = webhookAddress(endpoints.webhookUrl, { channel: channel.door.channel, id: connection });
  const source = channel.stories(createRandom(21), { ...options, connection, webhookUrl });
  return Array.from({ length: count }, () => source.next().value as Story); // the source is endless
}

const publishAll = ({ platform, stories }: Open): void => {
  for (const { deliveries } of stories)
    for (const { records = [] } of deliveries) for (const record of records) platform.put(record, Date.now());
};

/**
 * Records whose version no webhook names. Of those, news count by when they are fetched, and these stories are of another
 * day than their fetches: the first answer passes for the last, whatever the platform has by then.
 */
async function unnamed(channel: string, { connection, stories }: Open): Promise<PlatformRecord[]> {
  const adapter = await ADAPTERS.find(channel);
  if (!adapter) throw new Error(`no adapter of ${channel}`);
  const settings = ConnectionSettings.parse({ id: connection, channel, type: 'direct', settingsRevision: 0 });
  const deliveries = stories.flatMap((story) => story.deliveries);
  const named = new Map<string, number>();
  for (const { request } of deliveries) {
    const input = { door: adapter.door, request, receivedAt: new Date(), connection: settings, number: 1 };
    const outcome = adapter.normalize(toEnvelope(input), settings);
    for (const { subject, heard } of outcome.kind === 'accepted' ? (outcome.signals ?? []) : [])
      named.set(subject, Math.max(named.get(subject) ?? 0, heard.source));
  }
  const isNamed = ({ subject, version }: PlatformRecord) =>
    Math.floor((named.get(subject) ?? 0) / 1000) >= Math.floor(version / 1000);
  return deliveries.flatMap(({ records = [] }) => records.filter((record) => !isNamed(record)));
}

/** Without the times of what is only shown: those are of the answers that happened to be fetched. */
async function figures(connection: string): Promise<unknown[]> {
  return (await comparableOrders(connection)).map(
    ({ fulfilledAt: _, completedAt: __, cancelledAt: ___, paidAt: ____, ...order }) => order,
  );
}

describe.each(['douyin', 'square', 'shopee'])('%s', (channel) => {
  it('told twice, shuffled, eight at a time, while details lag and tokens end: as if fetched once at the end', async () => {
    const orderly = await open(channel, `${channel}-orderly`);
    publishAll(orderly);
    for (const { deliveries } of orderly.stories)
      for (const delivery of deliveries) expect(await post(withKind('order')(delivery))).toBe(200);

    const chaotic = await open(channel, `${channel}-chaotic`);
    Object.assign(chaotic.platform.behaviour, { lagMs: 1_500, tokenLifeMs: 20_000, perSecond: 40, burst: 10 });
    for (const record of await unnamed(channel, chaotic)) chaotic.platform.put(record, Date.now());
    const deliveries = chaotic.stories.flatMap((story) => story.deliveries.map(withKind('order')));
    const shuffled = createRandom(8).shuffle([...deliveries, ...deliveries]);
    const halfWay = setTimeout(() => chaotic.platform.revokeTokens(), 1_500);
    await pMap(
      shuffled,
      async (delivery) => {
        for (const record of delivery.records ?? []) chaotic.platform.put(record, Date.now());
        expect(await post(delivery)).toBe(200);
      },
      { concurrency: 8 },
    );
    clearTimeout(halfWay);
    await settle(orderly.connection, chaotic.connection);

    const expected = await figures(orderly.connection);
    expect(expected.length).toBeGreaterThanOrEqual(STORIES - 2);
    expect(await figures(chaotic.connection)).toEqual(expected);
  });
});

describe('hydration', () => {
  it('fetches an order that ten webhooks tell of once or twice', async () => {
    const { connection, platform, stories } = await open('douyin', 'ten-at-once', 1);
    publishAll({ connection, platform, stories });
    const [delivery] = stories[0]?.deliveries ?? [];
    if (!delivery) throw new Error('no delivery');
    await Promise.all(Array.from({ length: 10 }, () => post(withKind('order')(delivery))));
    await settle(connection);
    const calls = [...platform.calls].filter(([what]) => what.startsWith('order/')).map(([, count]) => count);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toBeLessThanOrEqual(2);
    // Told once more of what is known: no call at all.
    await post(withKind('duplicate')(delivery));
    await settle(connection);
    expect([...platform.calls].filter(([what]) => what.startsWith('order/')).map(([, count]) => count)).toEqual(calls);
  });

  it('stores renewed tokens, and a platform that is down delays no other', async () => {
    const down = await open('square', 'down', 4);
    down.platform.behaviour.failing = 503;
    const slow = await open('shopee', 'slow', 4);
    slow.platform.behaviour.slowMs = 2_000;
    const well = await open('shopee', 'well', 4);
    for (const shop of [down, slow, well]) {
      publishAll(shop);
      for (const { deliveries } of shop.stories)
        for (const delivery of deliveries) await post(withKind('order')(delivery));
    }
    await settle(well.connection);
    expect(await comparableOrders(well.connection)).toHaveLength(4);
    const secrets = ssmSecrets({ client: ssmClient(), prefix: outputs.SecretsPrefix });
    const tokens = await secrets.getTokens(ConnectionId.parse(well.connection));
    expect(tokens?.refreshToken).toBeDefined();
    expect(tokens?.refreshToken).not.toBe(well.platform.credentials.refresh_token);
    expect((await comparableOrders(down.connection)).filter((order) => order.status !== undefined)).toEqual([]);
    down.platform.behaviour.failing = undefined;
    slow.platform.behaviour.slowMs = 0;
    await settle(down.connection, slow.connection);
    expect((await comparableOrders(down.connection)).filter((order) => order.status !== undefined)).toHaveLength(4);
  });

  it('puts what the platform will not show in quarantine, with the reason', async () => {
    const shop = await open('shopee', 'withheld', 1);
    publishAll(shop);
    const [first] = shop.stories;
    shop.platform.withhold(`order/${first?.orderId}`, 'forbidden');
    const [delivery] = first?.deliveries ?? [];
    if (!delivery) throw new Error('no delivery');
    await post(withKind('order')(delivery));
    const quarantine = dynamoQuarantine({ client: dynamoClient(), table: outputs.OperationsTable });
    let codes: string[] = [];
    for (let tries = 0; tries < 60 && codes.length === 0; tries++) {
      await sleep(500);
      const { items } = await quarantine.list({ status: 'open', limit: 1_000 });
      codes = items.filter((entry) => entry.connection === shop.connection).map(({ code }) => code);
    }
    expect(codes).toEqual(['not_readable']);
  });
});

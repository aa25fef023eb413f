/** Nothing personal leaves the data: not into logs (metrics are among them), not into keys. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { person } from '../../demo/people.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyStories } from '../../demo/shopify.ts';
import { demoShops } from '../../local/demo-shops.ts';
import { shopifyDoor } from '../../shared/channels/shopify/door.ts';
import { ConnectionId, webhookAddress } from '../../shared/connections/connection.ts';
import { ssmSecrets } from '../../shared/connections/store.ts';
import { dynamoClient, ssmClient } from '../../shared/runtime/clients.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { servePlatform } from '../platforms/server.ts';
import { comparableOrders, connectOn, endpoints, openShop, outputs, post, settle, withKind } from './deployment.ts';

const STORIES = 12;
const LOG_GROUPS = [
  'IngestLogGroup',
  'ArchiveLogGroup',
  'OrdersLogGroup',
  'HydrateLogGroup',
  'ProfilesLogGroup',
  'PublishLogGroup',
] as const;
const SECRET = 'a-secret-that-no-log-may-hold';

/** What would give one of the shop's customers away. */
const people = Array.from({ length: 40 }, (_, index) => person(index));
/** A few ASCII letters are in some hash by chance. */
const tellsSomebody = (text: string) => text.length > (/^[ -~]*$/.test(text) ? 4 : 1);
const personal = [SECRET, ...people.flatMap((one) => [one.email, one.phone, one.lastName, one.firstName])].filter(
  tellsSomebody,
);
const secrets: string[] = [];
const givenAway = (text: string): string[] => [...personal, ...secrets].filter((secret) => text.includes(secret));

/** Their credentials and tokens are no less secret than the people. */
async function playThinShops(): Promise<void> {
  for (const shop of demoShops()) {
    const { platform, options, settings, channel } = shop;
    if (!platform) continue;
    const server = await servePlatform(platform);
    const connection = `private-${channel.door.channel}`;
    const api = { credentials: platform.credentials, base: { url: server.url } };
    await connectOn({ channel: channel.door.channel, connection, secret: options.secret, settings, api });
    secrets.push(...Object.values(platform.credentials).map(String), options.secret);
    const webhookUrl = webhookAddress(endpoints.webhookUrl, { channel: channel.door.channel, id: connection });
    const source = channel.stories(createRandom(11), { ...options, connection, webhookUrl });
    const tell = async () => {
      for (const delivery of source.next().value.deliveries) {
        for (const record of delivery.records ?? []) platform.put(record, Date.now());
        await post(withKind('order')(delivery));
      }
    };
    for (let told = 0; told < 4; told++) await tell();
    platform.behaviour.failing = 500;
    await tell();
    await sleep(1_000);
    platform.behaviour.failing = undefined;
    await settle(connection);
    const tokens = await ssmSecrets({ client: ssmClient(), prefix: outputs.SecretsPrefix }).getTokens(
      ConnectionId.parse(connection),
    );
    if (tokens) secrets.push(...[tokens.accessToken, tokens.refreshToken ?? ''].filter((token) => token.length > 8));
    await server.close();
  }
}

describe('personal data', () => {
  beforeAll(async () => {
    const shop = await openShop('private', SECRET);
    const source = shopifyStories(createRandom(11), shop);
    const stories = Array.from({ length: STORIES }, () => source.next().value);
    const [first] = stories[0].deliveries;
    for (const { deliveries } of stories) for (const delivery of deliveries) await post(withKind('order')(delivery));
    // Refused, ignored and not understood: the paths that write most.
    for (const body of ['{"id":1,"email":"buyer1@example.com","currency":7}', 'buyer2@example.com']) {
      const request = { ...first.request, body: Buffer.from(body) };
      await post({ ...first, kind: 'forged', request });
      await post({ ...first, kind: 'garbage', request: shopifyDoor.sign(request, SECRET, new Date(0)) });
    }
    await playThinShops();
    await settle();
  });

  it('is in the orders, so that the search below could find it', async () => {
    const orders = JSON.stringify(await comparableOrders('private'));
    expect(givenAway(orders).length).toBeGreaterThan(5);
  });

  it.each(LOG_GROUPS)('is in no line of %s', async (group) => {
    const lines = await logLines(outputs[group]);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.flatMap(givenAway)).toEqual([]);
  });

  it('is in no item of the customers table that is not sealed', async () => {
    const items = await tableItems(outputs.CustomersTable);
    expect(items.some(({ sealed }) => sealed !== undefined)).toBe(true);
    const open = items.map(({ sealed: _, ...item }) => JSON.stringify(item));
    expect(open.flatMap(givenAway)).toEqual([]);
  });

  it('is in no key of a table or of the lake', async () => {
    const keys = [
      ...(await tableKeys(outputs.OrdersTable, ['key'])),
      ...(await tableKeys(outputs.OperationsTable, ['pk', 'sk'])),
      ...(await tableKeys(outputs.CustomersTable, ['pk', 'sk'])),
      ...(await objectKeys()),
    ];
    expect(keys.length).toBeGreaterThan(STORIES);
    expect(keys.flatMap(givenAway)).toEqual([]);
  });
});

async function logLines(logGroupName: string): Promise<string[]> {
  const client = new CloudWatchLogsClient({});
  const lines: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new FilterLogEventsCommand({ logGroupName, nextToken }));
    lines.push(...(page.events ?? []).map((event) => event.message ?? ''));
    nextToken = page.nextToken;
  } while (nextToken);
  return lines;
}

async function tableItems(TableName: string): Promise<Record<string, unknown>[]> {
  const client = dynamoClient();
  const items: Record<string, unknown>[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey: start }));
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start);
  return items;
}

const tableKeys = async (table: string, names: string[]): Promise<string[]> =>
  (await tableItems(table)).flatMap((item) => names.map((name) => String(item[name])));

async function objectKeys(): Promise<string[]> {
  const page = await s3Client().send(new ListObjectsV2Command({ Bucket: outputs.LakeBucket }));
  return (page.Contents ?? []).map((object) => object.Key ?? '');
}

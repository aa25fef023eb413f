/** Nothing personal leaves the data: not into logs (metrics are among them), not into keys. */
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { person } from '../../demo/people.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyStories } from '../../demo/shopify.ts';
import { shopifyDoor } from '../../shared/channels/shopify/door.ts';
import { dynamoClient } from '../../shared/runtime/clients.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { comparableOrders, openShop, outputs, post, settle, withKind } from './deployment.ts';

const STORIES = 12;
const SECRET = 'a-secret-that-no-log-may-hold';

/** What would give one of the shop's customers away. */
const people = Array.from({ length: 40 }, (_, index) => person(index));
const personal = [SECRET, ...people.flatMap((one) => [one.email, one.phone, one.lastName, one.firstName])].filter(
  (text) => text.length > 1,
);
const givenAway = (text: string): string[] => personal.filter((secret) => text.includes(secret));

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
    await settle();
  });

  it('is in the orders, so that the search below could find it', async () => {
    const orders = JSON.stringify(await comparableOrders('private'));
    expect(givenAway(orders).length).toBeGreaterThan(5);
  });

  it.each(['IngestLogGroup', 'ArchiveLogGroup', 'OrdersLogGroup'] as const)('is in no line of %s', async (group) => {
    const lines = await logLines(outputs[group]);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.flatMap(givenAway)).toEqual([]);
  });

  it('is in no key of a table or of the lake', async () => {
    const keys = [
      ...(await tableKeys(outputs.OrdersTable, ['key'])),
      ...(await tableKeys(outputs.OperationsTable, ['pk', 'sk'])),
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

async function tableKeys(TableName: string, names: string[]): Promise<string[]> {
  const client = dynamoClient();
  const keys: string[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey: start }));
    for (const item of page.Items ?? []) keys.push(...names.map((name) => String(item[name])));
    start = page.LastEvaluatedKey;
  } while (start);
  return keys;
}

async function objectKeys(): Promise<string[]> {
  const page = await s3Client().send(new ListObjectsV2Command({ Bucket: outputs.LakeBucket }));
  return (page.Contents ?? []).map((object) => object.Key ?? '');
}

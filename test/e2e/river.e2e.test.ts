/** From a signed request to an order in the table, on the deployed stack: what only the whole can show. */
import { randomUUID } from 'node:crypto';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { describe, expect, it } from 'vitest';
import type { PlannedDelivery } from '../../demo/day.ts';
import type { ShopOptions, Story } from '../../demo/delivery.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyStories } from '../../demo/shopify.ts';
import { depth } from '../../local/deployed-demo.ts';
import { shopifyDoor } from '../../shared/channels/shopify/door.ts';
import { s3Lake } from '../../shared/lake/store.ts';
import { dynamoQuarantine } from '../../shared/quarantine/store.ts';
import { dynamoClient, sqsClient } from '../../shared/runtime/clients.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { comparableOrders, endpoints, openShop, outputs, post, settle, withKind } from './deployment.ts';

const STORIES = 40;

function stories(shop: ShopOptions): Story[] {
  const source = shopifyStories(createRandom(7), shop);
  return Array.from({ length: STORIES }, () => source.next().value as Story); // the source is endless
}

function signed(shop: ShopOptions, body: string | Uint8Array, topic: string): PlannedDelivery {
  const request = {
    method: 'POST',
    url: '',
    query: '',
    headers: { 'content-type': 'application/json', 'x-shopify-topic': topic },
    body: typeof body === 'string' ? Buffer.from(body) : body,
  };
  const { connection, secret } = shop;
  return {
    channel: 'shopify',
    connection,
    atMs: 0,
    kind: 'garbage',
    request: shopifyDoor.sign(request, secret, new Date(0)),
  };
}

describe('on the deployed stack', () => {
  it('everything twice, shuffled, 16 at a time, with poison in between, equals one orderly pass', async () => {
    const orderly = await openShop('orderly');
    for (const { deliveries } of stories(orderly)) {
      for (const delivery of deliveries) expect(await post(withKind('order')(delivery))).toBe(200);
    }
    const chaotic = await openShop('chaotic');
    const deliveries = stories(chaotic).flatMap((story) => story.deliveries.map(withKind('order')));
    const poison = Array.from({ length: 20 }, (_, index) =>
      signed(chaotic, index % 2 ? `not json ${index}` : `{"id":${index},"currency":5}`, 'orders/updated'),
    );
    const shuffled = createRandom(8).shuffle([...deliveries, ...deliveries, ...poison]);
    const statuses = await pMap(shuffled, post, { concurrency: 16 });
    expect(new Set(statuses)).toEqual(new Set([200]));
    await settle();

    const expected = await comparableOrders('orderly');
    expect(expected).toHaveLength(STORIES);
    expect(await comparableOrders('chaotic')).toEqual(expected);
    const quarantine = dynamoQuarantine({ client: dynamoClient(), table: outputs.OperationsTable });
    const open = await quarantine.list({ status: 'open', limit: 1000 });
    expect(open.items.filter((entry) => entry.connection === 'chaotic')).toHaveLength(poison.length);
    expect(await depth(sqsClient(), outputs.InboxDeadLetterQueueUrl)).toBe(0);
    expect(await depth(sqsClient(), outputs.WorkDeadLetterQueueUrl)).toBe(0);
  });

  it('keeps the exact bytes of what was acknowledged, and nothing of what was refused', async () => {
    const shop = await openShop('exact');
    const [accepted, refused] = [randomUUID(), randomUUID()];
    const body = `{"id":820982911946154508,"note":"汉字 🍵 ${accepted}",  "spaces" : "kept"}`;
    const good = signed(shop, body, 'products/update');
    expect(await post(good)).toBe(200);
    const forged = { ...signed(shop, `{"note":"${refused}"}`, 'orders/updated') };
    expect(await post({ ...forged, request: { ...forged.request, body: Buffer.from(`{"note":"${refused}!"}`) } })).toBe(
      401,
    );
    await settle();
    const bodies = await lakeBodies();
    expect(bodies.filter((kept) => kept.includes(accepted))).toEqual([body]);
    expect(bodies.some((kept) => kept.includes(refused))).toBe(false);
  });

  it('takes a body too large for a queue message, and refuses one over 4 MB', async () => {
    const shop = await openShop('large');
    const [story] = stories(shop);
    const first = story?.deliveries[0];
    if (!first) throw new Error('the story has no delivery');
    const order = JSON.parse(Buffer.from(first.request.body).toString('utf8'));
    const large = JSON.stringify({ ...order, note: 'x'.repeat(600 * 1024) });
    const { request } = signed(shop, large, 'orders/create');
    expect(await post({ ...first, kind: 'order', request })).toBe(200);
    const tooLarge = signed(shop, 'x'.repeat(4 * 1024 * 1024 + 1), 'orders/create');
    expect(await post(tooLarge)).toBe(413);
    await settle();
    expect(await comparableOrders('large')).toHaveLength(1);
  });

  it.each([
    ['unknown channel', 'POST', '/webhooks/nowhere/shop', 404],
    ['unknown connection', 'POST', '/webhooks/shopify/unknown', 401],
    ['wrong method', 'GET', '/webhooks/shopify/exact', 405],
    ['a connection id that is none', 'POST', '/webhooks/shopify/a%00b', 400],
  ])('answers %s', async (_, method, path, status) => {
    const answer = await fetch(`${endpoints.webhookUrl}${path}`, { method, ...(method === 'POST' && { body: '{}' }) });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('problem+json');
  });

  it.each([
    '/webhooks/shopify/..%2f..%2fx',
    `/webhooks/shopify/${'a'.repeat(10_240)}`,
    '/webhooks/shopify%2Fexact',
    '/webhooks',
  ])('refuses the path %.60s with a 4xx', async (path) => {
    const answer = await fetch(`${endpoints.webhookUrl}${path}`, { method: 'POST', body: '{}' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  it('answers an unknown connection and a bad signature alike', async () => {
    await openShop('alike');
    const ask = async (connection: string) => {
      const answer = await fetch(`${endpoints.webhookUrl}/webhooks/shopify/${connection}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-shopify-hmac-sha256': Buffer.alloc(32, 1).toString('base64'),
        },
        body: '{}',
      });
      return { status: answer.status, body: await answer.text() };
    };
    expect(await ask('alike')).toEqual(await ask('never-connected'));
  });
});

async function lakeBodies(): Promise<string[]> {
  const client = s3Client();
  const lake = s3Lake({ client, bucket: outputs.LakeBucket });
  const bodies: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: outputs.LakeBucket, Prefix: 'raw/', ContinuationToken: token }),
    );
    for (const { Key = '' } of page.Contents ?? [])
      bodies.push(...(await lake.read(Key)).map((envelope) => envelope.body));
    token = page.NextContinuationToken;
  } while (token);
  return bodies;
}

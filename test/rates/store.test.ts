import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, it, onTestFinished } from 'vitest';
import { parseRate } from '../../shared/rates/rate-table.ts';
import { dynamoRates } from '../../shared/rates/store.ts';

it('sends again what DynamoDB did not take of a batch, and that alone', async () => {
  const days: string[][] = [];
  const server = createServer(async (request, response) => {
    // The cast: the SDK's own request, of which only the days are looked at.
    const { RequestItems } = JSON.parse(await text(request)) as {
      RequestItems?: { operations: { PutRequest: { Item: { day: { S: string } } } }[] };
    };
    // The revision, once all are there, and of what it is.
    if (!RequestItems) {
      response.end('{"Attributes":{"revision":{"N":"1"}}}');
      return;
    }
    const { operations } = RequestItems;
    days.push(operations.map(({ PutRequest }) => PutRequest.Item.day.S));
    const rest = operations.slice(1);
    response.end(JSON.stringify({ UnprocessedItems: rest.length > 0 ? { operations: rest } : {} }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  // The cast: a server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  onTestFinished(() => client.destroy());

  const rates = ['2026-11-01', '2026-11-02', '2026-11-03'].map((day) => ({
    currency: 'USD',
    day,
    rate: parseRate('7.1'),
  }));
  await dynamoRates({ client: DynamoDBDocumentClient.from(client), table: 'operations' }).putRates(rates);

  expect(days).toEqual([['2026-11-01', '2026-11-02', '2026-11-03'], ['2026-11-02', '2026-11-03'], ['2026-11-03']]);
});

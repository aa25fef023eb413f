/**
 * What we rely on, asked of the emulator that AWS_ENDPOINT_URL names. After a new pin in requirements.txt these say which
 * gap of launcher.py is still needed (empty GAPS and see what fails) and which new one has come.
 */
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeTimeToLiveCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Settings, template } from './template.ts';

const client = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  endpoint: process.env.AWS_ENDPOINT_URL as string,
};
const cloudFormation = new CloudFormationClient(client);
const tables = new DynamoDBClient(client);
const queues = new SQSClient(client);
const objects = new S3Client({ ...client, forcePathStyle: true });
const parameters = new SSMClient(client);

const StackName = `emulator-behaviours-${process.pid}`;
let stackArn = '';
let out: Record<string, string> = {};

async function deploy(settings: Settings): Promise<void> {
  const input = { StackName, TemplateBody: template(settings), Capabilities: ['CAPABILITY_IAM' as const] };
  if (stackArn) await cloudFormation.send(new UpdateStackCommand(input));
  else stackArn = (await cloudFormation.send(new CreateStackCommand(input))).StackId ?? '';
  const stack = await eventually(async () => {
    const [described] = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks ?? [];
    return described?.StackStatus?.endsWith('IN_PROGRESS') ? undefined : described;
  });
  expect(stack.StackStatus, stack.StackStatusReason).toMatch(/^(CREATE|UPDATE)_COMPLETE$/);
  out = Object.fromEntries(
    (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']),
  );
}

async function eventually<T>(ask: () => Promise<T | undefined>, withinMs = 20_000): Promise<T> {
  for (const end = Date.now() + withinMs; Date.now() < end; ) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Nothing came within ${withinMs} ms.`);
}

type Result = {
  by: string;
  body: string;
  receives: string;
  ids: string[];
  events: string[];
  expired: boolean;
  at: number;
};
const results: Result[] = [];

/** Everything the functions have reported so far. */
async function reported(): Promise<Result[]> {
  for (;;) {
    const bodies = await take('Results');
    if (bodies.length === 0) return results;
    results.push(...bodies.map((body) => JSON.parse(body) as Result));
  }
}

async function take(queue: string): Promise<string[]> {
  const answer = await queues.send(
    new ReceiveMessageCommand({ QueueUrl: out[queue], MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
  );
  return (answer.Messages ?? []).map((message) => message.Body ?? '');
}

const send = (queue: string, body: string, delay = 0) =>
  queues.send(new SendMessageCommand({ QueueUrl: out[queue], MessageBody: body, DelaySeconds: delay }));
const put = (pk: string) => tables.send(new PutItemCommand({ TableName: out.Table, Item: { pk: { S: pk } } }));
const fromQueue = (body: string) => async () => (await reported()).find((r) => r.by === 'queue' && r.body === body);
const fromStream = (id: string) => async () => (await reported()).find((r) => r.by === 'stream' && r.ids.includes(id));

const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1] as number;

async function timed(times: number, work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await work();
    took.push(performance.now() - start);
  }
  return median(took);
}

beforeAll(() => deploy({ visibilityTimeout: 1, index: false }), 60_000);
afterAll(async () => {
  if (stackArn) await cloudFormation.send(new DeleteStackCommand({ StackName }));
});

describe('HTTP API to a function, payload 2.0', () => {
  const call = (path: string, init: RequestInit) =>
    fetch(`${client.endpoint}/_aws/execute-api/${out.Api}${path}`, init);
  const bytes = new TextEncoder().encode('{ "a":\r\n "你好 \\u00e9", "n": 1.10 }\n');

  it.each([
    ['application/json', false],
    ['text/plain; charset=utf-8', false],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
  ])('hands over the exact bytes of %s', async (type, encoded) => {
    const answer = await call('/webhooks/shopify/one', {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': type },
    });
    const event = (await answer.json()) as { body: string; isBase64Encoded: boolean };
    expect(event.isBase64Encoded).toBe(encoded);
    expect(Buffer.from(event.body, encoded ? 'base64' : 'utf8')).toEqual(Buffer.from(bytes));
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH'])(
    'routes %s of an ANY route, path decoded and query raw',
    async (method) => {
      const answer = await call('/webhooks/shopify/a%20b%E4%BD%A0?x=1&x=2&y=%E4%BD%A0', { method });
      expect(await answer.json()).toMatchObject({
        rawPath: '/webhooks/shopify/a b你',
        rawQueryString: 'x=1&x=2&y=%E4%BD%A0',
        queryStringParameters: { x: '1,2', y: '你' },
        pathParameters: { channel: 'shopify', connection: 'a b你' },
        requestContext: { http: { method } },
      });
    },
  );

  it('answers quickly where the function logs nothing', async () => {
    const silent = () => call('/webhooks/shopify/silent', { method: 'POST', body: '{}' });
    await silent();
    expect(await timed(20, silent)).toBeLessThan(40);
  });
});

describe('queue to function', () => {
  it('delivers within 100 ms of an idle queue', async () => {
    await send('Queue', 'warm');
    await eventually(fromQueue('warm'));
    const delays: number[] = [];
    for (let i = 0; i < 10; i++) {
      const sent = Date.now();
      await send('Queue', `n${i}`);
      delays.push((await eventually(fromQueue(`n${i}`))).at - sent);
    }
    expect(median(delays)).toBeLessThan(100);
  });

  it('keeps only the reported messages, and moves them to the dead-letter queue', async () => {
    await send('Queue', 'poison pill');
    await eventually(fromQueue('poison pill'));
    expect(await eventually(async () => (await take('DeadLetters'))[0])).toBe('poison pill');
    const tries = (await reported()).filter((r) => r.body === 'poison pill').map((r) => r.receives);
    expect(tries).toEqual(['1', '2']);
  });

  it('takes a delayed message when its time has come', async () => {
    const sent = Date.now();
    await send('Queue', 'later', 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await send('Kept', 'something else happens meanwhile');
    const late = (await eventually(fromQueue('later'))).at - sent - 1000;
    expect(late).toBeGreaterThan(-50);
    expect(late).toBeLessThan(300);
  });

  it('does not wait for another, slow function', async () => {
    await send('SlowQueue', '{}');
    await put('makes the slow stream consumer busy');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const sent = Date.now();
    await send('Queue', 'quick');
    await put('quick');
    expect((await eventually(fromQueue('quick'))).at - sent).toBeLessThan(1000);
    expect((await eventually(fromStream('quick'))).at - sent).toBeLessThan(1000);
  });
});

it('limits a function as its template says', async () => {
  const response = await fetch(`${client.endpoint}/2015-03-31/functions/${out.Slow}`, {
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, Signature=none',
    },
  });
  expect(await response.json()).toMatchObject({
    Concurrency: { ReservedConcurrentExecutions: 1 },
    Configuration: { DeadLetterConfig: { TargetArn: expect.stringContaining(':sqs:') } },
  });
});

describe('table to function', () => {
  it('repeats from the reported record, gives up after its retries, tells where, and goes on', async () => {
    await put('reported-1');
    await put('after-reported');
    await eventually(fromStream('after-reported'));
    const failure = JSON.parse(await eventually(async () => (await take('StreamDeadLetters'))[0]));
    expect(failure).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted' },
      DDBStreamBatchInfo: { batchSize: 1 },
    });
    const alone = (await reported()).filter((r) => r.by === 'stream' && r.ids.join() === 'reported-1');
    expect(alone).toHaveLength(2); // the first try and one retry
  });

  it('bisects a batch that throws until the poison is alone', async () => {
    await Promise.all(['a', 'b', 'throws', 'c', 'd', 'e'].map((id) => put(`${id}-bisect`)));
    await put('throws-too');
    await put('end-bisect');
    await eventually(fromStream('end-bisect'));
    const sizes = async () =>
      (await take('StreamDeadLetters')).map((body) => JSON.parse(body).DDBStreamBatchInfo.batchSize as number);
    const failures: number[] = [];
    await eventually(async () => {
      failures.push(...(await sizes()));
      return failures.length >= 2 ? true : undefined;
    });
    expect(failures).toEqual([1, 1]);
  });

  it('has time to live switched on by the template', async () => {
    const answer = await tables.send(new DescribeTimeToLiveCommand({ TableName: out.Table }));
    expect(answer.TimeToLiveDescription).toEqual({ AttributeName: 'expiresAt', TimeToLiveStatus: 'ENABLED' });
  });
});

describe('objects, parameters, speed', () => {
  it('refuses a conditional write with a readable 412', async () => {
    const object = { Bucket: out.Bucket, Key: 'lake/一.json' };
    await objects.send(new PutObjectCommand({ ...object, Body: 'first', IfNoneMatch: '*' }));
    const again = objects.send(new PutObjectCommand({ ...object, Body: 'second', IfNoneMatch: '*' }));
    await expect(again).rejects.toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
    expect(await (await objects.send(new GetObjectCommand(object))).Body?.transformToString()).toBe('first');
    const listed = await objects.send(new ListObjectsV2Command({ Bucket: out.Bucket, Prefix: 'lake/' }));
    expect(listed.Contents?.map(({ Key }) => Key)).toEqual(['lake/一.json']);
    await objects.send(new DeleteObjectCommand(object));
  });

  it('tags a bucket as its template says', async () => {
    const tags = await objects.send(new GetBucketTaggingCommand({ Bucket: out.Bucket }));
    expect(tags.TagSet).toEqual([{ Key: 'kind', Value: 'lake' }]);
  });

  it('keeps secrets as parameters', async () => {
    const Name = `/emulator-behaviours/${process.pid}`;
    await parameters.send(new PutParameterCommand({ Name, Type: 'SecureString', Value: 'hush' }));
    const read = await parameters.send(new GetParameterCommand({ Name, WithDecryption: true }));
    expect(read.Parameter?.Value).toBe('hush');
    await parameters.send(new DeleteParameterCommand({ Name }));
    await expect(parameters.send(new GetParameterCommand({ Name }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
  });

  it('answers an SDK call in milliseconds', async () => {
    const get = () => tables.send(new GetItemCommand({ TableName: out.Table, Key: { pk: { S: 'none' } } }));
    await get();
    expect(await timed(30, get)).toBeLessThan(20);
  });
});

// The emulator looks for expired items once a minute: too slow for every day, meant for a new pin.
it.runIf(process.env.EMULATOR_SLOW_TESTS)('tells the stream of an item that expired', async () => {
  const expiresAt = { N: String(Math.floor(Date.now() / 1000) - 10) };
  await tables.send(new PutItemCommand({ TableName: out.Table, Item: { pk: { S: 'expires' }, expiresAt } }));
  const gone = async () => (await reported()).find((r) => r.ids?.includes('expires') && r.events.includes('REMOVE'));
  expect((await eventually(gone, 90_000)).expired).toBe(true);
});

describe('the stack itself', () => {
  it('keeps items, messages and ids through an update', async () => {
    await put('kept');
    await take('Kept');
    await send('Kept', 'kept');
    const before = out;
    await deploy({ visibilityTimeout: 2, index: true });
    expect(out).toEqual(before);
    const item = await tables.send(new GetItemCommand({ TableName: out.Table, Key: { pk: { S: 'kept' } } }));
    expect(item.Item).toBeDefined();
    expect(await take('Kept')).toEqual(['kept']);
    await put('after the update');
    await eventually(fromStream('after the update'));
  });

  it('can be deleted by its ARN, as cdk destroy does', async () => {
    await cloudFormation.send(new DeleteStackCommand({ StackName: stackArn }));
    await eventually(async () => {
      const [stack] = (await cloudFormation.send(new DescribeStacksCommand({ StackName: stackArn }))).Stacks ?? [];
      return stack?.StackStatus === 'DELETE_COMPLETE' ? true : undefined;
    });
    stackArn = '';
  });
});

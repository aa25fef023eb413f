/** What a platform is answered, and what is kept, case by case; the stores are the models of the simulation. */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { v7 as uuidv7 } from 'uuid';
import { beforeEach, describe, expect, it } from 'vitest';
import { createIngest } from '../../functions/ingest/handler.ts';
import type { Door, HttpRequest } from '../../shared/channels/adapter.ts';
import { DOORS } from '../../shared/channels/registry.ts';
import { shopifyDoor } from '../../shared/channels/shopify/door.ts';
import { connect, disconnect } from '../../shared/connections/connect.ts';
import { ConnectionId } from '../../shared/connections/connection.ts';
import { doorDirectory } from '../../shared/connections/directory.ts';
import { bodyBytes, EnvelopeId } from '../../shared/lake/envelope.ts';
import { createInbox } from '../../shared/lake/inbox.ts';
import type { InboxMessage } from '../../shared/queues/messages.ts';
import type { Metric, Telemetry } from '../../shared/runtime/telemetry.ts';
import { toApiEvent } from '../simulation/models/api-gateway.ts';
import { memoryConnections, memorySecrets } from '../simulation/models/connections.ts';
import { memoryLake } from '../simulation/models/lake.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';

const id = ConnectionId.parse('shop');
const SECOND = 1000;
const HOUR = 3600 * SECOND;

function setUp({ doors = DOORS, failing = false }: { doors?: ReadonlyMap<string, Door>; failing?: boolean } = {}) {
  let nowMs = Date.parse('2026-11-24T10:00:00Z');
  const clock = () => new Date(nowMs);
  const stores = { connections: memoryConnections(), secrets: memorySecrets(), lanes: memoryLanes() };
  const sent: InboxMessage[] = [];
  const measured: [Metric, string | undefined][] = [];
  const telemetry: Telemetry = {
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
    measure: (metric, _value, { reason }) => measured.push([metric, reason]),
    flush: () => undefined,
  };
  const lake = memoryLake();
  const ingest = createIngest({
    doors,
    connections: doorDirectory(stores, clock),
    inbox: createInbox(
      {
        async send(message) {
          if (failing) throw new Error('throttled');
          sent.push(message);
        },
      },
      lake,
    ),
    clock,
    newEnvelopeId: () => EnvelopeId.parse(uuidv7()),
    telemetry,
  });
  const connectWith = (secret: string) =>
    connect({ id, channel: 'shopify', webhookBase: 'https://hooks', secret, settings: {} }, stores, clock());
  return { ingest, stores, sent, lake, measured, clock, connectWith, wait: (ms: number) => (nowMs += ms) };
}

const request = (body: string | Uint8Array = '{"id":1}'): HttpRequest => ({
  method: 'POST',
  url: '',
  query: '',
  headers: { 'x-shopify-topic': 'orders/updated', cookie: 'not kept' },
  body: Buffer.from(body),
});
const sign = (secret: string, unsigned = request()) => shopifyDoor.sign(unsigned, secret, new Date(0));
const event = (signed: HttpRequest, connection: string = id): APIGatewayProxyEventV2 =>
  toApiEvent({ channel: 'shopify', connection, request: signed });

describe('ingest', () => {
  let world: ReturnType<typeof setUp>;
  const status = async (signed: HttpRequest) => (await world.ingest(event(signed))).statusCode;
  beforeEach(async () => {
    world = setUp();
    await world.connectWith('first');
  });

  it('acknowledges as the platform wants it, once the envelope is on the queue', async () => {
    const answer = await world.ingest(event(sign('first')));
    expect(answer).toMatchObject({ statusCode: 200, body: '' });
    expect(world.sent).toMatchObject([
      {
        envelope: {
          channel: 'shopify',
          connection: 'shop',
          body: '{"id":1}',
          headers: { 'x-shopify-topic': 'orders/updated' },
        },
      },
    ]);
    expect(JSON.stringify(world.sent)).not.toMatch(/hmac|cookie/);
  });

  it.each([
    ['not UTF-8', Uint8Array.from([0xff, 0xfe, 0x00, 0x7b])],
    ['a code point that SQS refuses', Buffer.from('{"note":"\uFFFE"}')],
    ['a byte-order mark', Buffer.from('\uFEFF{"id":1}')],
    ['nothing', new Uint8Array()],
  ])('keeps the exact bytes of %s', async (_, bytes) => {
    expect(await status(sign('first', request(bytes)))).toBe(200);
    const [message] = world.sent;
    if (!message || !('envelope' in message)) throw new Error('no envelope was sent');
    expect(Buffer.from(bodyBytes(message.envelope))).toEqual(Buffer.from(bytes));
  });

  it('writes what is too large for a message to the lake first, and points to it', async () => {
    expect(await status(sign('first', request('x'.repeat(300 * 1024))))).toBe(200);
    const [object = ''] = world.lake.objects();
    expect(world.sent).toEqual([{ archived: { object } }]);
    expect(await world.lake.read(object)).toHaveLength(1);
  });

  it('answers 503 where the queue says no, so that the platform tries again', async () => {
    world = setUp({ failing: true });
    await world.connectWith('first');
    const answer = await world.ingest(event(sign('first')));
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
    expect(world.measured).toContainEqual(['deferred', undefined]);
  });

  it('takes a new secret at once though the old one is cached, and the old one for 24 hours', async () => {
    expect(await status(sign('first'))).toBe(200);
    world.wait(5 * SECOND);
    await world.connectWith('second');
    expect(await status(sign('second'))).toBe(200);
    world.wait(23 * HOUR);
    expect(await status(sign('first'))).toBe(200);
    world.wait(2 * HOUR);
    expect(await status(sign('first'))).toBe(401);
    expect(await status(sign('second'))).toBe(200);
  });

  it('takes a connection made after it was asked for in vain', async () => {
    world = setUp();
    expect(await status(sign('first'))).toBe(401);
    await world.connectWith('first');
    world.wait(3 * SECOND);
    expect(await status(sign('first'))).toBe(200);
  });

  it('answers 410 for a disabled connection to the platform, and 401 to everyone else', async () => {
    const seen = await world.stores.connections.getConnection(id);
    if (seen) await disconnect(seen, world.stores.connections, world.clock());
    expect(await status(sign('first'))).toBe(410);
    expect(await status(sign('wrong'))).toBe(401);
    expect(world.sent).toEqual([]);
  });

  it('answers an unknown connection, one of another channel, and a wrong secret alike, and stores nothing', async () => {
    const other: Door = { ...shopifyDoor, channel: 'other' };
    world = setUp({ doors: new Map([...DOORS, ['other', other]]) });
    await world.connectWith('first');
    const answers = [
      await world.ingest(event(sign('wrong'))),
      await world.ingest(event(sign('first'), 'unknown')),
      await world.ingest(toApiEvent({ channel: 'other', connection: id, request: sign('first') })),
    ];
    expect(answers[0]).toMatchObject({ statusCode: 401 });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect([world.sent, world.lake.objects()]).toEqual([[], []]);
    expect(world.measured.map(([metric]) => metric)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  it.each([
    ['an unknown channel', { pathParameters: { channel: 'nowhere', connection: 'shop' } }, 404],
    ['a path in the id', { pathParameters: { channel: 'shopify', connection: '../shop' } }, 400],
    ['a control character', { pathParameters: { channel: 'shopify', connection: 'a\u0000' } }, 400],
    ['an id of 10 KB', { pathParameters: { channel: 'shopify', connection: 'a'.repeat(10_240) } }, 400],
    ['no parameters', { pathParameters: {} }, 400],
    ['a header with a control character', { headers: { 'x-shopify-topic': 'orders\u0007' } }, 400],
    ['a body over 4 MB', { body: 'x'.repeat(4 * 1024 * 1024 + 1), isBase64Encoded: false }, 413],
  ] satisfies [string, Partial<APIGatewayProxyEventV2>, number][])(
    'answers %s with its status',
    async (_, change, expected) => {
      const answer = await world.ingest({ ...event(sign('first')), ...change });
      expect(answer.statusCode).toBe(expected);
      expect(JSON.parse(answer.body ?? '')).toMatchObject({ status: expected });
      expect(world.sent).toEqual([]);
    },
  );

  it.each(['GET', 'PUT', 'DELETE', 'HEAD'])('answers %s with 405', async (method) => {
    expect(await status({ ...sign('first'), method })).toBe(405);
  });

  it('answers a handshake itself, and queues nothing', async () => {
    const door: Door = { ...shopifyDoor, handshake: () => ({ status: 200, body: 'challenge' }) };
    world = setUp({ doors: new Map([['shopify', door]]) });
    await world.connectWith('first');
    expect(await world.ingest(event(sign('first')))).toMatchObject({ statusCode: 200, body: 'challenge' });
    expect(world.sent).toEqual([]);
  });
});

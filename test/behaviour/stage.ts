/** Collect and behaviour in this process, over models in memory, with one source; and requests as the gateway hands them over. */
import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { createBehaviour } from '../../functions/behaviour/handler.ts';
import { createCollect } from '../../functions/collect/handler.ts';
import type { CartHeard } from '../../shared/behaviour/cart-signal.ts';
import type { CollectedEvents } from '../../shared/behaviour/collected.ts';
import { readEvents } from '../../shared/behaviour/event.ts';
import type { EventRow } from '../../shared/behaviour/event-rows.ts';
import { profilesLinker } from '../../shared/behaviour/link-profiles.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { sourceDirectory } from '../../shared/sources/directory.ts';
import { hashOfKey } from '../../shared/sources/keys.ts';
import type { Source } from '../../shared/sources/source.ts';
import { instant } from '../../shared/time/instant.ts';
import { KEYS, SEALER } from '../profiles/people.ts';
import { memoryServerKeys, memorySources } from '../simulation/models/sources.ts';
import { memoryVisitors } from '../simulation/models/visitors.ts';

export const WRITE_KEY = 'wk_of-the-web-shop';
export const SERVER_KEY = 'sk_of-the-web-shop';
const NOW_MS = Date.parse('2026-11-25T09:00:00.000Z');

export const WEB_SHOP: Source = {
  id: 'web-shop',
  name: 'Web shop',
  kind: 'web',
  zone: 'Asia/Shanghai',
  currency: 'CNY',
  region: 'CN',
  writeKey: WRITE_KEY,
  serverKeyHash: hashOfKey(SERVER_KEY),
  revision: 1,
  createdAt: instant(NOW_MS),
  by: 'an operator',
};

export interface Request {
  readonly path: string;
  readonly method?: string;
  /** `wk_…` or `sk_…`; null: none. The write key unless said. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Becomes JSON, unless it is text or bytes. */
  readonly body?: unknown;
  readonly gzip?: boolean;
}

function toGatewayEvent(request: Request): APIGatewayProxyEventV2 {
  const { path, method = 'POST', key = WRITE_KEY, headers = {}, body, gzip = false } = request;
  const plain =
    body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : (JSON.stringify(body) ?? ''));
  const bytes = gzip ? gzipSync(plain) : plain;
  const basic = key === null ? {} : { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` };
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: '',
    headers: { 'content-type': 'application/json', ...basic, ...(gzip && { 'content-encoding': 'gzip' }), ...headers },
    requestContext: {
      accountId: '000000000000',
      apiId: 'model',
      domainName: 'api.example.com',
      domainPrefix: 'api',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.77', userAgent: 'model' },
      requestId: 'model',
      routeKey: `${method} ${path}`,
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    body: Buffer.from(bytes).toString('base64'),
    isBase64Encoded: true,
  };
}

export function createStage({ source = WEB_SHOP }: { readonly source?: Source } = {}) {
  let nowMs = NOW_MS;
  const clock = () => new Date(nowMs);
  const [sources, serverKeys, visitors] = [memorySources(), memoryServerKeys(), memoryVisitors()];
  void sources.putSource(source);
  void serverKeys.putServerKeys(source.id, { current: SERVER_KEY });
  const queued: CollectedEvents[] = [];
  const profiles: ProfilesMessage[] = [];
  const rows: EventRow[] = [];
  const carts: CartHeard[] = [];
  const logged: unknown[] = [];
  const measured: string[] = [];
  const world = { queueFails: false };
  const telemetry: Telemetry = {
    info: (...told) => void logged.push(told),
    warn: (...told) => void logged.push(told),
    error: (message, error, fields) => void logged.push([message, error instanceof Error ? error.name : '', fields]),
    measure: (metric, _, { event }) => void measured.push(`${metric} ${event ?? ''}`),
    flush() {},
  };
  const directory = sourceDirectory(
    { listSources: sources.listSources, getServerKeys: serverKeys.getServerKeys },
    clock,
  );
  const collect = createCollect({
    sources: directory,
    queue: {
      async send(message) {
        if (world.queueFails) throw new Error('the queue is away');
        // As JSON, as a queue has it.
        queued.push(JSON.parse(JSON.stringify(message)));
      },
    },
    clock,
    telemetry,
  });
  const behaviour = createBehaviour({
    rows: { putEventRows: async (some) => void rows.push(...some) },
    visitors,
    carts: { heard: async (persona, at) => void carts.push({ persona, at }) },
    linker: profilesLinker({ send: async (message) => void profiles.push(message) }, SEALER),
    key: KEYS.guest,
    clock,
    telemetry,
  });

  async function post(request: Request) {
    const answer = await collect(toGatewayEvent(request));
    const { statusCode = 0, headers = {}, body = '' } = answer;
    return { status: statusCode, headers, body: body === '' ? undefined : JSON.parse(body) };
  }

  /** What was queued, once each, as Lambda hands it over; gives the ids of what failed. */
  async function work(messages: readonly unknown[] = queued.splice(0)): Promise<string[]> {
    const { batchItemFailures } = await behaviour({
      Records: messages.map((message, index) => ({
        messageId: `message-${index}`,
        receiptHandle: '',
        body: typeof message === 'string' ? message : JSON.stringify(message),
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: '0',
          SenderId: '',
          ApproximateFirstReceiveTimestamp: '0',
        },
        messageAttributes: {},
        md5OfBody: '',
        eventSource: 'aws:sqs',
        eventSourceARN: '',
        awsRegion: 'us-east-1',
      })),
    });
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  return {
    post,
    work,
    queued,
    profiles,
    rows,
    carts,
    visitors,
    sources,
    serverKeys,
    logged,
    measured,
    world,
    read: () => queued.flatMap(readEvents),
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

/**
 * JPush's push API, as a model: basic auth, ids of pushes that are given out first and taken once, a window of the rate, devices that are
 * gone or were never the app's.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type Fault, Faults, jsonFault } from './faults.ts';
import { isObject, json, objectIn, type Received, type Reply, serveHttp } from './serve-http.ts';

const APP_KEY = '7d431e42dfa6a6d693ac2d04';
const MASTER_SECRET = '5e987ac6d2e04d95a9d8f0d1';
const WINDOW_MS = 60_000;
const DAY_MS = 24 * 60 * 60_000;

interface JpushTaken {
  readonly cid: string | undefined;
  /** Those that it reached. */
  readonly registrationIds: readonly string[];
  readonly notification: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface JpushProvider {
  readonly url: string;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly taken: readonly JpushTaken[];
  readonly faults: Faults;
  readonly cidFaults: Faults;
  readonly calls: { push: number; cid: number };
  /** Requests in a window of a minute. */
  quota: number;
  /** A device that is no more. */
  forget(registrationId: string): void;
  /** An id that is none of this app's: a push that names it is not taken. */
  disown(registrationId: string): void;
  close(): Promise<void>;
}

/** An error of JPush's own, as a fault. */
export const jpushFault = (status: number, code: number, headers: Record<string, string> = {}): Fault =>
  jsonFault(status, { error: { code, message: 'As the model words it' } }, headers);

export async function startJpush({
  port,
  nowMs = Date.now,
}: {
  port?: number;
  nowMs?: () => number;
} = {}): Promise<JpushProvider> {
  const given = new Map<string, { readonly atMs: number; result?: Reply }>();
  const [lost, foreign] = [new Set<string>(), new Set<string>()];
  const taken: JpushTaken[] = [];
  const [faults, cidFaults] = [new Faults(), new Faults()];
  const calls = { push: 0, cid: 0 };
  const rate = { quota: 600, used: 0, sinceMs: nowMs() };

  const failed = (status: number, code: number): Reply =>
    json(status, { error: { code, message: 'As the model words it' } });

  function giveCids(query: URLSearchParams): Reply {
    const count = Math.min(Number(query.get('count') ?? '1'), 10);
    const cidlist = Array.from({ length: count }, () => `${APP_KEY}-${randomUUID()}`);
    for (const cid of cidlist) given.set(cid, { atMs: nowMs() });
    return json(200, { cidlist });
  }

  function push(body: Buffer): Reply {
    const { cid, platform, audience, notification, options = {} } = objectIn(body.toString('utf8')) ?? {};
    if (!platform || !isObject(audience) || !isObject(notification) || !isObject(options)) return failed(400, 1002);
    const known = typeof cid === 'string' ? given.get(cid) : undefined;
    if (cid !== undefined && (!known || known.atMs + DAY_MS < nowMs())) return failed(400, 1003);
    if (known?.result) return known.result;
    const ids: unknown = audience.registration_id;
    if (!Array.isArray(ids) || ids.length === 0 || ids.length > 1000) return failed(400, 1003);
    const named = ids.map(String);
    if (named.some((id) => id === '' || foreign.has(id))) return failed(400, 1003);
    if (isTooLarge(notification)) return failed(400, 1005);
    const reached = named.filter((id) => !lost.has(id));
    if (reached.length === 0) return failed(400, 1011);
    taken.push({ cid: typeof cid === 'string' ? cid : undefined, registrationIds: reached, notification, options });
    // More digits than a number holds, as theirs have.
    const reply = {
      ...json(200, {}),
      body: `{"sendno":"0","msg_id":"18101${randomBytes(6).readUIntBE(0, 6) % 1e13}"}`,
    };
    if (known) known.result = reply;
    return reply;
  }

  function limited(reply: () => Reply): Reply {
    if (nowMs() - rate.sinceMs >= WINDOW_MS) Object.assign(rate, { used: 0, sinceMs: nowMs() });
    rate.used++;
    const headers = {
      'x-rate-limit-limit': String(rate.quota),
      'x-rate-limit-remaining': String(Math.max(0, rate.quota - rate.used)),
      'x-rate-limit-reset': String(Math.ceil((rate.sinceMs + WINDOW_MS - nowMs()) / 1000)),
    };
    const answer = rate.used > rate.quota ? failed(429, 2002) : reply();
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }

  const server = await serveHttp(
    {
      heard: ({ path }) => void calls[path === '/v3/push/cid' ? 'cid' : 'push']++,
      faultsOf: ({ path }) => (path === '/v3/push/cid' ? cidFaults : faults),
      answer({ method, path, query, headers, body }: Received) {
        const basic = `Basic ${Buffer.from(`${APP_KEY}:${MASTER_SECRET}`).toString('base64')}`;
        if (headers.authorization !== basic) return failed(401, 1004);
        if (method === 'GET' && path === '/v3/push/cid') return limited(() => giveCids(query));
        if (path !== '/v3/push') return json(404, {});
        return method === 'POST' ? limited(() => push(body)) : failed(405, 1001);
      },
    },
    port,
  );
  return {
    url: server.url,
    credentials: { appKey: APP_KEY, masterSecret: MASTER_SECRET, baseUrl: server.url },
    taken,
    faults,
    cidFaults,
    calls,
    get quota() {
      return rate.quota;
    },
    set quota(requests) {
      rate.quota = requests;
    },
    forget: (registrationId) => void lost.add(registrationId),
    disown: (registrationId) => void foreign.add(registrationId),
    close: () => server.close(),
  };
}

/** 4000 bytes for Android, 2000 within the braces of iOS. */
const isTooLarge = ({ android = {}, ios = {} }: Record<string, unknown>): boolean =>
  Buffer.byteLength(JSON.stringify(android)) > 4000 || Buffer.byteLength(JSON.stringify(ios)) > 2000;

/** APNs as a model: HTTP/2 without TLS, provider tokens verified with their age, headers and payloads held against Apple's pages. */
import { generateKeyPairSync } from 'node:crypto';
import http2, { constants, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, Faults, jsonFault } from './faults.ts';
import { verifiedJwt } from './jwt.ts';
import { objectIn, type Reply } from './serve-http.ts';

const TEAM = 'A1B2C3D4E5';
const KEY_ID = 'F6G7H8I9J0';
const TOPIC = 'com.example.shop';
const MOST_BYTES = 4096;
const TOKEN_MOST_SECONDS = 60 * 60;
const TOKEN_REST_MS = 20 * 60_000;

interface ApnsTaken {
  readonly token: string;
  readonly headers: IncomingHttpHeaders;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface ApnsProvider {
  readonly url: string;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly taken: readonly ApnsTaken[];
  readonly faults: Faults;
  /** Sessions that were opened, and requests. */
  readonly calls: { sessions: number; push: number };
  /** Provider tokens that were seen. */
  readonly tokens: ReadonlySet<string>;
  unregister(token: string): void;
  /** Of the other environment, or of none. */
  disown(token: string): void;
  /** All sessions end at once, without a word. */
  dropSessions(): void;
  close(): Promise<void>;
}

/** An error of Apple's own, as a fault. */
export const apnsFault = (status: number, reason: string, headers: Record<string, string> = {}): Fault =>
  jsonFault(status, { reason }, headers);

const refusal = (status: number, reason: string, more: object = {}): Reply => ({
  status,
  body: JSON.stringify({ reason, ...more }),
});

export async function startApns({
  port = 0,
  nowMs = Date.now,
}: {
  port?: number;
  nowMs?: () => number;
} = {}): Promise<ApnsProvider> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [unregistered, foreign, tokens] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const taken: ApnsTaken[] = [];
  const faults = new Faults();
  const calls = { sessions: 0, push: 0 };
  const sessions = new Set<Http2Session>();
  /** By session: the token that is used on it, and since when. */
  const tokenOf = new WeakMap<object, { readonly token: string; readonly sinceMs: number }>();

  function whyNotAuthorized(session: object, authorization: string | undefined): Reply | undefined {
    const token = /^bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return refusal(403, 'MissingProviderToken');
    const jwt = verifiedJwt(token, publicKey, 'ES256');
    const { iss, iat } = jwt?.claims ?? {};
    if (jwt?.header.kid !== KEY_ID || iss !== TEAM || typeof iat !== 'number')
      return refusal(403, 'InvalidProviderToken');
    const ageSeconds = nowMs() / 1000 - iat;
    if (ageSeconds > TOKEN_MOST_SECONDS) return refusal(403, 'ExpiredProviderToken');
    if (ageSeconds < -60) return refusal(403, 'InvalidProviderToken');
    tokens.add(token);
    const last = tokenOf.get(session);
    if (last?.token === token) return undefined;
    if (last && nowMs() - last.sinceMs < TOKEN_REST_MS) return refusal(429, 'TooManyProviderTokenUpdates');
    tokenOf.set(session, { token, sinceMs: nowMs() });
    return undefined;
  }

  function answer(session: object, headers: IncomingHttpHeaders, body: Buffer): Reply {
    const refused = whyNotAuthorized(session, headers.authorization);
    if (refused) return refused;
    const wrong = whatIsWrong(headers);
    if (wrong) return wrong;
    const token = /^\/3\/device\/([^/]+)$/.exec(String(headers[':path']))?.[1];
    if (token === undefined) return refusal(404, 'BadPath');
    if (body.length === 0) return refusal(400, 'PayloadEmpty');
    if (body.length > MOST_BYTES) return refusal(413, 'PayloadTooLarge');
    if (!/^[0-9a-fA-F]{64}$/.test(token) || foreign.has(token)) return refusal(400, 'BadDeviceToken');
    if (unregistered.has(token)) return refusal(410, 'Unregistered', { timestamp: nowMs() });
    const payload = objectIn(body.toString('utf8'));
    if (!payload) return refusal(400, 'PayloadEmpty');
    taken.push({ token, headers, payload });
    return { status: 200, headers: { 'apns-id': String(headers['apns-id']).toUpperCase() } };
  }

  const server = http2.createServer();
  server.on('session', (session) => {
    calls.sessions++;
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    calls.push++;
    const chunks: Buffer[] = [];
    stream.on('error', () => undefined);
    const { session } = stream;
    if (!session) return;
    try {
      for await (const chunk of stream) chunks.push(chunk);
    } catch {
      return; // the other side is gone
    }
    const fault = faults.take();
    if (isBefore(fault)) return failBefore(fault, stream, session);
    if (fault?.kind === 'status') return end(stream, fault);
    const reply = answer(session, headers, Buffer.concat(chunks));
    if (fault) await failAfter(fault, reply, stream, session);
    else end(stream, reply);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const url = `http://127.0.0.1:${address.port}`;
  const dropSessions = (): void => {
    for (const session of sessions) session.destroy();
  };
  return {
    url,
    credentials: {
      teamId: TEAM,
      keyId: KEY_ID,
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      topic: TOPIC,
      baseUrl: url,
    },
    taken,
    faults,
    calls,
    tokens,
    unregister: (token) => void unregistered.add(token),
    disown: (token) => void foreign.add(token),
    dropSessions,
    async close() {
      dropSessions();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function whatIsWrong(headers: IncomingHttpHeaders): Reply | undefined {
  const of = (name: string): string => String(headers[name] ?? '');
  if (headers[':method'] !== 'POST') return refusal(405, 'MethodNotAllowed');
  if (of('apns-topic') === '') return refusal(400, 'MissingTopic');
  if (of('apns-topic') !== TOPIC) return refusal(400, 'TopicDisallowed');
  if (
    !/^(alert|background|location|voip|complication|fileprovider|mdm|liveactivity|pushtotalk)$/.test(
      of('apns-push-type'),
    )
  )
    return refusal(400, 'InvalidPushType');
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(of('apns-id'))) return refusal(400, 'BadMessageId');
  if (!/^\d{1,10}$/.test(of('apns-expiration'))) return refusal(400, 'BadExpirationDate');
  if (!/^(1|5|10)$/.test(of('apns-priority'))) return refusal(400, 'BadPriority');
  if (Buffer.byteLength(of('apns-collapse-id')) > 64) return refusal(400, 'BadCollapseId');
  return undefined;
}

type Before = Extract<Fault, { readonly kind: 'reset_before' | 'refused_stream' | 'goaway_before' }>;

const isBefore = (fault: Fault | undefined): fault is Before =>
  fault !== undefined && ['reset_before', 'refused_stream', 'goaway_before'].includes(fault.kind);

function failBefore({ kind }: Before, stream: ServerHttp2Stream, session: Http2Session): void {
  if (kind === 'refused_stream') {
    stream.close(constants.NGHTTP2_REFUSED_STREAM);
    return;
  }
  if (kind === 'goaway_before') session.goaway(constants.NGHTTP2_NO_ERROR, Math.max(0, (stream.id ?? 1) - 2));
  setTimeout(() => session.destroy(), kind === 'goaway_before' ? 20 : 0);
}

async function failAfter(fault: Fault, reply: Reply, stream: ServerHttp2Stream, session: Http2Session): Promise<void> {
  switch (fault.kind) {
    case 'slow':
      await sleep(fault.ms);
      return end(stream, reply);
    case 'goaway_after':
      end(stream, reply);
      return session.close();
    case 'malformed':
      return end(stream, { status: reply.status, body: '<html>' });
    case 'cut':
      stream.respond({ ':status': 400 });
      stream.write('{"rea', () => session.destroy());
      return;
    default:
      return session.destroy();
  }
}

function end(stream: ServerHttp2Stream, { status, headers, body = '' }: Reply): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond({ ':status': status, ...headers });
  stream.end(body);
}

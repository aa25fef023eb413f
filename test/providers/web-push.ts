/** A push service, and the browsers that are subscribed at it, as a model: signatures are verified, messages opened with the browser's key. */
import { createECDH, createPublicKey, randomBytes } from 'node:crypto';
import { Faults } from './faults.ts';
import { verifiedJwt } from './jwt.ts';
import { type Browser, newBrowser } from './push-crypto.ts';
import { isObject, objectIn, type Received, type Reply, serveHttp } from './serve-http.ts';

const MOST_BYTES = 4096;
const DAY_SECONDS = 24 * 60 * 60;

interface WebPushTaken {
  readonly url: string;
  /** Opened. */
  readonly text: string;
  readonly ttl: number;
  readonly urgency: string | undefined;
  readonly topic: string | undefined;
}

interface Subscription {
  readonly url: string;
  readonly p256dh: string;
  readonly auth: string;
}

export interface WebPushProvider {
  readonly url: string;
  /** For `readHosts`: without it nothing is sent to this machine. */
  readonly host: string;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly taken: readonly WebPushTaken[];
  readonly faults: Faults;
  readonly calls: { push: number };
  /** A browser that subscribes with the key of the credentials, or with another. */
  subscribe(applicationServerKey?: string): Subscription;
  /** The user has given the subscription up. */
  unsubscribe(url: string): void;
  close(): Promise<void>;
}

export async function startWebPush({
  port,
  nowMs = Date.now,
}: {
  port?: number;
  nowMs?: () => number;
} = {}): Promise<WebPushProvider> {
  const server = createECDH('prime256v1');
  server.generateKeys();
  const publicKey = server.getPublicKey('base64url');
  const browsers = new Map<string, { readonly browser: Browser; readonly applicationServerKey: string }>();
  const [taken, faults, calls]: [WebPushTaken[], Faults, { push: number }] = [[], new Faults(), { push: 0 }];
  const state = { origin: '' };

  function isSigned(authorization: string, applicationServerKey: string): boolean {
    const { t = '', k = '' } = /^vapid t=(?<t>[^,\s]+),\s*k=(?<k>[^,\s]+)$/.exec(authorization)?.groups ?? {};
    if (k !== applicationServerKey) return false;
    const { aud, exp, sub } = verifiedJwt(t, keyOf(k), 'ES256')?.claims ?? {};
    const nowSeconds = nowMs() / 1000;
    const isInTime = typeof exp === 'number' && exp > nowSeconds && exp <= nowSeconds + DAY_SECONDS;
    return aud === state.origin && isInTime && /^(mailto:|https:)/.test(String(sub));
  }

  function push({ method, path, headers, body }: Received): Reply {
    const url = `${state.origin}${path}`;
    const known = browsers.get(url);
    if (method !== 'POST') return { status: 405 };
    if (!known) return { status: 410 };
    const { ttl, urgency, topic } = { ttl: headers.ttl, urgency: headers.urgency, topic: headers.topic };
    if (!headers.authorization) return { status: 401 };
    if (!isSigned(headers.authorization, known.applicationServerKey)) return { status: 403 };
    if (typeof ttl !== 'string' || !/^\d+$/.test(ttl)) return { status: 400 };
    if (topic !== undefined && !/^[A-Za-z0-9_-]{1,32}$/.test(String(topic))) return { status: 400 };
    if (urgency !== undefined && !/^(very-low|low|normal|high)$/.test(String(urgency))) return { status: 400 };
    if (body.length > MOST_BYTES) return { status: 413 };
    if (headers['content-encoding'] !== 'aes128gcm') return { status: 415 };
    taken.push({
      url,
      text: openedBy(known.browser, body),
      ttl: Number(ttl),
      urgency: urgency === undefined ? undefined : String(urgency),
      topic: topic === undefined ? undefined : String(topic),
    });
    return { status: 201, headers: { location: `${state.origin}/message/${taken.length}` } };
  }

  const http = await serveHttp({ heard: () => void calls.push++, faultsOf: () => faults, answer: push }, port);
  state.origin = http.url;
  return {
    url: http.url,
    host: new URL(http.url).host,
    credentials: { subject: 'mailto:push@shop.example', publicKey, privateKey: padded(server.getPrivateKey()) },
    taken,
    faults,
    calls,
    subscribe(applicationServerKey = publicKey) {
      const browser = newBrowser();
      const url = `${http.url}/push/${randomBytes(24).toString('base64url')}`;
      browsers.set(url, { browser, applicationServerKey });
      return { url, p256dh: browser.p256dh, auth: browser.auth };
    },
    unsubscribe: (url) => void browsers.delete(url),
    close: () => http.close(),
  };
}

/** To 32 bytes: node leaves zeros at the beginning away. */
const padded = (key: Buffer): string => Buffer.concat([Buffer.alloc(32 - key.length), key]).toString('base64url');

/** What the service worker would see of the data; of what can not be opened, browsers drop all. */
function openedBy(browser: Browser, body: Buffer): string {
  try {
    const text = browser.open(body);
    return isObject(objectIn(text)) ? text : '';
  } catch {
    return '';
  }
}

function keyOf(point: string) {
  const bytes = Buffer.from(point, 'base64url');
  const [x, y] = [bytes.subarray(1, 33).toString('base64url'), bytes.subarray(33).toString('base64url')];
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
}

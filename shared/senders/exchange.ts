/**
 * One request over HTTP/1.1 and its answer: limits of time and size, no redirect followed, connections kept. Not `fetch`, as that does
 * not tell whether a request had gone out when it broke, and on this hangs whether a message may be sent once more.
 */
import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { Clock } from '../runtime/clock.ts';
import { portOf } from '../subscribers/hosts.ts';
import { hostOf } from '../subscribers/target.ts';
import { type Timeouts, USUAL_TIMEOUTS } from './options.ts';
import { reasonOf } from './reason.ts';

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Undefined: it was cut short, or larger than any provider's. */
  readonly body: string | undefined;
}

export type Unanswered =
  /** No connection came about: surely not taken. */
  | { readonly kind: 'not_sent'; readonly code: string }
  /** It went out, or part of it, and no status came. */
  | { readonly kind: 'broken'; readonly code: string };

export interface Exchange {
  /** Never rejects. */
  ask(asked: Asked, signal?: AbortSignal): Promise<Answered | Unanswered>;
  close(): void;
}

export interface ExchangeOptions {
  readonly clock: Clock;
  readonly timeouts?: Timeouts;
  /** How names become addresses; else as the machine does. */
  readonly lookup?: LookupFunction;
}

/** Providers answer some hundred bytes. */
const LARGEST_ANSWER_BYTES = 64 * 1024;
const LARGEST_HEADERS_BYTES = 16 * 1024;
/**
 * A connection that rested this long is not used again: the other side may be closing it just now, and then nobody knows whether it read
 * the request. A function that was frozen between two calls finds all of its connections in this state.
 */
const REST_MOST_MS = 4_000;
const AGENT = { keepAlive: true, maxSockets: 64, maxFreeSockets: 16, timeout: REST_MOST_MS };

export function createExchange({ clock, timeouts = USUAL_TIMEOUTS, lookup }: ExchangeOptions): Exchange {
  const agents = { 'http:': new http.Agent(AGENT), 'https:': new https.Agent(AGENT) };
  let lastUsedMs = 0;
  let underWay = 0;

  const dropRested = (): void => {
    if (underWay > 0 || clock().getTime() - lastUsedMs < REST_MOST_MS) return;
    for (const agent of Object.values(agents)) agent.destroy();
  };

  return {
    async ask(asked, signal) {
      dropRested();
      underWay++;
      try {
        const agent = agents[asked.url.protocol === 'https:' ? 'https:' : 'http:'];
        return await exchange(asked, { agent, timeouts, ...(lookup && { lookup }), ...(signal && { signal }) });
      } finally {
        underWay--;
        lastUsedMs = clock().getTime();
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

interface Means {
  readonly agent: http.Agent;
  readonly timeouts: Timeouts;
  readonly lookup?: LookupFunction;
  readonly signal?: AbortSignal;
}

async function exchange(asked: Asked, { agent, timeouts, lookup, signal }: Means): Promise<Answered | Unanswered> {
  if (signal?.aborted) return { kind: 'not_sent', code: 'aborted' };
  const { url, body } = asked;
  const ends = [AbortSignal.timeout(timeouts.totalMs), ...(signal ? [signal] : [])];
  const request = (url.protocol === 'https:' ? https : http).request({
    method: asked.method,
    host: hostOf(url),
    port: portOf(url),
    path: `${url.pathname}${url.search}`,
    headers: { ...asked.headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) },
    maxHeaderSize: LARGEST_HEADERS_BYTES,
    rejectUnauthorized: true,
    agent,
    signal: AbortSignal.any(ends),
    ...(lookup && { lookup }),
  });
  const connection = watch(request, timeouts.connectMs);
  const reason = (error: unknown): string => {
    if (signal?.aborted) return 'aborted';
    return connection.isLate || ends[0]?.aborted ? 'timeout' : reasonOf(error);
  };
  try {
    const answer = responseTo(request);
    request.end(body);
    const response = await answer;
    return {
      kind: 'answered',
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: await textOf(response),
    };
  } catch (error) {
    return { kind: connection.stands ? 'broken' : 'not_sent', code: reason(error) };
  }
}

/** Whether the connection stands: nothing of a request leaves before. Ends the request where it does not come about in time. */
function watch(request: ClientRequest, connectMs: number): { readonly stands: boolean; readonly isLate: boolean } {
  const state = { stands: false, isLate: false };
  const timer = setTimeout(() => {
    state.isLate = true;
    request.destroy();
  }, connectMs);
  const stop = (): void => clearTimeout(timer);
  const stands = (): void => {
    state.stands = true;
    stop();
  };
  request.once('socket', (socket: Socket & { readonly encrypted?: boolean }) => {
    if (!socket.connecting && socket.readyState === 'open') return stands(); // one that was at rest
    socket.once(socket.encrypted ? 'secureConnect' : 'connect', stands);
  });
  request.once('close', stop);
  return state;
}

const responseTo = (request: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject); // and not `once`: it may break again, when nobody waits any more
    request.once('close', () => reject(new Error('closed')));
  });

async function textOf(response: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      // The cast: no encoding is set, so chunks are bytes.
      const part = chunk as Buffer;
      bytes += part.byteLength;
      if (bytes > LARGEST_ANSWER_BYTES) return undefined; // which ends the connection
      chunks.push(part);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

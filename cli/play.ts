/** Signs requests as the platform would and posts them, one after the other, to the connection's address. */
import { performance } from 'node:perf_hooks';
import type { Door, HttpRequest } from '../shared/channels/adapter.ts';
import type { Connection } from '../shared/connections/connection.ts';
import { explain } from './errors.ts';
import type { World } from './world.ts';

/** What a client writes itself: those recorded were for another host and length. */
const OWN_HEADERS = new Set([
  'host',
  'content-length',
  'connection',
  'transfer-encoding',
  'accept-encoding',
  'keep-alive',
]);
const POST_TIMEOUT_MS = 30_000;

export interface Posted {
  /** Absent when there was no answer. */
  readonly status?: number;
  readonly body?: string;
  readonly error?: string;
  readonly durationMs: number;
}

export interface Unsigned {
  readonly method: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export function signFor(
  {
    door,
    connection,
    secret,
    now,
  }: {
    readonly door: Door;
    readonly connection: Pick<Connection, 'webhookUrl'>;
    readonly secret: string;
    readonly now: Date;
  },
  { method, query, headers, body }: Unsigned,
): HttpRequest {
  const sendable = Object.entries(headers).flatMap(([name, value]) =>
    OWN_HEADERS.has(name.toLowerCase()) ? [] : [[name.toLowerCase(), value]],
  );
  const request = { method, url: connection.webhookUrl, query, headers: Object.fromEntries(sendable), body };
  return door.sign(request, secret, now);
}

export async function post(
  world: Pick<World, 'fetch'>,
  { method, url, query, headers, body }: HttpRequest,
): Promise<Posted> {
  const startedMs = performance.now();
  const durationMs = () => Math.round(performance.now() - startedMs);
  try {
    const response = await world.fetch(query === '' ? url : `${url}?${query}`, {
      method,
      headers,
      body: Uint8Array.from(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(POST_TIMEOUT_MS),
    });
    const text = await response.text();
    return { status: response.status, body: text, durationMs: durationMs() };
  } catch (error) {
    return { error: explain(error).message, durationMs: durationMs() };
  }
}

export const succeeded = ({ status }: Posted): boolean => status !== undefined && status >= 200 && status < 300;

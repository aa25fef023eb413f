/** A provider's API over HTTP/1.1 on a port of this machine, with its faults. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Faults } from './faults.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpApi {
  /** Told of each request, whatever becomes of it. */
  heard(received: Received): void;
  /** Which faults this request may meet. */
  faultsOf(received: Received): Faults | undefined;
  answer(received: Received): Reply;
}

export interface HttpServer {
  /** Without a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
});

/** @param port 0: a free one */
export async function serveHttp(api: HttpApi, port = 0): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // the other side is gone
    }
    const url = new URL(request.url ?? '/', 'http://provider');
    const received: Received = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks),
    };
    await respond(api, received, response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function respond(api: HttpApi, received: Received, response: ServerResponse): Promise<void> {
  api.heard(received);
  const fault = api.faultsOf(received)?.take();
  if (fault?.kind === 'status') return end(response, fault);
  if (fault?.kind === 'reset_before') return reset(response);
  const reply = api.answer(received);
  if (!fault) return end(response, reply);
  await failAfter(fault, reply, response);
}

async function failAfter(fault: Fault, reply: Reply, response: ServerResponse): Promise<void> {
  const { status, headers, body = '' } = reply;
  switch (fault.kind) {
    case 'slow':
      await sleep(fault.ms);
      return end(response, reply);
    case 'cut':
      response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body) + 10) });
      response.write(body.slice(0, Math.floor(body.length / 2)), () => reset(response));
      return;
    case 'malformed':
      return end(response, { status, body: '<html>' });
    case 'endless':
      response.writeHead(status, headers);
      while (!response.destroyed && response.socket?.destroyed === false) {
        response.write('x'.repeat(16_384));
        await sleep(1);
      }
      return;
    default:
      return reset(response);
  }
}

const reset = (response: ServerResponse): void => void response.socket?.resetAndDestroy();

function end(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, headers);
  response.end(body);
}

/** The JSON object in a body; undefined where there is none. */
export function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

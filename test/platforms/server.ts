/** A platform model behind HTTP, on a free port of this machine. */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlatformModel } from './platform.ts';

export interface PlatformServer {
  /** For `--api-base`. */
  readonly url: string;
  close(): Promise<void>;
}

export async function servePlatform(model: PlatformModel): Promise<PlatformServer> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? '/', 'http://platform');
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    if (model.behaviour.slowMs > 0) await sleep(model.behaviour.slowMs);
    const answer = model.answer(
      {
        method: request.method ?? 'GET',
        path: url.pathname,
        query: url.searchParams,
        headers,
        body: Buffer.concat(chunks).toString('utf8'),
      },
      Date.now(),
    );
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
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

/** A system of the brand's that subscribes to events: checks each message as the scheme's own library does, and keeps what is good. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import * as z from 'zod';

const Message = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.object({
    id: z.string().optional(),
    segment: z.string().optional(),
    subject: z.string().optional(),
    revision: z.int().optional(),
    cause: z.string().optional(),
  }),
});

export interface Received extends z.infer<typeof Message> {
  readonly id: string;
  readonly atMs: number;
}

export interface Receiver {
  readonly url: string;
  /** Signed well; each as often as it came. */
  readonly received: readonly Received[];
  /** Not signed by the secret that it knows. */
  readonly refused: () => number;
  /** Until then it refuses all. */
  trust(secret: string): void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let refused = 0;
  let webhook: Webhook | undefined;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString('utf8');
    const header = (name: string) => String(request.headers[name] ?? '');
    const headers = Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, header(name)]),
    );
    try {
      const message = Message.parse(webhook?.verify(text, headers));
      received.push({ ...message, id: header('webhook-id'), atMs: Date.now() });
      response.writeHead(204).end();
    } catch {
      refused++;
      response.writeHead(401).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The cast: it listens on a port, not on a pipe.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/events`,
    received,
    refused: () => refused,
    trust(secret) {
      webhook = new Webhook(secret);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

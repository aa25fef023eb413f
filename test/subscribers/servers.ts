/** Receivers on this machine, over real connections. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { afterEach } from 'vitest';
import { CERTIFICATE, KEY } from './certificate.ts';

const open: TcpServer[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve));
});

export interface Listening<Kind = Server> {
  readonly port: number;
  readonly server: Kind;
}

async function listen<Kind extends TcpServer>(server: Kind): Promise<Listening<Kind>> {
  open.push(server);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined); // the other side hung up
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  // The cast: a server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  return { port, server };
}

export const listenHttp = (listener: RequestListener): Promise<Listening> => listen(createServer(listener));

/** Of whatever it is that it says. */
export const listenTcp = (listener: (socket: Socket) => void): Promise<Listening<TcpServer>> =>
  listen(createTcpServer(listener));

/** As `receiver.test`. */
export const listenTls = (listener: RequestListener): Promise<Listening> =>
  listen(createTlsServer({ cert: CERTIFICATE, key: KEY }, listener));

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

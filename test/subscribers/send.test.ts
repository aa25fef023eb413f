/** One message over a real connection to this machine: what is sent, what is read of the answer, and where it may not lead. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { readHosts } from '../../shared/subscribers/hosts.ts';
import { createSender, type SenderOptions } from '../../shared/subscribers/send.ts';
import type { Address } from '../../shared/subscribers/target.ts';
import { CERTIFICATE } from './certificate.ts';
import { bodyOf, listenHttp, listenTcp, listenTls } from './servers.ts';

const LOOPBACK: readonly Address[] = [{ address: '127.0.0.1', family: 4 }];
const body = '{"type":"tributary.test","data":{"名":"值"}}';
const outbound = (url: string, timeoutMs = 10_000) => ({
  url,
  body,
  headers: { 'content-type': 'application/json', 'webhook-id': 'event-1' },
  timeoutMs,
});
const senderTo = (hosts: string, options: Partial<SenderOptions> = {}) =>
  createSender({ hosts: readHosts(hosts), resolve: async () => LOOPBACK, ...options });
const local = senderTo('127.0.0.1');

describe('a message', () => {
  it('is posted whole, with its headers, to the path and query of the URL', async () => {
    const got: unknown[] = [];
    const { port } = await listenHttp(async (request, response) => {
      const { method, url, headers } = request;
      got.push({ method, url, host: headers.host, id: headers['webhook-id'], type: headers['content-type'] });
      got.push(await bodyOf(request));
      response.writeHead(204).end();
    });
    expect(await local(outbound(`http://127.0.0.1:${port}/hooks?shop=1#part`))).toEqual({
      kind: 'answered',
      status: 204,
    });
    expect(got).toEqual([
      {
        method: 'POST',
        url: '/hooks?shop=1',
        host: `127.0.0.1:${port}`,
        id: 'event-1',
        type: 'application/json',
      },
      body,
    ]);
  });

  it.each([200, 299, 400, 410, 500, 503])('is answered %i', async (status) => {
    const { port } = await listenHttp((_, response) => response.writeHead(status, { 'retry-after': '7' }).end('body'));
    expect(await local(outbound(`http://127.0.0.1:${port}/`))).toEqual({ kind: 'answered', status, retryAfter: '7' });
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect: %i is the answer', async (status) => {
    const other = await listenHttp((_, response) => response.end());
    let visited = 0;
    other.server.on('request', () => visited++);
    const { port } = await listenHttp((_, response) =>
      response.writeHead(status, { location: `http://127.0.0.1:${other.port}/` }).end(),
    );
    expect(await local(outbound(`http://127.0.0.1:${port}/`))).toEqual({ kind: 'answered', status });
    expect(visited).toBe(0);
  });

  it('after another goes over the same connection', async () => {
    const sockets = new Set<Socket>();
    const { port } = await listenHttp((request, response) => {
      sockets.add(request.socket);
      response.end('taken');
    });
    for (let number = 0; number < 5; number++) await local(outbound(`http://127.0.0.1:${port}/`));
    expect(sockets.size).toBe(1);
  });

  it('is sent again where the connection at rest was closed by then', async () => {
    let requests = 0;
    const { port } = await listenTcp((socket) => {
      socket.on('data', () => {
        requests++;
        // The second on a connection is never answered: the other side has forgotten it.
        if (socket.bytesRead > 1_000) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n');
      });
    });
    const large = { ...outbound(`http://127.0.0.1:${port}/`), body: 'x'.repeat(600) };
    expect(await local(large)).toEqual({ kind: 'answered', status: 200 });
    expect(await local(large)).toEqual({ kind: 'answered', status: 200 });
    expect(requests).toBe(3);
  });
});

describe('an answer', () => {
  it('without an end is cut: the status has said all', async () => {
    let closed: Promise<unknown> | undefined;
    let bytes = 0;
    const { port } = await listenHttp((_, response) => {
      closed = once(response, 'close');
      response.writeHead(200);
      const write = (): void => {
        do bytes += 10_000;
        while (!response.destroyed && response.write('x'.repeat(10_000)));
        response.once('drain', write);
      };
      write();
    });
    expect(await local(outbound(`http://127.0.0.1:${port}/`, 2_000))).toEqual({ kind: 'answered', status: 200 });
    await closed;
    // What the system holds on its way, too; without the cut it is gigabytes.
    expect(bytes).toBeLessThan(20_000_000);
  });

  it('that never comes is a timeout', async () => {
    const { port } = await listenHttp(() => undefined);
    expect(await local(outbound(`http://127.0.0.1:${port}/`, 200))).toEqual({ kind: 'unanswered', code: 'timeout' });
  });

  it('that comes byte by byte is a timeout, too', async () => {
    const { port } = await listenTcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ');
      const timer = setInterval(() => socket.write('x'), 20);
      socket.once('close', () => clearInterval(timer));
    });
    expect(await local(outbound(`http://127.0.0.1:${port}/`, 300))).toEqual({ kind: 'unanswered', code: 'timeout' });
  });

  it('whose body does not end was an answer all the same, and the connection is not kept', async () => {
    let closed: Promise<unknown> | undefined;
    const { port } = await listenHttp((_, response) => {
      closed = once(response, 'close');
      response.writeHead(200);
      response.write('to be continued');
    });
    expect(await local(outbound(`http://127.0.0.1:${port}/`, 300))).toEqual({ kind: 'answered', status: 200 });
    await closed;
  });

  it.each([
    ['is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'answer_malformed'],
    ['has endless headers', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`, 'answer_malformed'],
  ])('that %s is none', async (_, text, code) => {
    const { port } = await listenTcp((socket) => {
      socket.end(text);
    });
    expect(await local(outbound(`http://127.0.0.1:${port}/`))).toEqual({ kind: 'unanswered', code });
  });

  it('is missing where nobody listens, or hangs up', async () => {
    const { port, server } = await listenHttp((request) => request.socket.destroy());
    expect(await local(outbound(`http://127.0.0.1:${port}/`))).toEqual({
      kind: 'unanswered',
      code: 'connection_reset',
    });
    server.close();
    await once(server, 'close');
    expect(await local(outbound(`http://127.0.0.1:${port}/`))).toEqual({
      kind: 'unanswered',
      code: 'connection_refused',
    });
  });
});

describe('TLS', () => {
  it('is verified: a certificate that nobody vouches for is refused, before anything is sent', async () => {
    let requests = 0;
    const { port } = await listenTls((_, response) => {
      requests++;
      response.end();
    });
    const url = `https://receiver.test:${port}/`;
    expect(await senderTo('receiver.test')(outbound(url))).toEqual({ kind: 'unanswered', code: 'tls_failed' });
    expect(requests).toBe(0);
    const trusting = senderTo('receiver.test,other.test', { ca: CERTIFICATE });
    expect(await trusting(outbound(url))).toEqual({ kind: 'answered', status: 200 });
    expect(await trusting(outbound(`https://other.test:${port}/`))).toEqual({ kind: 'unanswered', code: 'tls_failed' });
    expect(requests).toBe(1);
  });

  it('is not spoken by a plain server', async () => {
    const { port } = await listenHttp((_, response) => response.end());
    expect(await senderTo('receiver.test')(outbound(`https://receiver.test:${port}/`))).toEqual({
      kind: 'unanswered',
      code: 'tls_failed',
    });
  });
});

describe('a host that is none of ours', () => {
  it.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://169.254.169.254/latest/meta-data/',
    'http://receiver.example.com/',
  ])('%s is not even looked up', async (url) => {
    let lookups = 0;
    const send = createSender({
      hosts: readHosts(''),
      resolve: async () => {
        lookups++;
        return LOOPBACK;
      },
    });
    expect(await send(outbound(url))).toMatchObject({ kind: 'unanswered', code: /address_not_allowed|https_required/ });
    expect(lookups).toBe(0);
  });

  it('whose name leads to this machine gets nothing', async () => {
    const { port, server } = await listenTls((_, response) => response.end());
    let connections = 0;
    server.on('connection', () => connections++);
    for (const addresses of [LOOPBACK, [...LOOPBACK, { address: '93.184.216.34', family: 4 }]]) {
      const send = senderTo('', { ca: CERTIFICATE, resolve: async () => addresses });
      expect(await send(outbound(`https://receiver.test:${port}/`))).toEqual({
        kind: 'unanswered',
        code: 'address_not_allowed',
      });
    }
    expect(connections).toBe(0);
  });

  it('whose name leads elsewhere at the second look is connected to where the first look led', async () => {
    const { port, server } = await listenTls((_, response) => response.writeHead(200, { connection: 'close' }).end());
    const answers: (readonly Address[])[] = [LOOPBACK, [{ address: '127.0.0.2', family: 4 }]];
    let lookups = 0;
    let connections = 0;
    server.on('connection', () => connections++);
    const send = senderTo('', {
      ca: CERTIFICATE,
      resolve: async () => answers[Math.min(lookups++, 1)] ?? [],
      // In this test 127.0.0.1 is the world, and 127.0.0.2 is private.
      kindOf: (address) => (address === '127.0.0.1' ? 'public' : 'private'),
    });
    const url = `https://receiver.test:${port}/`;
    expect(await send(outbound(url))).toEqual({ kind: 'answered', status: 200 });
    expect({ lookups, connections }).toEqual({ lookups: 1, connections: 1 });
    expect(await send(outbound(url))).toEqual({ kind: 'unanswered', code: 'address_not_allowed' });
    expect({ lookups, connections }).toEqual({ lookups: 2, connections: 1 });
  });

  it('that has no address, or whose DNS fails, is not found', async () => {
    const failing = senderTo('', {
      resolve: async () => {
        throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
      },
    });
    expect(await failing(outbound('https://receiver.example.com/'))).toEqual({
      kind: 'unanswered',
      code: 'host_not_found',
    });
    expect(await senderTo('', { resolve: async () => [] })(outbound('https://receiver.example.com/'))).toEqual({
      kind: 'unanswered',
      code: 'host_not_found',
    });
    const hanging = senderTo('', { resolve: () => new Promise(() => undefined) });
    expect(await hanging(outbound('https://receiver.example.com/', 100))).toEqual({
      kind: 'unanswered',
      code: 'timeout',
    });
  });
});

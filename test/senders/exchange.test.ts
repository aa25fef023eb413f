/** A connection that does not come about: nothing has left, so nothing was taken. And what is read of `Retry-After`. */
import { createServer } from 'node:https';
import type { AddressInfo, LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/runtime/clock.ts';
import { createExchange } from '../../shared/senders/exchange.ts';
import { retryAfterMs } from '../../shared/senders/outcomes.ts';
import { CERTIFICATE, KEY } from '../subscribers/certificate.ts';

const ask = (url: string, lookup?: LookupFunction) => {
  const exchange = createExchange({
    clock: systemClock,
    timeouts: { connectMs: 100, totalMs: 2_000 },
    ...(lookup && { lookup }),
  });
  return exchange.ask({ method: 'POST', url: new URL(url), headers: {}, body: 'x' }).finally(() => exchange.close());
};

describe('is not sent', () => {
  it('to who can not show a certificate that is trusted', async () => {
    let asked = 0;
    const server = createServer({ cert: CERTIFICATE, key: KEY }, (_request, response) => {
      asked++;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // The cast: a server on a port has such an address.
    const { port } = server.address() as AddressInfo;
    expect(await ask(`https://127.0.0.1:${port}/`)).toEqual({ kind: 'not_sent', code: 'tls_failed' });
    server.close();
    expect(asked).toBe(0);
  });

  it('where no connection comes about in time', async () => {
    expect(await ask('https://push.example/', () => undefined)).toEqual({ kind: 'not_sent', code: 'timeout' });
  });

  it('where the name is of nobody', async () => {
    const nobody: LookupFunction = (hostname, _options, callback) =>
      callback(Object.assign(new Error(`${hostname} is of nobody`), { code: 'ENOTFOUND' }), []);
    expect(await ask('https://push.example/', nobody)).toEqual({ kind: 'not_sent', code: 'host_not_found' });
  });
});

describe('Retry-After', () => {
  const NOW_MS = Date.parse('2026-11-25T12:00:00.000Z');
  it.each([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['0', 0],
    ['Wed, 25 Nov 2026 12:00:30 GMT', 30_000],
    ['Wed, 25 Nov 2026 11:00:00 GMT', 0],
    ['999999999', 24 * 60 * 60_000],
    ['soon', undefined],
    ['-3', undefined],
    ['', undefined],
  ])('%s', (text, ms) => {
    expect(retryAfterMs({ 'retry-after': text }, NOW_MS)).toBe(ms);
  });

  it('is not there', () => expect(retryAfterMs({}, NOW_MS)).toBeUndefined());
});

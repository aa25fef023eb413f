/** What networks do to every provider, and what is said of the message then. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome, Provider } from '../../shared/senders/sender.ts';
import type { Fault } from '../providers/faults.ts';
import { DAY_MS, HASTY, openStage, type Stage, TOO_SLOW } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status: code,
  headers,
});
const unknown = (code: string): Outcome => ({ kind: 'unknown', code });
const SENT = expect.objectContaining({ kind: 'sent' });

/** Of web push the status has said all; the others say in the body what came of it. */
const HTTP1: readonly Provider[] = ['fcm', 'wechat', 'jpush', 'web_push'];
const orSent = (provider: Provider, outcome: Outcome) => (provider === 'web_push' ? SENT : outcome);
const quarter = { scope: 'endpoint', retryAfterMs: 15 * 60_000 };

const ROWS: [what: string, Fault, taken: number, (provider: Provider) => unknown][] = [
  ['reset before it is read', { kind: 'reset_before' }, 0, () => unknown('connection_reset')],
  ['reset when it was read', { kind: 'reset_after' }, 1, () => unknown('connection_reset')],
  ['an answer that breaks off', { kind: 'cut' }, 1, (provider) => orSent(provider, unknown('answer_malformed'))],
  ['an answer that is none', { kind: 'malformed' }, 1, (provider) => orSent(provider, unknown('answer_malformed'))],
  ['an answer without end', { kind: 'endless' }, 1, (provider) => orSent(provider, unknown('answer_malformed'))],
  ['a gateway that waited', status(504), 0, () => unknown('http_504')],
  ['a gateway that was hung up on', status(502), 0, () => unknown('http_502')],
  ['a fault', status(500), 0, () => expect.objectContaining({ kind: 'later', code: 'http_500' })],
  [
    'out of order, with a time',
    status(503, { 'retry-after': '7' }),
    0,
    () => expect.objectContaining({ kind: 'later', code: 'http_503', retryAfterMs: 7_000 }),
  ],
  [
    'too many, with a time',
    status(429, { 'retry-after': '3' }),
    0,
    () => expect.objectContaining({ kind: 'later', code: 'http_429', retryAfterMs: 3_000 }),
  ],
  ['too large', status(413), 0, () => ({ kind: 'rejected', code: 'too_large' })],
];

describe.each(HTTP1)('%s', (provider) => {
  it.each(ROWS)('%s', async (_what, fault, taken, expected) => {
    const before = stage[provider].taken.length;
    stage[provider].faults.next(fault);
    expect(await stage.send(provider)).toEqual(expected(provider));
    expect(stage[provider].taken.length - before).toBe(taken);
  });

  it('too slow', async () => {
    const hasty = await openStage({ timeouts: HASTY });
    hasty[provider].faults.next(TOO_SLOW);
    expect(await hasty.send(provider)).toEqual(unknown('timeout'));
    expect(hasty[provider].taken).toHaveLength(1);
    await hasty.close();
  });

  it('reads a date to come back at', async () => {
    stage[provider].faults.next(status(503, { 'retry-after': new Date(stage.nowMs() + 61_000).toUTCString() }));
    const outcome = await stage.send(provider);
    if (outcome.kind !== 'later') throw new Error(outcome.kind);
    expect(outcome.retryAfterMs).toBeGreaterThan(55_000);
    expect(outcome.retryAfterMs).toBeLessThanOrEqual(61_000);
  });

  it('is not held off for longer than a day', async () => {
    stage[provider].faults.next(status(429, { 'retry-after': '99999999' }));
    const expected = provider === 'web_push' ? quarter : { retryAfterMs: DAY_MS };
    expect(await stage.send(provider)).toMatchObject({ kind: 'later', ...expected });
  });

  it('is not followed elsewhere', async () => {
    let asked = 0;
    const elsewhere: Server = createServer((_request, response) => {
      asked++;
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    // The cast: a server on a port has such an address.
    const { port } = elsewhere.address() as AddressInfo;
    for (const code of [301, 302, 307, 308]) {
      stage[provider].faults.next(status(code, { location: `http://127.0.0.1:${port}/` }));
      expect(await stage.send(provider)).toEqual({ kind: 'rejected', code: 'redirected' });
    }
    elsewhere.close();
    expect(asked).toBe(0);
  });

  it('goes on after all that', async () => {
    expect(await stage.send(provider)).toEqual(SENT);
  });
});

describe.each([...HTTP1, 'apns'] as const)('%s', (provider) => {
  it('that is not there has surely taken nothing', async () => {
    const own = await openStage();
    const sender = own.sender(provider);
    expect(await sender.send([own.message(provider)])).toEqual([SENT]);
    await own[provider].close();
    own.advance(10_000); // no connection is at rest any more
    const [outcome] = await sender.send([own.message(provider)]);
    expect(outcome).toMatchObject({ kind: 'later', code: expect.stringMatching(/connection_(refused|lost)$/) });
    sender.close();
  });

  it('is not asked once the caller has given up, and what is under way is unknown', async () => {
    const sender = stage.sender(provider);
    await sender.send([stage.message(provider)]);
    const gaveUp = AbortSignal.abort();
    const calls = stage[provider].taken.length;
    expect(await sender.send([stage.message(provider)], gaveUp)).toEqual([{ kind: 'later', code: 'aborted' }]);
    expect(stage[provider].taken.length).toBe(calls);
    stage[provider].faults.next({ kind: 'slow', ms: 300 });
    const outcomes = await sender.send([stage.message(provider)], AbortSignal.timeout(100));
    expect(outcomes).toEqual([{ kind: 'unknown', code: 'aborted' }]);
  });

  it('is not sent what has expired, what is another provider’s, or what has no name', async () => {
    const sender = stage.sender(provider);
    const [expired, other] = [stage.message(provider), stage.message(provider === 'fcm' ? 'jpush' : 'fcm')];
    stage.advance(DAY_MS);
    expect(await sender.send([expired, other, stage.message(provider, { key: 'x'.repeat(65) })])).toEqual([
      { kind: 'rejected', code: 'expired' },
      { kind: 'rejected', code: 'invalid' },
      { kind: 'rejected', code: 'invalid' },
    ]);
  });

  it('takes no batch that is too long', async () => {
    const sender = stage.sender(provider);
    const message = stage.message(provider);
    await expect(sender.send(Array.from({ length: sender.batchMost + 1 }, () => message))).rejects.toThrow(/at most/);
  });
});

it('a connection that rested is not used again, as the other side may just be closing it', async () => {
  const sender = stage.sender('fcm');
  await sender.send([stage.message('fcm')]);
  stage.advance(10_000);
  expect(await sender.send([stage.message('fcm')])).toEqual([SENT]);
});

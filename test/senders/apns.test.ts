/** APNs: headers and payload, reasons, the provider's token, and what becomes of sessions. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apnsFault } from '../providers/apns.ts';
import { APNS_TOKEN, HASTY, HOUR_MS, openStage, PERSONAL, type Stage, TOO_SLOW } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const MINUTE_MS = 60_000;
const SENT = expect.objectContaining({ kind: 'sent' });

describe('a notification', () => {
  it('arrives with all that Apple wants to know', async () => {
    const message = stage.message('apns', { with: { collapseKey: 'offer', imageUrl: 'https://shop.example/1.jpg' } });
    const outcome = await stage.send('apns', message);
    const [taken] = stage.apns.taken;
    expect(taken?.payload).toEqual({
      campaign: 'spring',
      url: PERSONAL.url,
      imageUrl: 'https://shop.example/1.jpg',
      aps: { alert: { title: PERSONAL.title, body: PERSONAL.body }, sound: 'default', 'mutable-content': 1 },
    });
    expect(taken?.headers).toMatchObject({
      ':path': `/3/device/${APNS_TOKEN}`,
      'apns-topic': 'com.example.shop',
      'apns-push-type': 'alert',
      'apns-priority': '10',
      'apns-collapse-id': 'offer',
      'apns-expiration': String(Math.floor(Date.parse(message.content.expiresAt) / 1000)),
    });
    expect(outcome).toEqual({ kind: 'sent', providerId: String(taken?.headers['apns-id']).toUpperCase() });
  });

  it('has the same id at each try, and another for another device', async () => {
    const message = stage.message('apns');
    const other = {
      ...message,
      endpoint: { provider: 'apns', token: 'b2'.repeat(32), environment: 'sandbox' },
    } as const;
    for (const one of [message, message, other]) await stage.send('apns', one);
    const [first, second, third] = stage.apns.taken.map(({ headers }) => headers['apns-id']);
    expect(first).toBe(second);
    expect(third).not.toBe(first);
  });

  it('has a collapse id of at most 64 bytes, whatever the key', async () => {
    for (const collapseKey of ['优惠', 'x'.repeat(65), '👍'.repeat(40), 'a b'])
      expect(await stage.send('apns', stage.message('apns', { with: { collapseKey } }))).toEqual(SENT);
    for (const { headers } of stage.apns.taken) expect(headers['apns-collapse-id']).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('is not sent to what is no token, as that would be part of a path', () => {
    const check = (token: string) =>
      stage
        .sender('apns')
        .check(stage.message('apns', { endpoint: { provider: 'apns', token, environment: 'sandbox' } }));
    for (const token of ['', '../x', `${APNS_TOKEN}/`, 'zz'.repeat(32), `${APNS_TOKEN}\r\nx: y`])
      expect(check(token)).toEqual({ code: 'invalid', at: '/endpoint/token' });
    expect(check(APNS_TOKEN)).toBe('ok');
  });
});

describe('a reason', () => {
  it.each([
    [410, 'Unregistered', { kind: 'gone' }],
    [410, 'ExpiredToken', { kind: 'gone' }],
    [400, 'BadDeviceToken', { kind: 'gone' }],
    [400, 'DeviceTokenNotForTopic', { kind: 'rejected' }],
    [400, 'BadExpirationDate', { kind: 'rejected' }],
    [413, 'PayloadTooLarge', { kind: 'rejected' }],
    [404, 'BadPath', { kind: 'rejected' }],
    [400, 'TopicDisallowed', { kind: 'refused' }],
    [403, 'InvalidProviderToken', { kind: 'refused' }],
    [403, 'Forbidden', { kind: 'refused' }],
    [429, 'TooManyRequests', { kind: 'later', retryAfterMs: MINUTE_MS, scope: 'endpoint' }],
    [429, 'TooManyProviderTokenUpdates', { kind: 'later', retryAfterMs: 20 * MINUTE_MS }],
    [400, 'IdleTimeout', { kind: 'later' }],
  ])('%i %s', async (status, reason, outcome) => {
    stage.apns.faults.next(apnsFault(status, reason));
    expect(await stage.send('apns')).toEqual({ code: reason, ...outcome });
  });

  it.each([
    [500, 'InternalServerError', { retryAfterMs: 15 * MINUTE_MS }, {}],
    [503, 'ServiceUnavailable', { retryAfterMs: 15 * MINUTE_MS }, {}],
    [503, 'Shutdown', { retryAfterMs: 4_000 }, { 'retry-after': '4' }],
  ])('%i %s may be tried again', async (status, reason, wait, headers) => {
    stage.apns.faults.next(apnsFault(status, reason, headers));
    expect(await stage.send('apns')).toEqual({ kind: 'later', code: `http_${status}`, scope: 'endpoint', ...wait });
  });

  it('of the model itself', async () => {
    stage.apns.unregister(APNS_TOKEN);
    expect(await stage.send('apns')).toEqual({ kind: 'gone', code: 'Unregistered' });
    const endpoint = { provider: 'apns', token: 'cc'.repeat(32), environment: 'production' } as const;
    stage.apns.disown(endpoint.token);
    expect(await stage.send('apns', stage.message('apns', { endpoint }))).toEqual({
      kind: 'gone',
      code: 'BadDeviceToken',
    });
  });

  it('that can not be read leaves the status', async () => {
    stage.apns.faults.next({ kind: 'status', status: 410, body: '<html>' });
    expect(await stage.send('apns')).toEqual({ kind: 'gone', code: 'http_410' });
    stage.apns.faults.next({ kind: 'cut' });
    expect(await stage.send('apns')).toEqual({ kind: 'rejected', code: 'http_400' });
  });
});

describe('the token', () => {
  it('is one for fifty messages at once, for other functions, and for most of an hour', async () => {
    const sender = stage.sender('apns');
    await Promise.all(Array.from({ length: 50 }, () => sender.send([stage.message('apns')])));
    await stage.send('apns');
    stage.advance(49 * MINUTE_MS);
    await sender.send([stage.message('apns')]);
    expect(stage.apns.tokens.size).toBe(1);
    stage.advance(2 * MINUTE_MS);
    expect(await sender.send([stage.message('apns')])).toEqual([SENT]);
    expect(stage.apns.tokens.size).toBe(2);
  });

  it('that Apple finds too old is made anew once', async () => {
    const sender = stage.sender('apns');
    await sender.send([stage.message('apns')]);
    stage.advance(30 * MINUTE_MS);
    stage.apns.faults.next(apnsFault(403, 'ExpiredProviderToken'));
    expect(await sender.send([stage.message('apns')])).toEqual([SENT]);
    expect(stage.apns.tokens.size).toBe(2);
  });

  it('is not made anew within twenty minutes: then the clock is wrong', async () => {
    const sender = stage.sender('apns');
    stage.apns.faults.always(apnsFault(403, 'ExpiredProviderToken'));
    expect(await sender.send([stage.message('apns')])).toEqual([{ kind: 'refused', code: 'ExpiredProviderToken' }]);
    stage.apns.faults.always(undefined);
    await sender.send([stage.message('apns')]);
    expect(stage.apns.tokens.size).toBe(1);
  });
});

describe('a session', () => {
  it('is one for all requests', async () => {
    const sender = stage.sender('apns');
    const batch = Array.from({ length: 300 }, () => stage.message('apns'));
    expect(new Set((await sender.send(batch)).map(({ kind }) => kind))).toEqual(new Set(['sent']));
    await sender.send(batch.slice(0, 3));
    expect(stage.apns.calls).toEqual({ sessions: 1, push: 303 });
  });

  it.each([
    ['ends with GOAWAY, what it had read is answered', 'goaway_after', SENT, 1],
    ['ends with GOAWAY before the request was read', 'goaway_before', { kind: 'later' }, 0],
    ['refuses a stream, which was not read', 'refused_stream', { kind: 'later' }, 0],
    ['breaks before it is read: who knows', 'reset_before', { kind: 'unknown' }, 0],
    ['breaks when it was read', 'reset_after', { kind: 'unknown' }, 1],
  ] as const)('%s', async (_what, kind, outcome, taken) => {
    const sender = stage.sender('apns');
    await sender.send([stage.message('apns')]);
    stage.apns.faults.next({ kind });
    const [found] = await sender.send([stage.message('apns')]);
    expect(found).toEqual('kind' in outcome ? expect.objectContaining(outcome) : outcome);
    expect(stage.apns.taken).toHaveLength(1 + taken);
    // And then goes on, in a session of its own.
    expect(await sender.send([stage.message('apns')])).toEqual([SENT]);
    expect(stage.apns.calls.sessions).toBe(kind === 'refused_stream' ? 1 : 2);
  });

  it('that was lost at rest is not sent into', async () => {
    const sender = stage.sender('apns');
    await sender.send([stage.message('apns')]);
    stage.advance(HOUR_MS);
    stage.apns.dropSessions();
    const outcomes = await sender.send(Array.from({ length: 50 }, () => stage.message('apns')));
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['sent']));
    expect(stage.apns.calls.sessions).toBe(2);
  });

  it('that lives is used again after a rest', async () => {
    const sender = stage.sender('apns');
    await sender.send([stage.message('apns')]);
    stage.advance(30 * MINUTE_MS);
    await sender.send([stage.message('apns')]);
    expect(stage.apns.calls.sessions).toBe(1);
  });

  it('does not wait for ever', async () => {
    const hasty = await openStage({ timeouts: HASTY });
    hasty.apns.faults.next(TOO_SLOW);
    expect(await hasty.send('apns')).toEqual({ kind: 'unknown', code: 'timeout' });
    await hasty.close();
  });

  it('needs no more than the status', async () => {
    stage.apns.faults.next({ kind: 'malformed' });
    expect(await stage.send('apns')).toEqual({ kind: 'sent' });
  });
});

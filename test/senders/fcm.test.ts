/** FCM: what arrives, what its errors mean, and its token. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonFault } from '../providers/faults.ts';
import { fcmFault } from '../providers/fcm.ts';
import { FCM_TOKEN, HASTY, HOUR_MS, openStage, PERSONAL, type Stage, TOO_SLOW } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

describe('a message', () => {
  it('arrives as it was written', async () => {
    const message = stage.message('fcm', { with: { imageUrl: 'https://shop.example/1.jpg', collapseKey: 'offer' } });
    expect(await stage.send('fcm', message)).toMatchObject({
      kind: 'sent',
      providerId: expect.stringMatching(/^projects\/tributary-demo\/messages\//),
    });
    expect(stage.fcm.taken).toEqual([
      {
        token: FCM_TOKEN,
        message: {
          notification: { title: PERSONAL.title, body: PERSONAL.body, image: 'https://shop.example/1.jpg' },
          data: { campaign: 'spring', url: PERSONAL.url },
          android: { ttl: expect.stringMatching(/^863\d\ds|86400s$/), collapse_key: 'offer' },
        },
      },
    ]);
  });

  it('is one request each, in the order of the batch', async () => {
    const batch = Array.from({ length: 60 }, (_, index) =>
      stage.message('fcm', { endpoint: { provider: 'fcm', token: `${FCM_TOKEN}-${index}` } }),
    );
    stage.fcm.unregister(`${FCM_TOKEN}-7`);
    const outcomes = await stage.sender('fcm').send(batch);
    expect(outcomes.flatMap(({ kind }, index) => (kind === 'sent' ? [] : [[index, kind]]))).toEqual([[7, 'gone']]);
    expect(stage.fcm.taken).toHaveLength(59);
  });

  it('may not use names that are FCM’s own', () => {
    for (const name of ['from', 'google.x', 'gcm', 'message_type'])
      expect(stage.sender('fcm').check(stage.message('fcm', { with: { data: { [name]: 'x' } } }))).toEqual({
        code: 'invalid',
        at: '/content/data',
      });
  });
});

describe('an error', () => {
  it.each([
    [
      'a token that is given up',
      fcmFault(404, 'UNREGISTERED', { rpc: 'NOT_FOUND' }),
      { kind: 'gone', code: 'UNREGISTERED' },
    ],
    [
      'a token that is none',
      fcmFault(400, 'INVALID_ARGUMENT', { field: 'message.token' }),
      { kind: 'gone', code: 'INVALID_ARGUMENT' },
    ],
    ['a message that is wrong', fcmFault(400, 'INVALID_ARGUMENT'), { kind: 'rejected', code: 'INVALID_ARGUMENT' }],
    [
      'a device of another project',
      fcmFault(403, 'SENDER_ID_MISMATCH', { rpc: 'PERMISSION_DENIED' }),
      { kind: 'rejected', code: 'SENDER_ID_MISMATCH' },
    ],
    [
      'the quota',
      fcmFault(429, 'QUOTA_EXCEEDED', { rpc: 'RESOURCE_EXHAUSTED' }),
      { kind: 'later', code: 'QUOTA_EXCEEDED', retryAfterMs: 60_000 },
    ],
    [
      'the quota, with a time',
      fcmFault(429, 'QUOTA_EXCEEDED', { headers: { 'retry-after': '90' } }),
      { kind: 'later', code: 'QUOTA_EXCEEDED', retryAfterMs: 90_000 },
    ],
    [
      'overload',
      fcmFault(503, 'UNAVAILABLE', { headers: { 'retry-after': '5' } }),
      { kind: 'later', code: 'UNAVAILABLE', retryAfterMs: 5_000 },
    ],
    ['a fault', fcmFault(500, 'INTERNAL'), { kind: 'later', code: 'INTERNAL' }],
    [
      'a certificate that Google lacks',
      fcmFault(401, 'THIRD_PARTY_AUTH_ERROR'),
      { kind: 'refused', code: 'THIRD_PARTY_AUTH_ERROR' },
    ],
    [
      'an account without the right',
      jsonFault(403, { error: { code: 403, status: 'PERMISSION_DENIED' } }),
      { kind: 'refused', code: 'PERMISSION_DENIED' },
    ],
    [
      'a project that is not there',
      jsonFault(404, { error: { code: 404, status: 'NOT_FOUND' } }),
      { kind: 'refused', code: 'NOT_FOUND' },
    ],
    [
      'a word that nobody knows',
      jsonFault(400, { error: { status: 'ODD_WANG' } }),
      { kind: 'rejected', code: 'http_400' },
    ],
  ])('%s', async (_what, fault, outcome) => {
    stage.fcm.faults.next(fault);
    expect(await stage.send('fcm')).toEqual(outcome);
  });

  it('of the model itself', async () => {
    stage.fcm.disown(FCM_TOKEN);
    expect(await stage.send('fcm')).toEqual({ kind: 'rejected', code: 'SENDER_ID_MISMATCH' });
    const endpoint = { provider: 'fcm', token: 'not a token' } as const;
    expect(await stage.send('fcm', stage.message('fcm', { endpoint }))).toEqual({
      kind: 'gone',
      code: 'INVALID_ARGUMENT',
    });
  });
});

describe('the token', () => {
  it('is fetched once for fifty messages at once, and for those after', async () => {
    const sender = stage.sender('fcm');
    const batch = Array.from({ length: 50 }, () => stage.message('fcm'));
    const outcomes = await Promise.all(batch.map((message) => sender.send([message])));
    expect(outcomes.flat().map(({ kind }) => kind)).toEqual(batch.map(() => 'sent'));
    await sender.send(batch);
    await stage.send('fcm'); // another function, with the same cache
    expect(stage.fcm.calls).toEqual({ send: 101, token: 1 });
  });

  it('is renewed before it expires', async () => {
    const sender = stage.sender('fcm');
    await sender.send([stage.message('fcm')]);
    stage.advance(HOUR_MS - 6 * 60_000);
    await sender.send([stage.message('fcm')]);
    expect(stage.fcm.calls.token).toBe(1);
    stage.advance(2 * 60_000);
    expect(await sender.send([stage.message('fcm')])).toMatchObject([{ kind: 'sent' }]);
    expect(stage.fcm.calls.token).toBe(2);
  });

  it('is used to its end where a new one is not to be had just now', async () => {
    const sender = stage.sender('fcm');
    await sender.send([stage.message('fcm')]);
    stage.advance(HOUR_MS - 60_000);
    stage.fcm.tokenFaults.always({ kind: 'status', status: 503 });
    expect(await sender.send([stage.message('fcm')])).toMatchObject([{ kind: 'sent' }]);
    stage.advance(2 * 60_000);
    expect(await sender.send([stage.message('fcm')])).toEqual([{ kind: 'later', code: 'token_http_503' }]);
  });

  it('is renewed once, for all, where it is not taken any more', async () => {
    const sender = stage.sender('fcm');
    await sender.send([stage.message('fcm')]);
    stage.advance(60_000);
    stage.fcm.revokeTokens();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => sender.send([stage.message('fcm')])));
    expect(new Set(outcomes.flat().map(({ kind }) => kind))).toEqual(new Set(['sent']));
    expect(stage.fcm.calls.token).toBe(2);
  });

  it('that is not taken even when new is a matter for a person, and not fetched for each message', async () => {
    const sender = stage.sender('fcm');
    stage.fcm.faults.always({ kind: 'status', status: 401 });
    for (let time = 0; time < 5; time++)
      expect(await sender.send([stage.message('fcm')])).toEqual([{ kind: 'refused', code: 'UNAUTHENTICATED' }]);
    expect(stage.fcm.calls.token).toBe(1);
  });

  it.each([
    [
      'a key that was revoked',
      jsonFault(400, { error: 'invalid_grant' }),
      { kind: 'refused', code: 'token_not_granted' },
    ],
    ['an account that is not known', { kind: 'status', status: 401 }, { kind: 'refused', code: 'token_http_401' }],
    [
      'too many',
      { kind: 'status', status: 429, headers: { 'retry-after': '9' } },
      { kind: 'later', code: 'token_http_429', retryAfterMs: 9_000 },
    ],
    ['a reset, which sent no message', { kind: 'reset_after' }, { kind: 'later', code: 'token_connection_reset' }],
    ['nonsense', { kind: 'malformed' }, { kind: 'later', code: 'token_answer_malformed' }],
  ] as const)('is not to be had: %s', async (_what, fault, outcome) => {
    stage.fcm.tokenFaults.next(fault);
    expect(await stage.send('fcm')).toEqual(outcome);
    expect(stage.fcm.calls.send).toBe(0);
    expect(await stage.send('fcm')).toMatchObject({ kind: 'sent' });
  });

  it('that does not come in time: no message was sent', async () => {
    const hasty = await openStage({ timeouts: HASTY });
    hasty.fcm.tokenFaults.next(TOO_SLOW);
    expect(await hasty.send('fcm')).toEqual({ kind: 'later', code: 'token_timeout' });
    expect(hasty.fcm.calls.send).toBe(0);
    await hasty.close();
  });
});

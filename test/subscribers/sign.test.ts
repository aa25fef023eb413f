/** Signatures, as the official library for receivers reads them. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { messageOf } from '../../shared/subscribers/message.ts';
import { newSigningSecret, OVERLAP_MS, replaceSigningSecret, signatureHeaders } from '../../shared/subscribers/sign.ts';
import { instant } from '../../shared/time/instant.ts';
import { entered, HOUR, START_MS } from './samples.ts';

const NOW = new Date(START_MS);
const message = messageOf(entered('event-1'));
/** The receiver's clock: the library reads the machine's. */
beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: NOW }));
afterEach(() => {
  vi.useRealTimers();
});

const accepts = (secret: string, headers: Record<string, string>, body = message.body): boolean => {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    return false;
  }
};

describe('a signed message', () => {
  const current = newSigningSecret();
  const headers = { ...signatureHeaders(message, { current }, NOW) };

  it('is verified by the official library, and says what happened', () => {
    expect(new Webhook(current).verify(message.body, headers)).toEqual({
      type: 'segment.entered',
      timestamp: '2026-11-24T10:00:00.000Z',
      data: entered('event-1'),
    });
    expect(headers['webhook-id']).toBe('event-1');
  });

  it('is refused with another secret, an altered body, id or time, or when it is old', () => {
    expect(accepts(newSigningSecret(), headers)).toBe(false);
    expect(accepts(current, headers, message.body.replace('vip', 'all'))).toBe(false);
    expect(accepts(current, { ...headers, 'webhook-id': 'event-2' })).toBe(false);
    expect(accepts(current, { ...headers, 'webhook-timestamp': String(START_MS / 1000 + 1) })).toBe(false);
    vi.setSystemTime(START_MS + 301_000);
    expect(accepts(current, headers)).toBe(false);
  });

  it('is signed as the specification says, of its published example', () => {
    const published = signatureHeaders(
      { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' },
      { current: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
      new Date(1_614_265_330_000),
    );
    expect(published['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('of any text is signed as another implementation of HMAC does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uuid(), (body, id) => {
        const secret = newSigningSecret();
        const signed = signatureHeaders({ id, body }, { current: secret }, NOW);
        const mac = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'));
        mac.update(`${id}.${START_MS / 1000}.${body}`);
        expect(signed['webhook-signature']).toBe(`v1,${mac.digest('base64')}`);
      }),
    );
  });
});

describe('a rotated secret', () => {
  const [first, second, third] = [newSigningSecret(), newSigningSecret(), newSigningSecret()];
  const at = (ms: number) => {
    vi.setSystemTime(START_MS + ms);
    return new Date(START_MS + ms);
  };
  const rotated = replaceSigningSecret({ current: first }, second, { now: NOW });

  it('signs beside the old one for a day, so that both old and new receivers accept', () => {
    for (const ms of [0, HOUR, OVERLAP_MS - 1]) {
      const headers = { ...signatureHeaders(message, rotated, at(ms)) };
      expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
      expect([first, second].map((secret) => accepts(secret, headers))).toEqual([true, true]);
    }
  });

  it('signs alone after that', () => {
    const headers = { ...signatureHeaders(message, rotated, at(OVERLAP_MS)) };
    expect([first, second].map((secret) => accepts(secret, headers))).toEqual([false, true]);
  });

  it('signs alone at once where that is asked for', () => {
    const headers = {
      ...signatureHeaders(message, replaceSigningSecret({ current: first }, second, { now: NOW, overlapMs: 0 }), NOW),
    };
    expect([first, second].map((secret) => accepts(secret, headers))).toEqual([false, true]);
  });

  it('of three keeps the newer two', () => {
    const headers = { ...signatureHeaders(message, replaceSigningSecret(rotated, third, { now: NOW }), NOW) };
    expect([first, second, third].map((secret) => accepts(secret, headers))).toEqual([false, true, true]);
    expect(replaceSigningSecret(undefined, first, { now: NOW })).toEqual({ current: first });
    expect(rotated.previous?.until).toBe(instant(START_MS + 24 * HOUR));
  });

  it('is of 32 random bytes', () => {
    expect(Buffer.from(first.slice('whsec_'.length), 'base64')).toHaveLength(32);
    expect(first).not.toBe(second);
  });
});

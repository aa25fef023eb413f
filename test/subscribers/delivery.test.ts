/** Messages through the lanes of subscribers that take them, fail, are slow or gone: what is sent when, and who else notices. */
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { removeSubscriber } from '../../shared/subscribers/manage.ts';
import { redrive } from '../../shared/subscribers/redrive.ts';
import { entered, HOUR, MINUTE, manyEvents, SECOND } from './samples.ts';
import { answered, openStage, type Stage } from './stage.ts';

afterEach(() => {
  vi.useRealTimers();
});

const ids = (count: number, prefix?: string) => manyEvents(count, prefix).map(({ id }) => id);
const hangs = (stage: Stage) => async () => {
  await stage.time.sleep(15 * SECOND);
  return { kind: 'unanswered', code: 'timeout' } as const;
};

describe('a subscriber that answers', () => {
  it('takes each message once, signed with its own secret, within a second', async () => {
    const stage = await openStage({ subscribers: ['shop', 'other'], sweeps: false });
    await stage.tell(manyEvents(20));
    await stage.play(SECOND);
    for (const id of ['shop', 'other']) {
      expect(stage.takenBy(id).sort()).toEqual(ids(20).sort());
      expect(stage.waiting(id)).toEqual([]);
    }
    const [call] = stage.callsOf();
    if (!call) throw new Error('no call');
    vi.useFakeTimers({ toFake: ['Date'], now: call.atMs });
    const verify = (id: string) => new Webhook(stage.secrets.get(id) ?? '').verify(call.body, { ...call.headers });
    expect(verify('shop')).toMatchObject({ type: 'segment.entered', data: { id: call.message } });
    expect(() => verify('other')).toThrow('No matching signature found');
    expect(call.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(stage.count('delivered', 'segment.entered')).toBe(40);
    expect(stage.measured.filter(({ metric }) => metric === 'deliveredMillis').every(({ value }) => value >= 100)).toBe(
      true,
    );
    expect((await stage.lane()).health).toEqual({ lastSuccessAt: expect.any(Number) });
  });

  it('in a tenth of a second takes more than a hundred a second, many at once', async () => {
    const stage = await openStage();
    const events = manyEvents(4_000);
    const startMs = stage.time.nowMs();
    for (let from = 0; from < events.length; from += 100) await stage.tell(events.slice(from, from + 100));
    await stage.play(40 * SECOND);
    expect(stage.taken).toHaveLength(4_000);
    const tookSeconds = ((stage.taken.at(-1)?.atMs ?? 0) - startMs) / SECOND;
    expect(4_000 / tookSeconds).toBeGreaterThan(100);
    expect(new Set(stage.takenBy()).size).toBe(4_000);
  });

  it('goes on where a function died: under the same ids', async () => {
    const stage = await openStage();
    const { removeWork } = stage.stores.lanes;
    stage.stores.lanes.removeWork = () => new Promise(() => undefined);
    await stage.tell(manyEvents(3));
    await stage.play(5 * SECOND);
    expect(stage.takenBy().sort()).toEqual(ids(3));
    stage.stores.lanes.removeWork = removeWork;
    await stage.play(3 * MINUTE);
    expect(stage.takenBy().sort()).toEqual([...ids(3), ...ids(3)].sort());
    expect(stage.waiting()).toEqual([]);
    const bodies = new Map<string, Set<string>>();
    for (const { message, body } of stage.taken) bodies.set(message, (bodies.get(message) ?? new Set()).add(body));
    expect([...bodies.values()].map(({ size }) => size)).toEqual([1, 1, 1]);
  });

  it('is told by the sweep where the wake was lost', async () => {
    const stage = await openStage();
    const { send } = stage.wakes;
    stage.wakes.send = async () => undefined;
    await stage.tell(manyEvents(2));
    stage.wakes.send = send;
    await stage.play(MINUTE - SECOND);
    expect(stage.taken).toEqual([]);
    await stage.play(3 * SECOND);
    expect(stage.takenBy()).toHaveLength(2);
  });

  it('has wakes that come to rest when all is sent', async () => {
    const stage = await openStage({ sweeps: false });
    await stage.tell(manyEvents(500));
    await stage.play(MINUTE);
    const { revision } = await stage.lane();
    await stage.play(HOUR);
    expect((await stage.lane()).revision).toBe(revision);
    expect(stage.wakes.depth()).toEqual({ visible: 0, hidden: 0, dead: 0 });
  });
});

describe('ten subscribers, of whom one is dead and one slow', () => {
  it('the others get all within a second, minute after minute', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `shop-${index}`);
    const [dead = '', slow = '', ...fine] = names;
    const stage = await openStage({ subscribers: names });
    stage.receivers.set(dead, () => ({ kind: 'unanswered', code: 'connection_refused' }));
    stage.receivers.set(slow, async () => {
      await stage.time.sleep(14 * SECOND);
      return answered(200);
    });
    for (let minute = 0; minute < 30; minute++) {
      const events = manyEvents(20, `minute-${minute}`);
      await stage.tell(events);
      await stage.play(SECOND);
      for (const id of fine) {
        const got = stage.takenBy(id).filter((message) => message.startsWith(`minute-${minute}-`));
        expect(got.sort()).toEqual(events.map((event) => event.id).sort());
      }
      await stage.play(MINUTE - SECOND);
    }
    await stage.play(10 * MINUTE);
    expect(new Set(stage.takenBy(slow)).size).toBe(600);
    expect(stage.takenBy(dead)).toEqual([]);
    expect(stage.waiting(dead)).toHaveLength(600);
    // It is asked now and then, not 600 times.
    expect(stage.callsOf(dead).length).toBeLessThan(40);
    for (const id of fine) expect((await stage.lane(id)).health).not.toHaveProperty('lastFailure');
  });
});

describe('a message that is not taken', () => {
  it('is tried again over a day, further apart each time, under one id; then it is a dead letter', async () => {
    const stage = await openStage();
    // Others are taken, so it is the message and not the subscriber.
    stage.receivers.set('shop', ({ message }) => answered(message === 'event-1' ? 500 : 200));
    await stage.tell([entered('event-1')]);
    for (let hour = 0; hour < 23; hour++) {
      await stage.tell([entered(`hourly-${hour}`)]);
      await stage.play(HOUR);
    }
    const tries = stage.callsOf().filter(({ message }) => message === 'event-1');
    const gaps = tries.slice(1).map(({ atMs }, index) => atMs - (tries[index]?.atMs ?? 0));
    const waits = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 4 * HOUR];
    for (const [index, wait] of waits.entries()) {
      expect(gaps[index]).toBeGreaterThanOrEqual(0.8 * wait);
      // A wake comes with the next second; the sweep, where it is what wakes, with the next minute.
      expect(gaps[index]).toBeLessThanOrEqual(1.2 * wait + (wait < 15 * MINUTE ? 2 * SECOND : MINUTE + SECOND));
    }
    expect(await stage.deadLetters()).toEqual([]);
    await stage.play(2 * HOUR);
    const all = stage.callsOf().filter(({ message }) => message === 'event-1');
    const [first, last] = [all[0]?.atMs ?? 0, all.at(-1)?.atMs ?? 0];
    expect(last - first).toBeGreaterThanOrEqual(24 * HOUR);
    expect(last - first).toBeLessThanOrEqual(24 * HOUR + 2 * MINUTE);
    expect(new Set(all.map(({ body }) => body)).size).toBe(1);
    expect(new Set(all.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(all.length);
    expect(await stage.deadLetters()).toMatchObject([
      {
        message: { id: 'event-1', type: 'segment.entered' },
        code: 'http_500',
        attempts: all.length,
        firstTriedAt: new Date(first + 100).toISOString(), // as it was answered
        lastTriedAt: new Date(last).toISOString(),
      },
    ]);
    expect(stage.waiting()).toEqual([]);
    expect(stage.count('deliveryDied', 'message')).toBe(1);
    expect(stage.count('deliveryFailed', 'http_5xx')).toBe(all.length);
    // The others were taken, so the subscriber is not given up.
    expect((await stage.subscriber()).gaveUp).toBeUndefined();
    expect(new Set(stage.takenBy()).size).toBe(23);
  });

  it('then can be redriven, and is sent under its id', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', ({ message }) => answered(message === 'event-1' ? 400 : 200));
    await stage.tell(manyEvents(2));
    await stage.play(23 * HOUR);
    await stage.tell([entered('event-3')]);
    await stage.play(2 * HOUR);
    expect(await stage.deadLetters()).toHaveLength(1);
    stage.receivers.delete('shop');
    expect(await redrive({ id: 'shop' }, stage.management)).toEqual({ redriven: 1, more: false });
    await stage.play(2 * SECOND);
    expect(stage.takenBy().sort()).toEqual(ids(3));
    expect(await stage.deadLetters()).toEqual([]);
    expect(stage.waiting()).toEqual([]);
  });

  it.each([
    ['is answered 404', answered(404), 'http_404'],
    ['is redirected', answered(302), 'redirected'],
    ['is answered 401', answered(401), 'http_401'],
    ['gets no answer', { kind: 'unanswered', code: 'timeout' } as const, 'timeout'],
    ['may not go there any more', { kind: 'unanswered', code: 'address_not_allowed' } as const, 'address_not_allowed'],
  ])('as it %s, is tried again', async (_, answer, code) => {
    const stage = await openStage();
    stage.receivers.set('shop', () => answer);
    await stage.tell([entered('event-1')]);
    await stage.play(2 * SECOND);
    expect((await stage.lane()).health.lastFailure?.code).toBe(code);
    stage.receivers.delete('shop');
    await stage.play(MINUTE);
    expect(stage.takenBy()).toEqual(['event-1']);
    expect((await stage.lane()).health.failingSince).toBeUndefined();
  });
});

describe('a subscriber that has enough', () => {
  it.each([
    [429, '120', 120 * SECOND],
    [503, '120', 120 * SECOND],
    [429, 'Tue, 24 Nov 2026 10:03:00 GMT', 178 * SECOND],
  ])('%i with Retry-After %s: nothing is sent to it before that, whatever comes', async (status, wait, waitMs) => {
    const stage = await openStage();
    stage.receivers.set('shop', () => answered(status, wait));
    await stage.tell([entered('event-1')]);
    await stage.play(SECOND);
    expect(stage.calls).toHaveLength(1);
    await stage.tell([entered('event-2'), entered('event-3')]);
    await stage.play(waitMs - 2 * SECOND);
    expect(stage.calls).toHaveLength(1);
    stage.receivers.delete('shop');
    await stage.play(5 * SECOND);
    expect(stage.takenBy().sort()).toEqual(ids(3));
    // Being asked to wait is no failure of the message.
    expect(stage.waiting()).toEqual([]);
  });

  it('for years, by its Retry-After, is asked again after a day, and then given up', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', () => answered(429, '999999999'));
    await stage.tell(manyEvents(3));
    await stage.play(23 * HOUR);
    expect(stage.calls.length).toBeLessThanOrEqual(3);
    await stage.play(2 * HOUR);
    expect((await stage.subscriber()).gaveUp).toMatchObject({ code: 'http_429' });
    await stage.play(24 * HOUR);
    expect(await stage.deadLetters()).toHaveLength(3);
    expect(stage.waiting()).toEqual([]);
  });

  it('429 halves what is sent at once, and success brings it back', async () => {
    const stage = await openStage();
    let isOpen = false;
    stage.receivers.set('shop', () => answered(isOpen ? 200 : 429));
    await stage.tell(manyEvents(100));
    await stage.play(SECOND / 2);
    expect((await stage.lane()).allowance?.share).toBe(0.5);
    isOpen = true;
    await stage.play(MINUTE);
    expect(new Set(stage.takenBy()).size).toBe(100);
    expect((await stage.lane()).allowance?.share).toBe(1);
  });

  it('takes no more than it can: a limit of ten a second is found and kept to, nothing dies of it', async () => {
    const stage = await openStage();
    const recent: number[] = [];
    stage.receivers.set('shop', ({ atMs }) => {
      while ((recent[0] ?? atMs) <= atMs - SECOND) recent.shift();
      if (recent.length >= 10) return answered(429, '1');
      recent.push(atMs);
      return answered(200);
    });
    await stage.tell(manyEvents(2_000));
    await stage.play(HOUR);
    expect(new Set(stage.takenBy()).size).toBe(2_000);
    expect(stage.waiting()).toEqual([]);
    expect(await stage.deadLetters()).toEqual([]);
    expect(stage.calls.length - stage.taken.length).toBeLessThan(1_000);
  });
});

describe('a blip', () => {
  it('of some seconds, with many messages under way, costs some seconds', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', () => answered(502));
    await stage.tell(manyEvents(200));
    await stage.play(3 * SECOND);
    stage.receivers.delete('shop');
    await stage.play(MINUTE);
    expect(new Set(stage.takenBy()).size).toBe(200);
  });
});

describe('a subscriber that is down for hours', () => {
  it('is asked one thing now and then, and gets all when it is back', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', hangs(stage));
    for (let minute = 0; minute < 180; minute++) {
      await stage.tell(manyEvents(10, `minute-${minute}`));
      await stage.play(MINUTE);
    }
    expect(stage.calls.length).toBeLessThan(120);
    stage.receivers.delete('shop');
    await stage.play(16 * MINUTE);
    // But for the few that were tried often, and wait longer by themselves.
    expect(stage.waiting().length).toBeLessThan(30);
    await stage.play(5 * HOUR);
    expect(new Set(stage.takenBy()).size).toBe(1_800);
    expect(stage.waiting()).toEqual([]);
    expect(await stage.deadLetters()).toEqual([]);
    expect((await stage.subscriber()).gaveUp).toBeUndefined();
  });

  it.each([
    ['answers 500', answered(500), 'http_500'],
    ['answers 429 to all', answered(429, '60'), 'http_429'],
    ['is not there', { kind: 'unanswered', code: 'connection_refused' } as const, 'connection_refused'],
  ])('%s for more than a day is given up: its messages are kept, and nothing is sent', async (_, answer, code) => {
    const stage = await openStage();
    stage.receivers.set('shop', () => answer);
    for (let hour = 0; hour < 24; hour++) {
      await stage.tell(manyEvents(50, `hour-${hour}`));
      await stage.play(HOUR);
      expect((await stage.subscriber()).gaveUp).toBeUndefined();
    }
    await stage.play(HOUR);
    const { gaveUp, revision } = await stage.subscriber();
    expect(gaveUp).toMatchObject({ code });
    expect(revision).toBe(2);
    expect(stage.count('subscriberGaveUp', 'subscriber')).toBe(1);
    expect(stage.told.filter((line) => line.includes('Subscriber given up'))).toHaveLength(1);
    expect(stage.waiting()).toEqual([]);
    const letters = await stage.deadLetters();
    expect(letters).toHaveLength(24 * 50);
    expect(new Set(letters.map((letter) => letter.code))).toEqual(new Set([code, 'gave_up']));
    const calls = stage.calls.length;
    await stage.tell(manyEvents(5, 'later'));
    await stage.play(5 * HOUR);
    expect(stage.calls).toHaveLength(calls);
    expect(await stage.deadLetters()).toHaveLength(24 * 50 + 5);
  });

  it('that is given up is tried again once a person says so, and its day begins anew', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', () => answered(500));
    await stage.tell(manyEvents(5));
    await stage.play(26 * HOUR);
    expect((await stage.subscriber()).gaveUp).toBeDefined();
    await stage.change({ paused: false });
    expect((await stage.subscriber()).gaveUp).toBeUndefined();
    await stage.tell([entered('after')]);
    await stage.play(20 * HOUR);
    expect((await stage.subscriber()).gaveUp).toBeUndefined();
    stage.receivers.delete('shop');
    await stage.play(4 * HOUR + 2 * MINUTE);
    expect(stage.takenBy()).toEqual(['after']);
    await redrive({ id: 'shop' }, stage.management);
    await stage.play(MINUTE);
    expect(stage.takenBy().sort()).toEqual(['after', ...ids(5)]);
  });

  it('is mended while a try is under way: the day of the new address is its own', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', hangs(stage));
    stage.receivers.set('moved', () => answered(500));
    await stage.tell(manyEvents(20));
    await stage.play(23 * HOUR + 30 * MINUTE);
    while (!(await stage.lane()).holder) await stage.play(SECOND);
    await stage.change({ url: 'https://moved.example/' });
    await stage.play(2 * HOUR);
    expect(stage.callsOf('moved').length).toBeGreaterThan(3);
    expect((await stage.subscriber()).gaveUp).toBeUndefined();
  });

  it('says that it is gone, and is given up at once', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', () => answered(410));
    await stage.tell(manyEvents(100));
    await stage.play(5 * SECOND);
    expect((await stage.subscriber()).gaveUp).toMatchObject({ code: 'gone' });
    // Those that were under way together.
    expect(stage.calls.length).toBeLessThanOrEqual(16);
    expect(await stage.deadLetters()).toHaveLength(100);
    expect(stage.count('subscriberGaveUp')).toBe(1);
    expect(stage.waiting()).toEqual([]);
  });

  it('is not given up for what another address answered', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', async () => {
      await stage.time.sleep(5 * SECOND);
      return answered(410);
    });
    await stage.tell([entered('event-1')]);
    await stage.play(SECOND);
    await stage.change({ url: 'https://moved.example/' });
    await stage.play(20 * SECOND);
    expect((await stage.subscriber()).gaveUp).toBeUndefined();
  });
});

describe('a person', () => {
  it('pauses: what waits and what comes is kept; resumes and redrives: all is sent', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', () => answered(503));
    await stage.tell(manyEvents(5, 'before'));
    await stage.play(10 * SECOND);
    await stage.change({ paused: true });
    const calls = stage.calls.length;
    await stage.play(SECOND);
    await stage.tell(manyEvents(5, 'paused'));
    await stage.play(HOUR);
    expect(stage.calls).toHaveLength(calls);
    expect(stage.waiting()).toEqual([]);
    expect((await stage.deadLetters()).map(({ code }) => code)).toEqual(Array(10).fill('paused'));
    stage.receivers.delete('shop');
    await stage.change({ paused: false });
    await stage.tell(manyEvents(5, 'after'));
    await stage.play(2 * SECOND);
    expect(stage.takenBy().sort()).toEqual(ids(5, 'after'));
    expect(await redrive({ id: 'shop' }, stage.management)).toEqual({ redriven: 10, more: false });
    await stage.play(2 * SECOND);
    expect(stage.takenBy().sort()).toEqual([...ids(5, 'after'), ...ids(5, 'before'), ...ids(5, 'paused')]);
    expect(await stage.deadLetters()).toEqual([]);
  });

  it('pauses while messages are being sent: it stops within seconds', async () => {
    const stage = await openStage();
    await stage.tell(manyEvents(3_000));
    await stage.play(2 * SECOND);
    await stage.change({ paused: true });
    await stage.play(6 * SECOND);
    const taken = stage.taken.length;
    expect(taken).toBeLessThan(2_000);
    await stage.play(2 * MINUTE);
    expect(stage.taken).toHaveLength(taken);
    expect(await stage.deadLetters()).toHaveLength(3_000 - taken);
  });

  it('mends the address of one that is down: it is told at once', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', () => answered(500));
    await stage.tell(manyEvents(10));
    await stage.play(5 * HOUR);
    await stage.tell(manyEvents(10, 'more'));
    await stage.change({ url: 'https://moved.example/' });
    await stage.play(3 * SECOND);
    expect(stage.takenBy('moved')).toEqual(expect.arrayContaining(ids(10, 'more')));
  });

  it('removes it: nothing more is sent, nothing is left', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', () => answered(500));
    await stage.tell(manyEvents(2_000));
    await stage.play(10 * SECOND);
    const calls = stage.calls.length;
    // One instance that tells still takes it to be there.
    const { fanOut } = stage;
    await fanOut.tell([entered('cached')]);
    await removeSubscriber({ id: 'shop', revision: 1 }, stage.management);
    await fanOut.tell([entered('late')]);
    await stage.play(5 * MINUTE);
    expect(stage.calls).toHaveLength(calls);
    expect(stage.waiting()).toEqual([]);
    expect(await stage.deadLetters()).toEqual([]);
    expect(await stage.stores.lanes.listLanes()).toEqual([]);
    expect(await stage.stores.secrets.getSecrets('shop')).toBeUndefined();
  });
});

describe('a secret', () => {
  it('that is missing closes the lane, and loses nothing', async () => {
    const stage = await openStage();
    const secrets = await stage.stores.secrets.getSecrets('shop');
    await stage.stores.secrets.removeSecrets('shop');
    await stage.tell(manyEvents(3));
    await stage.play(10 * MINUTE);
    expect(stage.calls).toEqual([]);
    expect((await stage.lane()).health.lastFailure?.code).toBe('secret_missing');
    if (secrets) await stage.stores.secrets.putSecrets('shop', secrets);
    await stage.play(16 * MINUTE);
    expect(stage.takenBy().sort()).toEqual(ids(3));
  });
});

describe('what operators read', () => {
  it('has no address and no secret in it', async () => {
    const stage = await openStage();
    await stage.change({ url: 'https://shop.example/hooks?token=s3cret' });
    stage.receivers.set('shop', () => answered(410));
    await stage.tell(manyEvents(3));
    await stage.play(HOUR);
    expect(stage.told.length).toBeGreaterThan(0);
    for (const line of stage.told) {
      expect(line).not.toContain('s3cret');
      expect(line).not.toContain('whsec_');
      expect(line).not.toContain('shop.example');
    }
  });
});

/** What people do with subscribers: what they are told, and what is refused. */
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { deliveryParty, idleLane } from '../../shared/lanes/lane.ts';
import { reopenLane } from '../../shared/lanes/reopen.ts';
import { Conflict, NotFound } from '../../shared/runtime/errors.ts';
import {
  addSubscriber,
  changeSubscriber,
  describeSubscriber,
  describeSubscribers,
  removeSubscriber,
  rotateSecret,
  testSubscriber,
} from '../../shared/subscribers/manage.ts';
import { listDeadLetters, redrive } from '../../shared/subscribers/redrive.ts';
import { SUBSCRIBERS_MOST } from '../../shared/subscribers/subscriber.ts';
import { DeadLetterView, RotatedSecret, SubscriberView, TestResult } from '../../shared/subscribers/views.ts';
import { entered, HOUR, MINUTE, manyEvents, SECOND, START_MS, wishes } from './samples.ts';
import { answered, openStage } from './stage.ts';

afterEach(() => {
  vi.useRealTimers();
});

const request = (url: string, id?: string) => ({ id, wishes: wishes(url), by: 'operator' });

describe('adding', () => {
  it('gives an id and a secret, and asks for what most want', async () => {
    const { management, stores } = await openStage({ subscribers: [] });
    const outcome = await addSubscriber(request('https://receiver.example.com/'), management);
    if (outcome.kind !== 'added') throw new Error(outcome.code);
    const { subscriber, secret } = outcome;
    expect(subscriber).toMatchObject({
      id: expect.stringMatching(/^sub_[A-Za-z0-9_-]{16}$/),
      revision: 1,
      events: ['segment.entered', 'segment.exited'],
      paused: false,
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await stores.subscribers.getSubscriber(subscriber.id)).toEqual(subscriber);
    expect(await stores.secrets.getSecrets(subscriber.id)).toEqual({ current: secret });
  });

  it('twice under one id is a conflict, and leaves the secret of the first', async () => {
    const { management, stores, secrets } = await openStage();
    await expect(addSubscriber(request('https://other.example.com/', 'shop'), management)).rejects.toMatchObject({
      name: 'Conflict',
      code: 'subscriber_exists',
    });
    // Both looked before either put.
    const blind = { ...management, subscribers: { ...stores.subscribers, listSubscribers: async () => [] } };
    await expect(addSubscriber(request('https://other.example.com/', 'shop'), blind)).rejects.toThrow(Conflict);
    expect(await stores.secrets.getSecrets('shop')).toEqual({ current: secrets.get('shop') });
  });

  it('whose secret could not be put leaves nothing, and may be done again', async () => {
    const { management, stores } = await openStage({ subscribers: [] });
    const putSecrets = async () => {
      throw new Error('no parameters');
    };
    const failing = { ...management, secrets: { ...stores.secrets, putSecrets } };
    const crm = request('https://receiver.example.com/', 'crm');
    await expect(addSubscriber(crm, failing)).rejects.toThrow('no parameters');
    expect(await stores.subscribers.listSubscribers()).toEqual([]);
    expect(await addSubscriber(crm, management)).toMatchObject({ kind: 'added' });
  });

  it.each([
    ['http://receiver.example.com/', 'https_required'],
    ['https://169.254.169.254/', 'address_not_allowed'],
    ['https://me:secret@receiver.example.com/', 'credentials_in_url'],
  ])('%s is refused in words', async (url, code) => {
    const { management, stores } = await openStage({ subscribers: [] });
    expect(await addSubscriber(request(url), management)).toMatchObject({
      kind: 'refused',
      code,
      message: expect.stringMatching(/\.$/),
    });
    expect(await stores.subscribers.listSubscribers()).toEqual([]);
  });

  it('ends at a hundred', async () => {
    const { management, add } = await openStage({ subscribers: [] });
    for (let number = 0; number < SUBSCRIBERS_MOST; number++) await add(`shop-${number}`);
    expect(await addSubscriber(request('https://receiver.example.com/'), management)).toMatchObject({
      kind: 'refused',
      code: 'too_many',
    });
  });
});

describe('changing', () => {
  it('needs the revision that was seen, and keeps what is not for people to say', async () => {
    const { management, subscriber, time } = await openStage();
    const before = await subscriber();
    await time.play(HOUR);
    const change = { id: 'shop', revision: 1, wishes: wishes('https://new.example/', { segments: ['vip'] }), by: 'me' };
    const outcome = await changeSubscriber(change, management);
    expect(outcome).toMatchObject({ kind: 'changed', subscriber: { revision: 2, by: 'me', segments: ['vip'] } });
    expect(await subscriber()).toMatchObject({ createdAt: before.createdAt, url: 'https://new.example/' });
    await expect(changeSubscriber(change, management)).rejects.toMatchObject({ code: 'subscriber_changed' });
    await expect(changeSubscriber({ ...change, id: 'nobody' }, management)).rejects.toThrow(NotFound);
    expect(
      await changeSubscriber({ ...change, revision: 2, wishes: wishes('https://127.1/') }, management),
    ).toMatchObject({ kind: 'refused', code: 'address_not_allowed' });
  });

  it('of one that gave up: lifts it unless it stays paused', async () => {
    const stage = await openStage();
    const gaveUp = { at: (await stage.subscriber()).createdAt, code: 'gone' };
    await stage.stores.subscribers.putSubscriber({ ...(await stage.subscriber()), revision: 2, gaveUp });
    await stage.change({ paused: true });
    expect((await stage.subscriber()).gaveUp).toEqual(gaveUp);
    await stage.change({ paused: false });
    expect((await stage.subscriber()).gaveUp).toBeUndefined();
  });
});

describe('a new secret', () => {
  it('signs beside the old one for a day, then alone: receivers of either are served through it', async () => {
    const stage = await openStage();
    const old = stage.secrets.get('shop') ?? '';
    const rotated = await rotateSecret({ id: 'shop' }, stage.management);
    expect(RotatedSecret.parse(rotated)).toEqual({
      secret: expect.not.stringMatching(old),
      previousValidUntil: new Date(START_MS + 24 * HOUR).toISOString(),
    });
    const accepted = async (event: string) => {
      await stage.tell([entered(event)]);
      await stage.play(SECOND);
      const call = stage.taken.at(-1);
      if (call?.message !== event) throw new Error(`${event} was not taken`);
      vi.useFakeTimers({ toFake: ['Date'], now: call.atMs });
      return [old, rotated.secret].map((secret) => {
        try {
          return new Webhook(secret).verify(call.body, { ...call.headers }) !== undefined;
        } catch {
          return false;
        }
      });
    };
    expect(await accepted('event-1')).toEqual([true, true]);
    await stage.play(23 * HOUR);
    expect(await accepted('event-2')).toEqual([true, true]);
    await stage.play(HOUR);
    expect(await accepted('event-3')).toEqual([false, true]);
  });

  it('may take the place of the old one at once, which holds within a minute', async () => {
    const stage = await openStage();
    await stage.tell([entered('event-1')]);
    await stage.play(SECOND);
    const rotated = await rotateSecret({ id: 'shop', overlapMs: 0 }, stage.management);
    expect(rotated).toEqual({ secret: expect.stringMatching(/^whsec_/) });
    await stage.play(MINUTE);
    await stage.tell([entered('event-2')]);
    await stage.play(SECOND);
    const signatures = stage.taken.map(({ headers }) => headers['webhook-signature']?.split(' ').length);
    expect(signatures).toEqual([1, 1]);
    const [, call] = stage.taken;
    vi.useFakeTimers({ toFake: ['Date'], now: call?.atMs ?? 0 });
    expect(new Webhook(rotated.secret).verify(call?.body ?? '', { ...call?.headers })).toBeDefined();
  });

  it('is for one that is there', async () => {
    const { management } = await openStage();
    await expect(rotateSecret({ id: 'nobody' }, management)).rejects.toThrow(NotFound);
  });
});

describe('a test', () => {
  it('sends one signed message, and says what came of it', async () => {
    const stage = await openStage();
    expect(
      TestResult.parse(await testSubscriber({ id: 'shop' }, { ...stage.management, send: instantly(200) })),
    ).toEqual({
      delivered: true,
      status: 200,
      tookMs: 0,
    });
    const asked = testSubscriber({ id: 'shop' }, stage.management);
    await stage.play(SECOND);
    expect(await asked).toEqual({ delivered: true, status: 200, tookMs: 100 });
    const [call] = stage.calls;
    vi.useFakeTimers({ toFake: ['Date'], now: call?.atMs ?? 0 });
    expect(new Webhook(stage.secrets.get('shop') ?? '').verify(call?.body ?? '', { ...call?.headers })).toEqual({
      type: 'tributary.test',
      timestamp: new Date(START_MS).toISOString(),
      data: { subscriber: 'shop' },
    });
    // Nothing is left of it.
    expect(stage.waiting()).toEqual([]);
    expect(await stage.stores.lanes.listLanes()).toEqual([]);
  });

  const instantly = (status: number) => async () => answered(status);

  it.each([
    [answered(500), { delivered: false, status: 500, tookMs: 0, code: 'http_500' }],
    [answered(302), { delivered: false, status: 302, tookMs: 0, code: 'redirected' }],
    [answered(410), { delivered: false, status: 410, tookMs: 0, code: 'gone' }],
    [{ kind: 'unanswered', code: 'tls_failed' } as const, { delivered: false, tookMs: 0, code: 'tls_failed' }],
  ])('that is not taken (%j) is not tried again, and gives nobody up', async (answer, result) => {
    const stage = await openStage();
    const management = { ...stage.management, send: async () => answer };
    expect(TestResult.parse(await testSubscriber({ id: 'shop' }, management))).toEqual(result);
    await stage.play(HOUR);
    expect(stage.calls).toEqual([]);
    expect((await stage.subscriber()).gaveUp).toBeUndefined();
    expect(await stage.deadLetters()).toEqual([]);
  });

  it('reaches one that is paused; not one that is not there, or has no secret', async () => {
    const stage = await openStage();
    await stage.change({ paused: true });
    const management = { ...stage.management, send: instantly(204) };
    expect(await testSubscriber({ id: 'shop' }, management)).toMatchObject({ delivered: true });
    await expect(testSubscriber({ id: 'nobody' }, management)).rejects.toThrow(NotFound);
    await stage.stores.secrets.removeSecrets('shop');
    expect(await testSubscriber({ id: 'shop' }, management)).toEqual({
      delivered: false,
      tookMs: 0,
      code: 'secret_missing',
    });
  });
});

describe('what is shown', () => {
  it('of one that does well, fails, is paused', async () => {
    const stage = await openStage({ subscribers: ['fine', 'failing', 'paused'] });
    stage.receivers.set('failing', () => answered(500));
    await stage.change({ paused: true }, 'paused');
    await stage.tell(manyEvents(3));
    await stage.play(10 * SECOND);
    const views = z.array(SubscriberView).parse(await describeSubscribers(stage.management));
    const none = { count: 0, more: false };
    const three = { count: 3, more: false };
    expect(views.map(({ id, status }) => ({ id, ...status }))).toEqual([
      {
        id: 'failing',
        state: 'active',
        lastFailure: { at: expect.any(String), code: 'http_500' },
        failingSince: expect.any(String),
        waiting: three,
        deadLetters: none,
      },
      { id: 'fine', state: 'active', lastSuccessAt: expect.any(String), waiting: none, deadLetters: none },
      { id: 'paused', state: 'paused', waiting: none, deadLetters: three },
    ]);
    expect(await describeSubscriber('fine', stage.management)).toEqual(views[1]);
    await expect(describeSubscriber('nobody', stage.management)).rejects.toThrow(NotFound);
    expect(JSON.stringify(views)).not.toContain('whsec_');
  });

  it('counts no further than a hundred', async () => {
    const stage = await openStage({ sweeps: false });
    stage.receivers.set('shop', () => answered(500));
    await stage.tell(manyEvents(100));
    await stage.play(SECOND);
    const waiting = async () => (await describeSubscriber('shop', stage.management)).status.waiting;
    expect(await waiting()).toEqual({ count: 100, more: false });
    await stage.tell(manyEvents(101));
    expect(await waiting()).toEqual({ count: 100, more: true });
  });

  it('of one that gave up says why', async () => {
    const stage = await openStage();
    stage.receivers.set('shop', () => answered(410));
    await stage.tell(manyEvents(1));
    await stage.play(SECOND);
    expect(await describeSubscriber('shop', stage.management)).toMatchObject({
      gaveUp: { code: 'gone' },
      status: { state: 'gave_up', deadLetters: { count: 1, more: false } },
    });
  });
});

describe('dead letters', () => {
  it('are listed page by page, with what is known of each', async () => {
    const stage = await openStage();
    await stage.change({ paused: true });
    await stage.tell(manyEvents(5));
    const first = await listDeadLetters({ id: 'shop', limit: 3 }, stage.management);
    const second = await listDeadLetters({ id: 'shop', limit: 3, after: first.next }, stage.management);
    const all = z.array(DeadLetterView).parse([...first.items, ...second.items]);
    expect(second.next).toBeUndefined();
    expect(all.map(({ id }) => id)).toEqual(['event-1', 'event-2', 'event-3', 'event-4', 'event-5']);
    expect(all[0]).toEqual({
      id: 'event-1',
      type: 'segment.entered',
      occurredAt: entered('event-1').occurredAt,
      code: 'paused',
      attempts: 0,
      diedAt: new Date(START_MS).toISOString(),
      keptUntil: new Date(START_MS + 30 * 24 * HOUR).toISOString(),
    });
    await expect(listDeadLetters({ id: 'nobody', limit: 3 }, stage.management)).rejects.toThrow(NotFound);
  });

  it('are redriven one by one, or all: so many at a call', async () => {
    const stage = await openStage();
    await stage.change({ paused: true });
    await stage.tell(manyEvents(1_203));
    await expect(redrive({ id: 'shop' }, stage.management)).rejects.toMatchObject({ code: 'subscriber_paused' });
    await stage.change({ paused: false });
    expect(await redrive({ id: 'shop', message: 'event-7' }, stage.management)).toEqual({ redriven: 1, more: false });
    await stage.play(SECOND);
    expect(stage.takenBy()).toEqual(['event-7']);
    await expect(redrive({ id: 'shop', message: 'event-7' }, stage.management)).rejects.toThrow(NotFound);
    const answers = [];
    for (let call = 0; call < 3; call++) answers.push(await redrive({ id: 'shop' }, stage.management));
    expect(answers).toEqual([
      { redriven: 500, more: true },
      { redriven: 500, more: true },
      { redriven: 202, more: false },
    ]);
    await stage.play(MINUTE);
    expect(new Set(stage.takenBy()).size).toBe(1_203);
    expect(stage.takenBy()).toHaveLength(1_203);
    expect(await redrive({ id: 'shop' }, stage.management)).toEqual({ redriven: 0, more: false });
  });

  it('of which one still waits in the lane are not sent twice', async () => {
    const stage = await openStage();
    await stage.change({ paused: true });
    await stage.tell(manyEvents(1));
    await stage.change({ paused: false });
    const { removeDeadLetter } = stage.stores.deadLetters;
    const dying = {
      ...stage.management,
      deadLetters: { ...stage.stores.deadLetters, removeDeadLetter: () => Promise.reject(new Error('throttled')) },
    };
    await expect(redrive({ id: 'shop' }, dying)).rejects.toThrow();
    expect(stage.waiting()).toHaveLength(1);
    stage.stores.deadLetters.removeDeadLetter = removeDeadLetter;
    expect(await redrive({ id: 'shop' }, stage.management)).toEqual({ redriven: 1, more: false });
    await stage.play(SECOND);
    expect(stage.takenBy()).toEqual(['event-1']);
  });
});

describe('removing', () => {
  it('needs the revision that was seen; leaves nothing, and can be done again where it broke off', async () => {
    const stage = await openStage({ sweeps: false });
    stage.receivers.set('shop', () => answered(500));
    await stage.tell(manyEvents(50));
    await stage.play(SECOND);
    await expect(removeSubscriber({ id: 'shop', revision: 7 }, stage.management)).rejects.toThrow(Conflict);
    const dying = {
      ...stage.management,
      secrets: { ...stage.stores.secrets, removeSecrets: () => Promise.reject(new Error('throttled')) },
    };
    await expect(removeSubscriber({ id: 'shop', revision: 1 }, dying)).rejects.toThrow('throttled');
    expect(await stage.stores.secrets.getSecrets('shop')).toBeDefined();
    await expect(removeSubscriber({ id: 'shop', revision: 1 }, stage.management)).rejects.toThrow(NotFound);
    expect(await stage.stores.secrets.getSecrets('shop')).toBeUndefined();
    expect(stage.waiting()).toEqual([]);
    expect(await stage.stores.lanes.listLanes()).toEqual([]);
  });

  it('of a great many messages is finished by the function that delivers', async () => {
    const stage = await openStage({ sweeps: false });
    await stage.change({ paused: true });
    await stage.tell(manyEvents(7_000));
    await removeSubscriber({ id: 'shop', revision: 2 }, stage.management);
    expect((await stage.deadLetters()).length).toBeGreaterThan(6_000);
    await stage.play(MINUTE);
    expect(await stage.deadLetters()).toEqual([]);
    expect(stage.wakes.depth()).toEqual({ visible: 0, hidden: 0, dead: 0 });
  });
});

describe('a lane that is opened again', () => {
  const party = deliveryParty('shop');
  const closed = {
    ...idleLane(party),
    revision: 1,
    notBefore: START_MS + HOUR,
    failures: 9,
    failedSubjects: ['a'],
    health: { failingSince: START_MS - HOUR, lastSuccessAt: 1 },
  };

  it('waits no longer, and has not failed', async () => {
    const { stores } = await openStage();
    await reopenLane(stores.lanes, party, START_MS);
    expect(await stores.lanes.getLane(party)).toBeUndefined();
    await stores.lanes.putLane(closed, 0);
    await reopenLane(stores.lanes, party, START_MS);
    expect(await stores.lanes.getLane(party)).toEqual({
      ...idleLane(party),
      revision: 2,
      health: { lastSuccessAt: 1 },
    });
  });

  it('while it is held has its holder begin anew', async () => {
    const { stores } = await openStage();
    await stores.lanes.putLane({ ...closed, holder: { id: 'a', until: START_MS + 1 } }, 0);
    await reopenLane(stores.lanes, party, START_MS);
    expect(await stores.lanes.getLane(party)).toMatchObject({ revision: 2, nudged: true, reopened: true });
  });

  it('whatever else is written to it meanwhile', async () => {
    const { stores } = await openStage();
    await stores.lanes.putLane(closed, 0);
    const { putLane } = stores.lanes;
    let writes = 0;
    stores.lanes.putLane = async (state, seen) => {
      if (writes++ === 0) await putLane({ ...closed, revision: 2 }, 1);
      return putLane(state, seen);
    };
    await reopenLane(stores.lanes, party, START_MS);
    expect(await stores.lanes.getLane(party)).toMatchObject({ revision: 3, notBefore: 0 });
  });
});

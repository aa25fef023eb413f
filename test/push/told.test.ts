/** Word of messages on the bus: at least once, of what is settled, and never in the way of sending. */
import { describe, expect, it, vi } from 'vitest';
import { type BusEvent, NotPublished } from '../../shared/publish/bus.ts';
import { PUSH_EVENTS, type PushEvent, pushEventOf } from '../../shared/push/push-event.ts';
import type { SendRecord } from '../../shared/push/send-record.ts';
import { createTeller } from '../../shared/push/tell.ts';
import { NOON } from '../campaigns/spring.ts';
import { ANNE, openStage } from './stage.ts';

const MINUTE_MS = 60_000;

describe('what a message came to', () => {
  it('is told once it is settled, under one id however often', async () => {
    const stage = await openStage();
    const work = stage.work();
    await stage.perform(work);
    await stage.perform(work);
    const [told, again] = stage.told;
    expect(again).toEqual(told);
    expect(PUSH_EVENTS['push.sent'].parse(told)).toEqual(told);
    expect(told).toMatchObject({
      ...{ type: 'push.sent', cause: 'live', subject: work.subject, revision: 1, profile: ANNE },
      ...{ campaign: 'spring', version: 1, variant: 'a', personalised: true, providers: ['fcm'] },
    });
  });

  it('is told of what was kept back, with all that stood against it', async () => {
    const stage = await openStage();
    await stage.say('push', false);
    await stage.devices.removeDevice('phone');
    await stage.perform(stage.work());
    expect(stage.told).toMatchObject([{ type: 'push.suppressed', reasons: ['consent_refused', 'no_endpoint'] }]);
  });

  it('is not told of who is held out, nor of what failed or is not known', () => {
    const record: SendRecord = {
      ...{ campaign: 'spring', key: 'k', version: 1, profile: ANNE, occurrence: 'o', at: NOON },
      ...{ state: 'sent', attributionDays: 7 },
    };
    const told = (['claimed', 'sending', 'failed', 'unknown', 'held_out'] as const).map((state) =>
      pushEventOf({ ...record, state }),
    );
    expect(told).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(pushEventOf(record)?.id).not.toBe(pushEventOf({ ...record, state: 'suppressed', reasons: ['stale'] })?.id);
  });

  it('waits in the lane while the bus is away, and nothing is sent again', async () => {
    const stage = await openStage();
    stage.world.isBusDead = true;
    const work = stage.work();
    const outcome = await stage.perform(work);
    expect(outcome).toEqual({ kind: 'later', at: Date.parse(stage.now()) + MINUTE_MS, code: 'untold' });
    expect(await stage.recordOf(work)).toMatchObject({ state: 'sent' });
    stage.later(MINUTE_MS);
    stage.world.isBusDead = false;
    // Also where the campaign was paused meanwhile.
    await stage.campaigns.putCampaign({ ...stage.own, version: 2, wanted: 'paused' });
    const untold = { ...work, attempts: 1, trouble: { code: 'untold', since: Date.parse(NOON) } };
    expect(await stage.perform(untold)).toMatchObject({ kind: 'done' });
    expect([stage.fcm.tried.length, stage.told.map(({ type }) => type)]).toEqual([1, ['push.sent']]);
  });
});

const eventOf = (key: string): PushEvent => ({
  ...{ type: 'push.suppressed', id: key, occurredAt: NOON, cause: 'live', subject: key, revision: 1 },
  ...{ profile: ANNE, campaign: 'spring', version: 1, reasons: ['stale'] },
});

function openTeller(put: (events: readonly BusEvent[]) => Promise<void> = async () => undefined) {
  let nowMs = Date.parse(NOON);
  const calls: string[][] = [];
  const toSubscribers: string[] = [];
  const warned: unknown[] = [];
  const teller = createTeller({
    bus: {
      async put(events) {
        calls.push(events.map(({ id }) => id));
        await put(events);
      },
    },
    deliveries: { tell: async (events) => void toSubscribers.push(...events.map(({ id }) => id)) },
    clock: () => new Date(nowMs),
    telemetry: { warn: (...told) => void warned.push(told) },
  });
  return {
    ...{ teller, calls, toSubscribers, warned },
    later: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('the teller', () => {
  it('takes those of a moment together, ten a call', async () => {
    const { teller, calls, toSubscribers } = openTeller();
    const keys = Array.from({ length: 23 }, (_, index) => `k${index}`);
    expect(await Promise.all(keys.map((key) => teller.tell(eventOf(key))))).toEqual(keys.map(() => true));
    expect(calls.map((ids) => ids.length)).toEqual([10, 10, 3]);
    expect(toSubscribers.sort()).toEqual(keys.toSorted());
  });

  it('says which were not taken', async () => {
    const { teller } = openTeller(async () => {
      throw new NotPublished(new Map([['b', 'ThrottlingException']]));
    });
    expect(await Promise.all(['a', 'b'].map((key) => teller.tell(eventOf(key))))).toEqual([true, false]);
  });

  it('leaves a bus alone that does not answer, for a while, and calls it again then', async () => {
    const world = { isDown: true };
    const { teller, calls, warned, later } = openTeller(async () => {
      if (world.isDown) throw new Error('no route to host');
    });
    expect(await teller.tell(eventOf('a'))).toBe(false);
    expect(await teller.tell(eventOf('b'))).toBe(false);
    expect([calls.length, warned.length]).toEqual([1, 1]);
    later(30_000);
    world.isDown = false;
    expect(await teller.tell(eventOf('b'))).toBe(true);
  });

  it('does not wait for one that never answers', async () => {
    vi.useFakeTimers();
    try {
      const { teller } = openTeller(() => new Promise(() => undefined));
      const told = teller.tell(eventOf('a'));
      await vi.advanceTimersByTimeAsync(6_000);
      expect(await told).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });
});

/** Events → rows in lanes: whose, how often, and what is left where something fails. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ProfileEvent } from '../../shared/publish/events.ts';
import type { WakeMessage } from '../../shared/queues/messages.ts';
import { createFanOut } from '../../shared/subscribers/fan-out.ts';
import type { Message } from '../../shared/subscribers/message.ts';
import type { Subscriber } from '../../shared/subscribers/subscriber.ts';
import { instant } from '../../shared/time/instant.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryDeadLetters } from '../simulation/models/subscribers.ts';
import { entered, manyEvents, SECOND, START_MS, tierChanged, wishes } from './samples.ts';

const subscriber = (id: string, change: Partial<Subscriber> = {}): Subscriber => ({
  ...wishes(`https://${id}.example/`),
  id,
  revision: 1,
  createdAt: instant(START_MS),
  by: 'operator',
  ...change,
});

let nowMs: number;
beforeEach(() => {
  nowMs = START_MS;
});

function open(subscribers: Subscriber[]) {
  const lanes = memoryLanes<Message>();
  const deadLetters = memoryDeadLetters();
  const wakes: { readonly atMs: number; readonly lane: string }[] = [];
  const failing: { put?: (subject: string) => void; wake?: () => void } = {};
  let lists = 0;
  const fanOut = createFanOut({
    subscribers: {
      async listSubscribers() {
        lists++;
        return subscribers;
      },
    },
    lanes: {
      async putWork(work, seen) {
        failing.put?.(work.subject);
        await lanes.putWork(work, seen);
      },
    },
    wakes: {
      async send(message: WakeMessage, { delaySeconds = 0 } = {}) {
        failing.wake?.();
        if ('wake' in message) wakes.push({ atMs: nowMs + delaySeconds * 1000, lane: message.wake });
      },
    },
    deadLetters,
    clock: () => new Date(nowMs),
  });
  const rows = () => lanes.waiting().map(({ party, subject }) => `${party} ${subject}`);
  return { fanOut, lanes, deadLetters, wakes, failing, rows, lists: () => lists, subscribers };
}

describe('an event', () => {
  it('is a row for each subscriber that wants it, under its id, and wakes each lane once', async () => {
    const { fanOut, rows, wakes, lanes } = open([
      subscriber('all'),
      subscriber('other-type', { events: ['tier.changed'] }),
      subscriber('other-segment', { segments: ['sleeping'] }),
      subscriber('this-segment', { segments: ['sleeping', 'vip'] }),
      subscriber('other-cause', { causes: ['policy'] }),
    ]);
    await fanOut.tell([entered('event-1'), entered('event-2'), tierChanged('event-3')]);
    expect(rows().sort()).toEqual([
      'deliver/all event-1',
      'deliver/all event-2',
      'deliver/other-type event-3',
      'deliver/this-segment event-1',
      'deliver/this-segment event-2',
    ]);
    expect(wakes.map(({ lane }) => lane).sort()).toEqual(['deliver/all', 'deliver/other-type', 'deliver/this-segment']);
    const [first] = lanes.waiting();
    expect(first).toMatchObject({ revision: 1, attempts: 0, dueAt: START_MS, askedAt: START_MS });
    expect(JSON.parse(first?.detail.body ?? '')).toEqual({
      type: 'segment.entered',
      timestamp: entered('event-1').occurredAt,
      data: entered('event-1'),
    });
  });

  it('that is told again changes nothing of what waits, whatever was tried meanwhile', async () => {
    const { fanOut, lanes } = open([subscriber('shop')]);
    await fanOut.tell([entered('event-1')]);
    const [row] = lanes.waiting();
    if (!row) throw new Error('no row');
    const tried = { ...row, revision: 2, attempts: 1, dueAt: START_MS + 5 * SECOND };
    await lanes.putWork(tried, 1);
    nowMs += SECOND;
    await fanOut.tell([entered('event-1')]);
    expect(lanes.waiting()).toEqual([tried]);
  });

  it('told in any order and however often is one row each', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 5 }), { maxLength: 8 }), async (batches) => {
        const { fanOut, rows } = open([subscriber('a'), subscriber('b')]);
        await Promise.all(batches.map((batch) => fanOut.tell(batch.map((number) => entered(`event-${number}`)))));
        const told = new Set(batches.flat());
        expect(new Set(rows()).size).toBe(rows().length);
        expect(rows()).toHaveLength(2 * told.size);
      }),
    );
  });

  it('for nobody asks only who there is, once in ten seconds', async () => {
    const { fanOut, lists, subscribers, rows } = open([]);
    await fanOut.tell([]);
    expect(lists()).toBe(0);
    for (let second = 0; second < 10; second++, nowMs += SECOND) await fanOut.tell([entered(`event-${second}`)]);
    expect(lists()).toBe(1);
    subscribers.push(subscriber('new'));
    await fanOut.tell([entered('event-10')]);
    expect(rows()).toEqual(['deliver/new event-10']);
  });
});

describe('who is paused or given up', () => {
  it.each([
    ['paused', { paused: true }],
    ['gave_up', { gaveUp: { at: instant(START_MS), code: 'http_500' } }],
  ] as const)('%s: its events are kept as dead letters, once, and nobody is woken', async (code, change) => {
    const { fanOut, rows, wakes, deadLetters } = open([subscriber('shop', change)]);
    for (let time = 0; time < 2; time++) await fanOut.tell(manyEvents(3));
    expect(rows()).toEqual([]);
    expect(wakes).toEqual([]);
    const { items } = await deadLetters.listDeadLetters('shop', 10);
    expect(items.map(({ message, ...rest }) => ({ id: message.id, ...rest }))).toEqual(
      ['event-1', 'event-2', 'event-3'].map((id) => ({
        id,
        subscriber: 'shop',
        code,
        attempts: 0,
        diedAt: instant(START_MS),
      })),
    );
  });
});

describe('a failure', () => {
  const tellFailing = async (events: readonly ProfileEvent[], { fanOut }: ReturnType<typeof open>) =>
    expect(fanOut.tell(events)).rejects.toThrow();

  it('of one row is thrown, when the others are put and woken for; again, all are there', async () => {
    const opened = open([subscriber('shop')]);
    opened.failing.put = (subject) => {
      if (subject === 'event-2') throw new Error('throttled');
    };
    await tellFailing(manyEvents(100), opened);
    expect(opened.rows()).toHaveLength(99);
    expect(opened.wakes).toHaveLength(1);
    delete opened.failing.put;
    nowMs += SECOND;
    await opened.fanOut.tell(manyEvents(100));
    expect(opened.rows()).toHaveLength(100);
    expect(opened.wakes).toHaveLength(2);
  });

  it('to wake a busy lane is made good, too: nobody relies on what was not sent', async () => {
    const opened = open([subscriber('shop')]);
    await opened.fanOut.tell([entered('event-1')]);
    opened.failing.wake = () => {
      throw new Error('no queue');
    };
    await tellFailing([entered('event-2')], opened);
    delete opened.failing.wake;
    await opened.fanOut.tell([entered('event-2')]);
    expect(opened.wakes).toHaveLength(2);
  });

  it('to wake is thrown, and made good when it comes again, though the rows are there', async () => {
    const opened = open([subscriber('shop')]);
    opened.failing.wake = () => {
      throw new Error('no queue');
    };
    await tellFailing(manyEvents(1), opened);
    expect(opened.wakes).toEqual([]);
    delete opened.failing.wake;
    await opened.fanOut.tell(manyEvents(1));
    expect(opened.rows()).toHaveLength(1);
    expect(opened.wakes).toHaveLength(1);
  });

  it('to say who there is is thrown', async () => {
    const opened = open([subscriber('shop')]);
    const fanOut = createFanOut({
      ...opened,
      subscribers: { listSubscribers: () => Promise.reject(new Error('throttled')) },
      wakes: { send: async () => undefined },
      clock: () => new Date(nowMs),
    });
    await expect(fanOut.tell(manyEvents(1))).rejects.toThrow('throttled');
  });
});

describe('wakes of a busy lane', () => {
  it('are few, and each row has one that is seen after it was put', async () => {
    const gaps = fc.array(fc.nat({ max: 700 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(gaps, async (afterMs) => {
        nowMs = START_MS;
        const { fanOut, wakes } = open([subscriber('shop')]);
        const puts: number[] = [];
        for (const [index, ms] of afterMs.entries()) {
          nowMs += ms;
          await fanOut.tell([entered(`event-${index}`)]);
          puts.push(nowMs);
        }
        for (const atMs of puts)
          expect(wakes.some((wake) => wake.atMs >= atMs && wake.atMs <= atMs + SECOND)).toBe(true);
        const seconds = (nowMs - START_MS) / SECOND;
        expect(wakes.length).toBeLessThanOrEqual(2 * seconds + 3);
      }),
    );
  });

  it('for one row now and then comes at once', async () => {
    const { fanOut, wakes } = open([subscriber('shop')]);
    for (let number = 0; number < 3; number++, nowMs += 2 * SECOND) await fanOut.tell([entered(`event-${number}`)]);
    expect(wakes.map(({ atMs }) => atMs - START_MS)).toEqual([0, 2 * SECOND, 4 * SECOND]);
  });
});

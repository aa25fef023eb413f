/** A platform that has enough, is down, or hangs: what is called when, and who else notices. */
import { describe, expect, it } from 'vitest';
import { type Called, HOUR, MINUTE, openStage, SECOND, type Stage } from './stage.ts';

const throttled = (retryAfter: string) => () =>
  new Response('{"errors":[{"code":"RATE_LIMITED"}]}', { status: 429, headers: { 'retry-after': retryAfter } });

const order = (number: number) => `ORDER${number}`;
const changes = (stage: Stage, count: number, first = 1) =>
  Array.from({ length: count }, (_, index) => stage.change({ orderId: order(first + index), paid: true }));
const callsAfter = (stage: Stage, ms: number) => stage.calls.filter(({ atMs }) => atMs > ms);
const fetched = (stage: Stage, count: number, first = 1) =>
  Array.from({ length: count }, (_, index) => stage.order(order(first + index))?.status);

describe('too many requests', () => {
  it.each([
    ['seconds', '120', 120 * SECOND],
    ['a date', 'Tue, 24 Nov 2026 10:03:00 GMT', 178 * SECOND],
  ])('with Retry-After in %s: nobody of the connection calls before that', async (_, retryAfter, waitMs) => {
    const stage = await openStage({ channel: 'square' });
    stage.network.intercept = throttled(retryAfter);
    await stage.hear(changes(stage, 1));
    await stage.play(3 * SECOND);
    stage.network.intercept = () => undefined;
    const [first] = stage.calls;
    expect(stage.calls).toHaveLength(1);
    // News of the same order and of another are no reason to call.
    await stage.hear(changes(stage, 2));
    await stage.play(waitMs - 2 * SECOND);
    expect(stage.calls).toHaveLength(1);
    await stage.play(10 * SECOND);
    expect(stage.calls[1]?.atMs).toBeGreaterThanOrEqual((first?.atMs ?? 0) + waitMs);
    expect(fetched(stage, 2)).toEqual(['completed', 'completed']);
  });

  it('beyond what a queue can wait: found by the sweep when it is over', async () => {
    const stage = await openStage({ channel: 'square' });
    stage.network.intercept = throttled('7200');
    await stage.hear(changes(stage, 1));
    await stage.play(3 * SECOND);
    stage.network.intercept = () => undefined;
    await stage.hear(changes(stage, 1, 2));
    await stage.play(119 * MINUTE);
    expect(stage.calls).toHaveLength(1);
    await stage.play(3 * MINUTE);
    expect(fetched(stage, 2)).toEqual(['completed', 'completed']);
  });

  it('halves the pace, and each success raises it a little', async () => {
    const stage = await openStage({ channel: 'square' });
    stage.network.intercept = throttled('5');
    await stage.hear(changes(stage, 4));
    await stage.play(4 * SECOND);
    // Four calls were under way together: that is once too many, not four times.
    expect(stage.calls).toHaveLength(4);
    expect((await stage.lane()).allowance?.share).toBe(0.5);
    stage.network.intercept = () => undefined;
    await stage.play(MINUTE);
    expect(fetched(stage, 4)).toEqual(Array(4).fill('completed'));
    expect((await stage.lane()).allowance?.share).toBeCloseTo(0.5 * 1.05 ** 4);
  });
});

describe('the rate', () => {
  /** Square's in squareApi.limits. */
  const [perSecond, burst] = [8, 16];

  it('holds across functions: the bucket is kept in the lane', async () => {
    const stage = await openStage({ channel: 'square' });
    Object.assign(stage.platform.behaviour, { perSecond, burst });
    for (let round = 0; round < 6; round++) {
      await stage.hear(changes(stage, 20, 1 + 20 * round));
      await stage.play(700);
      stage.restart();
    }
    await stage.play(2 * MINUTE);
    expect(fetched(stage, 120)).toEqual(Array(120).fill('completed'));
    expect(stage.measured.filter(({ metric }) => metric === 'fetchFailed')).toEqual([]);
    expectWithin(stage.calls, perSecond, burst);
    expect(new Set(stage.calls.map(({ atMs }) => atMs)).size).toBeGreaterThan(50);
  });

  function expectWithin(calls: readonly Called[], rate: number, atOnce: number): void {
    for (const [start, from] of calls.entries()) {
      for (const [end, to] of calls.entries()) {
        if (end < start) continue;
        expect(end - start + 1).toBeLessThanOrEqual(atOnce + ((to.atMs - from.atMs + 1) / 1000) * rate);
      }
    }
  }
});

describe('a platform that is down', () => {
  it('is tried again, twice as long each time, with jitter, up to a quarter of an hour', async () => {
    const gapsOf = async (seed: number) => {
      const stage = await openStage({ channel: 'square', seed });
      stage.platform.behaviour.failing = 503;
      await stage.hear(changes(stage, 1));
      await stage.play(6 * HOUR);
      const gaps = stage.calls.slice(1).map(({ atMs }, index) => atMs - (stage.calls[index]?.atMs ?? 0));
      return { gaps, stage };
    };
    const { gaps, stage } = await gapsOf(1);
    for (const [failures, gap] of gaps.entries()) {
      const whole = Math.min(15 * MINUTE, 2 * SECOND * 2 ** failures);
      expect(gap).toBeGreaterThanOrEqual(whole / 2);
      // A wake comes with the next second; the sweep, where it is what wakes, with the next minute.
      expect(gap).toBeLessThanOrEqual(whole + MINUTE);
    }
    expect(Math.max(...gaps)).toBeGreaterThan(5 * MINUTE);
    expect((await gapsOf(2)).gaps).not.toEqual(gaps);
    stage.platform.behaviour.failing = undefined;
    await stage.play(16 * MINUTE);
    expect(fetched(stage, 1)).toEqual(['completed']);
    expect(await stage.lane()).toMatchObject({ failures: 0 });
  });

  it('three failures in a row close the lane: others are not even tried', async () => {
    const stage = await openStage({ channel: 'square' });
    stage.platform.behaviour.failing = 500;
    await stage.hear(changes(stage, 3));
    await stage.play(3 * SECOND);
    expect(stage.calls).toHaveLength(3);
    const { notBefore, failures } = await stage.lane();
    expect(failures).toBe(3);
    expect(notBefore).toBeGreaterThan(stage.calls[2]?.atMs ?? 0);
    await stage.play(2 * HOUR);
    const before = stage.calls.length;
    // An hour and more of ten orders: the lane waits, not each order by itself.
    await stage.hear(changes(stage, 10, 10));
    await stage.play(5 * MINUTE);
    expect(stage.calls.length - before).toBeLessThanOrEqual(4);
    stage.platform.behaviour.failing = undefined;
    await stage.play(20 * MINUTE);
    expect([...fetched(stage, 3), ...fetched(stage, 10, 10)]).toEqual(Array(13).fill('completed'));
    expect((await stage.lane()).failures).toBe(0);
    expect((await stage.lane()).health.lastFailure?.code).toBe('internal_server_error');
  });

  it('two failures close nothing: it may be the orders', async () => {
    const stage = await openStage({ channel: 'square' });
    stage.platform.behaviour.failing = 500;
    await stage.hear(changes(stage, 2));
    await stage.play(2500);
    expect(await stage.lane()).toMatchObject({ failures: 2, notBefore: 0 });
    stage.platform.behaviour.failing = undefined;
    await stage.play(10 * SECOND);
    expect(fetched(stage, 2)).toEqual(['completed', 'completed']);
  });

  it('for a day costs a few wakes an hour, and loses nothing', async () => {
    const stage = await openStage({ channel: 'square' });
    stage.platform.behaviour.failing = 503;
    for (let hour = 0; hour < 24; hour++) {
      await stage.hear(changes(stage, 5, 1 + 5 * hour));
      await stage.play(HOUR);
    }
    // Ten minutes and a half between two calls at least, on average; each of a few orders.
    expect(stage.calls.length).toBeLessThan(24 * 6 * 4);
    expect(stage.operations.get('putLane')).toBeLessThan(24 * 6 * 3 * 2);
    stage.platform.behaviour.failing = undefined;
    await stage.play(20 * MINUTE);
    expect(fetched(stage, 120)).toEqual(Array(120).fill('completed'));
    expect(await stage.quarantined()).toEqual([]);
    expect(stage.wakes.depth().dead).toBe(0);
  });
});

describe('a platform that answers nobody', () => {
  it('or hangs until the time is over, delays no other connection', async () => {
    const stage = await openStage({ channel: 'square', connections: ['hanging', 'down', 'fine'] });
    stage.network.intercept = ({ connection }) => {
      if (connection !== 'hanging') return undefined;
      return stage.time.sleep(10 * SECOND).then(() => {
        throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
      });
    };
    stage.platformOf('down').behaviour.failing = 502;
    for (let minute = 0; minute < 10; minute++) {
      for (const name of ['hanging', 'down', 'fine']) {
        const state = stage.change({ orderId: order(minute), paid: true }, name);
        await stage.hear([state], name);
      }
      await stage.play(4 * SECOND);
      expect(stage.order(order(minute), 'fine')?.status).toBe('completed');
      await stage.play(56 * SECOND);
    }
    expect((await stage.lane('hanging')).health.lastFailure?.code).toBe('timeout');
    expect((await stage.lane('fine')).health.lastFailure).toBeUndefined();
    expect(stage.order(order(0), 'hanging')).toBeUndefined();
    stage.network.intercept = () => undefined;
    stage.platformOf('down').behaviour.failing = undefined;
    await stage.play(20 * MINUTE);
    for (const name of ['hanging', 'down']) {
      for (let minute = 0; minute < 10; minute++) expect(stage.order(order(minute), name)?.status).toBe('completed');
    }
    expect(callsAfter(stage, stage.time.nowMs())).toEqual([]);
  });
});

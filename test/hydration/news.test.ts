/** From webhooks that only tell of news to the order as the platform has it: how often it is asked for, and when it is given up. */
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, openStage, SECOND, type Stage } from './stage.ts';

const ORDER = '6936400000000065536';
const SUBJECT = `order/${ORDER}`;
const forbidden = () => new Response('{"errors":[{"code":"FORBIDDEN"}]}', { status: 403 });

describe.each(['square', 'shopee', 'douyin'] as const)('ten notifications of one order on %s', (channel) => {
  it('in one batch are one fetch, of the last state', async () => {
    const stage = await openStage({ channel });
    const states = Array.from({ length: 9 }, () => stage.change({ orderId: ORDER }));
    await stage.hear([...states, stage.change({ orderId: ORDER, paid: true })]);
    await stage.play(MINUTE);
    expect(stage.callsOf(SUBJECT)).toBe(1);
    expect(stage.order(ORDER)?.payment).toBe('paid');
    expect(stage.waiting()).toEqual([]);
  });

  it('one after the other within moments are one or two', async () => {
    const stage = await openStage({ channel });
    for (let number = 1; number <= 10; number++) {
      await stage.hear([stage.change({ orderId: ORDER, paid: number === 10 })]);
      await stage.play(300);
    }
    await stage.play(MINUTE);
    expect(stage.callsOf(SUBJECT)).toBeGreaterThan(0);
    expect(stage.callsOf(SUBJECT)).toBeLessThanOrEqual(2);
    expect(stage.order(ORDER)?.payment).toBe('paid');
    expect(stage.waiting()).toEqual([]);
  });

  it('that come again after the answer are no fetch', async () => {
    const stage = await openStage({ channel });
    const state = stage.change({ orderId: ORDER, paid: true });
    await stage.hear([state]);
    await stage.play(MINUTE);
    for (let number = 1; number <= 10; number++) await stage.hear([state]);
    await stage.play(HOUR);
    expect(stage.callsOf(SUBJECT)).toBe(1);
  });
});

describe('what is asked for', () => {
  it('is fetched within seconds, and for few operations on lanes', async () => {
    const stage = await openStage({ channel: 'square', sweeps: false });
    const state = stage.change({ orderId: ORDER, paid: true });
    await stage.hear([state]);
    await stage.play(4 * SECOND);
    expect(stage.order(ORDER)?.status).toBe('completed');
    expect(stage.operations.get('getWork')).toBe(1);
    expect(stage.operations.get('putWork')).toBe(1);
    expect(stage.operations.get('removeWork')).toBe(1);
    expect(stage.operations.get('getLane')).toBe(1);
    expect(stage.operations.get('putLane')).toBe(2);
    expect(stage.operations.get('listDue')).toBeLessThanOrEqual(3);
  });

  it('is asked for anew where it changed after the last answer', async () => {
    const stage = await openStage({ channel: 'douyin' });
    await stage.hear([stage.change({ orderId: ORDER })]);
    await stage.play(MINUTE);
    expect(stage.order(ORDER)?.payment).toBe('unpaid');
    await stage.hear([stage.change({ orderId: ORDER, paid: true })]);
    await stage.play(MINUTE);
    expect(stage.order(ORDER)?.payment).toBe('paid');
    expect(stage.callsOf(SUBJECT)).toBe(2);
  });

  it('waits until the second of a coarse clock is over, so that a second change in it is seen', async () => {
    const stage = await openStage({ channel: 'douyin' });
    await stage.play(100);
    const first = stage.change({ orderId: ORDER });
    await stage.hear([first]);
    await stage.play(800);
    const second = stage.change({ orderId: ORDER, paid: true });
    expect(Math.floor(first.atMs / 1000)).toBe(Math.floor(second.atMs / 1000));
    // No second message: the platform has no other time to tell.
    await stage.play(MINUTE);
    expect(stage.order(ORDER)?.payment).toBe('paid');
    expect(stage.callsOf(SUBJECT)).toBe(1);
  });

  it('stays asked for if news comes while the answer is on its way', async () => {
    const stage = await openStage({ channel: 'square', sweeps: false });
    stage.network.latencyMs = 4 * SECOND;
    await stage.hear([stage.change({ orderId: ORDER })]);
    await stage.play(3 * SECOND);
    expect(stage.callsOf(SUBJECT)).toBe(1);
    await stage.hear([stage.change({ orderId: ORDER, paid: true })]);
    await stage.play(MINUTE);
    expect(stage.order(ORDER)?.status).toBe('completed');
    expect(stage.callsOf(SUBJECT)).toBe(2);
  });

  it('is not asked for by a replay, for the lake has what was answered too', async () => {
    const stage = await openStage({ channel: 'square' });
    const refused = stage.change({ orderId: ORDER });
    stage.platform.withhold(SUBJECT, 'forbidden');
    await stage.hear([refused]);
    await stage.play(MINUTE);
    for (const object of stage.lake.objects()) await stage.work.send({ object, cause: 'replay' });
    await stage.play(MINUTE);
    expect(stage.callsOf(SUBJECT)).toBe(1);
    expect(stage.waiting()).toEqual([]);
  });
});

describe('an answer older than what was heard', () => {
  it('is kept, and asked for again until it is as new', async () => {
    const stage = await openStage({ channel: 'square' });
    stage.change({ orderId: ORDER });
    await stage.play(MINUTE);
    stage.platform.behaviour.lagMs = 30 * SECOND;
    await stage.hear([stage.change({ orderId: ORDER, paid: true })]);
    await stage.play(5 * SECOND);
    expect(stage.order(ORDER)?.status).toBe('placed');
    expect(stage.waiting()).toHaveLength(1);
    await stage.play(90 * SECOND);
    expect(stage.order(ORDER)?.status).toBe('completed');
    expect(stage.waiting()).toEqual([]);
    expect(await stage.quarantined()).toEqual([]);
    // Each time twice as long: six tries cover a minute.
    expect(stage.callsOf(SUBJECT)).toBeLessThanOrEqual(7);
  });

  it('that never gets there ends in quarantine after an hour, and not before', async () => {
    const stage = await openStage({ channel: 'square' });
    const old = stage.change({ orderId: ORDER });
    await stage.hear([{ ...old, atMs: old.atMs + 5 * SECOND, paid: true }]);
    await stage.play(59 * MINUTE);
    expect(await stage.quarantined()).toEqual([]);
    await stage.play(20 * MINUTE);
    expect(await stage.quarantined()).toMatchObject([{ code: 'answer_too_old', connection: 'shop', path: '' }]);
    expect(stage.waiting()).toEqual([]);
    // What there was is known all the same; and even with the shortest waits it was not asked for more often than this.
    expect(stage.order(ORDER)?.status).toBe('placed');
    expect(stage.callsOf(SUBJECT)).toBeLessThanOrEqual(17);
    const before = stage.callsOf(SUBJECT);
    await stage.play(24 * HOUR);
    expect(stage.callsOf(SUBJECT)).toBe(before);
  });
});

describe('what the platform does not have', () => {
  it('is asked for again, as it may be there in a moment', async () => {
    const stage = await openStage({ channel: 'square' });
    await stage.hear([{ orderId: ORDER, atMs: stage.time.nowMs(), paid: true }]);
    await stage.play(4 * MINUTE);
    expect(stage.callsOf(SUBJECT)).toBeGreaterThan(3);
    stage.change({ orderId: ORDER, paid: true });
    await stage.play(6 * MINUTE);
    expect(stage.order(ORDER)?.status).toBe('completed');
    expect(await stage.quarantined()).toEqual([]);
  });

  it.each([
    ['square', 'not_found'],
    ['shopee', 'error_not_found'],
    ['douyin', 'isv.parameter-invalid:20014'],
  ] as const)('is quarantined after ten minutes, on %s', async (channel, code) => {
    const stage = await openStage({ channel });
    await stage.hear([{ orderId: ORDER, atMs: stage.time.nowMs() }]);
    await stage.play(10 * MINUTE);
    expect(await stage.quarantined()).toEqual([]);
    await stage.play(10 * MINUTE);
    const [entry] = await stage.quarantined();
    expect(entry).toMatchObject({ code: 'not_at_platform', expected: expect.stringContaining(code) });
    expect(entry?.expected).toContain(SUBJECT);
    expect(stage.lake.objects()).toEqual([entry?.object]);
    expect(stage.waiting()).toEqual([]);
    expect(stage.callsOf(SUBJECT)).toBeLessThanOrEqual(12);
  });
});

describe('what this account may not read', () => {
  it.each(['square', 'shopee', 'douyin'] as const)('is quarantined at once, on %s', async (channel) => {
    const stage = await openStage({ channel });
    const state = stage.change({ orderId: ORDER });
    stage.platform.withhold(SUBJECT, 'forbidden');
    await stage.hear([state]);
    await stage.play(10 * SECOND);
    expect(await stage.quarantined()).toMatchObject([{ code: 'not_readable' }]);
    expect(stage.callsOf(SUBJECT)).toBe(1);
    expect(stage.waiting()).toEqual([]);
  });

  it('does not keep others from being read', async () => {
    const stage = await openStage({ channel: 'square' });
    const refused = stage.change({ orderId: 'REFUSED' });
    stage.platform.withhold('order/REFUSED', 'forbidden');
    await stage.hear([refused, stage.change({ orderId: ORDER, paid: true })]);
    await stage.play(10 * SECOND);
    expect(stage.order(ORDER)?.status).toBe('completed');
    expect((await stage.lane()).notBefore).toBe(0);
  });

  it('is asked for anew when a person retries it, and the entry closed', async () => {
    const stage = await openStage({ channel: 'square' });
    await quarantineOne(stage);
    stage.network.intercept = () => undefined;
    await retryAll(stage);
    await stage.play(MINUTE);
    expect(stage.order(ORDER)?.status).toBe('completed');
    expect(await stage.quarantined()).toEqual([]);
  });

  it('comes back to quarantine when the retry is refused as well', async () => {
    const stage = await openStage({ channel: 'square' });
    await quarantineOne(stage);
    await retryAll(stage);
    await stage.play(MINUTE);
    expect(stage.callsOf(SUBJECT)).toBe(0);
    expect(stage.calls).toHaveLength(2);
    expect(await stage.quarantined()).toMatchObject([{ code: 'not_readable' }]);
  });

  async function quarantineOne(stage: Stage): Promise<void> {
    stage.network.intercept = forbidden;
    await stage.hear([stage.change({ orderId: ORDER, paid: true })]);
    await stage.play(MINUTE);
    expect(await stage.quarantined()).toHaveLength(1);
  }

  /** As the CLI asks for it. */
  async function retryAll(stage: Stage): Promise<void> {
    for (const { object, envelopeId } of await stage.quarantined()) {
      await stage.work.send({ object, cause: 'live', only: [envelopeId] });
    }
  }
});

it('an answer that cannot be read is quarantined by its own envelope, not asked for for ever', async () => {
  const stage = await openStage({ channel: 'square' });
  stage.network.intercept = () => new Response('{"order":{"id":7}}');
  await stage.hear([stage.change({ orderId: ORDER })]);
  await stage.play(2 * HOUR);
  expect(stage.calls).toHaveLength(1);
  expect(stage.waiting()).toEqual([]);
  const [entry] = await stage.quarantined();
  expect(entry?.code).toBe('wire_mismatch');
  const envelopes = await stage.lake.read(entry?.object ?? '');
  expect(envelopes.find(({ id }) => id === entry?.envelopeId)?.subject).toBe(SUBJECT);
});

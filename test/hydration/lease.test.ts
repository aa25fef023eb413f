/** One holder of a lane at a time: what happens to its work if it dies, and to news that comes while it is at it. */
import { describe, expect, it } from 'vitest';
import { hydrationParty } from '../../shared/lanes/lane.ts';
import { MINUTE, openStage, SECOND } from './stage.ts';

const PARTY = hydrationParty('shop');
const LEASE_MS = 75 * SECOND;
const never = () => new Promise<Response>(() => undefined);

describe('a holder that dies', () => {
  it('leaves a lease that ends, and work that the sweep finds', async () => {
    const stage = await openStage({ channel: 'square' });
    stage.network.intercept = never;
    const state = stage.change({ orderId: 'ORDER1', paid: true });
    await stage.hear([state]);
    await stage.play(3 * SECOND);
    stage.network.intercept = () => undefined;
    expect((await stage.lane()).holder?.id).toBe('holder-1');
    // Before its end nobody else calls, whatever wakes the lane.
    await stage.hear([stage.change({ orderId: 'ORDER2', paid: true })]);
    await stage.play(LEASE_MS - 4 * SECOND);
    expect(stage.calls).toHaveLength(1);
    await stage.play(MINUTE);
    expect(stage.order('ORDER1')?.status).toBe('completed');
    expect(stage.order('ORDER2')?.status).toBe('completed');
    expect(stage.waiting()).toEqual([]);
    expect(await stage.lane()).not.toHaveProperty('holder');
  });

  it('is not bothered by the sweep while its lease lasts', async () => {
    const stage = await openStage({ channel: 'square' });
    stage.network.intercept = never;
    await stage.hear([stage.change({ orderId: 'ORDER1' })]);
    await stage.play(3 * SECOND);
    const held = await stage.lane();
    await stage.play(LEASE_MS - 5 * SECOND);
    expect(await stage.lane()).toEqual(held);
  });

  it('after the answer was archived: it is fetched once more, and nothing comes of that', async () => {
    const stage = await openStage({ channel: 'square' });
    const remove = stage.stores.lanes.removeWork;
    stage.stores.lanes.removeWork = () => new Promise(() => undefined);
    await stage.hear([stage.change({ orderId: 'ORDER1', paid: true })]);
    await stage.play(5 * SECOND);
    expect(stage.order('ORDER1')?.revision).toBe(1);
    stage.stores.lanes.removeWork = remove;
    await stage.play(3 * MINUTE);
    expect(stage.waiting()).toEqual([]);
    expect(stage.callsOf('order/ORDER1')).toBe(2);
    expect(stage.order('ORDER1')?.status).toBe('completed');
    expect(await stage.quarantined()).toEqual([]);
  });

  it('comes back too late: it gives back nothing that is another’s by then', async () => {
    const stage = await openStage({ channel: 'square' });
    let answer: (response: Response) => void = () => undefined;
    stage.network.intercept = () => new Promise((resolve) => (answer = resolve));
    await stage.hear([stage.change({ orderId: 'ORDER1', paid: true })]);
    await stage.play(3 * SECOND);
    stage.network.intercept = never;
    await stage.play(LEASE_MS + MINUTE);
    expect((await stage.lane()).holder?.id).toBe('holder-2');
    answer(new Response('', { status: 404 }));
    await stage.play(5 * SECOND);
    expect((await stage.lane()).holder?.id).toBe('holder-2');
  });
});

describe('a store that fails', () => {
  it.each(['listDue', 'removeWork', 'putLane'] as const)(
    'once at %s delays work by no more than the lease',
    async (name) => {
      const stage = await openStage({ channel: 'square' });
      const { lanes } = stage.stores;
      const working = lanes[name];
      let calls = 0;
      // The second: the first putLane takes the lease.
      const failing = async (...given: never[]) => {
        if (++calls === (name === 'removeWork' ? 1 : 2)) throw new Error('throttled');
        return (working as (...args: never[]) => Promise<never>)(...given);
      };
      Object.assign(lanes, { [name]: failing });
      await stage.hear([stage.change({ orderId: 'ORDER1', paid: true })]);
      await stage.play(5 * SECOND);
      await stage.hear([stage.change({ orderId: 'ORDER2', paid: true })]);
      await stage.play(LEASE_MS + MINUTE);
      expect(stage.order('ORDER1')?.status).toBe('completed');
      expect(stage.order('ORDER2')?.status).toBe('completed');
      expect(stage.waiting()).toEqual([]);
      expect(await stage.lane()).not.toHaveProperty('holder');
    },
  );
});

describe('news while the lane is held', () => {
  it('that comes after the last look is seen before the lease is given back', async () => {
    const stage = await openStage({ channel: 'square', sweeps: false });
    const { lanes } = stage.stores;
    const { putLane } = lanes;
    let nudges = 0;
    lanes.putLane = async (state, seen) => {
      if (!state.holder && nudges++ === 0) {
        // Between the holder's last look and its giving back.
        const [work] = [{ ...stage.change({ orderId: 'ORDER2', paid: true }) }];
        await lanes.putWork(
          {
            party: PARTY,
            subject: `order/${work.orderId}`,
            revision: 1,
            dueAt: stage.time.nowMs(),
            askedAt: stage.time.nowMs(),
            attempts: 0,
            detail: {
              heard: { source: 0, settledAt: stage.time.nowMs() },
              envelope: stage.newEnvelopeId(),
              object: 'raw/somewhere',
              receivedAt: stage.time.clock().toISOString(),
            },
          },
          0,
        );
        lanes.putLane = putLane;
        expect(await stage.wakeNow()).toEqual({ batchItemFailures: [] });
        expect((await stage.lane()).nudged).toBe(true);
      }
      return putLane(state, seen);
    };
    await stage.hear([stage.change({ orderId: 'ORDER1', paid: true })]);
    await stage.play(10 * SECOND);
    expect(stage.order('ORDER2')?.status).toBe('completed');
    expect(stage.waiting()).toEqual([]);
    expect(await stage.lane()).not.toHaveProperty('holder');
  });

  it('that is due later is woken for, without a sweep', async () => {
    const stage = await openStage({ channel: 'square', sweeps: false });
    stage.network.latencyMs = 6 * SECOND;
    await stage.hear([stage.change({ orderId: 'ORDER1', paid: true })]);
    await stage.play(7 * SECOND);
    await stage.hear([stage.change({ orderId: 'ORDER2', paid: true })]);
    await stage.play(30 * SECOND);
    expect(stage.order('ORDER2')?.status).toBe('completed');
    expect(stage.waiting()).toEqual([]);
  });
});

describe('wakes', () => {
  it('come to rest: a lane with nothing to do is not woken', async () => {
    const stage = await openStage({ channel: 'square', sweeps: false });
    for (let number = 1; number <= 30; number++)
      await stage.hear([stage.change({ orderId: `ORDER${number}`, paid: true })]);
    await stage.play(MINUTE);
    const { revision } = await stage.lane();
    await stage.play(60 * MINUTE);
    expect((await stage.lane()).revision).toBe(revision);
    expect(stage.wakes.depth()).toEqual({ visible: 0, hidden: 0, dead: 0 });
  });

  it('of a lane that waits are one at a time, however much news comes', async () => {
    const stage = await openStage({ channel: 'square', sweeps: false });
    stage.network.intercept = () => new Response('', { status: 429, headers: { 'retry-after': '600' } });
    await stage.hear([stage.change({ orderId: 'ORDER0' })]);
    await stage.play(3 * SECOND);
    for (let number = 1; number <= 100; number++) {
      await stage.hear([stage.change({ orderId: `ORDER${number}` })]);
      await stage.play(3 * SECOND);
    }
    const { visible, hidden } = stage.wakes.depth();
    expect(visible + hidden).toBeLessThanOrEqual(2);
    expect(stage.calls).toHaveLength(1);
    // A look each, and no write.
    expect(stage.operations.get('putLane')).toBeLessThanOrEqual(3);
  });

  it('for a connection that is disabled or gone do nothing', async () => {
    const stage = await openStage({ channel: 'square' });
    expect(await stage.wakeNow('nobody')).toEqual({ batchItemFailures: [] });
    expect(await stage.stores.lanes.listLanes()).toEqual([]);
  });
});

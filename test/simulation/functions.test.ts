/** Instances and the gate: what a crash takes with it, and what it leaves. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../demo/random.ts';
import { Faults } from './faults.ts';
import { functionPool, Instance } from './functions.ts';
import { Gate } from './gate.ts';
import { Scheduler } from './scheduler.ts';

function createGate(faultRate: number, seed = 1) {
  const random = createRandom(seed);
  const scheduler = new Scheduler(random, 0);
  const faults = new Faults(createRandom(seed), { rate: faultRate });
  return {
    scheduler,
    random,
    faults,
    gate: new Gate({ scheduler, random, faults, latencyMs: 10, functionTimeoutMs: 1_000 }),
  };
}

describe('function pool', () => {
  it('reuses warm instances, one event at a time each', async () => {
    const { scheduler, random, gate } = createGate(0);
    const names: string[] = [];
    const invoke = functionPool<string, string>({
      name: 'f',
      random,
      recycled: 0,
      create: (instance) => (event) => {
        names.push(instance.name);
        return gate.call(instance, 'store', async () => event);
      },
    });
    const together = Promise.all([invoke('a'), invoke('b')]);
    await scheduler.run();
    expect(await together).toEqual(['a', 'b']);
    void invoke('c');
    await scheduler.run();
    expect(names.slice(0, 2)).toEqual(['f#1', 'f#2']);
    expect(new Set(names).size).toBe(2);
  });

  it('answers nothing and never goes on when its instance dies', async () => {
    const { scheduler, random, gate } = createGate(0);
    let wentOn = false;
    const invoke = functionPool<string, string>({
      name: 'f',
      random,
      recycled: 0,
      create: (instance) => async (event) => {
        scheduler.after(0, () => instance.die());
        await gate.call(instance, 'store', async () => undefined);
        wentOn = true;
        return event;
      },
    });
    const answer = invoke('a');
    await scheduler.run();
    expect(await answer).toBeUndefined();
    expect(wentOn).toBe(false);
  });

  it('freezes with its answer what it did not wait for', async () => {
    const { scheduler, random, gate } = createGate(0);
    let known: Instance | undefined;
    const invoke = functionPool<string, string>({
      name: 'f',
      random,
      recycled: 0,
      create: (instance) => async (event) => {
        known = instance;
        void gate.call(instance, 'store', async () => undefined);
        return event;
      },
    });
    const answer = invoke('a');
    await scheduler.run();
    expect(await answer).toBe('a');
    expect(known?.alive).toBe(false);
  });
});

describe('gate', () => {
  it('has every fault take effect never, once or twice, before or after the caller knows', async () => {
    const seen = new Map<string, Set<string>>();
    for (let seed = 1; seed <= 200; seed++) {
      const { scheduler, gate, faults } = createGate(1, seed);
      const instance = new Instance('f#1');
      let effects = 0;
      let caller = 'waits for ever';
      gate
        .call(instance, 'store', async () => ++effects)
        .then(
          (value) => {
            caller = `got ${value}`;
          },
          () => {
            caller = 'saw an error';
          },
        );
      await scheduler.run();
      const fault = faults.injected[0]?.fault ?? '';
      const outcomes = seen.get(fault) ?? new Set();
      seen.set(fault, outcomes.add(`${effects} effects, ${caller}`));
    }
    expect(Object.fromEntries([...seen].map(([fault, outcomes]) => [fault, [...outcomes]]))).toEqual({
      refused: ['0 effects, saw an error'],
      throttled: ['0 effects, saw an error'],
      reply_lost: ['1 effects, saw an error'],
      late: ['1 effects, saw an error'],
      done_twice: ['2 effects, got 2'],
      slow: ['1 effects, got 1'],
      crash_before: ['0 effects, waits for ever'],
      crash_after: ['1 effects, waits for ever'],
    });
  });
});

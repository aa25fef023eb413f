/**
 * The gate through which every call of a store or queue goes. A call takes effect at an instant that the scheduler
 * chooses, so the calls of all functions interleave at every await; and here it may fail, or its function may die.
 */
import type { Random } from '../../demo/random.ts';
import type { Faults } from './faults.ts';
import type { Instance } from './functions.ts';
import type { Scheduler } from './scheduler.ts';

export interface GateOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  /** Longest time of a call in which nothing goes wrong. */
  readonly latencyMs: number;
  readonly functionTimeoutMs: number;
  readonly trace?: (line: string) => void;
}

export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** A pause of the function itself: never over if it dies meanwhile. */
  sleep(instance: Instance, ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.scheduler.after(ms, () => instance.alive && resolve()));
  }

  /** `effect` does its work at once, when called. The promise stays open for ever if the function dies. */
  call<T>(instance: Instance, point: string, effect: () => Promise<T>): Promise<T> {
    const { scheduler, random, faults, latencyMs, functionTimeoutMs, trace } = this.#options;
    const fault = faults.at(point);
    instance.callsUnderWay++;
    return new Promise<T>((resolve, reject) => {
      const note = (what: string) => trace?.(`${scheduler.nowMs()} ${instance.name} ${point} ${what}`);
      const settle = (outcome: Promise<T>) => {
        instance.callsUnderWay--;
        outcome.then(
          (value) => instance.alive && resolve(value),
          (error: unknown) => instance.alive && reject(error),
        );
      };
      const timeOut = () => settle(Promise.reject(new SimulatedFailure(`${point} timed out`)));
      const die = () => instance.die();

      scheduler.after(random.int(1, latencyMs), () => {
        if (!instance.alive) {
          // Sent before the death, or not: the other side may have heard it.
          if (random.chance(0.5)) void effect().catch(() => undefined);
          return;
        }
        note(fault ?? 'ok');
        switch (fault) {
          case undefined:
            return settle(effect());
          case 'refused':
          case 'throttled':
            return settle(Promise.reject(new SimulatedFailure(`${point} ${fault}`)));
          case 'reply_lost':
            void effect().catch(() => undefined);
            return timeOut();
          case 'late':
            scheduler.after(random.int(1, 2 * functionTimeoutMs), () => {
              note('took effect late');
              void effect().catch(() => undefined);
            });
            return timeOut();
          case 'done_twice':
            return settle(effect().then(effect, effect));
          case 'slow':
            return scheduler.after(random.int(1, functionTimeoutMs / 2), () => settle(effect()));
          case 'crash_before':
            return random.chance(0.5) ? die() : scheduler.after(functionTimeoutMs, die);
          case 'crash_after':
            void effect().catch(() => undefined);
            return random.chance(0.5) ? die() : scheduler.after(functionTimeoutMs, die);
        }
      });
    });
  }
}

/** Like an exception of the SDK, it is none of the product's own, and says that it is AWS's. */
export class SimulatedFailure extends Error {
  override readonly name = 'SimulatedFailure';
  readonly $metadata = {};
}

/** Each call of a store through the gate: named after the store and its function. */
export function gated<Store extends object>(gate: Gate, instance: Instance, name: string, store: Store): Store {
  return new Proxy(store, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      // The cast: all functions of a store answer a promise.
      return (...args: unknown[]) =>
        gate.call(instance, `${name}.${String(key)}`, () => member.apply(target, args) as Promise<unknown>);
    },
  });
}

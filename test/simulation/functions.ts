/** Function instances as Lambda runs them: one event at a time each, reused while warm, gone without notice. */
import type { Random } from '../../demo/random.ts';

export class Instance {
  readonly name: string;
  callsUnderWay = 0;
  #alive = true;
  #mourn: () => void = () => undefined;

  constructor(name: string) {
    this.name = name;
  }

  get alive(): boolean {
    return this.#alive;
  }

  die(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#mourn();
  }

  onDeath(mourn: () => void): void {
    this.#mourn = mourn;
  }
}

export interface FunctionPoolOptions<Event, Result> {
  readonly name: string;
  readonly random: Random;
  /** Chance that a warm instance is gone the next time. */
  readonly recycled: number;
  /** The cold start: a handler with caches of its own. */
  readonly create: (instance: Instance) => (event: Event) => Promise<Result>;
}

/** Answers undefined when the function threw, or died. */
export type Invoke<Event, Result> = (event: Event) => Promise<Result | undefined>;

export function functionPool<Event, Result>(options: FunctionPoolOptions<Event, Result>): Invoke<Event, Result> {
  const { name, random, recycled, create } = options;
  const warm: { readonly instance: Instance; readonly handler: (event: Event) => Promise<Result> }[] = [];
  let started = 0;

  function acquire() {
    const idle = warm.pop();
    if (idle && !random.chance(recycled)) return idle;
    const instance = new Instance(`${name}#${++started}`);
    return { instance, handler: create(instance) };
  }

  return (event) =>
    new Promise((resolve) => {
      const { instance, handler } = acquire();
      const finish = (result: Result | undefined) => {
        resolve(result);
        // Lambda freezes the instance with its answer: what is still under way may never be done.
        if (instance.callsUnderWay > 0) instance.die();
        else warm.push({ instance, handler });
      };
      instance.onDeath(() => resolve(undefined));
      handler(event).then(
        (result) => instance.alive && finish(result),
        () => instance.alive && finish(undefined),
      );
    });
}

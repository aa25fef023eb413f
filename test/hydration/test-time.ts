/** Virtual time that a test turns by hand: what falls due is run in its order, and all that can go on without time does. */
import { setImmediate as afterMicrotasks } from 'node:timers/promises';
import type { Time } from '../simulation/models/time.ts';

interface Event {
  readonly atMs: number;
  readonly run: () => void;
}

export class TestTime implements Time {
  #nowMs: number;
  #events: Event[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs = (): number => this.#nowMs;
  clock = (): Date => new Date(this.#nowMs);

  after = (delayMs: number, run: () => void): void => {
    const event = { atMs: this.#nowMs + Math.max(0, Math.round(delayMs)), run };
    const behind = this.#events.findIndex(({ atMs }) => atMs > event.atMs);
    this.#events.splice(behind < 0 ? this.#events.length : behind, 0, event);
  };

  sleep = (ms: number): Promise<void> => new Promise((resolve) => this.after(ms, resolve));

  async play(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#events[0]; next && next.atMs <= endMs; next = this.#events[0]) {
      this.#events.shift();
      this.#nowMs = next.atMs;
      next.run();
      await settle();
    }
    this.#nowMs = endMs;
  }
}

/** Twice: answers are streams, which take a turn of their own. */
async function settle(): Promise<void> {
  await afterMicrotasks();
  await afterMicrotasks();
}

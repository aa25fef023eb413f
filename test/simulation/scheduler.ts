/**
 * Virtual time. Events run one at a time in order of their time; what is due at the same time runs in an order that the
 * seed chooses. Between two events everything that can go on without another event does, so a run is a pure function
 * of its seed.
 */
import { setImmediate as afterMicrotasks } from 'node:timers/promises';
import type { Random } from '../../demo/random.ts';
import type { Time } from './models/time.ts';

interface Event {
  readonly atMs: number;
  readonly lot: number;
  readonly run: () => void;
}

export class Scheduler implements Time {
  readonly #random: Random;
  readonly #heap: Event[] = [];
  #nowMs: number;
  #events = 0;
  /** Of the times of all events so far: two runs with the same one took the same course. */
  #history = 0;

  constructor(random: Random, startMs: number) {
    this.#random = random;
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): void {
    this.#push({ atMs: this.#nowMs + Math.max(0, Math.round(delayMs)), lot: this.#random.next(), run });
  }

  get events(): number {
    return this.#events;
  }

  get history(): number {
    return this.#history;
  }

  /** Until nothing is left to do. */
  async run(): Promise<void> {
    await afterMicrotasks();
    for (let event = this.#pop(); event; event = this.#pop()) {
      this.#nowMs = event.atMs;
      this.#events++;
      this.#history =
        (Math.imul(this.#history ^ (event.atMs % 2 ** 31), 0x01000193) + Math.floor(event.lot * 2 ** 32)) >>> 0;
      event.run();
      await afterMicrotasks();
    }
  }

  // A binary heap; the smallest is first.
  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || !isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const [child, index] = left && right && isBefore(right, left) ? [right, 2 * at + 2] : [left, 2 * at + 1];
      if (!child || !isBefore(child, last)) break;
      heap[at] = child;
      at = index;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.lot < b.lot);

/** A party's rate: a bucket of calls that fills by the second. It is kept in the lane, so that it holds across functions. */
import type { LaneState } from './lane.ts';

export interface Limits {
  readonly perSecond: number;
  /** Calls at once after a rest. */
  readonly burst: number;
}

export class Pace {
  readonly #limits: Limits;
  #calls: number;
  #at: number;

  constructor(limits: Limits, known: LaneState['allowance'], nowMs: number) {
    this.#limits = limits;
    this.#calls = known?.calls ?? limits.burst;
    this.#at = known?.at ?? nowMs;
  }

  /** Takes a call, which may be made after that many ms. */
  take(nowMs: number): number {
    const { perSecond, burst } = this.#limits;
    const passed = Math.max(0, nowMs - this.#at);
    this.#calls = Math.min(burst, this.#calls + (passed / 1000) * perSecond) - 1;
    this.#at = Math.max(this.#at, nowMs);
    return this.#calls >= 0 ? 0 : Math.ceil((-this.#calls / perSecond) * 1000);
  }

  /** To be stored for the next holder. */
  get allowance(): NonNullable<LaneState['allowance']> {
    return { calls: this.#calls, at: this.#at };
  }
}

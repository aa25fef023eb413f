/**
 * A party's rate: a bucket of calls that fills by the second, kept in the lane so that it holds across functions. Most
 * platforms do not publish their limits, so ours are guesses: each time a party says that it was too much, we take half of
 * what we took before, and with each success a little more again.
 */
import type { LaneState } from './lane.ts';

export interface Limits {
  readonly perSecond: number;
  /** Calls at once after a rest. */
  readonly burst: number;
}

const LEAST_SHARE = 1 / 16;
const GROWTH = 1.05;

export class Pace {
  readonly #limits: Limits;
  #calls: number;
  #at: number;
  #share: number;

  constructor(limits: Limits, known: LaneState['allowance'], nowMs: number) {
    this.#limits = limits;
    this.#share = known?.share ?? 1;
    this.#calls = known?.calls ?? limits.burst;
    this.#at = known?.at ?? nowMs;
  }

  /** Takes a call, which may be made after that many ms; undefined, and none is taken, if that is more than `patienceMs`. */
  take(nowMs: number, patienceMs: number): number | undefined {
    const perSecond = this.#limits.perSecond * this.#share;
    const burst = Math.max(1, this.#limits.burst * this.#share);
    const passed = Math.max(0, nowMs - this.#at);
    const calls = Math.min(burst, this.#calls + (passed / 1000) * perSecond) - 1;
    const waitMs = calls >= 0 ? 0 : Math.ceil((-calls / perSecond) * 1000);
    if (waitMs > patienceMs) return undefined;
    this.#calls = calls;
    this.#at = Math.max(this.#at, nowMs);
    return waitMs;
  }

  /** Of the limits, 0 to 1. */
  get share(): number {
    return this.#share;
  }

  tooMuch(): void {
    this.#share = Math.max(LEAST_SHARE, this.#share / 2);
  }

  wentWell(): void {
    this.#share = Math.min(1, this.#share * GROWTH);
  }

  /** To be stored for the next holder. */
  get allowance(): NonNullable<LaneState['allowance']> {
    return { calls: this.#calls, at: this.#at, share: this.#share };
  }
}

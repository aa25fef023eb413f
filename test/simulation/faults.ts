/** What goes wrong, when. Every call of a store or queue asks here, in the order of the run, so a fault has a number. */
import type { Random } from '../../demo/random.ts';

export const FAULTS = [
  /** Refused before any effect. */
  'refused',
  'throttled',
  /** It took effect, but the caller sees a timeout. */
  'reply_lost',
  /** The caller sees a timeout, and it takes effect later. */
  'late',
  /** The SDK did not hear the answer and did it twice; the caller sees the second answer. */
  'done_twice',
  'slow',
  /** The function dies (crash, out of memory, timeout) before the call took effect, or after. */
  'crash_before',
  'crash_after',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultPlan {
  /** Probability of a fault at each call. */
  readonly rate: number;
  /** When shrinking: only the faults with these numbers still happen. */
  readonly only?: ReadonlySet<number>;
}

export interface InjectedFault {
  readonly call: number;
  readonly point: string;
  readonly fault: Fault;
}

export class Faults {
  readonly #random: Random;
  readonly #plan: FaultPlan;
  readonly injected: InjectedFault[] = [];
  #calls = 0;
  #healed = false;

  constructor(random: Random, plan: FaultPlan) {
    this.#random = random;
    this.#plan = plan;
  }

  get calls(): number {
    return this.#calls;
  }

  /** From here on everything works. */
  heal(): void {
    this.#healed = true;
  }

  at(point: string): Fault | undefined {
    const call = ++this.#calls;
    const chosen = this.#random.next() < this.#plan.rate;
    const fault = FAULTS[this.#random.int(0, FAULTS.length - 1)];
    if (!chosen || !fault || this.#healed || this.#plan.only?.has(call) === false) return undefined;
    this.injected.push({ call, point, fault });
    return fault;
  }
}

/** Time as queues and pollers see it: the simulation turns its own, `npm start` uses the machine's. */
export interface Time {
  /** Epoch milliseconds. */
  nowMs(): number;
  after(delayMs: number, run: () => void): void;
}

/** Timers do not keep the process alive: who waits for a queue to empty does. */
export const realTime: Time = {
  nowMs: () => Date.now(),
  after: (delayMs, run) => {
    setTimeout(run, delayMs).unref();
  },
};

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** To the first row of its table, measured in the same run: the figure that survives a noisy machine. */
  readonly ratio?: number;
}

/**
 * Median time of one call of each, from rounds of some 50 ms that take turns, so that what else the machine does falls
 * on all alike. `nowMs`: by the wall clock, or by `cpuMs`.
 */
export function compareMs(
  steps: readonly (readonly [name: string, run: () => unknown])[],
  rounds = 15,
  nowMs: () => number = () => performance.now(),
): { readonly name: string; readonly ms: number }[] {
  const prepared = steps.map(([name, run]) => ({ name, run, calls: callsFor50Ms(run, nowMs), times: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { run, calls, times } of prepared) times.push(time(run, calls, nowMs) / calls);
  }
  return prepared.map(({ name, times }) => ({ name, ms: median(times) }));
}

function callsFor50Ms(run: () => unknown, nowMs: () => number): number {
  for (let calls = 1; ; calls *= 2) {
    const ms = time(run, calls, nowMs);
    if (ms > 25) return Math.max(1, Math.round((calls * 50) / ms));
  }
}

export const median = (values: readonly number[]): number => percentile(values, 50);

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

function time(run: () => unknown, calls: number, nowMs: () => number): number {
  const startedMs = nowMs();
  for (let call = 0; call < calls; call++) run();
  return nowMs() - startedMs;
}

/** Processor time of this process: what else the machine does counts little. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** To the first row of its table, measured in the same run: the figure that survives a noisy machine. */
  readonly ratio?: number;
}

/**
 * Median time of one call of each, from rounds of some 50 ms that take turns, so that what else the machine does falls
 * on all alike.
 */
export function compareMs(
  steps: readonly (readonly [name: string, run: () => unknown])[],
  rounds = 15,
): { readonly name: string; readonly ms: number }[] {
  const prepared = steps.map(([name, run]) => ({ name, run, calls: callsFor50Ms(run), times: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { run, calls, times } of prepared) times.push(time(run, calls) / calls);
  }
  return prepared.map(({ name, times }) => ({ name, ms: median(times) }));
}

function callsFor50Ms(run: () => unknown): number {
  for (let calls = 1; ; calls *= 2) {
    const ms = time(run, calls);
    if (ms > 25) return Math.max(1, Math.round((calls * 50) / ms));
  }
}

export const median = (values: readonly number[]): number => percentile(values, 50);

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

function time(run: () => unknown, calls: number): number {
  const startedMs = performance.now();
  for (let call = 0; call < calls; call++) run();
  return performance.now() - startedMs;
}

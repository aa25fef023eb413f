/**
 * A failing epoch → a smaller one that fails in a like way, within a time limit: fewer deliveries, then fewer faults. A
 * race depends on the course of everything, so first the deliveries of one wrong order are tried on many courses.
 */
import type { Problem } from './check.ts';
import { type EpochOptions, type EpochResult, runEpoch } from './epoch.ts';

export interface Shrunk {
  readonly deliveries: readonly number[];
  readonly faults: EpochResult['world']['injected'];
  readonly problems: readonly Problem[];
  readonly trace: readonly string[];
}

const COURSES = 3_000;

export async function shrink(options: EpochOptions, failed: EpochResult, limitMs: number): Promise<Shrunk> {
  let epoch: EpochOptions = { ...options, plan: failed.plan };
  const untilMs = Date.now() + limitMs;
  const codes = new Set(failed.problems.map((problem) => problem.code));
  let best = failed;
  const fails = async (change: Partial<EpochOptions>): Promise<boolean> => {
    const result = await runEpoch({ ...epoch, ...change });
    if (!result.problems.some((problem) => codes.has(problem.code))) return false;
    best = result;
    return true;
  };

  let all: readonly number[] = Array.from({ length: epoch.count }, (_, index) => index);
  const concerned = failed.problems.find((problem) => problem.deliveries)?.deliveries;
  for (let course = 1; concerned && course <= COURSES && Date.now() < untilMs - limitMs / 2; course++) {
    if (!(await fails({ course, onlyDeliveries: new Set(concerned) }))) continue;
    epoch = { ...epoch, course };
    all = concerned;
    break;
  }
  const deliveries = await leaveOut(all, (some) => fails({ onlyDeliveries: new Set(some) }), untilMs);
  const onlyDeliveries = new Set(deliveries);
  const calls = best.world.injected.map((fault) => fault.call);
  const faults = await leaveOut(calls, (some) => fails({ onlyDeliveries, onlyFaults: new Set(some) }), untilMs);

  const trace: string[] = [];
  const last = await runEpoch({
    ...epoch,
    onlyDeliveries,
    onlyFaults: new Set(faults),
    trace: (line) => trace.push(line),
  });
  return { deliveries, faults: last.world.injected, problems: last.problems, trace };
}

/** Leaves out ever smaller runs of items for as long as the rest still fails (ddmin). */
async function leaveOut(
  items: readonly number[],
  fails: (some: readonly number[]) => Promise<boolean>,
  untilMs: number,
): Promise<readonly number[]> {
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length && Date.now() < untilMs; ) {
      const rest = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (await fails(rest)) kept = rest;
      else start += size;
    }
  }
  return kept;
}

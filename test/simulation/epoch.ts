/** An epoch from its seed alone: drawn, run, checked. A long simulation is many of them, so its memory stays bounded. */
import { createRandom } from '../../demo/random.ts';
import { checkWorld, type Verdict } from './check.ts';
import { drawPlan, type Plan, type SimulatedChannel } from './plan.ts';
import { type Parts, runWorld, type World } from './world.ts';

export interface EpochOptions {
  readonly seed: number;
  readonly count: number;
  readonly faultRate: number;
  readonly channel: SimulatedChannel;
  readonly parts?: Partial<Parts>;
  /** True unless said otherwise: half of the time goes into them. */
  readonly withProfiles?: boolean;
  /** As drawn before from the same seed: drawing it anew costs more than a short run. */
  readonly plan?: Plan;
  /** When shrinking: only these deliveries, by index; only these faults, by number of their call. */
  readonly onlyDeliveries?: ReadonlySet<number>;
  readonly onlyFaults?: ReadonlySet<number>;
  /** Also when shrinking: another course of the same plan. */
  readonly course?: number;
  readonly trace?: (line: string) => void;
}

export interface EpochResult extends Verdict {
  readonly seed: number;
  /** As drawn, with all deliveries. */
  readonly plan: Plan;
  readonly world: World;
}

const START_MS = Date.UTC(2026, 2, 1, 8);

export async function runEpoch(options: EpochOptions): Promise<EpochResult> {
  const { seed, count, faultRate, channel, parts, onlyDeliveries, onlyFaults, trace } = options;
  const { withProfiles = true } = options;
  const drawn = options.plan ?? drawPlan({ random: createRandom(seed), channel, startMs: START_MS, count });
  const plan = onlyDeliveries
    ? { ...drawn, deliveries: drawn.deliveries.filter(({ index }) => onlyDeliveries.has(index)) }
    : drawn;
  const faults = { rate: faultRate, ...(onlyFaults && { only: onlyFaults }) };
  const world = await runWorld({
    seed: options.course ?? seed,
    plan,
    channel,
    faults,
    withProfiles,
    ...(parts && { parts }),
    ...(trace && { trace }),
  });
  return { seed, plan: drawn, world, ...(await checkWorld(world, plan, channel)) };
}

/** Customers who buy as the models say, from a seed: what a fit should find, and a load to measure by. */
import { createRandom, type Random } from '../../demo/random.ts';
import type { BgNbd } from '../../shared/tiers/clv/bg-nbd.ts';
import type { GammaGamma } from '../../shared/tiers/clv/gamma-gamma.ts';
import type { Observed } from '../../shared/tiers/clv/population.ts';

export interface Simulation {
  readonly seed: number;
  readonly customers: number;
  readonly bgNbd: BgNbd;
  readonly gammaGamma: GammaGamma;
  /** A customer's first purchase was between these, both included, at equal odds. */
  readonly ageDays: { readonly min: number; readonly max: number };
}

/** As observed on a day. Purchases of one day are one, after which the customer leaves or stays. */
export function* simulateCustomers({ seed, customers, bgNbd, gammaGamma, ageDays }: Simulation): Generator<Observed> {
  const random = createRandom(seed);
  for (let i = 0; i < customers; i++) {
    const age = random.int(ageDays.min, ageDays.max);
    const rate = gamma(random, bgNbd.r) / bgNbd.alpha;
    const dropout = beta(random, bgNbd.a, bgNbd.b);
    const last = { day: 0, repeats: 0 };
    // The day of observation runs to its end.
    for (let weeks = waiting(random, rate); weeks * 7 < age + 1; weeks += waiting(random, rate)) {
      const day = Math.floor(weeks * 7);
      if (day === last.day) continue;
      last.day = day;
      last.repeats++;
      if (random.chance(dropout)) break;
    }
    const { day: recencyDays, repeats } = last;
    const value = repeats > 0 ? meanValue(random, gammaGamma, repeats) : undefined;
    yield {
      repeats,
      recencyDays,
      ageDays: age,
      ...(value !== undefined && { meanRepeatValue: value }),
    };
  }
}

/** A customer's values are Gamma(p, ν) with ν ~ Gamma(q, v): the mean of x of them is Gamma(px, νx). */
function meanValue(random: Random, { p, q, v }: GammaGamma, x: number): number {
  const nu = gamma(random, q) / v;
  return gamma(random, p * x) / (nu * x);
}

const waiting = (random: Random, rate: number): number => -Math.log(1 - random.next()) / rate;

function beta(random: Random, a: number, b: number): number {
  const x = gamma(random, a);
  return x / (x + gamma(random, b));
}

/**
 * Gamma(shape, 1): Marsaglia and Tsang, A Simple Method for Generating Gamma Variables, ACM Transactions on Mathematical
 * Software 26 (2000), 363-372.
 */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  while (true) {
    const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < (normal * normal) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

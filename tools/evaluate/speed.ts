/** Simulated customers, scored and fitted: seconds of this process's processor time. */
import { type FitOptions, fitModel } from '../../shared/tiers/clv/fit.ts';
import type { Model } from '../../shared/tiers/clv/model.ts';
import { Population } from '../../shared/tiers/clv/population.ts';
import { type Purchases, predict } from '../../shared/tiers/clv/predict.ts';
import { instant } from '../../shared/time/instant.ts';
import { simulateCustomers } from './simulate-customers.ts';

export interface Speed {
  readonly customers: number;
  /** From the purchases in their facts to the whole prediction. */
  readonly scoringSeconds: number;
  /** The same with each month discounted: twelve expectations instead of one. */
  readonly discountedSeconds: number;
  readonly countingSeconds: number;
  readonly fittingSeconds: number;
  /** Of the second fit, to those simulated: relative. */
  readonly worstParameterError: number;
}

const AT = instant(Date.UTC(2026, 10, 25, 9));
const BATCH = 20_000;
const DAY_MS = 86_400_000;

/** The first purchases lie up to three years back. Made in batches, so that neither memory nor their making is measured. */
export function measureSpeed(model: Model, customers: number, options: FitOptions): Speed {
  const { bgNbd, gammaGamma } = model;
  if (!gammaGamma) throw new Error('Expected a model with values.');
  const population = new Population();
  let [scoringSeconds, discountedSeconds, countingSeconds] = [0, 0, 0];
  for (let done = 0; done < customers; done += BATCH) {
    const size = Math.min(BATCH, customers - done);
    const ageDays = { min: 0, max: 3 * 365 };
    const batch = [...simulateCustomers({ seed: done + 1, customers: size, bgNbd, gammaGamma, ageDays })];
    const facts = batch.map(
      ({ repeats, recencyDays, ageDays: age, meanRepeatValue }): Purchases => ({
        days: repeats + 1,
        firstDay: dayBefore(age),
        lastDay: dayBefore(age - recencyDays),
        ...(meanRepeatValue !== undefined && { meanRepeatValue }),
      }),
    );
    scoringSeconds += cpuSeconds(() => {
      for (const purchases of facts) predict(purchases, model, AT);
    });
    discountedSeconds += cpuSeconds(() => {
      for (const purchases of facts) predict(purchases, model, AT, { monthlyDiscount: 0.01 });
    });
    countingSeconds += cpuSeconds(() => {
      for (const customer of batch) population.add(customer);
    });
  }
  let worstParameterError = Number.NaN;
  const fittingSeconds = cpuSeconds(() => {
    const fitted = fitModel(population, options);
    if (fitted.kind === 'fitted') worstParameterError = worstError(fitted.model, model);
  });
  return { customers, scoringSeconds, discountedSeconds, countingSeconds, fittingSeconds, worstParameterError };
}

function worstError(found: Model, truth: Model): number {
  const { r, alpha, a, b } = truth.bgNbd;
  const { p = Number.NaN, q = Number.NaN, v = Number.NaN } = found.gammaGamma ?? {};
  const pairs = [
    [found.bgNbd.r, r],
    [found.bgNbd.alpha, alpha],
    [found.bgNbd.a, a],
    [found.bgNbd.b, b],
    [p, truth.gammaGamma?.p ?? Number.NaN],
    [q, truth.gammaGamma?.q ?? Number.NaN],
    [v, truth.gammaGamma?.v ?? Number.NaN],
  ] as const;
  return Math.max(...pairs.map(([own, real]) => Math.abs(own / real - 1)));
}

const dayBefore = (days: number): string => instant(Date.parse(AT) - days * DAY_MS).slice(0, 10);

/** User and system time, so that what else the machine does counts little; the garbage collector's threads count too. */
function cpuSeconds(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** How many customers a fit needs: models of random parts of a population, judged by what they say of all of it. */
import { createRandom } from '../../demo/random.ts';
import { type FitOptions, fitModel } from '../../shared/tiers/clv/fit.ts';
import type { Model } from '../../shared/tiers/clv/model.ts';
import type { Customer } from './cdnow.ts';
import { expectedInHoldout } from './holdout.ts';
import { mean, meanAbsoluteError } from './ranking.ts';

export interface Part {
  readonly customers: number;
  readonly fits: number;
  /** Of the fits, those without an end or with a parameter at the edge of what is searched. */
  readonly unsure: number;
  /** Mean number in a part. */
  readonly repeaters: number;
  /** |expected purchases of all ÷ those by the model of all, − 1|: in the middle of the fits, and at worst. */
  readonly totalError: { readonly median: number; readonly worst: number };
  readonly meanAbsoluteError: { readonly median: number; readonly worst: number };
}

const PART_SIZES = [50, 100, 200, 300, 500, 1_000] as const;
const FITS = 20;

export function fitParts(customers: readonly Customer[], whole: Model, options: FitOptions): Part[] {
  const actual = customers.map(({ holdout }) => holdout.purchases);
  const byWhole = mean(customers.map((customer) => expectedInHoldout(whole, customer)));
  const random = createRandom(1);
  return PART_SIZES.map((size) => {
    let [repeaters, unsure] = [0, 0];
    const totals: number[] = [];
    const errors: number[] = [];
    for (let i = 0; i < FITS; i++) {
      const part = random.shuffle(customers).slice(0, size);
      repeaters += part.filter(({ repeats }) => repeats > 0).length;
      const enough = { customers: 1, repeaters: 1, repeatersWithValue: 1 };
      const fitted = fitModel(part, { ...options, enough });
      if (fitted.kind === 'refused' || (fitted.model.bgNbd.fit?.atBound.length ?? 0) > 0) unsure++;
      if (fitted.kind === 'refused') continue;
      const expected = customers.map((customer) => expectedInHoldout(fitted.model, customer));
      totals.push(Math.abs(mean(expected) / byWhole - 1));
      errors.push(meanAbsoluteError(expected, actual));
    }
    return {
      customers: size,
      fits: FITS,
      unsure,
      repeaters: repeaters / FITS,
      totalError: spread(totals),
      meanAbsoluteError: spread(errors),
    };
  });
}

function spread(values: readonly number[]): { readonly median: number; readonly worst: number } {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, worst: sorted.at(-1) ?? Number.NaN };
}

/** What the likelihoods need beyond `Math`, in logarithms so that nothing overflows. */

const HALF_LOG_TWO_PI = 0.918_938_533_204_672_8;

/**
 * ln Γ(x) for x > 0, absolute error below 1e-14 (relative for large x): Stirling's series, after Γ(x) = Γ(x + 1) / x
 * has carried x to where six terms are enough. Abramowitz and Stegun 6.1.15 and 6.1.41.
 */
export function lnGamma(x: number): number {
  let passed = 1;
  let z = x;
  for (; z < 10; z++) passed *= z;
  const s = 1 / (z * z);
  const series =
    (1 / 12 + s * (-1 / 360 + s * (1 / 1260 + s * (-1 / 1680 + s * (1 / 1188 - (s * 691) / 360_360))))) / z;
  return (z - 0.5) * Math.log(z) - z + HALF_LOG_TWO_PI + series - Math.log(passed);
}

/** ln(1 + eʸ), for any y. */
export const softplus = (y: number): number => (y > 0 ? y + Math.log1p(Math.exp(-y)) : Math.log1p(Math.exp(y)));

/** 1 / (1 + eʸ), for any y: 0 where eʸ overflows. */
export const logisticComplement = (y: number): number => 1 / (1 + Math.exp(y));

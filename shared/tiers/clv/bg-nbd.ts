/**
 * BG/NBD, how often customers without a contract buy again: while alive, purchases come at a rate λ of the customer's own,
 * λ ~ Gamma(r, α); after each repeat purchase the customer leaves for good with a probability p of their own, p ~ Beta(a, b).
 * Source: Fader, Hardie and Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005), 275-284. Letters
 * and equations are the paper's. Time is in weeks, so that parameters compare with published ones.
 */
import { lnGamma, logisticComplement, softplus } from './special-functions.ts';

export interface BgNbd {
  readonly r: number;
  /** Weeks. */
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
}

/** All that the model needs to know of a customer: 0 ≤ tx ≤ T, and tx = 0 where x = 0. */
export interface History {
  /** Repeat purchases: all but the first. */
  readonly x: number;
  /** Weeks from the first purchase to the last. */
  readonly tx: number;
  /** Weeks from the first purchase to now. */
  readonly T: number;
}

/** Logarithm of the paper's equation (6). */
export function logLikelihood({ r, alpha, a, b }: BgNbd, { x, tx, T }: History): number {
  const purchases = lnGamma(r + x) - lnGamma(r) + r * Math.log(alpha);
  const survived = lnGamma(a + b) + lnGamma(b + x) - lnGamma(b) - lnGamma(a + b + x);
  const stillHere = -(r + x) * Math.log(alpha + T);
  return purchases + survived + stillHere + softplus(lnOddsGone({ r, alpha, a, b }, { x, tx, T }));
}

/**
 * P(alive), 0 to 1. It is 1 for x = 0, however long ago that was: in this model customers leave only after a repeat
 * purchase, so it knows nothing of those who never made one.
 * Source: Fader, Hardie and Lee, Computing P(alive) Using the BG/NBD Model, brucehardie.com/notes/021.
 */
export const aliveProbability = (model: BgNbd, history: History): number =>
  logisticComplement(lnOddsGone(model, history));

/** ln of P(gone) / P(alive); −∞ for x = 0. */
function lnOddsGone({ r, alpha, a, b }: BgNbd, { x, tx, T }: History): number {
  if (x === 0) return Number.NEGATIVE_INFINITY;
  return Math.log(a) - Math.log(b + x - 1) + (r + x) * Math.log1p((T - tx) / (alpha + tx));
}

/** Expected purchases in the next t weeks, the paper's equation (10). */
export const expectedPurchases = (model: BgNbd, history: History, t: number): number =>
  t > 0 ? aliveProbability(model, history) * expectedOfTheAlive(model, history, t) : 0;

/**
 * The same, given that the customer is alive. The paper's form,
 * (a+b+x−1)/(a−1) × [1 − (1−z)ⁿ ₂F₁(n, b+x; a+b+x−1; z)] with n = r+x and z = t/(α+T+t), is 0/0 at a = 1, cancels for
 * small t and overflows for large x. Written out in powers of z, and with 1 = (1−z)ⁿ Σ (n)ₖ zᵏ/k! subtracted term by term,
 * it is Σₖ Sₖ P(K = k): K, negative binomial, is how often someone who never leaves would buy; Sₖ = Σ_{j<k} E[(1−p)ʲ] how
 * many of k purchases are made before leaving. Every term is positive, so none of that happens.
 */
function expectedOfTheAlive({ r, alpha, a, b }: BgNbd, { x, T }: History, t: number): number {
  const n = r + x;
  const beta = b + x;
  const ratio = t / (alpha + T);
  const mean = n * ratio;
  if (mean + 37 * (1 + ratio) + 8 * Math.sqrt(mean * (1 + ratio)) > LONGEST_SERIES) {
    return integrateOverDropout({ n, a, beta, ratio });
  }
  const z = t / (alpha + T + t);
  let probability = Math.exp(-n * Math.log1p(ratio));
  let survival = 1;
  let made = 0;
  let sum = 0;
  for (let k = 0; ; k++) {
    made += survival;
    survival *= (beta + k) / (a + beta + k);
    const step = ((n + k) / (k + 1)) * z;
    probability *= step;
    const term = probability * made;
    sum += term;
    // From here on terms shrink at least as fast as a geometric series whose ratio is `decay`.
    const decay = Math.max(step, z) * (1 + survival / made);
    if (decay < 1 && term * decay < RELATIVE_ERROR * sum * (1 - decay)) return sum;
  }
}

const RELATIVE_ERROR = 1e-13;

/** Terms from which on the integral is cheaper: of a newcomer (T = 0) where α is short beside t, or of thousands of purchases. */
const LONGEST_SERIES = 400;

interface Integral {
  readonly n: number;
  readonly a: number;
  readonly beta: number;
  /** t / (α+T) */
  readonly ratio: number;
}

/**
 * The same number as E[(1 − (1 + p·ratio)⁻ⁿ) / p] over p ~ Beta(a, beta): what a customer who leaves with probability p is
 * expected to buy. By the trapezoidal rule over u = ln(p / (1−p)), which converges exponentially there; beyond both ends
 * the integrand is a geometric series, and summed as one.
 */
function integrateOverDropout({ n, a, beta, ratio }: Integral): number {
  const h = Math.min(0.25, Math.sqrt(1 / a + 1 / beta) / 2);
  const peak = Math.log(a / beta);
  const peakWeight = lnWeight(peak);
  let weights = 0;
  let sum = 0;
  const add = (u: number, times: number) => {
    const p = 1 / (1 + Math.exp(-u));
    const weight = Math.exp(lnWeight(u) - peakWeight) * times;
    weights += weight;
    sum += (weight * -Math.expm1(-n * Math.log1p(p * ratio))) / p;
    return weight;
  };
  const go = (direction: 1 | -1, end: number, tail: number) => {
    let u = peak + direction * h;
    for (; direction * u < end; u += direction * h) {
      if (add(u, 1) < 1e-18 * weights) return;
    }
    add(u, 1 / -Math.expm1(-tail * h));
  };
  add(peak, 1);
  go(-1, 40 + Math.max(0, -peak) + Math.log1p(n * ratio + ratio), a);
  go(1, 40 + Math.max(0, peak), beta);
  return sum / weights;

  /** ln of p^a (1−p)^beta: the density of u, but for its constant. */
  function lnWeight(u: number): number {
    return -a * softplus(-u) - beta * softplus(u);
  }
}

/**
 * Weeks until the customer is as likely as not to have bought again, undefined where that never comes: where P(alive) is
 * at most one half. Whoever is alive has bought within s weeks with probability 1 − ((α+T) / (α+T+s))ⁿ, so
 * s = (α+T) ((2A / (2A − 1))^(1/n) − 1) with A = P(alive).
 */
export function medianNextPurchase(model: BgNbd, history: History): number | undefined {
  const alive = aliveProbability(model, history);
  if (alive <= 0.5) return undefined;
  const weeks = (model.alpha + history.T) * Math.expm1(-Math.log1p(-1 / (2 * alive)) / (model.r + history.x));
  return Number.isFinite(weeks) ? weeks : undefined;
}

/**
 * Gamma–Gamma, what customers spend per purchase: each has a mean of their own, around which purchases vary; the means
 * vary between customers. Independent of how often they buy, which is to be checked (see docs/clv.md).
 * Source: Fader and Hardie, The Gamma-Gamma Model of Monetary Value (2013), brucehardie.com/notes/025. Letters are the note's.
 */
import { lnGamma } from './special-functions.ts';

export interface GammaGamma {
  readonly p: number;
  /** Above 1, so that the population's mean is finite. */
  readonly q: number;
  /** In the unit of the values. */
  readonly v: number;
}

/** Repeat purchases x ≥ 1 and the mean value of one. */
export interface Spending {
  readonly x: number;
  /** Above 0. */
  readonly meanValue: number;
}

/** Logarithm of the note's equation (1a). */
export function logLikelihood({ p, q, v }: GammaGamma, { x, meanValue }: Spending): number {
  return (
    lnGamma(p * x + q) -
    lnGamma(p * x) -
    lnGamma(q) +
    q * Math.log(v) +
    (p * x - 1) * Math.log(meanValue) +
    p * x * Math.log(x) -
    (p * x + q) * Math.log(v + x * meanValue)
  );
}

/** What a purchase of a customer of whom nothing is known is expected to bring. */
export const populationMean = ({ p, q, v }: GammaGamma): number => (p * v) / (q - 1);

/**
 * What the customer's next purchases are expected to bring on average, the note's equation (5): between the population's
 * mean and their own, the nearer to the latter the more purchases it is a mean of.
 */
export const expectedValue = ({ p, q, v }: GammaGamma, { x, meanValue }: Spending): number =>
  (p * (v + x * meanValue)) / (p * x + q - 1);

/** The fitted models of repeat purchases and order value, as stored: versioned, so that a prediction tells what it came from. */
import * as z from 'zod';

const Positive = z.number().positive();
const Count = z.number().int().nonnegative();

/** How the search for the likeliest parameters ended. */
const FitReport = z.object({
  logLikelihood: z.number(),
  /** Of the starts, how many ended within 1e-5 per customer of the best log-likelihood; in a large population, of a part of it. */
  starts: Count,
  agreeing: Count,
  evaluations: Count,
  /** Parameters that ran to the edge of what is searched: the data don't tell them, predictions are still sound. */
  atBound: z.array(z.string()),
});
export type FitReport = z.infer<typeof FitReport>;

export const Model = z.object({
  /** Shown as `modelVersion` with each prediction. */
  version: z.string().min(1).max(80),
  /** `fallback`: not of this shop's customers. */
  kind: z.enum(['fitted', 'fallback']),
  fittedAt: z.iso.datetime(),
  /** Of the values in `gammaGamma`: the reporting currency when it was fitted. */
  currency: z.string(),
  /** In the population, and of those the ones who bought on a second day. */
  customers: Count,
  repeaters: Count,
  /** Time in weeks. */
  bgNbd: z.object({ r: Positive, alpha: Positive, a: Positive, b: Positive, fit: FitReport.optional() }),
  /** Values in minor units; absent where too few repeat purchases have a known value. */
  gammaGamma: z
    .object({ p: Positive, q: z.number().gt(1), v: Positive, customers: Count, fit: FitReport.optional() })
    .optional(),
});
export type Model = z.infer<typeof Model>;

/**
 * Before a shop has enough customers for a model of its own: the parameters published for CDNOW (Fader, Hardie, Lee 2005).
 * They weigh as much as a quarter of a purchase in four weeks, so after a few purchases the customer's own rhythm decides.
 * No values: what others' customers spent says nothing in another currency and trade, so there is no CLV.
 */
export const FALLBACK: Model = {
  version: 'fallback-1',
  kind: 'fallback',
  fittedAt: '2005-01-01T00:00:00.000Z',
  currency: 'USD',
  customers: 2357,
  repeaters: 946,
  bgNbd: { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 },
};

/** The model for facts reported in this currency: without its values if they are in another. */
export function forCurrency(model: Model, currency: string): Model {
  const { gammaGamma, ...rest } = model;
  return gammaGamma && model.currency === currency ? model : rest;
}

/**
 * One customer's future by a fitted model, in closed form. Time counts in whole UTC days, as the model was fitted: a prediction
 * changes by itself only at midnight UTC.
 */

import type { Facts, Predicted } from '../../profiles/facts.ts';
import { compact } from '../../text/compact.ts';
import { type Instant, instant } from '../../time/instant.ts';
import { aliveProbability, type BgNbd, expectedPurchases, type History, medianNextPurchase } from './bg-nbd.ts';
import { expectedValue, type GammaGamma, populationMean } from './gamma-gamma.ts';
import type { Model } from './model.ts';

export type Purchases = Facts['purchases'];

export interface Horizon {
  /** 0.01: what comes in a month's time is worth 1 / 1.01 of what comes now. */
  readonly monthlyDiscount?: number;
}

const DAY_MS = 86_400_000;
const YEAR_WEEKS = 365 / 7;
const MONTHS = 12;

/** A next order expected later than this is not told: it would be a guess at the far tail of the model. */
export const NEXT_ORDER_WITHIN_WEEKS = 104;

/** Fields are absent where there is nothing to say: no model, no purchase, or as below. */
export function predict(
  purchases: Purchases,
  model: Model | undefined,
  at: Instant,
  { monthlyDiscount = 0 }: Horizon = {},
): Predicted {
  const days = daysOf(purchases, at);
  if (!model || !days) return {};
  const history = inWeeks(days);
  const value = model.gammaGamma && orderValue(model.gammaGamma, days.repeats, purchases.meanRepeatValue);
  return compact({
    clv12m: value === undefined ? undefined : Math.round(value * yearOf(model.bgNbd, history, monthlyDiscount)),
    // Of a single purchase the model can only assume that the customer is alive: 1 would read as a certainty.
    aliveProbability: days.repeats > 0 ? aliveProbability(model.bgNbd, history) : undefined,
    nextOrderAt: nextOrder(model.bgNbd, history, at),
    modelVersion: model.version,
  });
}

/** A customer's purchase days, in days: what the model is fitted on. */
export interface PurchaseDays {
  readonly repeats: number;
  /** Days from the first to the last. */
  readonly recencyDays: number;
  /** Days from the first to the day of observation. */
  readonly ageDays: number;
}

/** Undefined without a purchase. */
export function daysOf({ days, firstDay, lastDay }: Purchases, at: Instant): PurchaseDays | undefined {
  if (days < 1 || firstDay === undefined) return undefined;
  const first = dayNumber(firstDay);
  const repeats = days - 1;
  const recencyDays = repeats > 0 ? dayNumber(lastDay ?? firstDay) - first : 0;
  // An order may be dated ahead of the clock that asks.
  return { repeats, recencyDays, ageDays: Math.max(dayNumber(at) - first, recencyDays) };
}

/** `2026-11-25`, with or without a time → days since 1970. */
const dayNumber = (at: string): number => Math.floor(Date.parse(at) / DAY_MS);

export const inWeeks = ({ repeats, recencyDays, ageDays }: PurchaseDays): History => ({
  x: repeats,
  tx: recencyDays / 7,
  T: ageDays / 7,
});

/** Undefined where there were repeat purchases but their value is not known, as for want of an exchange rate. */
function orderValue(model: GammaGamma, x: number, meanValue: number | undefined): number | undefined {
  if (x === 0) return populationMean(model);
  return meanValue === undefined ? undefined : expectedValue(model, { x, meanValue: Math.max(0, meanValue) });
}

/** Expected purchases of the next 365 days, each worth what its month's end is discounted to. */
function yearOf(model: BgNbd, history: History, monthlyDiscount: number): number {
  if (monthlyDiscount === 0) return expectedPurchases(model, history, YEAR_WEEKS);
  let sum = 0;
  let before = 0;
  for (let month = 1; month <= MONTHS; month++) {
    const expected = expectedPurchases(model, history, (YEAR_WEEKS * month) / MONTHS);
    sum += (expected - before) / (1 + monthlyDiscount) ** month;
    before = expected;
  }
  return sum;
}

/** The first midnight (UTC) by which the customer is as likely as not to have bought again, counted from the day of `at`. */
function nextOrder(model: BgNbd, history: History, at: Instant): Instant | undefined {
  const weeks = medianNextPurchase(model, history);
  if (weeks === undefined || weeks > NEXT_ORDER_WITHIN_WEEKS) return undefined;
  return instant((dayNumber(at) + Math.max(1, Math.ceil(weeks * 7))) * DAY_MS);
}

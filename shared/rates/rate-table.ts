/**
 * Exchange rates as an operator loads them: one day's rate of a currency into the reporting currency, from CSV. A missing rate is a
 * state of its own and never a zero.
 */
import { divideHalfEven } from '../money/amount.ts';
import { minorDigits } from '../money/currency.ts';

/** How many units of the reporting currency one unit is worth: `value` ÷ 10^`scale`, exactly as written. */
export interface Rate {
  readonly value: bigint;
  readonly scale: number;
}

export interface RateTable {
  readonly reportingCurrency: string;
  /** Of the day (`2026-11-24`, UTC), else of the last day before it that has one, at most a week back: markets rest. */
  rateOf(currency: string, day: string): Rate | undefined;
}

export interface DailyRate {
  readonly day: string;
  readonly currency: string;
  readonly rate: Rate;
}

export interface RateProblem {
  /** Of the file, from 1. */
  readonly line: number;
  readonly message: string;
}

export const LONGEST_GAP_DAYS = 7;
const DAY_MS = 24 * 60 * 60 * 1000;

export function rateTable(reportingCurrency: string, rates: Iterable<DailyRate>): RateTable {
  const byKey = new Map<string, Rate>();
  for (const { currency, day, rate } of rates) byKey.set(`${currency} ${day}`, rate);
  const one: Rate = { value: 1n, scale: 0 };
  return {
    reportingCurrency,
    rateOf(currency, day) {
      if (currency === reportingCurrency) return one;
      for (let back = 0; back <= LONGEST_GAP_DAYS; back++) {
        const earlier = new Date(Date.parse(day) - back * DAY_MS).toISOString().slice(0, 10);
        const rate = byKey.get(`${currency} ${earlier}`);
        if (rate) return rate;
      }
      return undefined;
    },
  };
}

/** Minor units of one currency → minor units of another, half to even. */
export function convertAt(minor: number, from: string, to: string, { value, scale }: Rate): number {
  // minor ÷ 10^digits(from) × value ÷ 10^scale × 10^digits(to)
  const numerator = BigInt(minor) * value * 10n ** BigInt(minorDigits(to));
  const denominator = 10n ** BigInt(scale + minorDigits(from));
  return Number(divideHalfEven(numerator, denominator));
}

const HEADER = 'date,currency,rate';

/**
 * `date,currency,rate` lines (`2026-11-24,USD,7.1032`), with that header or without. All problems are told, by line; with
 * any of them nothing should be loaded.
 */
export function parseRates(csv: string): { readonly rates: DailyRate[]; readonly problems: RateProblem[] } {
  const rates: DailyRate[] = [];
  const problems: RateProblem[] = [];
  const seen = new Set<string>();
  for (const [index, text] of csv
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    const fields = text.trim();
    if (fields === '' || (index === 0 && fields.toLowerCase().replaceAll(' ', '') === HEADER)) continue;
    const [day = '', currency = '', rate = '', ...more] = fields.split(',').map((field) => field.trim());
    const problem =
      problemOf(day, currency, rate, more) ??
      (seen.has(`${day} ${currency}`) && `${currency} of ${day} is there twice`);
    if (problem) {
      problems.push({ line, message: problem });
      continue;
    }
    seen.add(`${day} ${currency}`);
    rates.push({ day, currency, rate: parseRate(rate) });
  }
  return { rates, problems };
}

function problemOf(day: string, currency: string, rate: string, more: readonly string[]): string | undefined {
  if (more.length > 0) return 'expected date,currency,rate and no more';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || !isDay(day)) return 'expected a date such as 2026-11-24';
  if (!/^[A-Z]{3}$/.test(currency)) return 'expected an ISO 4217 code such as USD';
  if (!/^\d{1,9}(\.\d{1,12})?$/.test(rate) || !/[1-9]/.test(rate)) return 'expected a rate above 0 such as 7.1032';
  return undefined;
}

const isDay = (day: string): boolean => {
  const at = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
};

/** Of text that was checked: `7.1032`. */
export function parseRate(text: string): Rate {
  const [whole = '', fraction = ''] = text.split('.');
  return { value: BigInt(whole + fraction), scale: fraction.length };
}

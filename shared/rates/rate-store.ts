import type { DailyRate } from './rate-table.ts';

/** Rates into the reporting currency, by currency and day. */
export interface RateStore {
  /** Puts them over those of the same currency and day; then the revision grows. */
  putRates(rates: readonly DailyRate[]): Promise<void>;
  /** Grows each time rates are put, 0 before the first. */
  getRevision(): Promise<number>;
  /** What was put after that revision; one that is missing (its writer died) may be of any currency and day. */
  listChanges(afterRevision: number): Promise<RateChange[]>;
  /** By currency, then day; of one currency, or of all. Days as `2026-11-24`, both ends included. */
  listRates(query: { readonly currency?: string; readonly from?: string; readonly to?: string }): Promise<DailyRate[]>;
}

export interface RateChange {
  readonly revision: number;
  readonly currencies: readonly string[];
  /** Days, both ends included. */
  readonly from: string;
  readonly to: string;
}

export function changeOf(rates: readonly DailyRate[], revision: number): RateChange {
  const days = rates.map(({ day }) => day).sort();
  const currencies = [...new Set(rates.map(({ currency }) => currency))].sort();
  return { revision, currencies, from: days[0] ?? '', to: days.at(-1) ?? '' };
}

/** As written in a file, and as shown: `7.1032`. */
export function rateText({ rate: { value, scale } }: DailyRate): string {
  const digits = String(value).padStart(scale + 1, '0');
  return scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

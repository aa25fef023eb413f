import type { DailyRate } from './rate-table.ts';

/** Rates into the reporting currency, by currency and day. */
export interface RateStore {
  /** Puts them over those of the same currency and day; then the revision grows. */
  putRates(rates: readonly DailyRate[]): Promise<void>;
  /** Grows with each import, 0 before the first. */
  getRevision(): Promise<number>;
  /** By currency, then day; of one currency, or of all. Days as `2026-11-24`, both ends included. */
  listRates(query: { readonly currency?: string; readonly from?: string; readonly to?: string }): Promise<DailyRate[]>;
}

/** As written in a file, and as shown: `7.1032`. */
export function rateText({ rate: { value, scale } }: DailyRate): string {
  const digits = String(value).padStart(scale + 1, '0');
  return scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

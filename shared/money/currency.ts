/**
 * Decimal digits of a currency's minor unit, as ISO 4217 lists them (2026-01-01). Node's Intl is no source for this: it
 * follows CLDR's cash habits and gives HUF, IDR, COP and a dozen others 0 digits.
 */
const NOT_TWO: Readonly<Record<string, number>> = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0, VND: 0, VUV: 0,
  XAF: 0, XOF: 0, XPF: 0,
  BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3,
  CLF: 4, UYW: 4,
}; // biome-ignore format: a table

/** 2 for USD and CNY, 0 for JPY, 3 for KWD. Unlisted codes have two. */
export const minorDigits = (currency: string): number => NOT_TWO[currency] ?? 2;

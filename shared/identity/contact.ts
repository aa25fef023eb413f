/** Contact data in one form: phones in E.164, emails case-folded, full-width text half-width. */
import parsePhoneNumber, { type CountryCode, isSupportedCountry } from 'libphonenumber-js/max';

/** A platform's mask (`138****1234`, `张**`, `j***@example.com`). Shown as sent, it never identifies. */
export const isMasked = (text: string): boolean => /[*＊•]/.test(text);

/** NFKC folds full-width letters and digits (`ＡＢＣ＠`), as Chinese keyboards write them, to ASCII. */
export const toHalfWidth = (text: string): string => text.normalize('NFKC').trim();

/**
 * E.164 if it is a number of that country or of the one it names; else the text as given, trimmed. `region` is
 * ISO 3166-1 alpha-2, for numbers written without a country code. Undefined for empty text.
 */
export function normalizePhone(text: string, region: string | undefined): string | undefined {
  const plain = toHalfWidth(text);
  if (plain === '' || isMasked(plain)) return plain || undefined;
  const country: CountryCode | undefined = region !== undefined && isSupportedCountry(region) ? region : undefined;
  const parsed = parsePhoneNumber(plain, country);
  return parsed?.isValid() && !parsed.ext ? parsed.number : plain;
}

/** Trimmed, half-width, lower case. Dots and +tags stay: whether they matter is the mail host's business. */
export function normalizeEmail(text: string): string | undefined {
  return toHalfWidth(text).toLowerCase() || undefined;
}

/** A name for display: trimmed and NFC; NFKC would change letters that people write on purpose. */
export function normalizeName(text: string): string | undefined {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim() || undefined;
}

/** Money as people write it: ¥128 and ¥12.50 in Chinese, CN¥128 and $12.50 in English. */
import type { Language } from '../tiers/reasons.ts';
import { minorDigits } from './currency.ts';

/** `amount`: in minor units. */
export function showAmount(amount: number, currency: string, language: Language): string {
  const digits = minorDigits(currency);
  const unit = 10 ** digits;
  // Whole amounts are written without what comes after the point.
  const shown = amount % unit === 0 ? 0 : digits;
  return formatOf(currency, shown, language).format(amount / unit);
}

/** Making one takes ten times as long as using it, and there are few: of two languages, and of currencies that money is in. */
const formats = new Map<string, Intl.NumberFormat>();

function formatOf(currency: string, digits: number, language: Language): Intl.NumberFormat {
  const name = `${language} ${currency} ${digits}`;
  const known = formats.get(name);
  if (known) return known;
  const format = { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  const made = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-US', format);
  formats.set(name, made);
  return made;
}

/** Money as people write it: ¥128 and ¥12.50 in Chinese, CN¥128 and $12.50 in English. */
import type { Language } from '../tiers/reasons.ts';
import { minorDigits } from './currency.ts';

/** `amount`: in minor units. */
export function showAmount(amount: number, currency: string, language: Language): string {
  const digits = minorDigits(currency);
  const unit = 10 ** digits;
  // Whole amounts are written without what comes after the point.
  const shown = amount % unit === 0 ? 0 : digits;
  const format = { style: 'currency', currency, minimumFractionDigits: shown, maximumFractionDigits: shown } as const;
  return new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-US', format).format(amount / unit);
}

/** What a cell says, or what is wrong with it. Empty cells are not asked. */
import { parseAmount } from '../../shared/money/amount.ts';
import { minorDigits } from '../../shared/money/currency.ts';
import { parseOffsetTime } from '../../shared/time/instant.ts';

export type Read<T> = { readonly value: T } | { readonly wrong: string };

/** Digits that a spreadsheet has taken for a number, and rounded: 6.9012E+12. */
const ROUNDED = /^\d(?:\.\d+)?E\+\d+$/i;

export const readId = (text: string): Read<string> =>
  ROUNDED.test(text)
    ? {
        wrong: `${text} was a longer number before a spreadsheet rounded it: format the column as text, and save again.`,
      }
    : { value: text };

export function readIds(text: string): Read<string[]> {
  const ids = text
    .split(/[;；|]/)
    .map((id) => id.trim())
    .filter((id) => id !== '');
  const wrong = ids.map(readId).find((read) => 'wrong' in read);
  return wrong && 'wrong' in wrong ? wrong : { value: ids };
}

/** Digit by digit, to minor units: nothing is rounded. */
export function readMoney(text: string, currency: string): Read<number> {
  if (!/^\d+(?:\.\d+)?$/.test(text)) return { wrong: `${text} is no amount.` };
  const digits = minorDigits(currency);
  const places = text.split('.')[1]?.replace(/0+$/, '').length ?? 0;
  if (places > digits) return { wrong: `${text} has more places than ${currency} has (${digits}).` };
  const amount = parseAmount(text, currency);
  return amount === undefined ? { wrong: `${text} is too large an amount.` } : { value: amount };
}

export function readCurrency(text: string): Read<string> {
  const code = text.toUpperCase();
  if (/^[A-Z]{3}$/.test(code)) return { value: code };
  const like = CALLED[text];
  return { wrong: `${text} is no currency.${like === undefined ? '' : ` Write ${like}.`}` };
}
const CALLED: Readonly<Record<string, string>> = {
  人民币: 'CNY', 元: 'CNY', '¥': 'CNY', '￥': 'CNY', 美元: 'USD', $: 'USD', 日元: 'JPY', 欧元: 'EUR', '€': 'EUR',
  港币: 'HKD', 港元: 'HKD', 新台币: 'TWD', 英镑: 'GBP', '£': 'GBP',
}; // biome-ignore format: a table

/** Null: not tracked. */
export function readStock(text: string): Read<number | null> {
  if (text === '-') return { value: null };
  if (/^\d{1,15}$/.test(text)) return { value: Number(text) };
  return { wrong: /^-\d/.test(text) ? `${text} is less than nothing.` : `${text} is no count.` };
}

const YES = new Set(['yes', 'y', 'true', '1', '是', '对']);
const NO = new Set(['no', 'n', 'false', '0', '否', '不']);
export function readFlag(text: string): Read<boolean> {
  const word = text.toLowerCase();
  if (YES.has(word)) return { value: true };
  return NO.has(word) ? { value: false } : { wrong: `${text} is neither yes nor no.` };
}

export function readTime(text: string): Read<string> {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const at = parseOffsetTime(isDay ? `${text}T00:00Z` : text);
  // Of a day that no month has, JavaScript makes the next month's.
  if (at !== undefined && (!isDay || at.startsWith(text))) return { value: at };
  return { wrong: `${text} is no time.` };
}
